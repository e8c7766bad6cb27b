import { resourceNotFound } from './errors.ts'
import { maintainIndexes } from './index/maintain.ts'
import type { Durability, Store, StoreBatch } from './store.ts'
import type { StoredItem } from './stored-item.ts'
import type { StreamLog } from './streams/log.ts'
import type { TableSchema } from './table-schema.ts'
import type { TableState } from './table-state.ts'
import { writeExpiryRow } from './ttl/expiry.ts'

/** What one write makes of one item. */
export interface Change {
  readonly table: TableState
  /** Of the item's row. The writer holds its latch alone. */
  readonly key: Uint8Array
  /** What the item was is not known: the write must not depend on it, nor anything that is derived from the item. */
  readonly blind: boolean
  /** The item as it was; undefined: there was none, or nobody knows. */
  readonly before: StoredItem | undefined
  /** What the writer sees of `before`: nothing, when that has expired and is out of sight. */
  readonly seen: StoredItem | undefined
  /** The item as it is to be; undefined: it is deleted. The same as `before`: it stays. */
  readonly after: StoredItem | undefined
  /** `ttl`: it is deleted because it has expired. */
  readonly cause: 'user' | 'ttl'
}

/** True when nobody needs to know what an item was before it is written: nothing is derived from it. */
export function takesBlindWrites(schema: TableSchema): boolean {
  return schema.indexes.length === 0 && schema.ttl === undefined && schema.stream === undefined
}

/**
 * The one door through which items change: writes them, and all that is derived from them, in one batch. All is applied
 * when this returns, or nothing is; the promise resolves when it is as durable as was asked. REQUIRES: the latches of
 * all items, under which `before` was read; a blind change only of a table that takes blind writes now.
 */
export function commit(
  store: Store,
  changes: readonly Change[],
  durability: Durability | undefined,
  also?: (batch: StoreBatch) => void,
): Promise<void> {
  for (const { table } of changes) checkPresent(table)
  const [first] = changes
  if (changes.length === 1 && also === undefined && takesBlindWrites(first!.table.schema))
    return writeAlone(store, first!, durability)
  const batch = store.batch()
  for (const change of changes) {
    const { after, before, blind, key, table } = change
    if (before === after && !blind) continue
    if (after === undefined) batch.delete(key)
    else batch.put(key, after.bytes)
    maintainIndexes(batch, table, before, after)
    const { id, ttl } = table.schema
    if (ttl !== undefined) writeExpiryRow(batch, id, ttl.attribute, key, before?.bytes, after?.bytes)
  }
  also?.(batch)
  const told = tellStreams(batch, changes)
  const done = batch.commit(durability)
  return told === undefined ? done : done.then(told)
}

/** One item from which nothing is derived: without a batch, which costs more than the write. */
function writeAlone(
  store: Store,
  { after, before, blind, key }: Change,
  durability: Durability | undefined,
): Promise<void> {
  if (before === after && !blind) return Promise.resolve()
  return after === undefined ? store.delete(key, durability) : store.put(key, after.bytes, durability)
}

/** Adds the change records to the batch. Returns what shows them to readers, to be called when the batch is as durable as was asked. */
function tellStreams(batch: StoreBatch, changes: readonly Change[]): (() => void) | undefined {
  const told = new Map<StreamLog, number>()
  for (const change of changes) {
    if (change.table.schema.stream === undefined) continue
    const { stream } = change.table
    told.set(stream, stream.append(batch, [change]))
  }
  if (told.size === 0) return undefined
  return () => {
    for (const [stream, next] of told) stream.acknowledged(next)
  }
}

/** Throws ResourceNotFoundException when the table was dropped since it was looked up. */
export function checkPresent(table: TableState): void {
  if (table.dropped) throw resourceNotFound(`Table: ${table.schema.name} not found`)
}
