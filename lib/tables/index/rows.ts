import { encodeItem } from '../item-codec.ts'
import { attributesOf } from '../key-schema.ts'
import type { StoredItem } from '../stored-item.ts'
import type { TableSchema } from '../table-schema.ts'
import type { TableIndex } from '../table-state.ts'
import { getAttribute, type Item, setAttribute } from '../value.ts'

/** The row of an item in an index. */
export interface IndexRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Undefined: the index has none, for want of a key attribute that fits. */
export function indexRow(table: TableSchema, index: TableIndex, stored: StoredItem): IndexRow | undefined {
  const key = index.keys.encodeSparse(stored.item)
  return key === undefined ? undefined : { key, value: projectedBytes(table, index, stored) }
}

/** The attributes of an item that an index holds, as they are stored. */
export function projectedBytes(table: TableSchema, index: TableIndex, stored: StoredItem): Uint8Array {
  const names = projectedNames(table, index)
  if (names === undefined) return stored.bytes
  const projected: Item = {}
  for (const name of names) {
    const value = getAttribute(stored.item, name)
    if (value !== undefined) setAttribute(projected, name, value)
  }
  return encodeItem(projected)
}

/** The names of the attributes that an index holds; undefined: all. */
export function projectedNames(table: TableSchema, { schema }: TableIndex): readonly string[] | undefined {
  const { projection } = schema
  if (projection === 'ALL') return undefined
  const keys = [...attributesOf(table), ...attributesOf(schema)].map(({ name }) => name)
  return [...new Set(projection === 'KEYS_ONLY' ? keys : [...keys, ...projection.include])]
}
