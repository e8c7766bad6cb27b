import { badOption, readOptions } from '../base/call-options.ts'
import { BurrowError } from '../base/errors.ts'
import { type FoundBlocks, type FoundWindows, type NativeMeasurement, native } from '../native.ts'
import { GiB, KiB, MiB } from '../util/units.ts'
import { type MeasureSource, nextChunk, openSource } from './measure-source.ts'
import { readWhole } from './options.ts'
import { ZlibWindows } from './zlib-windows.ts'

export interface MeasureOptions {
  /** Bytes that are compressed by themselves: 512 to 16 MiB. Default 64 KiB. */
  readonly window?: number | undefined
  /** A block size of yours, beside the usual ones: 512 bytes to 1 GiB. Default 4 MiB, as DataGenerator has it. */
  readonly chunk?: number | undefined
  /** Gives up: the promise rejects with BURROW_ABORTED. */
  readonly signal?: AbortSignal | undefined
  /** Called from the event loop. An error that it throws ends the call. */
  readonly onProgress?: ((progress: MeasureProgress) => void) | undefined
}

export interface MeasureProgress {
  /** Measured so far. */
  readonly bytes: number
  /** Of the source; null for a stream. */
  readonly total: number | null
}

/** Copies of blocks, when the data is cut into blocks of one size from its beginning on. The last block may be shorter. */
export interface DedupFound {
  readonly blockSize: number
  readonly blocks: number
  readonly uniqueBlocks: number
  /** blocks ÷ uniqueBlocks; null without data. */
  readonly ratio: number | null
  /** 0: uniqueBlocks is exact, as up to 1,048,576 of them are. Otherwise it is an estimate, and this its standard error as a share of it, 0.0014 at most. */
  readonly standardError: number
}

/** What a codec makes of windows that are compressed by themselves, headers and checksums of its format included. */
export interface CompressionFound {
  /** Bytes ÷ compressed bytes, of all windows; below 1 when nothing can be saved. null without data, and without the codec in this build. */
  readonly ratio: number | null
  /** Of the window that is compressed least. A last window that is short counts only when it is the only one. */
  readonly min: number | null
  /** Of the window that is compressed most. */
  readonly max: number | null
  readonly windows: number
  readonly compressedBytes: number
}

export type MeasuredCodec = 'lz4' | 'zstd1' | 'zstd3' | 'zlib6'

export interface MeasureReport {
  readonly bytes: number
  readonly window: number
  readonly chunk: number
  /** With blocks of `chunk` bytes; null without data. */
  readonly dedupRatio: number | null
  /** By block size, from small to large: 4 KiB, 16 KiB, 64 KiB, 256 KiB, 1 MiB, 4 MiB and `chunk`. */
  readonly dedup: readonly DedupFound[]
  readonly compression: Readonly<Record<MeasuredCodec, CompressionFound>>
}

interface Config {
  readonly window: number
  readonly chunk: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: MeasureProgress) => void) | undefined
}

const names = new Set(['window', 'chunk', 'signal', 'onProgress'] as const)
const blockSizes = [4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB]
/** Of different blocks of one size. A hash takes 32 bytes at most. */
const exactBlocks = 1024 * 1024

/**
 * How much could be saved of some data, by keeping copies of blocks once and by compression. Whatever its length, the data
 * is read once, piece by piece, and measured off the main thread. It takes memory for a few pieces of 2 MiB, or of one window
 * if that is more, and at most 32 bytes for each different block, so that 32 MiB is the most for a block size. A buffer must
 * not be changed until the promise is settled.
 *
 * Blocks are the same when 128-bit hashes of them are. Of more than 1,048,576 different blocks of one size, only a part of
 * the hashes is looked at: see `standardError`.
 *
 * BURROW_INVALID_ARGUMENT for what is no source, for a directory, and for a stream that does not give bytes; BURROW_IO for
 * a file that cannot be read and a stream that fails, whose own error is the `cause`.
 */
export async function measure(source: MeasureSource, options?: MeasureOptions): Promise<MeasureReport> {
  const config = readMeasureOptions(options)
  throwIfAborted(config.signal)
  const opened = await openSource(source, 'measure')
  const work = new Work(config, opened.total)
  try {
    for (;;) {
      const chunk = await unlessAborted(nextChunk(opened, 'measure'), config.signal)
      if (chunk === undefined) break
      await work.add(chunk)
      throwIfAborted(config.signal)
    }
    return await work.finish()
  } catch (error) {
    await work.settle()
    opened.stop()
    throw error
  }
}

function readMeasureOptions(options: unknown): Config {
  const call = 'measure'
  const { chunk = 4 * MiB, onProgress, signal, window = 64 * KiB } = readOptions(options, names, call)
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw badOption('signal', signal, 'an AbortSignal', call)
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw badOption('onProgress', onProgress, 'a function', call)
  }
  return {
    window: readWhole('window', window, 512, 16 * MiB, call),
    chunk: readWhole('chunk', chunk, 512, GiB, call),
    signal,
    onProgress: onProgress as Config['onProgress'],
  }
}

/** A piece of the data, a whole number of windows but for the last one, and what is being done with it. */
interface Piece {
  readonly buffer: Buffer
  busy: Promise<void>
}

/** Gathers chunks into pieces; while one is measured, the next one is filled. */
class Work {
  readonly #config: Config
  readonly #total: number | null
  readonly #native: NativeMeasurement
  readonly #zlib: ZlibWindows
  #pieces: readonly [Piece, Piece]
  #filled = 0
  #measured = 0

  constructor(config: Config, total: number | null) {
    const { chunk, window } = config
    this.#config = config
    this.#total = total
    const sizes = [...new Set([...blockSizes, chunk])].sort((a, b) => a - b)
    this.#native = native.openMeasurement({ window, blockSizes: sizes, limit: exactBlocks })
    this.#zlib = new ZlibWindows(window)
    const size = Math.max(1, Math.floor((2 * MiB) / window)) * window
    const piece = () => ({ buffer: Buffer.allocUnsafeSlow(size), busy: Promise.resolve() })
    this.#pieces = [piece(), piece()]
  }

  async add(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const { buffer } = this.#pieces[0]
      const part = chunk.subarray(at, at + buffer.length - this.#filled)
      buffer.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === buffer.length) await this.#swap()
    }
  }

  async finish(): Promise<MeasureReport> {
    await this.#swap()
    await this.#swap()
    const { bytes, compressed, dedup } = this.#native.finish()
    const { chunk, window } = this.#config
    const found = dedup.map(dedupFound)
    const codec = (name: string, level: number) =>
      compressionFound(
        bytes,
        compressed.find((one) => one.codec === name && one.level === level),
        window,
      )
    return {
      bytes,
      window,
      chunk,
      dedupRatio: found.find(({ blockSize }) => blockSize === chunk)?.ratio ?? null,
      dedup: found,
      compression: {
        lz4: codec('lz4', 0),
        zstd1: codec('zstd', 1),
        zstd3: codec('zstd', 3),
        zlib6: compressionFound(bytes, this.#zlib, window),
      },
    }
  }

  /** After a failure: until no thread reads the buffers any more. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#pieces.map(({ busy }) => busy))
  }

  /** Has what is filled measured, once the piece before is, and goes on with the memory of that one. */
  async #swap(): Promise<void> {
    const [full, other] = this.#pieces
    await other.busy
    full.busy = this.#measure(full.buffer.subarray(0, this.#filled))
    // It is awaited later.
    full.busy.catch(() => {})
    this.#pieces = [other, full]
    this.#filled = 0
  }

  async #measure(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return
    const outcomes = await Promise.allSettled([this.#native.add(bytes), this.#zlib.add(bytes)])
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure !== undefined) throw failure.reason
    this.#measured += bytes.length
    this.#config.onProgress?.({ bytes: this.#measured, total: this.#total })
  }
}

function dedupFound({ blockSize, blocks, standardError, uniqueBlocks }: FoundBlocks): DedupFound {
  const ratio = blocks === 0 ? null : blocks / uniqueBlocks
  return { blockSize, blocks, uniqueBlocks, ratio, standardError }
}

/** `found` is undefined for a codec that this build lacks. */
function compressionFound(
  bytes: number,
  found: Pick<FoundWindows, 'windows' | 'bytes' | 'smallest' | 'largest'> | undefined,
  window: number,
): CompressionFound {
  if (found === undefined || found.windows === 0) {
    return { ratio: null, min: null, max: null, windows: 0, compressedBytes: 0 }
  }
  const length = found.windows === 1 ? bytes : window
  return {
    ratio: bytes / found.bytes,
    min: length / found.largest,
    max: length / found.smallest,
    windows: found.windows,
    compressedBytes: found.bytes,
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new BurrowError('BURROW_ABORTED', 'measure was given up', { cause: signal.reason })
}

/** Does not wait for a source that gives nothing. */
async function unlessAborted<T>(next: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await next
  const waiting = new AbortController()
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: waiting.signal })
  })
  try {
    await Promise.race([aborted, next])
    throwIfAborted(signal)
    return await next
  } finally {
    waiting.abort()
    // Left behind, it may fail.
    next.catch(() => {})
  }
}
