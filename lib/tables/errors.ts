/** Errors of tables: DynamoDB's names and messages on the error class and the codes of the engine. */
import { BurrowError, type ErrorCode, type ErrorContext } from '../base/errors.ts'
import type { Item } from './value.ts'

/** What each of DynamoDB's error names means in the codes of the engine. */
const codes = {
  ValidationException: 'BURROW_INVALID_ARGUMENT',
  SerializationException: 'BURROW_INVALID_ARGUMENT',
  IdempotentParameterMismatchException: 'BURROW_INVALID_ARGUMENT',
  ExpiredIteratorException: 'BURROW_INVALID_ARGUMENT',
  TrimmedDataAccessException: 'BURROW_NOT_FOUND',
  ResourceNotFoundException: 'BURROW_NOT_FOUND',
  ResourceInUseException: 'BURROW_EXISTS',
  DuplicateItemException: 'BURROW_EXISTS',
  ConditionalCheckFailedException: 'BURROW_CONFLICT',
  TransactionCanceledException: 'BURROW_CONFLICT',
  TransactionConflictException: 'BURROW_CONFLICT',
  TransactionInProgressException: 'BURROW_BUSY',
  LimitExceededException: 'BURROW_BUSY',
} as const satisfies Record<string, ErrorCode>

/** What `TableError.name` can be: DynamoDB's own names. */
export type TableErrorName = keyof typeof codes

/** Why one operation of a transaction did or did not let it happen; in the order of the operations. */
export interface CancellationReason {
  /** `None` for an operation that had nothing against it. */
  readonly code:
    | 'None'
    | 'ConditionalCheckFailed'
    | 'TransactionConflict'
    | 'ValidationError'
    | 'DuplicateItem'
    | 'ItemCollectionSizeLimitExceeded'
    | 'ResourceNotFound'
  readonly message?: string
  /** The item as it was, when `returnValuesOnConditionCheckFailure: 'ALL_OLD'` asked for it. */
  readonly item?: Item
}

/** What only some errors of tables carry. */
export interface TableErrorDetails {
  readonly context?: ErrorContext
  readonly cause?: unknown
  /** Another code than the usual one of the name. */
  readonly code?: ErrorCode
  readonly item?: Item
  readonly cancellationReasons?: readonly CancellationReason[]
}

/** An error with DynamoDB's name (`ConditionalCheckFailedException`) and message, and the engine's `code`. */
export class TableError extends BurrowError {
  declare readonly name: TableErrorName
  /** With a failed condition and `returnValuesOnConditionCheckFailure: 'ALL_OLD'`: the item as it was. */
  declare readonly item?: Item
  /** With TransactionCanceledException: one reason for each operation, in their order. */
  declare readonly cancellationReasons?: readonly CancellationReason[]

  constructor(name: TableErrorName, message: string, details: TableErrorDetails = {}) {
    const { context, item, cancellationReasons } = details
    super(details.code ?? codes[name], message, {
      ...(context === undefined ? {} : { context }),
      ...('cause' in details ? { cause: details.cause } : {}),
    })
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true })
    if (item !== undefined) this.item = item
    if (cancellationReasons !== undefined) this.cancellationReasons = cancellationReasons
  }
}

/** True for errors of tables, also when two copies of this package are loaded; with a name, only for those of that name. */
export function isTableError(error: unknown, name?: TableErrorName): error is TableError {
  if (!(error instanceof Error) || !Object.hasOwn(codes, error.name) || !('code' in error)) return false
  return name === undefined || error.name === name
}

/** A request that cannot be carried out, whatever the table holds. */
export function validation(message: string, context?: ErrorContext): TableError {
  return new TableError('ValidationException', message, context === undefined ? {} : { context })
}

/** `validation` with the words that DynamoDB begins most of its messages with. */
export function invalidParameter(message: string, context?: ErrorContext): TableError {
  return validation(`One or more parameter values were invalid: ${message}`, context)
}

/** A value within more values than `maxDepth` (item-tags.ts). */
export function nestedTooDeeply(): TableError {
  return validation(
    'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
  )
}

/** Text or JSON that is not what the format demands. */
export function serialization(message: string, context?: ErrorContext): TableError {
  return new TableError('SerializationException', message, context === undefined ? {} : { context })
}

/** A condition was false; `item` is what it was tested on, if the caller asked for that. */
export function conditionalCheckFailed(item?: Item): TableError {
  return new TableError(
    'ConditionalCheckFailedException',
    'The conditional request failed',
    item === undefined ? {} : { item },
  )
}

/** A transaction did not happen; the message lists the codes of `reasons`, one for each of its operations. */
export function transactionCanceled(reasons: readonly CancellationReason[]): TableError {
  const list = reasons.map((reason) => reason.code).join(', ')
  return new TableError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${list}]`,
    { cancellationReasons: reasons },
  )
}

/** Another transaction has the item. */
export function transactionConflict(): TableError {
  return new TableError('TransactionConflictException', 'Transaction is ongoing for the item')
}

/** A table, index or stream that does not exist: `what` as DynamoDB says it, like `Table: users not found`. */
export function resourceNotFound(what: string): TableError {
  return new TableError('ResourceNotFoundException', `Requested resource not found: ${what}`)
}

/** A table or index that exists already (BURROW_EXISTS), or that is being changed (BURROW_BUSY). */
export function resourceInUse(
  message: string,
  code: 'BURROW_EXISTS' | 'BURROW_BUSY' = 'BURROW_EXISTS',
): TableError {
  return new TableError('ResourceInUseException', message, { code })
}

/** Too many of something at a time. */
export function limitExceeded(message: string): TableError {
  return new TableError('LimitExceededException', message)
}

/** Bytes of a table that cannot be what was written. Naming the key is up to the caller (`addContext`). */
export function corruption(message: string): BurrowError {
  return new BurrowError(
    'BURROW_CORRUPTION',
    `${message}. Nothing was changed. Run \`burrow verify\` to see what is damaged`,
  )
}
