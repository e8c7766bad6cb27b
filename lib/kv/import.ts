import { BurrowError, isBurrowError } from '../base/errors.ts'
import { describeValue } from '../util/describe-value.ts'
import { badOption, readOptions } from './call-options.ts'
import { type LongCallOptions, readProgress, readSignal } from './cancellation.ts'
import type { Database } from './database.ts'
import { BadLine, LineSplitter, parseLine } from './json-line.ts'

/** Text or bytes of JSONL, in chunks that may end anywhere: a Node or web stream, a generator, a list, one string. */
export type JsonLinesSource =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>

/** What is applied, and in the end durable. */
export interface ImportProgress {
  /** Lines read, empty ones included. */
  readonly lines: number
  readonly records: number
  /** Of JSONL. */
  readonly bytes: number
}

/** When `signal` fires, the import ends with BURROW_ABORTED; what is applied stays. */
export interface ImportOptions extends LongCallOptions<ImportProgress> {
  /** Records that are applied at once, all or none; fewer when they are long. 1 to 1,000,000; default 1,000. */
  readonly batchSize?: number | undefined
}

const importNames = new Set(['batchSize', 'signal', 'onProgress'] as const)
const batchBytes = 8 * 1024 * 1024
const asBytes = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

/**
 * Puts the records of JSONL, as `exportJsonLines` writes it, into a database: lines `{"key":…,"value":…}`, where a string is
 * UTF-8 and `{"base64":"…"}` any bytes; empty lines are passed over. Keys that are there are overwritten. When it resolves,
 * everything is durable.
 *
 * A line that is no record ends it with BURROW_INVALID_ARGUMENT. Every error but those of the source itself says how many lines are applied and durable
 * (`context.linesApplied`, `context.recordsApplied`), and a bad line which one it is (`context.line`, from 1): records are
 * applied in batches, so nothing of a batch with a bad line is. To go on, import again from the start, or from the line
 * behind those.
 */
export async function importJsonLines<K, V>(
  db: Database<K, V>,
  source: JsonLinesSource,
  options?: ImportOptions,
): Promise<ImportProgress> {
  const call = 'importJsonLines'
  const { batchSize = 1000, ...fields } = readOptions(options, importNames, call)
  if (!Number.isInteger(batchSize) || (batchSize as number) < 1 || (batchSize as number) > 1_000_000) {
    throw badOption('batchSize', batchSize, 'an integer from 1 to 1000000', call)
  }
  const signal = readSignal(fields.signal, call)
  const onProgress = readProgress<ImportProgress>(fields.onProgress, call)
  const importer = new Importer(db, batchSize as number, onProgress)
  const chunks = chunksOf(source)
  try {
    for (;;) {
      const chunk = await unlessAborted(chunks.next(), signal)
      if (chunk.done) break
      await importer.add(chunk.value, signal)
    }
    await importer.finish()
    return importer.applied
  } catch (error) {
    // The source may be waiting for more: it is told, not awaited.
    void chunks.return?.()?.then(undefined, () => {})
    throw await importer.explain(error)
  }
}

class Importer {
  readonly #db: Database<unknown, unknown>
  readonly #batchSize: number
  readonly #onProgress: ((progress: ImportProgress) => void) | undefined
  readonly #splitter = new LineSplitter()
  readonly #batch
  #lines = 0
  #records = 0
  #bytes = 0
  applied: ImportProgress = { lines: 0, records: 0, bytes: 0 }

  constructor(
    db: Database<never, never> | Database<unknown, unknown>,
    batchSize: number,
    onProgress: ((progress: ImportProgress) => void) | undefined,
  ) {
    this.#db = db as Database<unknown, unknown>
    this.#batchSize = batchSize
    this.#onProgress = onProgress
    this.#batch = db.writeBatch()
  }

  async add(chunk: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw new BurrowError(
        'BURROW_INVALID_ARGUMENT',
        `the source of importJsonLines gave ${describeValue(chunk)}; it must give strings or bytes`,
        { context: { operation: 'importJsonLines', value: chunk } },
      )
    }
    for (const line of this.#splitter.push(chunk)) {
      this.#take(line, 1)
      if (this.#batch.length < this.#batchSize && this.#batch.byteLength < batchBytes) continue
      await this.#apply()
      if (signal?.aborted) throw givenUp(signal)
    }
  }

  async finish(): Promise<void> {
    const last = this.#splitter.finish()
    if (last !== undefined) this.#take(last, 0)
    await this.#apply()
    await this.#db.sync()
  }

  /** The error that the caller gets. What it says is applied is durable. */
  async explain(error: unknown): Promise<unknown> {
    const bad = error instanceof BadLine
    if (!bad && !isBurrowError(error)) return error
    let { lines, records } = this.applied
    try {
      await this.#db.sync()
    } catch {
      ;[lines, records] = [0, 0]
    }
    const message = bad ? `line ${this.#lines + 1} is no record: ${error.message}` : error.message
    const state =
      lines === 0
        ? 'Nothing is known to be imported'
        : `Lines 1 to ${lines} are imported (${records} records)`
    return new BurrowError(
      bad ? 'BURROW_INVALID_ARGUMENT' : error.code,
      `${message.replace(/[.\s]+$/, '')}. ${state}; import again from the start, or from line ${lines + 1}`,
      {
        context: {
          ...(bad ? {} : error.context),
          operation: 'importJsonLines',
          ...(bad ? { line: this.#lines + 1 } : {}),
          linesApplied: lines,
          recordsApplied: records,
        },
        cause: error,
      },
    )
  }

  #take(line: Buffer, endBytes: number): void {
    const record = parseLine(line)
    if (record !== undefined) {
      try {
        this.#batch.put(record.key, record.value, asBytes)
      } catch (error) {
        throw isBurrowError(error) ? new BadLine(error.message) : error
      }
      this.#records++
    }
    this.#lines++
    this.#bytes += line.byteLength + endBytes
  }

  async #apply(): Promise<void> {
    await this.#batch.commit({ sync: false })
    this.#batch.clear()
    this.applied = { lines: this.#lines, records: this.#records, bytes: this.#bytes }
    this.#onProgress?.(this.applied)
  }
}

function chunksOf(source: JsonLinesSource): AsyncIterator<unknown> {
  if (typeof source === 'string' || source instanceof Uint8Array) return chunksOf([source])
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]()
    if (Symbol.iterator in source) return each(source)
  }
  throw badOption('source', source, 'a string, bytes, or an iterable of these', 'importJsonLines')
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

/** Does not wait for a source that gives nothing. */
async function unlessAborted<T>(next: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return next
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(givenUp(signal))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([aborted, next])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function givenUp({ reason }: AbortSignal): BurrowError {
  return new BurrowError('BURROW_ABORTED', 'the import was given up', { cause: reason })
}
