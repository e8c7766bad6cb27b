import { fromNative, isBurrowError, type NativeStatus } from '../base/errors.ts'

/** The command line is wrong in a way that only the command itself can tell: exit code 2. */
export class UsageError extends Error {}

/**
 * Says on stderr what went wrong: `burrow: CODE message`, or with --json one document
 * `{"error":{"code","message","retryable","context"}}`; errors of tables have DynamoDB's name, too. Returns the exit code.
 */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof UsageError) {
    process.stderr.write(`burrow: ${error.message}\n`)
    return 2
  }
  const { code, message, name } = tell(error)
  if (json) {
    const { retryable = false, context = {} } = isBurrowError(error) ? error : {}
    process.stderr.write(
      `${JSON.stringify({ error: { code, ...(name === undefined ? {} : { name }), message, retryable, context } }, plain)}\n`,
    )
  } else {
    process.stderr.write(`burrow: ${failureText(error)}\n`)
  }
  return 1
}

/** `CODE message`, for errors of tables with DynamoDB's name: `CODE Name: message`. */
export function failureText(error: unknown): string {
  if (error instanceof UsageError) return error.message
  const { code, message, name } = tell(error)
  return `${code} ${name === undefined ? '' : `${name}: `}${message}`
}

function tell(error: unknown): { code: string; name: string | undefined; message: string } {
  const code = isBurrowError(error) ? error.code : isSystemError(error) ? 'BURROW_IO' : 'BURROW_INTERNAL'
  const message = error instanceof Error ? error.message : String(error)
  return { code, name: tableErrorName(error), message }
}

/** DynamoDB's name of an error of tables. */
export function tableErrorName(error: unknown): string | undefined {
  return isBurrowError(error) && error.name !== 'BurrowError' ? error.name : undefined
}

/** What Node says of a file that a command reads or writes beside the database. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

/** Damage that ended a dump: what stands before it was printed. */
export function damageError(damage: NativeStatus | undefined): Error | undefined {
  return damage === undefined ? undefined : fromNative(damage)
}

/** Bytes in the context of an error, a key for instance, as hexadecimal text. */
function plain(_name: string, value: unknown): unknown {
  const bytes = value as { type?: unknown; data?: unknown } | null
  if (bytes?.type === 'Buffer' && Array.isArray(bytes.data)) return Buffer.from(bytes.data).toString('hex')
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}
