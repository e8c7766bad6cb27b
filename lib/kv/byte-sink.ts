import { allocateFast, type FastBuffer } from '../util/fast-buffer.ts'

/** Strings up to this length are written unit by unit while they are ASCII; longer ones are cheaper in C++. */
const shortText = 48
/** Runs up to this length are copied byte by byte; for longer ones the call of `set` pays. */
const shortRun = 32
/** Memory of sinks that are done, for the next ones: fresh pages cost more than what is written to them. */
const spares: FastBuffer[] = []
const mostSpares = 4
const largestSpare = 1 << 20
/** A larger one, for as long as the collector of garbage leaves it there. */
let largeSpare: WeakRef<FastBuffer> | undefined
const smallest = 512
const smallestSpare = 4096
const nothing = allocateFast(0)

/** A buffer that grows, for packing what native calls take: little-endian integers, text and bytes. */
export class ByteSink {
  #bytes: FastBuffer = nothing
  length = 0

  /** What is written stands in front; valid until the next write. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** Leaves room for `count` bytes and returns where they begin. */
  skip(count: number): number {
    this.reserve(count)
    const at = this.length
    this.length += count
    return at
  }

  /** Text as UTF-8 or bytes as they are. Returns how many bytes it wrote. */
  write(data: string | Uint8Array): number {
    // A UTF-16 unit takes at most three bytes.
    this.reserve(typeof data === 'string' ? data.length * 3 : data.length)
    const written = writeAt(this.#bytes, data, this.length)
    this.length += written
    return written
  }

  setUint16(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value & 0xff
    bytes[at + 1] = value >>> 8
  }

  clear(): void {
    this.length = 0
    if (this.#bytes.length > largestSpare) this.release()
  }

  /** Lets go of the memory, and of what is written with it; `length` stays until `clear()`. */
  release(): void {
    giveBack(this.#bytes)
    this.#bytes = nothing
  }

  /** Makes room for `extra` more bytes; the buffer that has it, until it grows again. */
  reserve(extra: number): FastBuffer {
    const needed = this.length + extra
    if (needed <= this.#bytes.length) return this.#bytes
    const size = Math.max(needed, 2 * this.#bytes.length, smallest)
    const grown = takeSpare(size) ?? allocateFast(size)
    this.#bytes.copy(grown, 0, 0, this.length)
    giveBack(this.#bytes)
    this.#bytes = grown
    return grown
  }
}

function takeSpare(size: number): FastBuffer | undefined {
  const at = spares.findLastIndex((buffer) => buffer.length >= size)
  if (at >= 0) return spares.splice(at, 1)[0]!
  if (size <= largestSpare) return undefined
  const large = largeSpare?.deref()
  if (large === undefined || large.length < size) return undefined
  largeSpare = undefined
  return large
}

function giveBack(buffer: FastBuffer): void {
  if (buffer.length > largestSpare) {
    if (buffer.length > (largeSpare?.deref()?.length ?? 0)) largeSpare = new WeakRef(buffer)
  } else if (buffer.length >= smallestSpare && spares.length < mostSpares) {
    spares.push(buffer)
  }
}

/** Writes text as UTF-8, or bytes as they are; how many bytes that took. REQUIRES: room, three bytes a UTF-16 unit. */
export function writeAt(bytes: FastBuffer, data: string | Uint8Array, at: number): number {
  const { length } = data
  if (typeof data !== 'string') {
    if (length > shortRun) bytes.set(data, at)
    else for (let i = 0; i < length; i++) bytes[at + i] = data[i]!
    return length
  }
  if (length > shortText) return bytes.utf8Write(data, at)
  for (let i = 0; i < length; i++) {
    const unit = data.charCodeAt(i)
    if (unit > 0x7f) return bytes.utf8Write(data, at)
    bytes[at + i] = unit
  }
  return length
}
