import type { Core } from '../core.ts'
import { type ItemWrite, writeTogether } from '../item-write.ts'
import { expiryPrefix, readExpiryKey } from '../layout.ts'
import type { TableState } from '../table-state.ts'
import { fiveYears, isExpired } from './expiry.ts'

/** Items of one batch: writers to them wait for it. */
const batchSize = 100
/** What a crash brings back expires again. */
const quickly = { sync: false }

/**
 * Deletes the items of a table that have expired, as changes by TTL; resolves to their number. Each is read again under
 * its latch: what was given another time meanwhile stays. Stops after the batch under way when the tables are closed.
 */
export async function sweepTable(core: Core, table: TableState): Promise<number> {
  const { id, ttl } = table.schema
  if (ttl === undefined) return 0
  const now = Date.now()
  const seconds = Math.floor(now / 1000)
  // Nobody sees hidden items any more, however old they are.
  const oldest = ttl.hideExpired ? 0 : Math.max(0, seconds - fiveYears)
  const rows = core.store.keys({
    gte: expiryPrefix(id, oldest),
    lt: expiryPrefix(id, seconds),
    fillCache: false,
  })
  let deleted = 0
  try {
    while (!core.ended.aborted && !table.dropped && table.schema.ttl?.attribute === ttl.attribute) {
      const expiryKeys = await rows.next(batchSize)
      if (expiryKeys.length === 0) break
      deleted += await deleteExpired(core, table, ttl.attribute, now, expiryKeys)
    }
  } finally {
    await rows.close()
  }
  return deleted
}

/** The rows of expiry times go, too: one whose item says another time is stale. */
async function deleteExpired(
  { store }: Core,
  table: TableState,
  attribute: string,
  now: number,
  expiryKeys: readonly Uint8Array[],
): Promise<number> {
  const writes = new Map<string, ItemWrite>()
  const current = () => table.schema.ttl?.attribute === attribute
  for (const expiryKey of expiryKeys) {
    const { baseKey } = readExpiryKey(expiryKey)
    writes.set(Buffer.from(baseKey).toString('latin1'), {
      table,
      key: baseKey,
      reads: true,
      cause: 'ttl',
      after(before) {
        const expired = before !== undefined && current() && isExpired(before.item, attribute, now)
        return expired ? undefined : before
      },
    })
  }
  const written = await writeTogether(store, [...writes.values()], quickly, {
    also: (batch) => {
      if (!current()) return
      for (const expiryKey of expiryKeys) batch.delete(expiryKey)
    },
  })
  return written.filter(({ after, before }) => before !== undefined && after === undefined).length
}
