import { constants } from 'node:buffer'
import { markAsUntransferable } from 'node:worker_threads'
import { decode, type Encoding, sliceText } from '../base/encodings.ts'
import { SCAN_ASCII_KEYS, SCAN_ASCII_VALUES, SCAN_HEADER, SCAN_JOINED } from '../native.ts'
import { allocateFast, type FastBuffer, viewOf } from '../util/fast-buffer.ts'
import type { Encodings } from './call-options.ts'

/** What a scan yields for each record. */
export type ScanShape = 'entries' | 'keys' | 'values'

const recordHeader = 8

/** Memory that native code packs records into: a head, and up to `size` bytes of records. */
export class ScanBuffer {
  readonly bytes: FastBuffer
  readonly memory: ArrayBuffer
  readonly view: DataView

  constructor(size: number) {
    this.bytes = allocateFast(SCAN_HEADER + size)
    this.memory = this.bytes.buffer as ArrayBuffer
    this.view = new DataView(this.memory)
  }

  /** The word at this place of the head. */
  head(at: number): number {
    return this.view.getUint32(at, true)
  }
}

const nothing: FastBuffer = allocateFast(0)
const noMemory = nothing.buffer
const noView = new DataView(noMemory)

/** Records of one call to native code, as native/engine/scan.h packs them. */
export interface PackedRecords {
  readonly bytes: FastBuffer
  /** Of the same memory. */
  readonly view: DataView
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

/** The keys of a batch, or its values, that are no ASCII text, and how they are handed out. */
class Column {
  readonly #encoding: Encoding
  readonly #bytes: FastBuffer
  readonly #memory: ArrayBufferLike = noMemory
  /** From a place in the batch to one in the memory of views. */
  readonly #shift: number = 0
  /** All of it as text, one unit a byte, so that parts are substrings; undefined: it is not ASCII. */
  readonly #text: string | undefined
  readonly #textBase: number

  /** Bytes are views into memory that the user owns, but cannot give to another thread while others share it. */
  constructor(
    encoding: Encoding,
    packed: PackedRecords,
    begin: number,
    size: number,
    ascii: boolean,
    shared: boolean,
  ) {
    const { borrowed, bytes } = packed
    this.#encoding = encoding
    this.#bytes = bytes
    this.#textBase = begin
    if (encoding !== 'buffer') {
      this.#text = ascii ? textOf(bytes, begin, size) : undefined
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

/** ASCII as text; undefined: it is too long for a string. */
function textOf(bytes: FastBuffer, begin: number, size: number): string | undefined {
  return size <= constants.MAX_STRING_LENGTH ? bytes.latin1Slice(begin, begin + size) : undefined
}

/** Decodes packed records, in order. */
export class ScanBatch {
  readonly #shape: ScanShape
  readonly #encodings: Encodings
  #view = noView
  #at = 0
  #valueEnd = 0
  #left = 0
  /**
   * What the keys and values are substrings of, and the places in the batch where these begin; undefined: they are in the
   * columns. Most batches are such.
   */
  #keyText: string | undefined
  #keyBase = 0
  #valueText: string | undefined
  #valueBase = 0
  #keys: Column | undefined
  #values: Column | undefined

  constructor(shape: ScanShape, encodings: Encodings) {
    this.#shape = shape
    this.#encodings = encodings
  }

  /** Records that `next` can still return. */
  get left(): number {
    return this.#left
  }

  /** A scan buffer, as native code filled it, with its flags; false: no record. */
  loadBuffer(buffer: ScanBuffer, flags: number): boolean {
    const records = buffer.head(16)
    if (records === 0) return false
    const { bytes, view } = buffer
    const frontBytes = buffer.head(0)
    const valueBytes = buffer.head(4)
    const joined = (flags & SCAN_JOINED) !== 0
    const front = SCAN_HEADER
    const end = joined ? front + frontBytes + valueBytes : bytes.byteLength
    const { key, value } = this.#encodings
    if (joined && key === 'utf8' && value === 'utf8') {
      const text = bytes.latin1Slice(front, end)
      this.#keyText = text
      this.#keyBase = front
      this.#valueText = text
      this.#valueBase = front
      this.#view = view
      this.#at = front
      this.#valueEnd = end
      this.#left = records
      return true
    }
    this.load({
      bytes,
      view,
      records,
      front,
      frontBytes,
      end,
      valueBytes,
      asciiKeys: (flags & SCAN_ASCII_KEYS) !== 0,
      asciiValues: (flags & SCAN_ASCII_VALUES) !== 0,
      borrowed: true,
    })
    return true
  }

  load(packed: PackedRecords): void {
    const { asciiKeys, asciiValues, borrowed, bytes, end, front, frontBytes, records, valueBytes } = packed
    this.#view = packed.view
    this.#at = front
    this.#valueEnd = end
    this.#left = records
    const { key, value } = this.#encodings
    const shape = this.#shape
    const shared = records > 1 || (shape === 'entries' && !borrowed)
    if (shape !== 'values') {
      this.#keyBase = front
      this.#keyText = key === 'utf8' && asciiKeys ? textOf(bytes, front, frontBytes) : undefined
      this.#keys =
        this.#keyText === undefined
          ? new Column(key, packed, front, frontBytes, asciiKeys, shared)
          : undefined
    }
    if (shape !== 'keys') {
      const begin = end - valueBytes
      this.#valueBase = begin
      this.#valueText = value === 'utf8' && asciiValues ? textOf(bytes, begin, valueBytes) : undefined
      this.#values =
        this.#valueText === undefined
          ? new Column(value, packed, begin, valueBytes, asciiValues, shared)
          : undefined
    }
  }

  clear(): void {
    this.#left = 0
  }

  /** Moves so many records, or all that are left, to the end of `records`. */
  take(records: unknown[], most: number): void {
    let count = Math.min(this.#left, most)
    const keys = this.#keyText
    const values = this.#valueText
    if (this.#shape !== 'entries' || keys === undefined || values === undefined) {
      for (; count > 0; count--) records.push(this.next())
      return
    }
    // The same as next(), for most scans: everything that does not change is at hand.
    const view = this.#view
    const keysFrom = this.#keyBase
    const valuesFrom = this.#valueBase
    let header = this.#at
    let valueEnd = this.#valueEnd
    this.#left -= count
    for (let at = records.length; count > 0; count--) {
      const key = header + recordHeader
      const keyEnd = key + view.getUint32(header, true)
      const value = valueEnd - view.getUint32(header + 4, true)
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
    const view = this.#view
    const header = this.#at
    const key = header + recordHeader
    const keyEnd = key + view.getUint32(header, true)
    const valueEnd = this.#valueEnd
    const value = valueEnd - view.getUint32(header + 4, true)
    this.#at = keyEnd
    this.#valueEnd = value
    this.#left--
    switch (this.#shape) {
      case 'keys':
        return this.#key(key, keyEnd)
      case 'values':
        return this.#value(value, valueEnd)
      case 'entries':
        return [this.#key(key, keyEnd), this.#value(value, valueEnd)]
    }
  }

  #key(begin: number, end: number): unknown {
    const base = this.#keyBase
    return this.#keyText?.substring(begin - base, end - base) ?? this.#keys!.part(begin, end)
  }

  #value(begin: number, end: number): unknown {
    const base = this.#valueBase
    return this.#valueText?.substring(begin - base, end - base) ?? this.#values!.part(begin, end)
  }
}
