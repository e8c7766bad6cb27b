import { type Encoded, encodeKey, encodeValue, isPlainBytes, maxKeyBytes } from '../base/encodings.ts'
import { invalidArgument } from '../base/errors.ts'
import { formatBytes, GiB } from '../util/units.ts'
import { ByteSink, writeAt } from './byte-sink.ts'
import type { Encodings } from './call-options.ts'
import { type ByteRange, firstKeyFrom } from './range.ts'
import { longestStaged, RecordStage } from './record-stage.ts'

/** Bytes of one batch, record headers included. */
const maxBatchBytes = 2 * GiB

// Written to disk: do not change (docs/formats.md "Write batch").
const recordKind = { delete: 0, put: 1, rangeDelete: 2 } as const
const recordHeader = 7
/** From so many records on, small ones go through the stage: its call costs as much as to write a few directly. */
const fewRecords = 8
/** Batches up to this size are far from the limit. */
const plainBatch = GiB
const highestKey = new Uint8Array(maxKeyBytes).fill(0xff)

/**
 * Encodes writes into the records that one native call takes:
 * kind u8 · key length u16 · value length u32 · key · value. A write that is refused leaves no trace.
 */
export class BatchEncoder {
  readonly #sink = new ByteSink()
  /** The small writes since the last one in the sink. */
  #stage: RecordStage | undefined
  #count = 0
  #puts = false

  get count(): number {
    return this.#count
  }

  /** In bytes; about, until `records` was read: text counts as if it were ASCII. */
  get length(): number {
    return this.#sink.length + (this.#stage?.length ?? 0)
  }

  /** False while there are only deletions. */
  get addsData(): boolean {
    return this.#puts
  }

  /** The records stand in front: `length` bytes. Valid until the next write. */
  get records(): Buffer {
    this.#unstage()
    return this.#sink.bytes
  }

  put(key: unknown, value: unknown, encodings: Encodings): void {
    this.#puts = true
    const plain = encodings.key !== 'json' && encodings.value !== 'json'
    if (plain && this.#gather(recordKind.put, key, value)) return
    this.#add(recordKind.put, encodeKey(key, encodings.key), encodeValue(value, encodings.value))
  }

  delete(key: unknown, encodings: Encodings): void {
    if (encodings.key !== 'json' && this.#gather(recordKind.delete, key, '')) return
    this.#add(recordKind.delete, encodeKey(key, encodings.key), '')
  }

  /** REQUIRES: an upper bound. A range in which no key can be adds nothing. */
  deleteRange(range: ByteRange & { readonly upper: Uint8Array }): void {
    const begin = firstKeyFrom(range.lower)
    if (begin === undefined) return
    const end = firstKeyFrom(range.upper)
    if (end !== undefined) {
      this.#add(recordKind.rangeDelete, begin, end)
      return
    }
    // No key can stand for an end above the highest key that there can be: that one is deleted by itself.
    this.#add(recordKind.rangeDelete, begin, highestKey)
    this.#add(recordKind.delete, highestKey, '')
  }

  clear(): void {
    this.#stage?.clear()
    this.#unstage()
    this.#sink.clear()
    this.#count = 0
    this.#puts = false
  }

  /** Lets go of the records, which were handed over; the numbers stay until `clear()`. */
  release(): void {
    this.#sink.release()
  }

  /** Takes a small write. False, and nothing is taken: it needs checks. */
  #gather(kind: number, key: unknown, value: unknown): boolean {
    if (this.#stage === undefined || !this.#stage.add(kind, key, value))
      return this.#gatherAnew(kind, key, value)
    this.#count++
    return true
  }

  /** The same where the stage did not take it: it is full, or not begun. */
  #gatherAnew(kind: number, key: unknown, value: unknown): boolean {
    if (!isSmall(key) || !isSmall(value) || key.length === 0) return false
    if (this.#count < fewRecords) {
      this.#append(kind, key, value)
      return true
    }
    if (this.#stage === undefined) this.#stage = new RecordStage()
    else this.#stage.writeTo(this.#sink)
    if (this.#sink.length > plainBatch || !this.#stage.add(kind, key, value)) return false
    this.#count++
    return true
  }

  #unstage(): void {
    const stage = this.#stage
    if (stage === undefined) return
    this.#stage = undefined
    if (stage.length > 0) stage.writeTo(this.#sink)
    stage.release()
  }

  #add(kind: number, key: Encoded, value: Encoded): void {
    this.#unstage()
    const at = this.#sink.length
    if (at + recordHeader + key.length + value.length > maxBatchBytes) throw tooLarge()
    const keyBytes = this.#append(kind, key, value)
    if (this.#sink.length > maxBatchBytes || keyBytes > maxKeyBytes) {
      this.#sink.length = at
      this.#count--
      throw tooLarge()
    }
  }

  #append(kind: number, key: Encoded, value: Encoded): number {
    const sink = this.#sink
    const room =
      (typeof key === 'string' ? 3 : 1) * key.length + (typeof value === 'string' ? 3 : 1) * value.length
    const bytes = sink.reserve(recordHeader + room)
    const at = sink.length
    const keyBytes = writeAt(bytes, key, at + recordHeader)
    const valueBytes = writeAt(bytes, value, at + recordHeader + keyBytes)
    bytes[at] = kind
    bytes[at + 1] = keyBytes
    bytes[at + 2] = keyBytes >>> 8
    bytes[at + 3] = valueBytes
    bytes[at + 4] = valueBytes >>> 8
    bytes[at + 5] = valueBytes >>> 16
    bytes[at + 6] = valueBytes >>> 24
    sink.length = at + recordHeader + keyBytes + valueBytes
    this.#count++
    return keyBytes
  }
}

/** Data that needs no check: of no limit's size at three bytes a unit. An empty array may be a detached one, so it is not. */
function isSmall(data: unknown): data is Encoded {
  if (typeof data === 'string') return data.length <= longestStaged
  return isPlainBytes(data) && data.length !== 0 && data.length <= longestStaged
}

function tooLarge(): Error {
  return invalidArgument(
    `a batch holds at most ${formatBytes(maxBatchBytes)}: commit it in parts (then each part is atomic by itself)`,
    { allowed: `at most ${maxBatchBytes} bytes` },
  )
}
