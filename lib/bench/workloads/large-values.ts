import { keyOf, Random, recordSize } from '../data.ts'
import { type Chunk, inChunks, timed } from './loops.ts'
import { readEach } from './reads.ts'
import { expectCount, type Workload } from './workload.ts'

const KiB = 2 ** 10
const recordsOfBatch = 16

/** A quarter of a gigabyte a million records: `write-NAME`, 16 in a batch, and `read-NAME`, one read a call. */
function ofSize(name: string, valueSize: number): Workload[] {
  const records: Workload['records'] = ({ num }) =>
    Math.max(recordsOfBatch, Math.ceil((num * 256) / valueSize))
  return [
    {
      name: `write-${name}`,
      description: `values of ${name}, 16 in a batch`,
      writes: true,
      unit: 'bytes',
      valueSize,
      records,
      async run({ db, latencies, num, values, watch }) {
        const write: Chunk = (keys, some) => timed(latencies, () => db.batch(keys, some))
        await inChunks({ values, watch }, num, keyOf, write, recordsOfBatch)
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
