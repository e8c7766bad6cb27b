import { keyOf, recordSize, shuffled } from '../data.ts'
import type { BenchDatabase } from '../engines/engine.ts'
import { type Chunk, each, inChunks, inFlight, lanes, timed } from './loops.ts'
import type { Context, Workload } from './workload.ts'

/** One put a call: synchronous where the engine can, otherwise each awaited. */
function putEach({ db, latencies }: Context): Chunk {
  return (keys, values) =>
    db.putSync !== undefined
      ? each(keys.length, latencies, (i) => db.putSync!(keys[i]!, values[i]!))
      : inFlight(1, keys.length, latencies, (i) => db.put!(keys[i]!, values[i]!))
}

/** 64 puts in flight; an engine that has no asynchronous put takes them 64 at a time, as one write. */
function putInFlight({ db, latencies }: Context): Chunk {
  if (db.put !== undefined) {
    return (keys, values) => inFlight(lanes, keys.length, latencies, (i) => db.put!(keys[i]!, values[i]!))
  }
  return async (keys, values) => {
    for (let at = 0; at < keys.length; at += lanes) {
      const together = keys.slice(at, at + lanes)
      await timed(latencies, () => db.putTogether!(together, values.slice(at, at + lanes)))
    }
  }
}

function singles(chunk: (context: Context) => Chunk): Workload['run'] {
  return async (context) => {
    const { num, seed, valueSize } = context
    const order = shuffled(num, seed)
    await inChunks(context, num, (i) => keyOf(order[i]!), chunk(context))
    return { ops: num, bytes: num * recordSize(valueSize) }
  }
}

const ableOne = (db: BenchDatabase) => db.putSync !== undefined || db.put !== undefined
const ableTogether = (db: BenchDatabase) => db.put !== undefined || db.putTogether !== undefined

export const singlePuts: readonly Workload[] = [
  {
    name: 'fillsingle',
    description: 'a fifth of the keys, shuffled, one put a call: synchronous where there is that, or awaited',
    writes: true,
    weakerCounts: true,
    short: true,
    records: ({ num }) => Math.ceil(num / 5),
    able: ableOne,
    run: singles(putEach),
  },
  {
    name: 'fillsingle64',
    description: 'a fifth of the keys, shuffled, 64 puts in flight',
    writes: true,
    weakerCounts: true,
    asynchronous: true,
    records: ({ num }) => Math.ceil(num / 5),
    able: ableTogether,
    run: singles(putInFlight),
  },
  {
    name: 'fillsync',
    description: 'one put a call, each on the disk before the next',
    writes: true,
    durable: true,
    records: ({ syncNum }) => syncNum,
    able: ableOne,
    run: singles(putEach),
  },
  {
    name: 'fillsync64',
    description: '64 puts in flight, each acknowledged when it is on the disk',
    writes: true,
    durable: true,
    asynchronous: true,
    records: ({ syncNum }) => syncNum,
    able: ableTogether,
    run: singles(putInFlight),
  },
]
