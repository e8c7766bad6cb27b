import { expect, it } from 'vitest'
import { isBurrowError } from '../../lib/base/errors.ts'
import {
  conditionalCheckFailed,
  isTableError,
  limitExceeded,
  resourceInUse,
  resourceNotFound,
  TableError,
  transactionCanceled,
  transactionConflict,
  validation,
} from '../../lib/tables/errors.ts'

it('errors of tables have DynamoDB’s names and the engine’s codes', () => {
  const errors: [TableError, string, string][] = [
    [validation('no'), 'ValidationException', 'BURROW_INVALID_ARGUMENT'],
    [conditionalCheckFailed(), 'ConditionalCheckFailedException', 'BURROW_CONFLICT'],
    [transactionCanceled([]), 'TransactionCanceledException', 'BURROW_CONFLICT'],
    [transactionConflict(), 'TransactionConflictException', 'BURROW_CONFLICT'],
    [resourceNotFound('Table: t not found'), 'ResourceNotFoundException', 'BURROW_NOT_FOUND'],
    [resourceInUse('there'), 'ResourceInUseException', 'BURROW_EXISTS'],
    [resourceInUse('busy', 'BURROW_BUSY'), 'ResourceInUseException', 'BURROW_BUSY'],
    [limitExceeded('many'), 'LimitExceededException', 'BURROW_BUSY'],
  ]
  for (const [error, name, code] of errors) {
    expect(error).toBeInstanceOf(TableError)
    expect({ name: error.name, code: error.code }).toEqual({ name, code })
    expect(error.stack).toContain(error.message)
    expect(isBurrowError(error)).toBe(true)
    expect(isTableError(error)).toBe(true)
    expect(isTableError(error, 'ValidationException')).toBe(name === 'ValidationException')
    expect(Object.keys(error)).not.toContain('name')
  }
  expect(isTableError(new Error('x'))).toBe(false)
  expect(isTableError({ name: 'ValidationException', code: 'x' })).toBe(false)
})

it('errors carry what the caller needs to go on', () => {
  expect(conditionalCheckFailed({ id: 'a' }).item).toEqual({ id: 'a' })
  expect('item' in conditionalCheckFailed()).toBe(false)
  const reasons = [
    { code: 'None' },
    { code: 'ConditionalCheckFailed', message: 'The conditional request failed' },
  ] as const
  const error = transactionCanceled(reasons)
  expect(error.cancellationReasons).toEqual(reasons)
  expect(error.message).toBe(
    'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]',
  )
  expect(resourceNotFound('Table: t not found').message).toBe(
    'Requested resource not found: Table: t not found',
  )
})
