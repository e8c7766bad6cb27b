import { compareBytes } from '../../util/bytes.ts'
import type { StoreBatch } from '../store.ts'
import type { StoredItem } from '../stored-item.ts'
import type { TableState } from '../table-state.ts'
import { indexRow } from './rows.ts'

/** Brings the rows of an item in all indexes from what it was to what it is to be. What stays the same is not written. */
export function maintainIndexes(
  batch: StoreBatch,
  table: TableState,
  before: StoredItem | undefined,
  after: StoredItem | undefined,
): void {
  for (const index of table.indexes) {
    const old = before === undefined ? undefined : indexRow(table.schema, index, before)
    const row = after === undefined ? undefined : indexRow(table.schema, index, after)
    const moved = old === undefined || row === undefined || compareBytes(old.key, row.key) !== 0
    if (old !== undefined && moved) batch.delete(old.key)
    if (row === undefined) continue
    // An index that is being filled may not have the row yet: it gets it when the filling comes to the item.
    const same = !moved && compareBytes(old.value, row.value) === 0
    if (!same) batch.put(row.key, row.value)
  }
}
