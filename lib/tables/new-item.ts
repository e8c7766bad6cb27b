import { checkItem, checkItemSize } from './check-item.ts'
import { encodeItem, storedSize } from './item-codec.ts'
import { checkIndexKey, checkItemKey } from './key-schema.ts'
import { StoredItem } from './stored-item.ts'
import type { TableState } from './table-state.ts'
import type { Item } from './value.ts'

/** What an item becomes in the store, once it has passed all that a table asks of it. Throws ValidationException. */
export function newItem(table: TableState, item: Item, cause: 'put' | 'update' = 'put'): StoredItem {
  checkItem(item)
  checkItemKey(table.schema, item)
  for (const { schema } of table.indexes) checkIndexKey(schema.name, schema, item)
  table.items.check(item)
  const bytes = encodeItem(item)
  checkItemSize(storedSize(bytes), cause)
  return new StoredItem(bytes)
}
