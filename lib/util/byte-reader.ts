/** Thrown by ByteReader: the bytes end too early, or a number is out of range. `offset` is where the bad item begins. */
export class ByteReaderError extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.name = 'ByteReaderError'
    this.offset = offset
  }
}

/**
 * Reads what ByteWriter wrote, from bytes that nobody has vouched for: every length is checked against what is left
 * before it is used, so nothing read here makes a large allocation or a read past the end. Offsets count from the
 * start of the bytes of the outermost reader.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #position: number

  constructor(bytes: Uint8Array, begin = 0, end = bytes.byteLength) {
    this.#bytes = bytes
    this.#position = begin
    this.#end = end
  }

  get position(): number {
    return this.#position
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.#end - this.#position
  }

  get atEnd(): boolean {
    return this.#position === this.#end
  }

  /** An integer from 0 to `max`; the encoding must be the shortest one. */
  varint(what: string, max = Number.MAX_SAFE_INTEGER): number {
    const begin = this.#position
    let value = 0
    let scale = 1
    // 2^53 − 1 takes eight groups of seven bits.
    for (let group = 0; group < 8; group++) {
      if (this.#position >= this.#end)
        throw new ByteReaderError(`${what}: the bytes end inside a number`, begin)
      const byte = this.#bytes[this.#position++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (byte === 0 && group > 0) throw new ByteReaderError(`${what}: not the shortest encoding`, begin)
        if (value > max) throw new ByteReaderError(`${what}: ${value} is above the limit ${max}`, begin)
        return value
      }
      scale *= 0x80
    }
    throw new ByteReaderError(`${what}: number above 2^53 - 1`, begin)
  }

  /** `length` bytes as a view into the underlying bytes. */
  raw(what: string, length: number): Uint8Array {
    if (length > this.#end - this.#position) {
      throw new ByteReaderError(
        `${what}: ${length} bytes announced, ${this.#end - this.#position} left`,
        this.#position,
      )
    }
    const view = this.#bytes.subarray(this.#position, this.#position + length)
    this.#position += length
    return view
  }

  /** A length of at most `max`, then that many bytes, as a view into the underlying bytes. */
  bytes(what: string, max = Number.MAX_SAFE_INTEGER): Uint8Array {
    return this.raw(what, this.varint(`length of ${what}`, max))
  }

  /** A reader of the next `length` bytes, which this reader skips. */
  nested(what: string, length: number): ByteReader {
    const begin = this.#position
    this.raw(what, length)
    return new ByteReader(this.#bytes, begin, this.#position)
  }
}
