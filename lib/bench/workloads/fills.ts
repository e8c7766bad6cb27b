import { keyOf, Random, recordSize, shuffled } from '../data.ts'
import { batchSize, inChunks, timed } from './loops.ts'
import type { Context, Done, Workload } from './workload.ts'

async function writeBatches(context: Context, key: (i: number) => string): Promise<Done> {
  const { db, latencies, num, valueSize } = context
  const write = (keys: readonly string[], values: Context['values']) =>
    timed(latencies, () => db.batch(keys, values))
  await inChunks(context, num, key, write, batchSize)
  return { ops: num, bytes: num * recordSize(valueSize) }
}

function shuffledKeys({ num, seed }: Context): (i: number) => string {
  const order = shuffled(num, seed)
  return (i) => keyOf(order[i]!)
}

/** In batches of 1,000, not synced; a latency is that of a batch. */
export const fillseq: Workload = {
  name: 'fillseq',
  description: 'all keys in order, in batches of 1,000',
  writes: true,
  background: true,
  weakerCounts: true,
  short: true,
  run: (context) => writeBatches(context, keyOf),
}

export const fillrandom: Workload = {
  name: 'fillrandom',
  description: 'all keys, shuffled, in batches of 1,000',
  writes: true,
  background: true,
  short: true,
  run: (context) => writeBatches(context, shuffledKeys(context)),
}

export const overwrite: Workload = {
  name: 'overwrite',
  description: 'as many random keys again, in batches of 1,000',
  after: fillrandom.name,
  writes: true,
  background: true,
  short: true,
  run(context) {
    const random = new Random(context.seed + 1)
    return writeBatches(context, () => keyOf(random.below(context.num)))
  },
}

export const deleterandom: Workload = {
  name: 'deleterandom',
  description: 'every key deleted, shuffled, in batches of 1,000',
  after: fillrandom.name,
  consumes: true,
  writes: true,
  background: true,
  async run(context) {
    const { db, latencies, num } = context
    const remove = (keys: readonly string[]) => timed(latencies, () => db.deleteBatch(keys))
    await inChunks(context, num, shuffledKeys(context), remove, batchSize)
    return { ops: num, bytes: num * recordSize(0) }
  },
}
