import { keyOf, Random } from '../data.ts'
import { type Context, expectCount, inChunks, type Workload } from './workload.ts'

const chunkSize = 1000

/** `total` reads of random keys through `read`, which tells how many it found. */
async function randomReads(
  context: Context,
  total: number,
  { missing = false, size = chunkSize },
  read: (keys: readonly string[]) => Promise<number>,
): Promise<number> {
  const random = new Random(context.seed + 2)
  let found = 0
  const key = () => keyOf(random.below(context.num), missing)
  await inChunks(context, total, size, key, async (keys) => {
    found += await read(keys)
  })
  expectCount('reading', found, missing ? 0 : total)
  return total
}

async function scan({ db, num, watch }: Context, reverse: boolean): Promise<number> {
  watch.start()
  const records = await db.scan(reverse)
  watch.stop()
  expectCount('scanning', records, num)
  return records
}

export const reads: readonly Workload[] = [
  {
    name: 'open',
    description: 'opening after a clean close',
    needs: 'filled',
    async run(context) {
      await context.reopen()
      return 1
    },
  },
  {
    name: 'readrandom',
    description: 'random keys that exist, one call each (getSync)',
    needs: 'filled',
    run: (context) => randomReads(context, context.num, {}, (keys) => context.db.getEach(keys)),
  },
  {
    name: 'readasync',
    description: 'a fifth as many random keys, each awaited (await get)',
    needs: 'filled',
    run: (context) =>
      randomReads(context, Math.ceil(context.num / 5), {}, (keys) => context.db.getEachAsync(keys)),
  },
  {
    name: 'readmissing',
    description: 'keys between those that exist, one call each (getSync)',
    needs: 'filled',
    run: (context) =>
      randomReads(context, context.num, { missing: true }, (keys) => context.db.getEach(keys)),
  },
  {
    name: 'getmany',
    description: 'random keys that exist, 100 a call',
    needs: 'filled',
    run: (context) => randomReads(context, context.num, { size: 100 }, (keys) => context.db.getMany(keys)),
  },
  {
    name: 'readseq',
    description: 'all records in order, key and value of each',
    needs: 'filled',
    run: (context) => scan(context, false),
  },
  {
    name: 'readreverse',
    description: 'all records backwards, key and value of each',
    needs: 'filled',
    run: (context) => scan(context, true),
  },
  {
    name: 'seekrandom',
    description: 'a tenth as many random keys, for each a new iterator and its first record',
    needs: 'filled',
    run: (context) =>
      randomReads(context, Math.ceil(context.num / 10), {}, (keys) => context.db.seekEach(keys)),
  },
]
