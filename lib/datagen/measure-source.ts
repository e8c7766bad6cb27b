import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { BurrowError, invalidArgument, isBurrowError } from '../base/errors.ts'
import { describeValue } from '../util/describe-value.ts'
import { KiB } from '../util/units.ts'

/** Bytes in memory, the path of a file, or a stream of bytes: Node's, the web's, or any other async iterable. */
export type MeasureSource =
  | string
  | ArrayBufferView
  | ArrayBufferLike
  | Readable
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>

/** A source that is being read. */
export interface OpenSource {
  /** The next chunk, which is valid until this is called again. */
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  /** Ends it early, also while next() waits. Never throws. */
  stop(): void
  /** Bytes in all, where that is known beforehand. */
  readonly total: number | null
}

const chunkSize = 256 * KiB

/** Throws BURROW_INVALID_ARGUMENT for what is no source, and BURROW_IO for a file that cannot be read. */
export async function openSource(source: unknown, call: string): Promise<OpenSource> {
  if (typeof source === 'string') return await openFile(source, call)
  const bytes = bytesOf(source, call)
  if (bytes !== undefined) return fromIterator(slices(bytes), bytes.length)
  const stream = fromStream(source, call)
  if (stream !== undefined) return stream
  throw invalidArgument(
    `${call}: the source must be bytes, the path of a file, or a stream of bytes, got ${describeValue(source)}`,
    { operation: call, value: source },
  )
}

/** The next chunk; undefined at the end. An error of the source becomes BURROW_IO with it as the cause. */
export async function nextChunk(source: OpenSource, call: string): Promise<Uint8Array | undefined> {
  let next: Awaited<ReturnType<OpenSource['next']>>
  try {
    next = await source.next()
  } catch (error) {
    if (isBurrowError(error)) throw error
    throw new BurrowError('BURROW_IO', `${call}: the stream failed: ${messageOf(error)}`, {
      context: { operation: call },
      cause: error,
    })
  }
  if (next.done) return undefined
  const { value } = next
  if (value instanceof Uint8Array) return value
  throw invalidArgument(`${call}: the stream gave ${describeValue(value)}; it must give bytes (Uint8Array)`, {
    operation: call,
    value,
  })
}

function fromIterator(chunks: AsyncIterator<unknown>, total: number | null): OpenSource {
  return {
    next: () => chunks.next(),
    // A generator is told after the chunk that is being waited for.
    stop: () =>
      void Promise.resolve()
        .then(() => chunks.return?.())
        .catch(() => {}),
    total,
  }
}

/** Undefined for what is no stream. */
function fromStream(source: unknown, call: string): OpenSource | undefined {
  if (typeof source !== 'object' || source === null) return undefined
  try {
    if (source instanceof ReadableStream) {
      const reader = source.getReader()
      return {
        next: () => reader.read(),
        stop: () => void reader.cancel().catch(() => {}),
        total: null,
      }
    }
    if (!(Symbol.asyncIterator in source)) return undefined
    const chunks = (source as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    const opened = fromIterator(chunks, null)
    return source instanceof Readable ? { ...opened, stop: () => void source.destroy() } : opened
  } catch (error) {
    throw invalidArgument(
      `${call}: the stream cannot be read: ${messageOf(error)}`,
      { operation: call },
      error,
    )
  }
}

/** Undefined for what is no memory. */
function bytesOf(source: unknown, call: string): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(source)) {
      // The first throws for memory that was transferred away; such a view says that it has 0 bytes.
      return new Uint8Array(source.buffer).subarray(source.byteOffset, source.byteOffset + source.byteLength)
    }
    if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return new Uint8Array(source)
    return undefined
  } catch (error) {
    throw invalidArgument(
      `${call}: the memory of the buffer was transferred away`,
      { operation: call, value: source },
      error,
    )
  }
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
}

async function openFile(path: string, call: string): Promise<OpenSource> {
  if (path === '' || path.includes('\0')) {
    throw invalidArgument(`${call}: ${describeValue(path)} is not the path of a file`, {
      operation: call,
      value: path,
    })
  }
  let handle: FileHandle | undefined
  try {
    handle = await open(path)
    const info = await handle.stat()
    if (info.isDirectory()) {
      throw invalidArgument(`${call}: ${path} is a directory; name a file`, { operation: call, file: path })
    }
    return fromIterator(contents(handle, path, call), info.isFile() ? info.size : null)
  } catch (error) {
    await handle?.close()
    throw isBurrowError(error) ? error : unreadable(path, error, call)
  }
}

async function* contents(handle: FileHandle, path: string, call: string): AsyncGenerator<Uint8Array> {
  try {
    const buffer = Buffer.allocUnsafeSlow(chunkSize)
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } catch (error) {
    throw unreadable(path, error, call)
  } finally {
    await handle.close()
  }
}

function unreadable(path: string, error: unknown, call: string): BurrowError {
  const { errno } = error as NodeJS.ErrnoException
  return new BurrowError('BURROW_IO', `${call}: ${path} cannot be read: ${messageOf(error)}`, {
    context: { operation: call, file: path, ...(errno === undefined ? {} : { errno: Math.abs(errno) }) },
    cause: error,
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : describeValue(error)
}
