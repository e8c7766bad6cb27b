import { isTableError, TableError, validation } from '../errors.ts'
import { type Place, placeText } from './place.ts'

/** A statement that is not PartiQL: DynamoDB's envelope, what is wrong, and where. */
export function malformed(detail: string, at: Place): TableError {
  return refused(`Statement wasn't well formed, can't be processed: ${detail}`, at)
}

/** A statement that can be read and will not be run: what is not supported, and where. */
export function refused(message: string, at: Place): TableError {
  return validation(`${message} at ${placeText(at)}`, { ...at })
}

/** As `refused`, for SQL that DynamoDB does not have: JOIN, GROUP BY and their like. */
export function unsupportedClause(clause: string, at: Place): TableError {
  return refused(`Unsupported clause: ${clause}`, at)
}

const keyProblem = 'primary key'

/** A write or read that does not name one item: it cancels a transaction, as DynamoDB has it. */
export function keyRefused(message: string): TableError {
  return validation(message, { problem: keyProblem })
}

export function isKeyRefused(error: TableError): boolean {
  return error.context['problem'] === keyProblem
}

/** Runs `work`; a ValidationException out of it is about a primary key. */
export function aboutKey<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (isTableError(error, 'ValidationException')) throw keyRefused(error.message)
    throw error
  }
}

/** Runs `work`; the message of a TableError out of it is continued by ` under <path>`, as DynamoDB does for literals. */
export function under<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof TableError) throw validation(`${error.message} under ${path}`)
    throw error
  }
}
