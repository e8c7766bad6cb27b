import { expect } from 'vitest'
import { isTableError, type TableError } from '../../../lib/tables/errors.ts'

/** The ValidationException that `call` throws. */
export function refusal(call: () => unknown): TableError {
  try {
    call()
  } catch (error) {
    if (!isTableError(error, 'ValidationException')) throw error
    expect(error.code).toBe('BURROW_INVALID_ARGUMENT')
    return error
  }
  throw new Error('nothing was thrown')
}
