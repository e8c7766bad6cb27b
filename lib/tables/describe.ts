import { fractionOf } from './index/fill.ts'
import { cursorKey, decodeCursor } from './index/fill-cursor.ts'
import type { KeyAttribute } from './key-schema.ts'
import { baseTable, rowsPrefix } from './layout.ts'
import type { AttributeSchema } from './schema/attribute-schema.ts'
import type { Store } from './store.ts'
import type { StreamSettings } from './streams/view-type.ts'
import type { IndexProjection, IndexSchema, IndexStatus } from './table-schema.ts'
import type { TableState } from './table-state.ts'
import type { TtlSettings } from './ttl/settings.ts'

/** How many rows there are, and the bytes that they take, uncompressed. */
export interface RowCounts {
  readonly itemCount: number
  readonly sizeBytes: number
}

export interface IndexDescription extends Partial<RowCounts> {
  readonly name: string
  readonly partitionKey: KeyAttribute
  readonly sortKey?: KeyAttribute
  readonly projection: IndexProjection
  /** `CREATING`: it is being filled; nothing can be read from it. */
  readonly status: IndexStatus
  /** While it is being filled: how many items were looked at, and about the part of the table that they are, from 0 to 1. */
  readonly filling?: { readonly items: number; readonly fraction: number }
}

export interface TableDescription extends Partial<RowCounts> {
  readonly name: string
  /** Of this table in its store; never used again when it is dropped. */
  readonly id: number
  readonly createdAt: Date
  /** `UPDATING`: an index is being created. */
  readonly status: 'ACTIVE' | 'UPDATING'
  readonly partitionKey: KeyAttribute
  readonly sortKey?: KeyAttribute
  readonly globalIndexes: readonly IndexDescription[]
  readonly localIndexes: readonly IndexDescription[]
  /** As they are set; absent: not at all. */
  readonly ttl?: TtlSettings
  readonly stream?: StreamSettings
  readonly attributes?: readonly AttributeSchema[]
}

/** With `count`, by reading all rows. */
export async function describeTable(
  store: Store,
  { schema }: TableState,
  count: boolean,
): Promise<TableDescription> {
  const { attributes, createdAt, id, indexes, name, partitionKey, sortKey, stream, ttl } = schema
  const counts = async (number: number) => (count ? await countRows(store, rowsPrefix(id, number)) : {})
  const described: (IndexDescription & { kind: IndexSchema['kind'] })[] = []
  for (const index of indexes) {
    const { kind, name, partitionKey, projection, sortKey, status } = index
    const keys = sortKey === undefined ? { partitionKey } : { partitionKey, sortKey }
    described.push({
      kind,
      name,
      ...keys,
      projection,
      status,
      ...(await counts(index.number)),
      ...(await fillingOf(store, id, index)),
    })
  }
  const ofKind = (wanted: IndexSchema['kind']) =>
    described.filter(({ kind }) => kind === wanted).map(({ kind, ...rest }) => rest)
  return {
    name,
    id,
    createdAt: new Date(createdAt),
    status: indexes.some(({ status }) => status === 'CREATING') ? 'UPDATING' : 'ACTIVE',
    partitionKey,
    ...(sortKey === undefined ? {} : { sortKey }),
    globalIndexes: ofKind('global'),
    localIndexes: ofKind('local'),
    ...(ttl === undefined ? {} : { ttl }),
    ...(stream === undefined ? {} : { stream }),
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(await counts(baseTable)),
  }
}

async function fillingOf(store: Store, tableId: number, { number, status }: IndexSchema) {
  if (status === 'ACTIVE') return {}
  const cursor = decodeCursor(await store.get(cursorKey(tableId, number)))
  return { filling: { items: cursor.items, fraction: fractionOf(cursor) } }
}

async function countRows(store: Store, prefix: Uint8Array): Promise<RowCounts> {
  let itemCount = 0
  let sizeBytes = 0
  for await (const [key, value] of store.entries({ prefix, fillCache: false })) {
    itemCount++
    sizeBytes += key.length + value.length
  }
  return { itemCount, sizeBytes }
}
