import { constants } from 'node:buffer'
import { markAsUntransferable } from 'node:worker_threads'
import { decode, type Encoding, sliceText } from '../base/encodings.ts'
import { allocateFast, type FastBuffer, viewOf } from '../util/fast-buffer.ts'
import type { Encodings } from './call-options.ts'

/** What a scan yields for each record. */
export type ScanShape = 'entries' | 'keys' | 'values'

const recordHeader = 8

/** Records of one call to native code: key length u32 · value length u32 · key · value, one after the other. */
export interface PackedRecords {
  readonly bytes: FastBuffer
  /** Where the first record begins, and where the last one ends. */
  readonly begin: number
  readonly end: number
  readonly records: number
  /** Every byte is below 0x80. */
  readonly ascii: boolean
  /** The memory is used again for the next batch: what goes to the user must be copied. */
  readonly borrowed: boolean
}

/** Decodes packed records, in order. */
export class ScanBatch {
  readonly #shape: ScanShape
  readonly #encodings: Encodings
  #bytes: FastBuffer = allocateFast(0)
  #memory: ArrayBufferLike = this.#bytes.buffer
  #memoryBase = 0
  #at = 0
  #left = 0
  /** The whole batch as text, one unit a byte, so that parts are substrings; undefined: it is not ASCII. */
  #text: string | undefined
  #textBase = 0

  constructor(shape: ScanShape, encodings: Encodings) {
    this.#shape = shape
    this.#encodings = encodings
  }

  /** Records that `next` can still return. */
  get left(): number {
    return this.#left
  }

  load(packed: PackedRecords): void {
    this.#left = packed.records
    const text = this.#wantsText()
    const short = packed.end - packed.begin <= constants.MAX_STRING_LENGTH
    this.#text =
      text && packed.ascii && short ? packed.bytes.latin1Slice(packed.begin, packed.end) : undefined
    this.#textBase = packed.begin
    if (packed.borrowed && !text) {
      // One copy for the batch; keys and values are views into it that the user owns, but cannot give to another thread.
      this.#bytes = allocateFast(packed.end - packed.begin)
      packed.bytes.copy(this.#bytes, 0, packed.begin, packed.end)
      this.#at = 0
    } else {
      this.#bytes = packed.bytes
      this.#at = packed.begin
    }
    this.#memory = this.#bytes.buffer
    this.#memoryBase = this.#bytes.byteOffset
    if (!text && (packed.records > 1 || this.#shape === 'entries')) markAsUntransferable(this.#bytes.buffer)
  }

  clear(): void {
    this.#left = 0
  }

  /** The next record in the shape that was asked for. REQUIRES: left > 0. */
  next(): unknown {
    const bytes = this.#bytes
    const header = this.#at
    const key = header + recordHeader
    const value = key + readUint32(bytes, header)
    const end = value + readUint32(bytes, header + 4)
    this.#at = end
    this.#left--
    switch (this.#shape) {
      case 'keys':
        return this.#part(key, value, this.#encodings.key)
      case 'values':
        return this.#part(value, end, this.#encodings.value)
      case 'entries':
        return [this.#part(key, value, this.#encodings.key), this.#part(value, end, this.#encodings.value)]
    }
  }

  #part(begin: number, end: number, encoding: Encoding): unknown {
    if (encoding === 'buffer') return viewOf(this.#memory, this.#memoryBase + begin, end - begin)
    const base = this.#textBase
    const text =
      this.#text === undefined
        ? sliceText(this.#bytes, begin, end)
        : this.#text.substring(begin - base, end - base)
    return encoding === 'utf8' ? text : decode(text, encoding)
  }

  /** No part is handed out as bytes. */
  #wantsText(): boolean {
    const keysAsBytes = this.#shape !== 'values' && this.#encodings.key === 'buffer'
    const valuesAsBytes = this.#shape !== 'keys' && this.#encodings.value === 'buffer'
    return !keysAsBytes && !valuesAsBytes
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) + bytes[at + 3]! * 0x1000000
}
