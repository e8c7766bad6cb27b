import { deflate } from 'node:zlib'

/** Windows that are compressed at once: libuv has four threads for it. */
const width = 4

/** Compresses windows by themselves with zlib at level 6, for their sizes only, on libuv's threads. */
export class ZlibWindows {
  readonly #window: number
  /** Of windows that are not short, as only the last one may be: they end in any order. */
  #smallest = Number.POSITIVE_INFINITY
  #largest = 0
  #last = 0
  windows = 0
  bytes = 0

  constructor(window: number) {
    this.#window = window
  }

  /** Of a compressed window. A last one that is short counts only when it is the only one. */
  get smallest(): number {
    return this.#largest === 0 ? this.#last : this.#smallest
  }

  get largest(): number {
    return this.#largest === 0 ? this.#last : this.#largest
  }

  /** The windows that `bytes` is cut into. REQUIRES: `bytes` begins where a window does, and does not change meanwhile. */
  async add(bytes: Uint8Array): Promise<void> {
    let at = 0
    const worker = async () => {
      while (at < bytes.length) {
        const window = bytes.subarray(at, at + this.#window)
        at += window.length
        this.#count(window.length, await compressedSize(window))
      }
    }
    await Promise.all(Array.from({ length: width }, worker))
  }

  #count(length: number, size: number): void {
    this.windows++
    this.bytes += size
    if (length < this.#window) {
      this.#last = size
      return
    }
    this.#smallest = Math.min(this.#smallest, size)
    this.#largest = Math.max(this.#largest, size)
  }
}

function compressedSize(window: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    deflate(window, { level: 6 }, (error, result) => {
      if (error === null) resolve(result.length)
      else reject(error)
    })
  })
}
