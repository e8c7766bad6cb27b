import type { Encoded } from '../base/encodings.ts'
import { native, STAGED_KEY_TEXT, STAGED_VALUE_TEXT } from '../native.ts'
import { allocateFast } from '../util/fast-buffer.ts'
import { KiB } from '../util/units.ts'
import type { ByteSink } from './byte-sink.ts'

/** Longest key or value, in units or bytes; a longer one is cheaper to write by itself. */
export const longestStaged = KiB

const mostRecords = 256
const mostText = 16 * KiB
const mostBytes = 16 * KiB
const recordHeader = 7

/** Stages that are empty, for the next batches: fresh memory costs more than what is written to it. */
const spares: RecordStage[] = []
const mostSpares = 4

/**
 * Where small writes wait to become records. To write each key and value into a buffer by itself costs two calls out of
 * JavaScript; to join strings costs nothing of the kind, so text is joined to one string and bytes are put into one run,
 * and one native call turns a hundred of them into records.
 */
export class RecordStage {
  readonly #words = new Uint32Array(2 * mostRecords)
  readonly #bytes = allocateFast(mostBytes)
  #text = ''
  #size = 0
  #count = 0

  /** An empty stage; give it back with `release`. */
  static take(): RecordStage {
    return spares.pop() ?? new RecordStage()
  }

  /** REQUIRES: it is empty. */
  release(): void {
    if (spares.length < mostSpares) spares.push(this)
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

  /** REQUIRES: it is not full; a key and a value of at most `longestStaged`. */
  add(kind: number, key: Encoded, value: Encoded): void {
    const at = 2 * this.#count++
    let word = kind | (key.length << 16)
    if (typeof key === 'string') {
      word |= STAGED_KEY_TEXT
      this.#text += key
    } else {
      this.#bytes.set(key, this.#size)
      this.#size += key.length
    }
    if (typeof value === 'string') {
      word |= STAGED_VALUE_TEXT
      this.#text += value
    } else {
      this.#bytes.set(value, this.#size)
      this.#size += value.length
    }
    this.#words[at] = word
    this.#words[at + 1] = value.length
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
