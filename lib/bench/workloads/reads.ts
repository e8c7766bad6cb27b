import { keyOf, Random, recordSize } from '../data.ts'
import type { BenchDatabase, Found } from '../engines/engine.ts'
import { fillrandom } from './fills.ts'
import { each, inChunks, inFlight, lanes, timed } from './loops.ts'
import { type Context, type Done, expectCount, type Workload } from './workload.ts'

const keysOfGetMany = 100

/** `total` reads of random keys: `read` takes a chunk of them and says how many it found. */
async function readKeys(
  context: Context,
  read: (keys: readonly string[]) => Promise<number> | number,
  { missing = false, size = undefined as number | undefined, total = context.num } = {},
): Promise<Done> {
  const random = new Random(context.seed + 2)
  let found = 0
  const key = () => keyOf(random.below(context.num), missing)
  const add = (some: number) => {
    found += some
  }
  const readChunk = (keys: readonly string[]) => {
    const some = read(keys)
    return some instanceof Promise ? some.then(add) : add(some)
  }
  await inChunks(context, total, key, readChunk, size)
  expectCount('reading', found, missing ? 0 : total)
  return { ops: total, bytes: missing ? 0 : total * recordSize(context.valueSize) }
}

/** One read a key: synchronous where the engine can, otherwise each awaited. */
export function readEach({ db, latencies }: Context): (keys: readonly string[]) => Promise<number> | number {
  return (keys) => {
    let found = 0
    const take = (value: Found) => {
      if (value !== undefined && value.length >= 0) found++
    }
    if (db.getSync !== undefined) {
      each(keys.length, latencies, (i) => take(db.getSync!(keys[i]!)))
      return found
    }
    return inFlight(1, keys.length, latencies, async (i) => take(await db.get!(keys[i]!))).then(() => found)
  }
}

function readInFlight({ db, latencies }: Context): (keys: readonly string[]) => Promise<number> {
  return async (keys) => {
    let found = 0
    await inFlight(lanes, keys.length, latencies, (i) =>
      db.get!(keys[i]!).then((value) => {
        if (value !== undefined && value.length >= 0) found++
      }),
    )
    return found
  }
}

const ableToRead = (db: BenchDatabase) => db.getSync !== undefined || db.get !== undefined
const after = fillrandom.name

export const pointReads: readonly Workload[] = [
  {
    name: 'readrandom',
    description: 'random keys that exist, one call each: synchronous where there is that, or awaited',
    after,
    short: true,
    able: ableToRead,
    run: (context) => readKeys(context, readEach(context)),
  },
  {
    name: 'readrandom-fast',
    description: 'the same, into memory that the next read takes again',
    after,
    able: ({ getFast }) => getFast !== undefined,
    run: (context) =>
      readKeys(context, (keys) => {
        let found = 0
        each(keys.length, context.latencies, (i) => {
          if (context.db.getFast!(keys[i]!) >= 0) found++
        })
        return found
      }),
  },
  {
    name: 'readmissing',
    description: 'keys between those that exist, one call each',
    after,
    short: true,
    able: ableToRead,
    run: (context) => readKeys(context, readEach(context), { missing: true }),
  },
  {
    name: 'readrandom-async',
    description: 'half as many random keys, 64 reads in flight',
    after,
    asynchronous: true,
    able: ({ get }) => get !== undefined,
    run: (context) => readKeys(context, readInFlight(context), { total: Math.ceil(context.num / 2) }),
  },
  {
    name: 'getmany',
    description: 'random keys that exist, 100 a call; a latency is that of a call',
    after,
    short: true,
    able: ({ getMany }) => getMany !== undefined,
    run: (context) =>
      readKeys(
        context,
        async (keys) => {
          const values = await timed(context.latencies, () => context.db.getMany!(keys))
          return values.reduce((sum, value) => (value !== undefined && value.length >= 0 ? sum + 1 : sum), 0)
        },
        { size: keysOfGetMany },
      ),
  },
]
