/** Appends varints and byte strings to a buffer that grows. The inverse of ByteReader. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** LEB128, least significant group first. `value` is an integer from 0 to 2^53 − 1, else RangeError. */
  varint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${value} is not an integer from 0 to 2^53 - 1`)
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      // Division, not shifts: bit operators work on 32 bits only.
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
    return this
  }

  /** The bytes as they are, without a length. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.byteLength)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.byteLength
    return this
  }

  /** Length as a varint, then the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.varint(bytes.byteLength).raw(bytes)
  }

  /** What has been written; a copy that the caller owns. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra
    if (needed <= this.#bytes.byteLength) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.byteLength))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
