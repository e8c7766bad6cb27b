import { holdAll } from '../../kv/latches.ts'
import type { Catalog } from '../catalog.ts'
import { baseTable, rowsPrefix, stripeCount, stripeOffset } from '../layout.ts'
import type { Store } from '../store.ts'
import { StoredItem } from '../stored-item.ts'
import type { TableSchema } from '../table-schema.ts'
import type { TableIndex, TableState } from '../table-state.ts'
import { cursorKey, decodeCursor, encodeCursor, type FillCursor } from './fill-cursor.ts'
import { indexRow } from './rows.ts'

/** How far the filling of an index is. */
export interface FillProgress {
  /** Name of the index. */
  readonly index: string
  /** Items of the table that were looked at. */
  readonly items: number
  /** About the part of the table that they are, from 0 to 1. */
  readonly fraction: number
}

export interface FillOptions {
  readonly store: Store
  readonly catalog: Catalog
  readonly table: TableState
  /** Name of the index. */
  readonly name: string
  /** Stops it after the page that is under way; it can be gone on with later. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: FillProgress) => void
}

/** Items whose writers may have to wait at a time. */
const pageSize = 100
/** The change of the catalog at the end makes all pages durable, and a cursor that is lost is lost with its page. */
const quickly = { sync: false }

/**
 * Gives each item of a table its row in an index that is CREATING, and makes the index ACTIVE. Writers, which maintain it
 * already, go on meanwhile: a page of items is read and indexed under their latches. Begins where an earlier run was
 * stopped, by a crash, too. Resolves to false when it was stopped, or the index is gone.
 */
export async function fillIndex({
  catalog,
  name,
  onProgress,
  signal,
  store,
  table,
}: FillOptions): Promise<boolean> {
  const find = () => (table.dropped ? undefined : table.findIndex(name))
  const number = find()?.schema.number
  if (number === undefined) return false
  const { id } = table.schema
  const cursorAt = cursorKey(id, number)
  let cursor = decodeCursor(await store.get(cursorAt))
  for (;;) {
    if (signal.aborted) return false
    const keys = await nextRows(store, id, cursor.row)
    if (find()?.schema.number !== number) return false
    if (keys.length === 0) break
    cursor = { items: cursor.items + keys.length, row: keys.at(-1) }
    await fillPage(store, table, keys, () => {
      const index = find()
      return index?.schema.number === number ? { index, cursorAt, cursor } : undefined
    })
    onProgress({ index: name, items: cursor.items, fraction: fractionOf(cursor) })
  }
  await catalog.change(table, withActive(table.schema, number), (batch) => batch.delete(cursorAt))
  onProgress({ index: name, items: cursor.items, fraction: 1 })
  return true
}

interface Page {
  readonly index: TableIndex
  readonly cursorAt: Uint8Array
  readonly cursor: FillCursor
}

/** `page` is asked under the latches; undefined: the index is gone, and nothing may be written. */
async function fillPage(
  store: Store,
  table: TableState,
  keys: readonly Uint8Array[],
  page: () => Page | undefined,
): Promise<void> {
  const holds = holdAll(keys.map((key) => ({ key, exclusive: false })))
  const held = store.latches.acquire(holds)
  if (held !== undefined) await held
  let durable: Promise<void>
  try {
    const found = await store.getMany(keys)
    const now = page()
    if (now === undefined) return
    const batch = store.batch()
    for (const bytes of found) {
      const row = bytes === undefined ? undefined : indexRow(table.schema, now.index, new StoredItem(bytes))
      if (row !== undefined) batch.put(row.key, row.value)
    }
    batch.put(now.cursorAt, encodeCursor(now.cursor))
    durable = batch.commit(quickly)
  } finally {
    store.latches.release(holds)
  }
  await durable
}

async function nextRows(store: Store, tableId: number, after: Uint8Array | undefined): Promise<Uint8Array[]> {
  const rows = store.keys({
    prefix: rowsPrefix(tableId, baseTable),
    fillCache: false,
    limit: pageSize,
    ...(after === undefined ? {} : { gt: after }),
  })
  try {
    return await rows.next(pageSize)
  } finally {
    await rows.close()
  }
}

/** Partition keys are spread evenly over the stripes. */
export function fractionOf({ row }: FillCursor): number {
  return row === undefined ? 0 : row[stripeOffset]! / stripeCount
}

function withActive(schema: TableSchema, number: number): TableSchema {
  const indexes = schema.indexes.map((index) =>
    index.number === number ? { ...index, status: 'ACTIVE' as const } : index,
  )
  return { ...schema, indexes }
}
