import { baseTable, expiryKey, rowsPrefix } from '../layout.ts'
import type { Store } from '../store.ts'
import { expiryOfStored } from './expiry.ts'

const batchSize = 500
const empty = new Uint8Array()
/** The change of the catalog at the end makes them durable. */
const quickly = { sync: false }

/**
 * Writes the expiry rows of the items that a table had before its TTL was enabled; writes since then make their own. A
 * row of an item that is changed meanwhile may be stale: the sweep finds out. Can be repeated after an interruption.
 * Resolves to false when `goesOn` has ended it.
 */
export async function backfillExpiry(
  store: Store,
  tableId: number,
  attribute: string,
  goesOn: () => boolean,
): Promise<boolean> {
  const rows = store.entries({ prefix: rowsPrefix(tableId, baseTable), fillCache: false })
  try {
    while (goesOn()) {
      const entries = await rows.next(batchSize)
      if (entries.length === 0) return true
      const batch = store.batch()
      for (const [rowKey, value] of entries) {
        const seconds = expiryOfStored(value, attribute)
        if (seconds !== undefined) batch.put(expiryKey(tableId, seconds, rowKey), empty)
      }
      // Under another TTL, or none, the rows would be in the way.
      if (!goesOn()) break
      if (batch.length > 0) await batch.commit(quickly)
    }
    return false
  } finally {
    await rows.close()
  }
}
