import { allocateFast, type FastBuffer } from '../util/fast-buffer.ts'

/** Strings up to this length are written unit by unit while they are ASCII; longer ones are cheaper in C++. */
const shortText = 48

/** A buffer that grows, for packing what native calls take: little-endian integers, text and bytes. */
export class ByteSink {
  #bytes: FastBuffer
  length = 0

  constructor(capacity = 1024) {
    this.#bytes = allocateFast(capacity)
  }

  /** What is written stands in front; valid until the next write. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** Leaves room for `count` bytes and returns where they begin. */
  skip(count: number): number {
    this.#reserve(count)
    const at = this.length
    this.length += count
    return at
  }

  /** Text as UTF-8 or bytes as they are. Returns how many bytes it wrote. */
  write(data: string | Uint8Array): number {
    if (typeof data !== 'string') {
      this.#reserve(data.byteLength)
      this.#bytes.set(data, this.length)
      this.length += data.byteLength
      return data.byteLength
    }
    // A UTF-16 unit takes at most three bytes.
    this.#reserve(data.length * 3)
    const written = this.#writeShort(data) ?? this.#bytes.utf8Write(data, this.length)
    this.length += written
    return written
  }

  setUint8(at: number, value: number): void {
    this.#bytes[at] = value
  }

  setUint16(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value & 0xff
    bytes[at + 1] = value >>> 8
  }

  setUint32(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value & 0xff
    bytes[at + 1] = (value >>> 8) & 0xff
    bytes[at + 2] = (value >>> 16) & 0xff
    bytes[at + 3] = value >>> 24
  }

  /** Forgets what is written and, when that was much, its memory. */
  clear(keepCapacity = 1 << 20): void {
    this.length = 0
    if (this.#bytes.byteLength > keepCapacity) this.#bytes = allocateFast(1024)
  }

  #writeShort(text: string): number | undefined {
    if (text.length > shortText) return undefined
    const bytes = this.#bytes
    const begin = this.length
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) return undefined
      bytes[begin + i] = unit
    }
    return text.length
  }

  #reserve(extra: number): void {
    const needed = this.length + extra
    if (needed <= this.#bytes.byteLength) return
    const grown = allocateFast(Math.max(needed, 2 * this.#bytes.byteLength))
    this.#bytes.copy(grown, 0, 0, this.length)
    this.#bytes = grown
  }
}
