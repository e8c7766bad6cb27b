import { keyOf, Random, shuffled } from '../data.ts'
import { inChunks, type Workload } from './workload.ts'

const batchSize = 1000

export const writes: readonly Workload[] = [
  {
    name: 'fillseq',
    description: 'all keys in order, in batches of 1,000',
    needs: 'empty',
    fills: true,
    run: (context) =>
      inChunks(context, context.num, batchSize, keyOf, (...records) => context.db.batch(...records)),
  },
  {
    name: 'fillsingle',
    description: 'a fifth of the keys, shuffled, one write a record (putSync, or await put)',
    needs: 'empty',
    run(context) {
      const order = shuffled(Math.ceil(context.num / 5), context.seed)
      const key = (i: number) => keyOf(order[i]!)
      return inChunks(context, order.length, batchSize, key, (...records) => context.db.putEach(...records))
    },
  },
  {
    name: 'fillrandom',
    description: 'all keys, shuffled, in batches of 1,000',
    needs: 'empty',
    fills: true,
    run(context) {
      const order = shuffled(context.num, context.seed)
      const key = (i: number) => keyOf(order[i]!)
      return inChunks(context, context.num, batchSize, key, (...records) => context.db.batch(...records))
    },
  },
  {
    name: 'overwrite',
    description: 'as many random keys again, in batches of 1,000',
    needs: 'filled',
    fills: true,
    run(context) {
      const random = new Random(context.seed + 1)
      const key = () => keyOf(random.below(context.num))
      return inChunks(context, context.num, batchSize, key, (...records) => context.db.batch(...records))
    },
  },
]
