import { lookUp } from '../expression/path.ts'
import { type Item, setAttribute } from '../value.ts'
import type { Column } from './plan.ts'

/** What a SELECT list takes of an item; columns that the item does not have are left out. */
export function pickColumns(columns: readonly Column[], item: Item): Item {
  const row: Item = {}
  for (const { name, path } of columns) {
    const value = lookUp(item, path.steps)
    if (value !== undefined) setAttribute(row, name, value)
  }
  return row
}
