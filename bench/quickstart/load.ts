import { type City, cityKey, rankKey, storedCity } from './cities.ts'
import type { CityDatabase } from './database.ts'
import { count, type Report, rate, type Step, seconds, timed } from './report.ts'

const citiesInBatch = 500

/** `L0 2 tables, L6 6 tables`. */
function shape(db: CityDatabase): string {
  const levels = db.levels().filter(({ files }) => files.length > 0)
  return levels.map(({ files, level }) => `L${level} ${files.length} tables`).join(', ')
}

/** Writes every city and its rank, in atomic and durable batches; the memory of the database stays bounded. */
export async function load(db: CityDatabase, cities: readonly City[], report: Report): Promise<Step> {
  const show = report.progress('load', cities.length)
  const { ms } = await timed(async () => {
    for (let begin = 0; begin < cities.length; begin += citiesInBatch) {
      const batch = db.writeBatch()
      const part = cities.slice(begin, begin + citiesInBatch)
      for (const city of part) {
        batch.put(cityKey(city), storedCity(city)).put(rankKey(city), cityKey(city))
      }
      await batch.commit({ sync: true })
      show(begin + part.length)
    }
  })
  const records = 2 * cities.length
  const { compaction, flush, wal } = db.stats()
  const counted = await timed(() => {
    let found = 0
    for (const _ of db.keys()) found++
    return found
  })
  return {
    title: 'load',
    lines: [
      `${count(cities.length)} cities, ${count(records)} records in ${seconds(ms)}: ${rate(records, ms)}`,
      `durable batches of ${2 * citiesInBatch} records, ${count(wal.syncs)} syncs of the log`,
      `meanwhile ${flush.count} flushes and ${compaction.count} compactions; now ${shape(db)}`,
    ],
    numbers: {
      cities: cities.length,
      records,
      ms,
      syncs: wal.syncs,
      flushes: flush.count,
      compactions: compaction.count,
    },
    proofs: [
      {
        claim: 'every record is there, in one scan of all keys',
        holds: counted.result === records,
        found: `${count(counted.result)} keys in ${seconds(counted.ms)}: ${rate(counted.result, counted.ms)}`,
      },
    ],
  }
}
