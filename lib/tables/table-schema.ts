import { attributesOf, type KeyAttribute, type KeySchema } from './key-schema.ts'
import type { AttributeSchema } from './schema/attribute-schema.ts'
import type { StreamSettings } from './streams/view-type.ts'
import type { TtlSettings } from './ttl/settings.ts'

/** Which attributes an index holds besides the keys of the table and its own. */
export type IndexProjection = 'ALL' | 'KEYS_ONLY' | { readonly include: readonly string[] }

/** `CREATING`: it is being filled; writes maintain it already, and nothing can be read from it. */
export type IndexStatus = 'CREATING' | 'ACTIVE'

export interface IndexSchema {
  readonly name: string
  readonly kind: 'global' | 'local'
  /** Which part of the table's rows it has, from 1 up; 0 is the base table. Never reused. */
  readonly number: number
  /** Of a local index: that of the table. */
  readonly partitionKey: KeyAttribute
  readonly sortKey: KeyAttribute | undefined
  readonly projection: IndexProjection
  readonly status: IndexStatus
}

/** A table as the catalog knows it. Immutable: a change makes a new one. */
export interface TableSchema {
  readonly name: string
  /** Never reused. */
  readonly id: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly partitionKey: KeyAttribute
  readonly sortKey: KeyAttribute | undefined
  readonly indexes: readonly IndexSchema[]
  readonly nextIndexNumber: number
  /** Undefined: items do not expire. */
  readonly ttl: TtlSettings | undefined
  /** Undefined: there is no stream, or it is disabled. */
  readonly stream: StreamSettings | undefined
  readonly attributes: readonly AttributeSchema[]
}

/** The index of this name; undefined when there is none. */
export function findIndex(table: Pick<TableSchema, 'indexes'>, name: string): IndexSchema | undefined {
  return table.indexes.find((index) => index.name === name)
}

/** The names of the attributes of the primary key, the partition key first. */
export function keyNames(table: KeySchema): string[] {
  return attributesOf(table).map(({ name }) => name)
}
