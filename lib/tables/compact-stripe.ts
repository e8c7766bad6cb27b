import { badOption } from '../base/call-options.ts'
import { type CompactOptions, type CompactProgress, readCompactOptions } from '../kv/maintenance.ts'
import type { Core } from './core.ts'
import { baseTable, stripeCount, stripePrefix } from './layout.ts'

/**
 * Brings the rows of one stripe, 0 to 255, of all tables and their indexes to the last level. Throws
 * BURROW_INVALID_ARGUMENT for another stripe.
 */
export async function compactStripe(core: Core, stripe: number, options: CompactOptions): Promise<void> {
  const { onProgress, signal } = readCompactOptions(options)
  if (!Number.isInteger(stripe) || stripe < 0 || stripe >= stripeCount)
    throw badOption('stripe', stripe, `a whole number from 0 to ${stripeCount - 1}`, 'compactStripe')
  core.store.checkWritable()
  const total = { compactions: 0, bytesCompacted: 0 }
  for (const { schema } of core.catalog.states()) {
    for (const number of [baseTable, ...schema.indexes.map((index) => index.number)]) {
      const prefix = stripePrefix(schema.id, number, stripe)
      // Told by what has come since the last time: the last ones of a range come when the next one has begun.
      let told = { compactions: 0, bytesCompacted: 0 }
      const tell = (progress: CompactProgress) => {
        total.compactions += progress.compactions - told.compactions
        total.bytesCompacted += progress.bytesCompacted - told.bytesCompacted
        told = progress
        onProgress?.({ ...total, level: progress.level })
      }
      const range = { prefix, keyEncoding: 'buffer' } as const
      await core.store.database.compact(range, { signal, onProgress: tell })
    }
  }
}
