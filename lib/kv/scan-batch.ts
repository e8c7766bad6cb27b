import { constants } from 'node:buffer'
import { markAsUntransferable } from 'node:worker_threads'
import { decode, type Encoding, sliceText } from '../base/encodings.ts'
import { allocateFast, type FastBuffer, viewOf } from '../util/fast-buffer.ts'
import type { Encodings } from './call-options.ts'

/** What a scan yields for each record. */
export type ScanShape = 'entries' | 'keys' | 'values'

const recordHeader = 8
const nothing: FastBuffer = allocateFast(0)
const noMemory = nothing.buffer

/** Records of one call to native code, as native/engine/scan.h packs them. */
export interface PackedRecords {
  readonly bytes: FastBuffer
  readonly records: number
  /** Where the keys with their lengths begin, and how many bytes they have. */
  readonly front: number
  readonly frontBytes: number
  /** Where the first record's value ends, and how many bytes all values have. */
  readonly end: number
  readonly valueBytes: number
  /** Every byte is below 0x80. */
  readonly asciiKeys: boolean
  readonly asciiValues: boolean
  /** The memory is used again for the next batch: what goes to the user must be copied. */
  readonly borrowed: boolean
}

/** The keys of a batch, or its values, and how they are handed out. */
class Column {
  readonly #encoding: Encoding
  #bytes = nothing
  #memory: ArrayBufferLike = noMemory
  /** From a place in the batch to one in the memory of views. */
  #shift = 0
  /** All of it as text, one unit a byte, so that parts are substrings; undefined: it is not ASCII. */
  #text: string | undefined
  #textBase = 0

  constructor(encoding: Encoding) {
    this.#encoding = encoding
  }

  /** Bytes are views into memory that the user owns, but cannot give to another thread while others share it. */
  load(packed: PackedRecords, begin: number, size: number, ascii: boolean, shared: boolean): void {
    const { borrowed, bytes } = packed
    this.#bytes = bytes
    if (this.#encoding !== 'buffer') {
      const whole = ascii && size <= constants.MAX_STRING_LENGTH
      this.#text = whole ? bytes.latin1Slice(begin, begin + size) : undefined
      this.#textBase = begin
      return
    }
    let owned = bytes
    this.#shift = bytes.byteOffset
    if (borrowed) {
      owned = allocateFast(size)
      bytes.copy(owned, 0, begin, begin + size)
      this.#shift = -begin
    }
    this.#memory = owned.buffer
    if (shared) markAsUntransferable(this.#memory)
  }

  /** The text that parts are substrings of, at places counted from `textBase`; undefined: `part` has more to do. */
  get text(): string | undefined {
    return this.#encoding === 'utf8' ? this.#text : undefined
  }

  get textBase(): number {
    return this.#textBase
  }

  part(begin: number, end: number): unknown {
    const encoding = this.#encoding
    if (encoding === 'buffer') return viewOf(this.#memory, this.#shift + begin, end - begin)
    const base = this.#textBase
    const text =
      this.#text === undefined
        ? sliceText(this.#bytes, begin, end)
        : this.#text.substring(begin - base, end - base)
    return encoding === 'utf8' ? text : decode(text, encoding)
  }
}

/** Decodes packed records, in order. */
export class ScanBatch {
  readonly #shape: ScanShape
  readonly #keys: Column
  readonly #values: Column
  #bytes = nothing
  #at = 0
  #valueEnd = 0
  #left = 0

  constructor(shape: ScanShape, encodings: Encodings) {
    this.#shape = shape
    this.#keys = new Column(encodings.key)
    this.#values = new Column(encodings.value)
  }

  /** Records that `next` can still return. */
  get left(): number {
    return this.#left
  }

  load(packed: PackedRecords): void {
    const { asciiKeys, asciiValues, borrowed, end, front, frontBytes, records, valueBytes } = packed
    this.#bytes = packed.bytes
    this.#at = front
    this.#valueEnd = end
    this.#left = records
    const shared = records > 1
    const shape = this.#shape
    const both = shape === 'entries' && !borrowed
    if (shape !== 'values') this.#keys.load(packed, front, frontBytes, asciiKeys, shared || both)
    if (shape !== 'keys') this.#values.load(packed, end - valueBytes, valueBytes, asciiValues, shared || both)
  }

  clear(): void {
    this.#left = 0
  }

  /** Moves so many records, or all that are left, to the end of `records`. */
  take(records: unknown[], most: number): void {
    let count = Math.min(this.#left, most)
    const keys = this.#keys.text
    const values = this.#values.text
    if (this.#shape !== 'entries' || keys === undefined || values === undefined) {
      for (; count > 0; count--) records.push(this.next())
      return
    }
    // The same as next(), for most scans: everything that does not change is at hand.
    const bytes = this.#bytes
    const keysFrom = this.#keys.textBase
    const valuesFrom = this.#values.textBase
    let header = this.#at
    let valueEnd = this.#valueEnd
    this.#left -= count
    for (let at = records.length; count > 0; count--) {
      const key = header + recordHeader
      const keyEnd = key + readUint32(bytes, header)
      const value = valueEnd - readUint32(bytes, header + 4)
      records[at++] = [
        keys.substring(key - keysFrom, keyEnd - keysFrom),
        values.substring(value - valuesFrom, valueEnd - valuesFrom),
      ]
      header = keyEnd
      valueEnd = value
    }
    this.#at = header
    this.#valueEnd = valueEnd
  }

  /** The next record in the shape that was asked for. REQUIRES: left > 0. */
  next(): unknown {
    const bytes = this.#bytes
    const header = this.#at
    const key = header + recordHeader
    const keyEnd = key + readUint32(bytes, header)
    const valueEnd = this.#valueEnd
    const value = valueEnd - readUint32(bytes, header + 4)
    this.#at = keyEnd
    this.#valueEnd = value
    this.#left--
    switch (this.#shape) {
      case 'keys':
        return this.#keys.part(key, keyEnd)
      case 'values':
        return this.#values.part(value, valueEnd)
      case 'entries':
        return [this.#keys.part(key, keyEnd), this.#values.part(value, valueEnd)]
    }
  }
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) + bytes[at + 3]! * 0x1000000
}
