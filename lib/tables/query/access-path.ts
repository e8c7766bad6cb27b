import { validation } from '../errors.ts'
import { projectedNames } from '../index/rows.ts'
import type { KeyCodec } from '../key-codec.ts'
import { attributesOf, type KeySchema } from '../key-schema.ts'
import type { TableIndex, TableState } from '../table-state.ts'

/** Rows to be read: those of a table, or of one of its indexes. */
export interface AccessPath {
  readonly table: TableState
  /** Undefined: the table itself. */
  readonly index: TableIndex | undefined
  /** The key by which the rows lie. */
  readonly schema: KeySchema
  readonly keys: KeyCodec
  /** The names of the attributes that identify a row: what start keys and last keys have. */
  readonly keyNames: ReadonlySet<string>
  /** The attributes that the rows hold; undefined: all. */
  readonly projected: ReadonlySet<string> | undefined
}

/** Throws ValidationException for an index that is not there, or not filled yet, or is asked for consistent reads and cannot. */
export function accessPath(
  table: TableState,
  indexName: string | undefined,
  consistent: boolean,
): AccessPath {
  if (indexName === undefined) {
    const { keys } = table
    const keyNames = new Set(attributesOf(table.schema).map(({ name }) => name))
    return { table, index: undefined, schema: table.schema, keys, keyNames, projected: undefined }
  }
  const index = table.findIndex(indexName)
  if (index === undefined) throw validation(`The table does not have the specified index: ${indexName}`)
  const { keys, schema } = index
  if (schema.status !== 'ACTIVE') {
    throw validation(`Cannot read from backfilling ${schema.kind} secondary index: ${indexName}`)
  }
  if (consistent && schema.kind === 'global') {
    throw validation('Consistent reads are not supported on global secondary indexes')
  }
  const names = projectedNames(table.schema, index)
  return {
    table,
    index,
    schema,
    keys,
    keyNames: new Set([...attributesOf(table.schema), ...attributesOf(schema)].map(({ name }) => name)),
    projected: names === undefined ? undefined : new Set(names),
  }
}
