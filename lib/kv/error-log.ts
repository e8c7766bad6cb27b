import { basename } from 'node:path'
import { isPlainBytes } from '../base/encodings.ts'
import { addContext, BurrowError, type ErrorCode, type ErrorContext } from '../base/errors.ts'
import { parseFileName } from '../manifest/file-names.ts'
import type { Version } from '../manifest/version.ts'
import { asBuffer } from '../util/bytes.ts'
import { describeValue } from '../util/describe-value.ts'
import { abbreviate } from '../util/printable.ts'

/** One failure, as `db.debug.lastErrors()` tells it: plain JSON. */
export interface RecordedError {
  /** Milliseconds since 1970. */
  readonly at: number
  /** The call by its public name, or what failed in the background: `flush`, `compaction`, `wal`, `manifest`. */
  readonly operation: string
  readonly background: boolean
  readonly code: ErrorCode
  readonly message: string
  /** What else is known: see ErrorContext. */
  readonly context: Readonly<Record<string, string | number>>
  /** Messages of the errors that led to it, the first one last. */
  readonly causes: readonly string[]
  readonly stack: string
}

export interface ErrorLogOptions {
  /** Leave keys out, and messages that may have them. */
  readonly redact: boolean
  readonly version: () => Version
  /** The sequence number of the last write that is visible; undefined when nobody can tell. */
  readonly sequence: () => number | undefined
}

const remembered = 100
const contextNames = ['key', 'file', 'offset', 'level', 'sequence', 'errno', 'place', 'option', 'holderPid']

/** The errors of one database: how many of each code, and the last ones with all that is known. Costs nothing until there is one. */
export class ErrorLog {
  readonly #options: ErrorLogOptions
  readonly byCode: Record<string, number> = {}
  /** Those of background work, which are in `byCode`, too. */
  readonly background: Record<string, number> = {}
  /** The newest last. */
  readonly #last: RecordedError[] = []

  constructor(options: ErrorLogOptions) {
    this.#options = options
  }

  /** The newest first. */
  get last(): RecordedError[] {
    return [...this.#last].reverse()
  }

  /**
   * Counts and remembers what a call is about to throw, and completes its context; returns it. Errors of others, such as
   * those of a `toJSON`, pass through.
   */
  note<E>(error: E, operation: string, key?: unknown, sequence?: number): E {
    if (!(error instanceof BurrowError)) return error
    const shown = this.#options.redact ? undefined : showKey(key)
    this.#complete(error, {
      operation,
      ...(shown === undefined ? {} : { key: shown }),
      ...(sequence === undefined ? {} : { sequence }),
    })
    this.#record(error, operation, shown, false)
    return error
  }

  /** Notes what `run` rejects with. */
  async noting<T>(operation: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      throw this.note(error, operation)
    }
  }

  noteBackground(error: BurrowError, operation: string): void {
    this.#complete(error, { operation })
    this.background[error.code] = (this.background[error.code] ?? 0) + 1
    this.#record(error, operation, undefined, true)
  }

  #complete(error: BurrowError, known: ErrorContext): void {
    const level = this.#levelOf(error.context.file)
    const sequence = known.sequence ?? this.#options.sequence()
    addContext(error, {
      ...known,
      ...(level === undefined ? {} : { level }),
      ...(sequence === undefined ? {} : { sequence }),
    })
  }

  #levelOf(file: unknown): number | undefined {
    if (typeof file !== 'string') return undefined
    const parsed = parseFileName(basename(file))
    if (parsed?.kind !== 'table') return undefined
    const { levels } = this.#options.version()
    const level = levels.findIndex(({ tables }) => tables.some(({ number }) => number === parsed.number))
    return level < 0 ? undefined : level
  }

  #record(error: BurrowError, operation: string, key: string | undefined, background: boolean): void {
    const { code, context } = error
    this.byCode[code] = (this.byCode[code] ?? 0) + 1
    const hidden = this.#options.redact && ('value' in context || 'key' in context)
    const known = { ...context, ...(key === undefined ? {} : { key }) }
    const message = hidden
      ? `${operation} failed (the message is hidden by the option debug.redact)`
      : error.message
    this.#last.push({
      at: Date.now(),
      operation,
      background,
      code,
      message,
      context: plainFields(known, hidden),
      causes: hidden ? [] : causesOf(error),
      stack: hidden ? '' : (error.stack ?? ''),
    })
    if (this.#last.length > remembered) this.#last.shift()
  }
}

/** A key that a user gave, checked or not: its buffer may be detached, it may be a revoked proxy. */
function showKey(key: unknown): string | undefined {
  if (key === undefined) return undefined
  if (typeof key === 'string') return abbreviate(Buffer.from(key.slice(0, 256)), Buffer.byteLength(key))
  try {
    if (isPlainBytes(key)) return abbreviate(asBuffer(key))
  } catch {
    // Described below.
  }
  return describeValue(key)
}

function plainFields(context: ErrorContext, hideKey: boolean): Record<string, string | number> {
  const fields: Record<string, string | number> = {}
  for (const name of contextNames) {
    const value = context[name]
    if (hideKey && name === 'key') continue
    if (typeof value === 'string' || typeof value === 'number') fields[name] = value
  }
  return fields
}

function causesOf(error: Error): string[] {
  const causes: string[] = []
  let { cause } = error
  while (cause !== undefined && causes.length < 8) {
    causes.push(cause instanceof Error ? cause.message : String(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return causes
}
