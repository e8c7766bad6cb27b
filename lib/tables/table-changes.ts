import { checkNames } from '../base/call-options.ts'
import { type LongCallOptions, readProgress, readSignal } from '../kv/cancellation.ts'
import { describeValue } from '../util/describe-value.ts'
import { invalidParameter, resourceInUse, resourceNotFound, validation } from './errors.ts'
import type { FillProgress } from './index/fill.ts'
import { type AttributeSchema, readAttributeSchemas } from './schema/attribute-schema.ts'
import { readStreamOptions, type StreamOptions } from './streams/view-type.ts'
import { checkIndex, checkIndexes, type IndexDefinition, keyTypesOf } from './table-definition.ts'
import type { IndexSchema, TableSchema } from './table-schema.ts'
import type { TtlOptions } from './ttl/settings.ts'

/** What is to become of a table. */
export interface TableChanges {
  /** Indexes to create: they are filled while reads and writes go on. */
  readonly createGlobalIndexes?: readonly IndexDefinition[] | undefined
  readonly createLocalIndexes?: readonly IndexDefinition[] | undefined
  /** Names of indexes to drop. */
  readonly dropIndexes?: readonly string[] | undefined
  /** Null or false: items do not expire any more. */
  readonly ttl?: string | TtlOptions | null | false | undefined
  /** Null or false: disables the stream; its records can be read until they are too old. */
  readonly stream?: boolean | StreamOptions | null | undefined
  /** In place of all there were. Items that are there already are not looked at. */
  readonly attributes?: readonly AttributeSchema[] | undefined
}

export interface UpdateTableOptions extends LongCallOptions<FillProgress> {
  /** False: resolve when the change is made, while new indexes are still being filled. Default true. */
  readonly wait?: boolean | undefined
}

const changeNames = new Set([
  'createGlobalIndexes',
  'createLocalIndexes',
  'dropIndexes',
  'ttl',
  'stream',
  'attributes',
])
const optionNames = new Set(['wait', 'signal', 'onProgress'])

export function checkUpdateTableOptions(options: UpdateTableOptions, call: string): void {
  checkNames(options, optionNames, call)
  readSignal(options.signal, call)
  readProgress(options.onProgress, call)
}

/** The table as it is to be, the indexes that are new, and those that go. Throws ValidationException and others. */
export function applyChanges(
  table: TableSchema,
  changes: TableChanges,
): { schema: TableSchema; created: IndexSchema[]; dropped: IndexSchema[] } {
  checkNames(changes, changeNames, 'update')
  const { createGlobalIndexes, createLocalIndexes, dropIndexes } = changes
  const defined = [
    ...listOf(createLocalIndexes, 'createLocalIndexes').map((index) =>
      checkIndex(index, 'local', table, 'update'),
    ),
    ...listOf(createGlobalIndexes, 'createGlobalIndexes').map((index) =>
      checkIndex(index, 'global', table, 'update'),
    ),
  ]
  const dropped = listOf(dropIndexes, 'dropIndexes').map((name) => findToDrop(table, name))
  const { attributes, stream, ttl } = changes
  if (
    defined.length + dropped.length === 0 &&
    [attributes, stream, ttl].every((given) => given === undefined)
  )
    throw validation(`update must be told at least one of ${[...changeNames].join(', ')}`)
  for (const { name } of defined) {
    if (table.indexes.some((index) => index.name === name))
      throw resourceInUse(`Attempting to create an index which already exists: ${name}`)
  }
  if (new Set(dropped).size < dropped.length)
    throw invalidParameter('Only one global secondary index update per index is allowed simultaneously')
  const created = defined.map((index, at) => ({
    ...index,
    number: table.nextIndexNumber + at,
    status: 'CREATING' as const,
  }))
  const indexes = [...table.indexes.filter((index) => !dropped.includes(index)), ...created]
  checkIndexes(table, indexes)
  const nextIndexNumber = table.nextIndexNumber + created.length
  const schema = {
    ...table,
    indexes,
    nextIndexNumber,
    stream: stream === undefined ? table.stream : readStreamOptions(stream ?? undefined, 'update'),
    attributes:
      attributes === undefined
        ? table.attributes
        : readAttributeSchemas(attributes, keyTypesOf([table, ...indexes])),
  }
  return { schema, created, dropped }
}

function findToDrop(table: TableSchema, name: unknown): IndexSchema {
  const index = table.indexes.find((candidate) => candidate.name === name)
  if (index !== undefined) return index
  throw resourceNotFound(`Index: ${String(name)} of table: ${table.name} not found`)
}

function listOf<T>(list: readonly T[] | undefined, option: string): readonly T[] {
  if (list === undefined) return []
  if (!Array.isArray(list)) throw invalidParameter(`${option} must be an array, got ${describeValue(list)}`)
  return list
}
