import { keyOf, Random, recordSize } from '../data.ts'
import { fillrandom } from './fills.ts'
import { inChunks, timed } from './loops.ts'
import { expectCount, type Workload } from './workload.ts'

const after = fillrandom.name
/** The record that a seek finds, and 10 next. */
const recordsOfSeek = 11

function wholeScan(name: string, reverse: boolean, description: string): Workload {
  return {
    name,
    description,
    after,
    short: true,
    able: ({ scan }) => scan !== undefined,
    async run({ db, num, valueSize, watch }) {
      watch.start()
      const records = await db.scan!(reverse)
      watch.stop()
      expectCount('scanning', records, num)
      return { ops: records, bytes: records * recordSize(valueSize) }
    },
  }
}

export const scans: readonly Workload[] = [
  wholeScan('readseq', false, 'all records in order, key and value of each'),
  wholeScan('readreverse', true, 'all records backwards, key and value of each'),
  {
    name: 'seekrandom',
    description: 'a tenth as many random keys: for each a new iterator, the record there and 10 next',
    after,
    short: true,
    able: ({ seek }) => seek !== undefined,
    async run(context) {
      const { db, latencies, num, seed, valueSize } = context
      const random = new Random(seed + 3)
      const total = Math.ceil(num / 10)
      let records = 0
      // Keys near the end have fewer records behind them.
      const key = () => keyOf(random.below(Math.max(1, num - recordsOfSeek)))
      await inChunks(context, total, key, async (keys) => {
        for (const from of keys) records += await timed(latencies, () => db.seek!(from, recordsOfSeek))
      })
      expectCount('seeking', records, total * Math.min(recordsOfSeek, num))
      return { ops: total, bytes: records * recordSize(valueSize) }
    },
  },
]
