/** What `burrow profile` does to a database that it was given: reads, never writes. */
import type { DatabaseStats } from '../../base/metrics.ts'
import type { BytesDatabase } from '../with-database.ts'
import { withReader } from '../with-database.ts'
import { type FileTraffic, trafficBetween } from './file-traffic.ts'
import { ioBetween, type ProcessIo, readProcessIo } from './process-io.ts'
import type { WorkloadName } from './workload-names.ts'

export interface WorkloadPlan {
  readonly path: string
  readonly workload: WorkloadName
  readonly seconds: number
}

export interface WorkloadResult {
  /** Records read. */
  readonly operations: number
  readonly seconds: number
  readonly traffic: readonly FileTraffic[]
  readonly process: ProcessIo | null
  readonly pid: number
}

const keysWanted = 50_000
const keysLookedThrough = 2_000_000
const operationsAtOnce = 1000

/** Random reads of keys from all over the database, or scans from end to end, for so many seconds. */
export async function runWorkload({ path, seconds, workload }: WorkloadPlan): Promise<WorkloadResult> {
  return await withReader(path, async (db) => {
    // With the search for keys: it reads files, too.
    const before: [DatabaseStats, ProcessIo | null] = [db.stats(), readProcessIo('self')]
    const keys = workload === 'reads' ? await sampleKeys(db) : []
    if (workload === 'reads' && keys.length === 0)
      throw new Error(`${path} is empty: there is nothing to read`)
    const began = performance.now()
    const ends = began + seconds * 1000
    let operations = 0
    while (performance.now() < ends) {
      operations += workload === 'reads' ? readSome(db, keys) : scanSome(db, ends)
      // Signals and timers have their turn.
      await new Promise((turn) => setImmediate(turn))
    }
    return {
      operations,
      seconds: (performance.now() - began) / 1000,
      traffic: trafficBetween(before[0], db.stats()),
      process: ioBetween(before[1], readProcessIo('self')),
      pid: process.pid,
    }
  })
}

/** Keys from all tables, evenly from as much of each as there is time to look through; without tables, the first ones. */
async function sampleKeys(db: BytesDatabase): Promise<Buffer[]> {
  const files = db.levels().flatMap((level) => level.files)
  const entries = files.reduce((sum, file) => sum + file.entries, 0)
  if (entries === 0) return await takeKeys(db, {}, keysWanted, 1)
  const part = Math.min(1, keysLookedThrough / entries)
  const step = Math.max(1, Math.floor((entries * part) / keysWanted))
  const found: Buffer[] = []
  for (const { entries, largest, smallest } of files) {
    found.push(...(await takeKeys(db, { gte: smallest, lte: largest }, Math.ceil(entries * part), step)))
  }
  return found
}

/** Every `step`th of so many keys of the range. */
async function takeKeys(
  db: BytesDatabase,
  range: { readonly gte?: Uint8Array; readonly lte?: Uint8Array },
  limit: number,
  step: number,
): Promise<Buffer[]> {
  using iterator = db.keys({ ...range, limit })
  const found: Buffer[] = []
  let seen = 0
  for (;;) {
    const batch = await iterator.next(operationsAtOnce)
    if (batch.length === 0) return found
    for (const key of batch) if (seen++ % step === 0) found.push(key)
  }
}

function readSome(db: BytesDatabase, keys: readonly Buffer[]): number {
  for (let i = 0; i < operationsAtOnce; i++) db.getSync(keys[Math.floor(Math.random() * keys.length)]!)
  return operationsAtOnce
}

/** One scan, or as much of it as there is time for. */
function scanSome(db: BytesDatabase, ends: number): number {
  using iterator = db.entries()
  let records = 0
  for (;;) {
    const { length } = iterator.nextSync(operationsAtOnce)
    records += length
    if (length === 0 || performance.now() >= ends) return records
  }
}
