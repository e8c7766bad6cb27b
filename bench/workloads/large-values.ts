import { keyOf, Random, recordSize } from '../data.ts'
import { each, inChunks, inFlight } from './loops.ts'
import { readEach } from './reads.ts'
import { expectCount, type Workload } from './workload.ts'

const KiB = 2 ** 10

/** A quarter of a gigabyte a million records: `write-NAME`, one put a call, and `read-NAME`, one read a call. */
function ofSize(name: string, valueSize: number): Workload[] {
  const records: Workload['records'] = ({ num }) => Math.max(8, Math.ceil((num * 256) / valueSize))
  return [
    {
      name: `write-${name}`,
      description: `values of ${name}, one put a call`,
      writes: true,
      unit: 'bytes',
      valueSize,
      records,
      able: ({ put, putSync }) => put !== undefined || putSync !== undefined,
      async run(context) {
        const { db, latencies, num } = context
        await inChunks(
          context,
          num,
          keyOf,
          (keys, values) =>
            db.putSync !== undefined
              ? each(keys.length, latencies, (i) => db.putSync!(keys[i]!, values[i]!))
              : inFlight(1, keys.length, latencies, (i) => db.put!(keys[i]!, values[i]!)),
          64,
        )
        return { ops: num, bytes: num * recordSize(valueSize) }
      },
    },
    {
      name: `read-${name}`,
      description: `values of ${name}, random, twice as many reads as there are`,
      after: `write-${name}`,
      unit: 'bytes',
      valueSize,
      records,
      able: ({ get, getSync }) => get !== undefined || getSync !== undefined,
      async run(context) {
        const { num, seed } = context
        const random = new Random(seed + 2)
        const read = readEach(context)
        let found = 0
        await inChunks(
          context,
          2 * num,
          () => keyOf(random.below(num)),
          async (keys) => {
            found += await read(keys)
          },
          64,
        )
        expectCount('reading', found, 2 * num)
        return { ops: found, bytes: found * recordSize(valueSize) }
      },
    },
  ]
}

export const largeValues: readonly Workload[] = [...ofSize('64KiB', 64 * KiB), ...ofSize('1MiB', 1024 * KiB)]
