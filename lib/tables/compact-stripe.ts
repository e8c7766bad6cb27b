import { badOption, checkNames } from '../base/call-options.ts'
import type { CompactOptions } from '../kv/maintenance.ts'
import type { Core } from './core.ts'
import { baseTable, stripeCount, stripePrefix } from './layout.ts'

const optionNames = new Set(['signal', 'onProgress'])

/**
 * Brings the rows of one stripe, 0 to 255, of all tables and their indexes to the last level. Throws
 * BURROW_INVALID_ARGUMENT for another stripe.
 */
export async function compactStripe(core: Core, stripe: number, options: CompactOptions): Promise<void> {
  const call = 'compactStripe'
  checkNames(options, optionNames, call)
  if (!Number.isInteger(stripe) || stripe < 0 || stripe >= stripeCount)
    throw badOption('stripe', stripe, `a whole number from 0 to ${stripeCount - 1}`, call)
  core.store.checkWritable()
  const { onProgress, signal } = options
  let [compactions, bytes] = [0, 0]
  for (const { schema } of core.catalog.states()) {
    for (const number of [baseTable, ...schema.indexes.map((index) => index.number)]) {
      const before = { compactions, bytes }
      const prefix = stripePrefix(schema.id, number, stripe)
      await core.store.database.compact(
        { prefix, keyEncoding: 'buffer' },
        {
          signal,
          onProgress: ({ bytesCompacted, compactions: ended, level }) => {
            compactions = before.compactions + ended
            bytes = before.bytes + bytesCompacted
            onProgress?.({ level, compactions, bytesCompacted: bytes })
          },
        },
      )
    }
  }
}
