import type { Database } from '../../kv/database.ts'
import { expiryPrefix, readExpiryKey } from '../layout.ts'
import type { Item } from '../value.ts'
import { fiveYears, isExpired } from './expiry.ts'
import type { TtlSettings } from './settings.ts'

/** An item that may have expired: its row, and the row that says so. */
export interface ExpiryCandidate {
  readonly rowKey: Uint8Array
  readonly expiryKey: Uint8Array
}

/** What the sweep needs of a table. */
export interface SweptTable {
  readonly id: number
  readonly ttl: TtlSettings
  /**
   * Deletes those whose item, read under its latch, `expired` says yes to, as changes by TTL, and in the same batch the
   * expiry rows of all: one whose item says otherwise is stale. Resolves to the number of items.
   */
  deleteExpired(candidates: readonly ExpiryCandidate[], expired: (item: Item) => boolean): Promise<number>
}

export interface SweepOptions {
  readonly db: Pick<Database<unknown, unknown>, 'keys'>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Ends the sweep after the batch that is under way. */
  readonly signal?: AbortSignal | undefined
}

/** Items of one batch: writers to them wait for it. */
const batchSize = 100

/** Deletes the items of a table that have expired; resolves to their number. */
export async function sweepTable(table: SweptTable, { db, now, signal }: SweepOptions): Promise<number> {
  const { attribute, hideExpired } = table.ttl
  const time = now()
  const seconds = Math.floor(time / 1000)
  // Nobody sees hidden items any more, however old they are.
  const oldest = hideExpired ? 0 : Math.max(0, seconds - fiveYears)
  const rows = db.keys({
    gte: expiryPrefix(table.id, oldest),
    lt: expiryPrefix(table.id, seconds),
    keyEncoding: 'buffer',
    fillCache: false,
  })
  let deleted = 0
  try {
    while (signal?.aborted !== true) {
      const keys = await rows.next(batchSize)
      if (keys.length === 0) break
      const candidates = keys.map((expiryKey) => ({ expiryKey, rowKey: readExpiryKey(expiryKey).baseKey }))
      deleted += await table.deleteExpired(candidates, (item) => isExpired(item, attribute, time))
    }
  } finally {
    await rows.close()
  }
  return deleted
}
