import { trueLength } from '../base/encodings.ts'
import { native, STAGED_KEY_TEXT, STAGED_VALUE_TEXT } from '../native.ts'
import { allocateFast, type FastBuffer } from '../util/fast-buffer.ts'
import { KiB } from '../util/units.ts'
import type { ByteSink } from './byte-sink.ts'

/** Longest key or value, in units or bytes; a longer one is cheaper to write by itself. */
export const longestStaged = KiB

const mostRecords = 512
const mostText = 16 * KiB
const mostBytes = 32 * KiB
const recordHeader = 7

/** Memory of a stage: fresh memory costs more than what is written to it. */
interface StageMemory {
  readonly words: Uint32Array
  readonly bytes: FastBuffer
}

/** For the next stages. Not the stages themselves: an old object that is given new strings costs the collector work. */
const spares: StageMemory[] = []
const mostSpares = 4

/**
 * Where small writes wait to become records. To write each key and value into a buffer by itself costs two calls out of
 * JavaScript; to join strings costs nothing of the kind, so text is joined to one string and bytes are put into one run,
 * and one native call turns a hundred of them into records.
 */
export class RecordStage {
  readonly #memory: StageMemory = spares.pop() ?? {
    words: new Uint32Array(2 * mostRecords),
    bytes: allocateFast(mostBytes),
  }
  readonly #words = this.#memory.words
  readonly #bytes = this.#memory.bytes
  #text = ''
  #size = 0
  #count = 0

  /** Ends the stage. REQUIRES: it is empty. */
  release(): void {
    if (spares.length < mostSpares) spares.push(this.#memory)
  }

  /** Bytes of the records, about: as if all text were ASCII. */
  get length(): number {
    return this.#count * recordHeader + this.#text.length + this.#size
  }

  get full(): boolean {
    return (
      this.#count === mostRecords ||
      this.#text.length > mostText - 2 * longestStaged ||
      this.#size > mostBytes - 2 * longestStaged
    )
  }

  /**
   * Takes a write. False, and nothing is taken: there is no room, or key or value are something else than text or bytes of
   * at most `longestStaged`, or are no key, or may be detached.
   */
  add(kind: number, key: unknown, value: unknown): boolean {
    const keyLength = stagedLength(key)
    const valueLength = stagedLength(value)
    if (keyLength <= 0 || valueLength < 0 || this.full) return false
    const at = 2 * this.#count++
    let word = kind | (keyLength << 16)
    if (typeof key === 'string') {
      word |= STAGED_KEY_TEXT
      this.#text += key
    } else {
      this.#bytes.set(key as Uint8Array, this.#size)
      this.#size += keyLength
    }
    if (typeof value === 'string') {
      word |= STAGED_VALUE_TEXT
      this.#text += value
    } else {
      this.#bytes.set(value as Uint8Array, this.#size)
      this.#size += valueLength
    }
    this.#words[at] = word
    this.#words[at + 1] = valueLength
    return true
  }

  /** Appends the records to `sink` and empties the stage. */
  writeTo(sink: ByteSink): void {
    const bytes = sink.reserve(this.#count * recordHeader + this.#text.length * 3 + this.#size)
    sink.length = native.packRecords(
      bytes,
      sink.length,
      this.#words,
      this.#count,
      this.#text,
      this.#bytes,
      this.#size,
    )
    this.clear()
  }

  clear(): void {
    this.#text = ''
    this.#size = 0
    this.#count = 0
  }
}

/**
 * In units or bytes; −1: not for a stage. An array is not asked for its `length`: it may lie, and where strings are asked
 * too, the question is a slow one.
 */
function stagedLength(data: unknown): number {
  if (typeof data === 'string') return data.length <= longestStaged ? data.length : -1
  if (!ArrayBuffer.isView(data) || !(data instanceof Uint8Array)) return -1
  // An empty array may be a detached one. And what was read from need not be looked at again for its length.
  if (data[0] === undefined) return -1
  const length = trueLength(data)
  return length <= longestStaged ? length : -1
}
