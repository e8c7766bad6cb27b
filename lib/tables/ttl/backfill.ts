import type { Database } from '../../kv/database.ts'
import { decodeItem } from '../item-codec.ts'
import { baseTable, expiryKey, rowsPrefix } from '../layout.ts'
import { expirySeconds } from './expiry.ts'

const batchSize = 500
const bytes = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
const empty = new Uint8Array()

/**
 * Writes the expiry rows of the items that a table had before its TTL was enabled; writes since then make their own. A
 * row of an item that is changed meanwhile may be stale: the sweep finds out. Can be repeated after an interruption.
 * Resolves to false when `signal` has ended it.
 */
export async function backfillExpiry(
  db: Pick<Database<unknown, unknown>, 'entries' | 'writeBatch'>,
  tableId: number,
  attribute: string,
  signal: AbortSignal,
): Promise<boolean> {
  const rows = db.entries({ prefix: rowsPrefix(tableId, baseTable), fillCache: false, ...bytes })
  try {
    while (!signal.aborted) {
      const entries = await rows.next(batchSize)
      if (entries.length === 0) return true
      const batch = db.writeBatch()
      for (const [rowKey, value] of entries) {
        const seconds = expirySeconds(decodeItem(value), attribute)
        if (seconds !== undefined) batch.put(expiryKey(tableId, seconds, rowKey), empty, bytes)
      }
      if (batch.length > 0) await batch.commit()
    }
    return false
  } finally {
    await rows.close()
  }
}
