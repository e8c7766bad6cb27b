/** The public API of `burrowdb/tables`. */
export { BurrowError, type ErrorCode, type ErrorContext, isBurrowError } from './base/errors.ts'
export type { DatabaseOptions } from './base/options.ts'
export { Database } from './kv/database.ts'
export type { BatchGetResult, KeysToGet } from './tables/batch-get.ts'
export type { BatchWriteResult, ItemsToWrite } from './tables/batch-write.ts'
export type { IndexDescription, RowCounts, TableDescription } from './tables/describe.ts'
export {
  type CancellationReason,
  isTableError,
  TableError,
  type TableErrorName,
} from './tables/errors.ts'
export type {
  ConditionOptions,
  DeleteOptions,
  GetOptions,
  Placeholders,
  PutOptions,
  ReturnValues,
  UpdateOptions,
  VersionOption,
  WriteFields,
} from './tables/item-options.ts'
export type { KeyAttribute } from './tables/key-schema.ts'
export { Decimal, type NumberValue } from './tables/number.ts'
export type { Durability } from './tables/store.ts'
export type {
  Table,
  TableBatchGetResult,
  TableBatchWriteResult,
  WriteResult,
} from './tables/table.ts'
export type { IndexDefinition, TableDefinition } from './tables/table-definition.ts'
export type { IndexProjection, IndexStatus } from './tables/table-schema.ts'
export { type DescribeOptions, Tables, type TablesOptions } from './tables/tables.ts'
export type { TransactGet } from './tables/transact-get.ts'
export type { TransactWrite } from './tables/transact-operations.ts'
export type { TransactWriteOptions } from './tables/transact-write.ts'
export type {
  AttributeType,
  AttributeValue,
  Item,
  KeyType,
  SetValue,
} from './tables/value.ts'
