import { availableParallelism } from 'node:os'
import { badOption, readFlag, readOptions } from '../base/call-options.ts'
import { BurrowError, invalidArgument, isBurrowError } from '../base/errors.ts'
import { native, type SideSeconds, type WriteBenchmarkConfig, type WriteBenchmarkResult } from '../native.ts'
import { GiB, KiB, MiB } from '../util/units.ts'
import { type DataOptions, readGeneratorOptions, readWhole } from './options.ts'

/** What is written, and how. The bytes are those of a DataGenerator with the same options. */
export interface WriteBenchmarkOptions
  extends Pick<DataOptions, 'dedupRatio' | 'compressRatio' | 'pattern' | 'seed' | 'blockSize'> {
  /** A file, which must not be there, or with `force` a device. */
  readonly path: string
  /** Bytes in all: 1 to 2^53 − 1. */
  readonly size: number
  /** Threads that write, 1 to 256: so many writes are under way at once. Default 1. */
  readonly writers?: number | undefined
  /** Threads that generate, 1 to 256. Default: half of the processors that the process may use, 4 at most. */
  readonly producers?: number | undefined
  /** Bytes of a write, 512 to 64 MiB; with `direct` a multiple of 4096. The last one may be shorter. Default 1 MiB. */
  readonly writeSize?: number | undefined
  /** Buffers of `writeSize` between producers and writers, 1 to 4096, 4 GiB together at most. Default: two for each thread. */
  readonly buffers?: number | undefined
  /** Past the page cache (O_DIRECT; F_NOCACHE on macOS). Default false: what is measured may be memory. */
  readonly direct?: boolean | undefined
  /** fsync at the end, which is measured by itself. Default false. */
  readonly sync?: boolean | undefined
  /** The file stays, also a part of it after a failure. Default false: it is removed in every case. A device stays. */
  readonly keep?: boolean | undefined
  /** Overwrite what is at `path`. Default false: that is BURROW_EXISTS. */
  readonly force?: boolean | undefined
  /** Gives up: the promise rejects with BURROW_ABORTED, once the writes that are under way have ended. */
  readonly signal?: AbortSignal | undefined
  /** Called from the event loop, ten times a second. An error that it throws ends the benchmark. */
  readonly onProgress?: ((progress: WriteBenchmarkProgress) => void) | undefined
}

export interface WriteBenchmarkProgress {
  /** Written so far. */
  readonly bytes: number
  readonly total: number
}

/** The threads of one side, producers or writers. */
export interface WriteBenchmarkSide {
  readonly threads: number
  /** Bytes in a second while they work: what they reach when they never wait. */
  readonly bytesPerSecond: number
  /** Share of their time, 0 to 1, in which they did not: for want of a buffer of the other side, or of a processor. */
  readonly waiting: number
}

/**
 * What limits the rate, told by who waits for whom. `balanced`: both sides wait for less than a tenth of their time. Otherwise
 * a side that waits less than half as much as the other is the limit: `generator` (writers wait) or `device` (producers
 * wait). When there is no such side it is the `queue`: too few buffers, or too few processors for so many threads.
 */
export type WriteBottleneck = 'generator' | 'device' | 'queue' | 'balanced'

export interface WriteBenchmarkReport {
  readonly path: string
  readonly bytes: number
  readonly writes: number
  readonly writeSize: number
  readonly direct: boolean
  readonly buffers: number
  /** From the start to the end of the last write. */
  readonly seconds: number
  readonly bytesPerSecond: number
  readonly producers: WriteBenchmarkSide
  readonly writers: WriteBenchmarkSide
  /** While at least one write was under way, all writers together. */
  readonly device: { readonly seconds: number; readonly bytesPerSecond: number }
  /** Of the fsync at the end; null without `sync`. */
  readonly syncSeconds: number | null
  /** bytes ÷ (seconds + syncSeconds); null without `sync`. */
  readonly durableBytesPerSecond: number | null
  /** Of writes, in microseconds. */
  readonly latency: Readonly<WriteBenchmarkResult['latency']>
  readonly bottleneck: WriteBottleneck
  /** The file is there, or it was a device. */
  readonly kept: boolean
}

interface Config {
  readonly native: WriteBenchmarkConfig
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: WriteBenchmarkProgress) => void) | undefined
}

const dataNames = ['size', 'dedupRatio', 'compressRatio', 'pattern', 'seed', 'blockSize'] as const
const names = new Set([
  ...dataNames,
  ...(['path', 'writers', 'producers', 'writeSize', 'buffers', 'direct', 'sync', 'keep', 'force'] as const),
  ...(['signal', 'onProgress'] as const),
])
const call = 'writeBenchmark'
const directUnit = 4 * KiB
const mostBuffered = 4 * GiB
const progressMs = 100

/**
 * Writes generated data to a file or device and measures it: producers fill a fixed set of buffers, writers write them, each
 * at its offset, from the beginning to the end. Not on the event loop.
 *
 * Errors: BURROW_EXISTS without `force`; BURROW_UNSUPPORTED where the file system refuses direct writes; BURROW_NO_SPACE for
 * a full disk; BURROW_INVALID_ARGUMENT for a directory or a pipe; BURROW_IO for all else that the system says. However the
 * promise is settled, no file is left unless `keep` is set; a process that ends before leaves it.
 */
export async function writeBenchmark(options: WriteBenchmarkOptions): Promise<WriteBenchmarkReport> {
  const config = readBenchmarkOptions(options)
  const { onProgress, signal } = config
  throwIfAborted(signal)
  const running = native.startWriteBenchmark(config.native)
  const total = config.native.data.size
  const cancel = () => running.cancel()
  let failure: { readonly error: unknown } | undefined
  const tell = () => {
    try {
      onProgress?.({ bytes: running.written(), total })
    } catch (error) {
      failure ??= { error }
      cancel()
    }
  }
  const timer = onProgress === undefined ? undefined : setInterval(tell, progressMs)
  signal?.addEventListener('abort', cancel, { once: true })
  let result: WriteBenchmarkResult | undefined
  try {
    result = await running.result
    tell()
  } catch (error) {
    if (isBurrowError(error) && error.code === 'BURROW_ABORTED') throwIfAborted(signal)
    failure ??= { error }
  } finally {
    clearInterval(timer)
    signal?.removeEventListener('abort', cancel)
  }
  if (result === undefined || failure !== undefined) throw failure?.error
  return reportOf(config.native, result)
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new BurrowError('BURROW_ABORTED', 'the write benchmark was given up', { cause: signal.reason })
}

function readBenchmarkOptions(options: unknown): Config {
  if (options === undefined) {
    throw invalidArgument(`${call}: options must be an object with path and size`, { operation: call })
  }
  const fields = readOptions(options, names, call)
  const { onProgress, path, signal } = fields
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw badOption('path', path, 'the path of a file', call)
  }
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw badOption('signal', signal, 'an AbortSignal', call)
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw badOption('onProgress', onProgress, 'a function', call)
  }
  readWhole('size', fields.size, 1, Number.MAX_SAFE_INTEGER, call)
  const data = readGeneratorOptions(Object.fromEntries(dataNames.map((name) => [name, fields[name]])), call)
  const direct = readFlag('direct', fields.direct, call) ?? false
  const writeSize = readWhole('writeSize', fields.writeSize ?? MiB, 512, 64 * MiB, call)
  if (direct && writeSize % directUnit !== 0) {
    throw badOption('writeSize', writeSize, `a multiple of ${directUnit} with direct`, call)
  }
  const half = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)))
  const producers = readWhole('producers', fields.producers ?? half, 1, 256, call)
  const writers = readWhole('writers', fields.writers ?? 1, 1, 256, call)
  const usual = Math.max(1, Math.min(2 * (producers + writers), Math.floor(mostBuffered / writeSize)))
  const buffers = readWhole('buffers', fields.buffers ?? usual, 1, 4096, call)
  if (buffers * writeSize > mostBuffered) {
    throw badOption(
      'buffers',
      buffers,
      `at most ${Math.floor(mostBuffered / writeSize)} of ${writeSize} bytes`,
      call,
    )
  }
  return {
    native: {
      ...{ path, data, writeSize, producers, writers, buffers, direct },
      sync: readFlag('sync', fields.sync, call) ?? false,
      replace: readFlag('force', fields.force, call) ?? false,
      keep: readFlag('keep', fields.keep, call) ?? false,
    },
    signal,
    onProgress: onProgress as Config['onProgress'],
  }
}

function reportOf(config: WriteBenchmarkConfig, result: WriteBenchmarkResult): WriteBenchmarkReport {
  const { bytes, seconds, syncSeconds, writingSeconds } = result
  const side = (threads: number, { waitingShare, working }: SideSeconds): WriteBenchmarkSide => ({
    threads,
    bytesPerSecond: rate(bytes * threads, working),
    waiting: waitingShare,
  })
  const { buffers, direct, path, sync, writeSize } = config
  return {
    ...{ path, bytes, writes: result.writes, writeSize, direct, buffers, seconds },
    bytesPerSecond: rate(bytes, seconds),
    producers: side(config.producers, result.producers),
    writers: side(config.writers, result.writers),
    device: { seconds: writingSeconds, bytesPerSecond: rate(bytes, writingSeconds) },
    syncSeconds: sync ? syncSeconds : null,
    durableBytesPerSecond: sync ? rate(bytes, seconds + syncSeconds) : null,
    latency: result.latency,
    bottleneck: result.bottleneck,
    kept: result.kept,
  }
}

function rate(bytes: number, seconds: number): number {
  return seconds > 0 ? bytes / seconds : 0
}
