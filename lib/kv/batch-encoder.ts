import { type Encoded, encodeKey, encodeValue, maxKeyBytes } from '../base/encodings.ts'
import { invalidArgument } from '../base/errors.ts'
import { formatBytes, GiB } from '../util/units.ts'
import { ByteSink } from './byte-sink.ts'
import type { Encodings } from './call-options.ts'
import { type ByteRange, firstKeyFrom } from './range.ts'

/** Bytes of one batch, record headers included. */
export const maxBatchBytes = 2 * GiB

// Written to disk: do not change (docs/formats.md "Write batch").
const recordKind = { delete: 0, put: 1, rangeDelete: 2 } as const
const recordHeader = 7
const highestKey = new Uint8Array(maxKeyBytes).fill(0xff)

/**
 * Encodes writes into the records that one native call takes:
 * kind u8 · key length u16 · value length u32 · key · value. A write that is refused leaves no trace.
 */
export class BatchEncoder {
  readonly #sink = new ByteSink(512)
  #count = 0

  get count(): number {
    return this.#count
  }

  get length(): number {
    return this.#sink.length
  }

  /** The records stand in front: `length` bytes. Valid until the next write. */
  get records(): Buffer {
    return this.#sink.bytes
  }

  put(key: unknown, value: unknown, encodings: Encodings): void {
    this.#add(recordKind.put, encodeKey(key, encodings.key), encodeValue(value, encodings.value))
  }

  delete(key: unknown, encodings: Encodings): void {
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
    this.#sink.clear()
    this.#count = 0
  }

  #add(kind: number, key: Encoded, value: Encoded): void {
    const sink = this.#sink
    const at = sink.length
    const size = recordHeader + key.length + value.length
    if (at + size > maxBatchBytes) throw tooLarge()
    sink.skip(recordHeader)
    const keyBytes = sink.write(key)
    const valueBytes = sink.write(value)
    if (sink.length > maxBatchBytes || keyBytes > maxKeyBytes) {
      sink.length = at
      throw tooLarge()
    }
    sink.setUint8(at, kind)
    sink.setUint16(at + 1, keyBytes)
    sink.setUint32(at + 3, valueBytes)
    this.#count++
  }
}

function tooLarge(): Error {
  return invalidArgument(
    `a batch holds at most ${formatBytes(maxBatchBytes)}: commit it in parts (then each part is atomic by itself)`,
    { allowed: `at most ${maxBatchBytes} bytes` },
  )
}
