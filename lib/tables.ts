/** The public API of `burrowdb/tables`. */
export { BurrowError, type ErrorCode, type ErrorContext, isBurrowError } from './base/errors.ts'
export type { DatabaseOptions } from './base/options.ts'
export { Database } from './kv/database.ts'
export type { CompactOptions, CompactProgress } from './kv/maintenance.ts'
export type { BatchGetResult, KeysToGet } from './tables/batch-get.ts'
export type { BatchWriteResult, ItemsToWrite } from './tables/batch-write.ts'
export type { IndexDescription, RowCounts, TableDescription } from './tables/describe.ts'
export {
  type DynamoJson,
  type DynamoJsonItem,
  itemFromDynamoJson,
  itemToDynamoJson,
  valueFromDynamoJson,
  valueToDynamoJson,
} from './tables/dynamodb-json.ts'
export {
  type CancellationReason,
  isTableError,
  TableError,
  type TableErrorName,
} from './tables/errors.ts'
export type {
  AttributeUpdate,
  ComparisonOperator,
  ConditionalOperator,
  ExpectedAttribute,
  LegacyCondition,
} from './tables/expression/legacy.ts'
export { timestamp, toDate, toVector, vector } from './tables/helpers.ts'
export type { TableProblem, TableReport } from './tables/index/check.ts'
export type { FillProgress } from './tables/index/fill.ts'
export { ItemBuilder } from './tables/item-builder.ts'
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
export type {
  LegacyConditionOptions,
  LegacyConditions,
  LegacyProjectionOptions,
  LegacyQueryParameters,
  LegacyScanParameters,
  LegacyUpdateOptions,
} from './tables/legacy-parameters.ts'
export { Decimal, type NumberValue } from './tables/number.ts'
export type {
  BatchExecuteResult,
  BatchStatement,
  BatchStatementError,
  BatchStatementResponse,
} from './tables/partiql/batch.ts'
export type { ExplainedPlan } from './tables/partiql/explain.ts'
export type { ExecuteOptions } from './tables/partiql/options.ts'
export type { StatementResult } from './tables/partiql/statement-result.ts'
export type { ExecuteTransactionResult, TransactStatement } from './tables/partiql/transaction.ts'
export { parsePlainJson, plainJsonText } from './tables/plain-json.ts'
export type { AllItems, AllItemsOptions } from './tables/query/all-items.ts'
export type { LegacyQueryOptions, QueryOptions, ReadOptions, ScanOptions } from './tables/query/options.ts'
export type { Page } from './tables/query/page.ts'
export type { Select } from './tables/query/select.ts'
export type { AttributeSchema, AttributeSchemaType } from './tables/schema/attribute-schema.ts'
export type { Durability } from './tables/store.ts'
export type { StreamConsumer } from './tables/streams/consumers.ts'
export type { StreamPosition } from './tables/streams/position.ts'
export type { ReadStreamOptions, StreamReader } from './tables/streams/reader.ts'
export type { StreamRecord } from './tables/streams/record.ts'
export type {
  RecordsPage,
  ShardDescription,
  ShardIteratorOptions,
  ShardIteratorType,
  StreamDescription,
} from './tables/streams/shards.ts'
export type { StreamOptions, StreamSettings, StreamViewType } from './tables/streams/view-type.ts'
export type {
  Table,
  TableBatchGetResult,
  TableBatchWriteResult,
  WriteResult,
} from './tables/table.ts'
export type { TableChanges, UpdateTableOptions } from './tables/table-changes.ts'
export type { IndexDefinition, TableDefinition } from './tables/table-definition.ts'
export type { IndexProjection, IndexStatus } from './tables/table-schema.ts'
export {
  type DescribeOptions,
  type SharedTablesOptions,
  Tables,
  type TablesOptions,
} from './tables/tables.ts'
export type { TransactGet } from './tables/transact-get.ts'
export type { TransactWrite } from './tables/transact-operations.ts'
export type { TransactionOptions, TransactWriteOptions } from './tables/transact-write.ts'
export type { TtlOptions, TtlSettings } from './tables/ttl/settings.ts'
export type {
  AttributeType,
  AttributeValue,
  Item,
  KeyType,
  SetValue,
} from './tables/value.ts'
