import { createHash } from 'node:crypto'
import type { RangeIterator } from '../../lib/index.ts'
import { cityPrefix, rankPrefix, type StoredCity } from './cities.ts'
import type { CityDatabase } from './database.ts'
import { count, type Step, seconds, timed } from './report.ts'

const country = 'DE'

/** A number that changes with any key, value, or their order. */
function digest(entries: RangeIterator<[string, unknown]>): { hash: string; records: number } {
  const hash = createHash('sha256')
  let records = 0
  for (const [key, value] of entries) {
    hash.update(key).update('\0').update(JSON.stringify(value)).update('\0')
    records++
  }
  return { hash: hash.digest('hex').slice(0, 12), records }
}

/** Overwrites, deletes and compacts everything that a snapshot shows, and looks whether it still shows it. */
export async function snapshotUnderWrites(db: CityDatabase): Promise<Step> {
  const range = { prefix: cityPrefix(country) }
  using snapshot = db.snapshot()
  const before = digest(snapshot.entries(range))
  const keys = await snapshot.keys(range).all()
  let overwritten = 0
  const { ms } = await timed(async () => {
    const batch = db.writeBatch()
    for (const [index, key] of keys.entries()) {
      if (index % 2 === 1) {
        batch.delete(key)
        continue
      }
      const city = db.getSync(key) as StoredCity
      batch.put(key, { ...city, population: city.population + 1 })
      overwritten++
    }
    await batch.commit()
    await db.deleteRange({ prefix: rankPrefix(country) })
    await db.flush()
    await db.compact({ gte: cityPrefix(country), lt: rankPrefix('ZZ') })
  })
  const after = digest(snapshot.entries(range))
  const live = digest(db.entries(range))
  const ranked = (await db.keys({ prefix: rankPrefix(country) }).all()).length
  const rankedBefore = (await snapshot.keys({ prefix: rankPrefix(country) }).all()).length
  const deleted = keys.length - overwritten
  return {
    title: 'snapshot',
    lines: [
      `under it: ${count(overwritten)} cities of ${country} overwritten, ${count(deleted)} deleted in one batch,`,
      `${count(rankedBefore)} ranks deleted as one range, all flushed and compacted in ${seconds(ms)}`,
    ],
    numbers: { overwritten, deleted, rangeDeleted: rankedBefore, ms },
    proofs: [
      {
        claim: 'the snapshot shows what it showed before',
        holds: before.hash === after.hash && before.records === after.records && rankedBefore === keys.length,
        found: `${count(after.records)} records, sha256 ${before.hash} and ${after.hash}`,
      },
      {
        claim: 'the database shows the changes',
        holds: live.records === overwritten && live.hash !== before.hash && ranked === 0,
        found: `${count(live.records)} records, sha256 ${live.hash}, ${ranked} ranks`,
      },
    ],
  }
}
