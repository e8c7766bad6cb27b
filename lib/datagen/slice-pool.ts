import { badOption, readOptions } from '../base/call-options.ts'
import { viewOf } from '../util/fast-buffer.ts'
import { GiB, KiB, MiB } from '../util/units.ts'
import { allocate } from './buffers.ts'
import { DataGenerator } from './generator.ts'
import { type DataOptions, readWhole } from './options.ts'

export interface SlicePoolOptions
  extends Pick<DataOptions, 'compressRatio' | 'pattern' | 'seed' | 'threads'> {
  /** Bytes of a slice, 1 to `poolSize`. Default 16 KiB. */
  readonly sliceSize?: number | undefined
  /** Bytes that are generated once and kept, up to 1 GiB. Default 64 MiB, or one slice if that is more. */
  readonly poolSize?: number | undefined
}

const names = new Set(['compressRatio', 'pattern', 'seed', 'threads', 'sliceSize', 'poolSize'] as const)

/** Each pass over the pool begins so much later than the one before, so that slices repeat much later than the pool does. */
const shift = 512

/**
 * Contents for many small objects: millions of slices a second. A slice is a view of memory that is generated once, so
 * treat it as read-only. Slices overlap and repeat: a pass takes neighbouring slices, and each of the sliceSize ÷ 512 passes
 * before the first slice returns begins 512 bytes later. The same options and seed give the same slices.
 */
export class SlicePool implements Iterable<Buffer> {
  /** Bytes of each slice. */
  readonly sliceSize: number
  readonly #memory: ArrayBuffer
  readonly #lastStart: number
  readonly #passes: number
  #pass = 0
  #next = 0

  /** Generates the pool, which takes some milliseconds. Throws BURROW_INVALID_ARGUMENT for bad options. */
  constructor(options?: SlicePoolOptions) {
    const call = 'SlicePool'
    const { poolSize, sliceSize = 16 * KiB, ...data } = readOptions(options, names, call)
    this.sliceSize = readWhole('sliceSize', sliceSize, 1, GiB, call)
    const size =
      poolSize === undefined
        ? Math.max(64 * MiB, this.sliceSize)
        : readWhole('poolSize', poolSize, 1, GiB, call)
    if (size < this.sliceSize)
      throw badOption('poolSize', size, `from sliceSize (${this.sliceSize}) to ${GiB}`, call)
    using generator = new DataGenerator({ ...(data as DataOptions), size })
    const pool = allocate(size, call)
    generator.fillSync(pool)
    this.#memory = pool.buffer
    this.#lastStart = size - this.sliceSize
    this.#passes = Math.min(Math.ceil(this.sliceSize / shift), Math.floor(this.#lastStart / shift) + 1)
  }

  /** The next slice. */
  take(): Buffer {
    const start = this.#next
    this.#next += this.sliceSize
    if (this.#next > this.#lastStart) {
      this.#pass = (this.#pass + 1) % this.#passes
      this.#next = this.#pass * shift
    }
    return viewOf(this.#memory, start, this.sliceSize)
  }

  /** Slices without end. */
  *[Symbol.iterator](): Generator<Buffer, never, undefined> {
    for (;;) yield this.take()
  }
}
