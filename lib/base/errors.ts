/**
 * The one error class and the one table from native status codes to error codes. A message says what happened, to
 * what, and what to do next; `context` says the same to programs.
 */

/** How to go on with a damaged database. */
export const damageAdvice =
  'Run `burrow verify` to see what is damaged, and `burrow repair` after copying the directory'

interface ErrorKind {
  readonly code: `BURROW_${string}`
  /** The same call, made again later, may succeed without a change to the program. */
  readonly retryable: boolean
  /** What to do next; ends the message of every error that native code reports. */
  readonly advice: string
}

/** The index is the native status code (native/util/status.h); 0 is ok. Entries may be appended, never moved. */
const kinds = [
  { code: 'BURROW_INTERNAL', retryable: false, advice: '' },
  { code: 'BURROW_IO', retryable: false, advice: 'Check the disk, the path and its permissions.' },
  {
    code: 'BURROW_CORRUPTION',
    retryable: false,
    advice: `Nothing was changed. ${damageAdvice}.`,
  },
  {
    code: 'BURROW_LOCKED',
    retryable: true,
    advice: 'Close the other user of this database, or open it with readOnly.',
  },
  { code: 'BURROW_CLOSED', retryable: false, advice: 'Open the database again.' },
  {
    code: 'BURROW_READ_ONLY',
    retryable: false,
    advice: 'Reads go on; to write, close the database and open it again.',
  },
  { code: 'BURROW_INVALID_ARGUMENT', retryable: false, advice: 'Correct the argument.' },
  { code: 'BURROW_NOT_FOUND', retryable: false, advice: 'Check the path or name.' },
  { code: 'BURROW_EXISTS', retryable: false, advice: 'Choose another path or name.' },
  { code: 'BURROW_NO_SPACE', retryable: true, advice: 'Free disk space; then write again.' },
  {
    code: 'BURROW_BUSY',
    retryable: true,
    advice: 'Close iterators and snapshots that are no longer needed, or try later.',
  },
  { code: 'BURROW_CONFLICT', retryable: true, advice: 'Run the transaction again.' },
  { code: 'BURROW_TIMEOUT', retryable: true, advice: 'Try again, or allow more time.' },
  { code: 'BURROW_ABORTED', retryable: false, advice: 'The caller asked to stop.' },
  { code: 'BURROW_ENCRYPTION', retryable: false, advice: 'Check the encryption key.' },
  {
    code: 'BURROW_UNSUPPORTED',
    retryable: false,
    advice: 'Use a newer version of burrowdb, or do without the feature.',
  },
  { code: 'BURROW_INTERNAL', retryable: false, advice: 'This is a bug in burrowdb: please report it.' },
] as const satisfies readonly ErrorKind[]

/** What `BurrowError.code` can be. */
export type ErrorCode = (typeof kinds)[number]['code']

/** Every error code, in the order of the native status codes. */
export const errorCodes: readonly ErrorCode[] = kinds.slice(1).map((kind) => kind.code)

const kindByCode: ReadonlyMap<string, ErrorKind> = new Map(kinds.slice(1).map((kind) => [kind.code, kind]))

/** What an error happened to. Absent fields were not known. Further fields may be added. */
export interface ErrorContext {
  /** The call that failed, by its public name: `put`, `open`, `compact`. */
  readonly operation?: string
  /** The key, abbreviated; bytes that cannot be printed as \xNN. Left out with the option `debug: { redact: true }`. */
  readonly key?: string | Uint8Array
  /** Path of the file as the engine knows it. */
  readonly file?: string
  /** Bytes from the start of `file`. */
  readonly offset?: number
  /** The level of the table `file`. */
  readonly level?: number
  /** What the call read at, or the last write that was visible. */
  readonly sequence?: number
  /** Error number of the operating system. */
  readonly errno?: number
  /** Where native code made the error, under native/: `table/data_block.cc:123`. For reports of bugs; it changes with each version. */
  readonly place?: string
  /** With BURROW_LOCKED: the process that holds the lock. */
  readonly holderPid?: number
  /** With a bad option or argument: its name, its value and the allowed range. */
  readonly option?: string
  readonly value?: unknown
  readonly allowed?: string
  /** With BURROW_UNSUPPORTED: what is not supported. */
  readonly feature?: string
  readonly [name: string]: unknown
}

/** Every error that the engine reports. Decide by `code`; the message is for people and may change. */
export class BurrowError extends Error {
  readonly code: ErrorCode
  /** True when the same call, made again later, may succeed without a change to the program. */
  readonly retryable: boolean
  readonly context: ErrorContext

  constructor(code: ErrorCode, message: string, details: { context?: ErrorContext; cause?: unknown } = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.retryable = kindByCode.get(code)?.retryable ?? false
    this.context = Object.freeze({ ...details.context })
  }

  static {
    // On the prototype, so that it is not printed as a field of each error.
    Object.defineProperty(BurrowError.prototype, 'name', {
      value: 'BurrowError',
      configurable: true,
      writable: true,
    })
  }
}

/** Errors that every call gets from some moment on: what one call knows is nothing for the next one to see. */
const shared = new WeakSet<BurrowError>()

export function markShared(error: BurrowError): void {
  shared.add(error)
}

/** Adds to the context of an error what is known further up. What it says already stays. */
export function addContext(error: BurrowError, context: ErrorContext): void {
  if (shared.has(error)) return
  ;(error as { context: ErrorContext }).context = Object.freeze({ ...context, ...error.context })
}

/** A failed native status as the binding hands it over. */
export interface NativeStatus {
  /** Native status code: see native/util/status.h. */
  readonly code: number
  readonly message: string
  readonly place?: string
  readonly file?: string
  readonly offset?: number
  readonly errno?: number
  readonly holderPid?: number
}

/** A file that the operating system does not find is an I/O error: NOT_FOUND is for names that users gave. */
function kindOf({ code, errno }: NativeStatus): number {
  const [io, notFound] = [1, 7]
  return code === notFound && errno !== undefined ? io : code
}

/** The error for a failed native status. A code that the table does not know becomes BURROW_INTERNAL. */
export function fromNative(status: NativeStatus, operation?: string): BurrowError {
  const known = Number.isInteger(status.code) && status.code > 0 ? kinds[kindOf(status)] : undefined
  const kind: ErrorKind = known ?? kinds[16]
  let message = operation === undefined ? '' : `${operation}: `
  message += status.message || kind.code
  if (known === undefined) message += ` (native status ${status.code})`
  if (status.file !== undefined && !status.message.includes(status.file)) {
    message += ` (${status.file}${status.offset === undefined ? '' : ` at offset ${status.offset}`})`
  }
  if (status.holderPid !== undefined) message += ` (held by process ${status.holderPid})`
  const context: ErrorContext = {
    ...(operation === undefined ? {} : { operation }),
    ...(status.file === undefined ? {} : { file: status.file }),
    ...(status.offset === undefined ? {} : { offset: status.offset }),
    ...(status.errno === undefined ? {} : { errno: status.errno }),
    ...(status.holderPid === undefined ? {} : { holderPid: status.holderPid }),
    ...(status.place === undefined ? {} : { place: status.place }),
  }
  return new BurrowError(kind.code as ErrorCode, `${message.replace(/[.\s]+$/, '')}. ${kind.advice}`, {
    context,
  })
}

/** True for errors of this package, also when two copies of it are loaded. */
export function isBurrowError(error: unknown): error is BurrowError {
  return error instanceof Error && kindByCode.has((error as { code?: unknown }).code as string)
}

/** Shorthand for the error that bad arguments get. */
export function invalidArgument(message: string, context?: ErrorContext, cause?: unknown): BurrowError {
  return new BurrowError('BURROW_INVALID_ARGUMENT', message, {
    ...(context === undefined ? {} : { context }),
    ...(cause === undefined ? {} : { cause }),
  })
}
