import type { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { setImmediate } from 'node:timers/promises'
import { BurrowError, invalidArgument } from '../base/errors.ts'
import { type NativeDataGenerator, native } from '../native.ts'
import { KiB, MiB } from '../util/units.ts'
import { type DataGeneratorOptions, readGeneratorOptions, readWhole } from './options.ts'
import { readSeed, type Seed } from './seed.ts'
import { nodeStreamOf, readChunkSize, type StreamOptions, webStreamOf } from './streams.ts'
import { bytesOfTarget, type FillTarget, refuseResizable } from './target.ts'

/** Fills up to this size are made at once: handing them to other threads would take longer. */
const smallFill = 256 * KiB
/** After so many bytes of them the event loop turns, which a loop of promises that are settled already would not let it. */
const bytesPerTurn = MiB
/** Since the event loop was last let to turn: one for the thread, for it is the event loop that is shared. */
let bytesThisTurn = 0

const recommendedChunkSize = 32 * MiB

/**
 * Bytes that look as you ask: a given size, dedup ratio and compression ratio, reproducible by seed. A byte depends on the
 * options, the seed and its offset only: not on threads, on how much is asked for at once, or on what was asked for before.
 *
 * `fill`, `fillSync` and the streams go on from `position`; `readAt` reads anywhere and moves nothing.
 */
export class DataGenerator {
  readonly #native: NativeDataGenerator
  readonly #size: number
  #seed: bigint
  #position = 0
  #filling = false
  #closed = false

  /** Throws BURROW_INVALID_ARGUMENT for an option that is not known or out of its range. */
  constructor(options: DataGeneratorOptions) {
    const config = readGeneratorOptions(options, 'DataGenerator')
    this.#native = native.openDataGenerator(config)
    this.#size = config.size
    this.#seed = config.seed
  }

  /** Bytes in all. */
  get size(): number {
    return this.#size
  }

  /** Offset of the byte that `fill` makes next. */
  get position(): number {
    return this.#position
  }

  /** True at the end: `fill` makes no more bytes. */
  get done(): boolean {
    return this.#position >= this.#size
  }

  /** The seed in force, also one that was chosen at random. */
  get seed(): bigint {
    return this.#seed
  }

  /** A good size for buffers to fill: 32 MiB. All threads have enough to do, and handing over costs nothing. */
  get chunkSize(): number {
    return recommendedChunkSize
  }

  /**
   * Fills `buffer` with the next bytes, without a copy, and resolves to how many: fewer than it holds at the end, then 0.
   * Other threads do it, except for a buffer of 256 KiB or less, which is filled at the call. Leave the buffer alone, and
   * do not transfer it, until then. Rejects with BURROW_INVALID_ARGUMENT while another fill runs, and for a buffer without
   * bytes, of resizable memory, or transferred away meanwhile; `position` stays then.
   */
  async fill(buffer: FillTarget): Promise<number> {
    this.#checkIdle('fill')
    const bytes = bytesOfTarget(buffer, 'fill')
    refuseResizable(bytes, 'fill')
    if (this.done) return 0
    const { byteLength } = bytes
    if (byteLength <= smallFill) {
      const written = this.#advance(this.#native.readAt(this.#position, bytes))
      bytesThisTurn += written
      if (bytesThisTurn >= bytesPerTurn) {
        bytesThisTurn = 0
        await setImmediate()
      }
      return written
    }
    this.#filling = true
    try {
      const written = await this.#native.fill(this.#position, bytes)
      if (bytes.byteLength !== byteLength) {
        throw invalidArgument('fill: the memory of the buffer was transferred away while it was filled', {
          operation: 'fill',
        })
      }
      return this.#advance(written)
    } finally {
      this.#filling = false
      if (this.#closed) this.#native.close()
    }
  }

  /** Like `fill`, but the calling thread waits. */
  fillSync(buffer: FillTarget): number {
    this.#checkIdle('fillSync')
    return this.#advance(this.#native.readAt(this.#position, bytesOfTarget(buffer, 'fillSync')))
  }

  /**
   * Fills `buffer` with the bytes from `offset` on and returns how many: fewer than it holds across the end, 0 behind it.
   * Moves nothing, and may be called while a fill runs.
   */
  readAt(offset: number, buffer: FillTarget): number {
    this.#checkOpen('readAt')
    const from = readWhole('offset', offset, 0, Number.MAX_SAFE_INTEGER, 'readAt')
    return this.#native.readAt(from, bytesOfTarget(buffer, 'readAt'))
  }

  /**
   * The bytes from `position` on, as a web stream that makes a chunk when it is asked for one. Each chunk has memory of its
   * own; a BYOB reader's buffer is filled in place. It moves `position`, so one stream or fill at a time.
   */
  stream(options?: StreamOptions): ReadableStream<Uint8Array> {
    this.#checkOpen('stream')
    return webStreamOf(this, readChunkSize(options, 'stream'))
  }

  /** Like `stream`, as a stream of Node, which makes one chunk ahead. */
  nodeStream(options?: StreamOptions): Readable {
    this.#checkOpen('nodeStream')
    return nodeStreamOf(this, readChunkSize(options, 'nodeStream'))
  }

  /** Back to the start. The seed stays. */
  reset(): void {
    this.#checkIdle('reset')
    this.#position = 0
  }

  /**
   * From now on every byte is that of a generator with this seed, at the same offset; `position` stays. Without a seed, a
   * random one.
   */
  setSeed(seed?: Seed): void {
    this.#checkIdle('setSeed')
    this.#seed = readSeed(seed, 'setSeed')
    this.#native.setSeed(this.#seed)
  }

  /** Lets go of the threads, after a fill that runs. Further calls fail with BURROW_CLOSED. Not needed: so does collection. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (!this.#filling) this.#native.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #advance(written: number): number {
    this.#position += written
    return written
  }

  #checkOpen(call: string): void {
    if (this.#closed)
      throw new BurrowError('BURROW_CLOSED', `${call}: the generator is closed; make another one`, {
        context: { operation: call },
      })
  }

  #checkIdle(call: string): void {
    this.#checkOpen(call)
    if (this.#filling) {
      throw invalidArgument(`${call}: a fill of this generator is running; await it first`, {
        operation: call,
        allowed: 'one fill at a time',
      })
    }
  }
}
