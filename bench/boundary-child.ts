/** The JavaScript side of the boundary: each part runs in a process of its own, as the native side does. */
import { rmSync } from 'node:fs'
import { keyOf, makeValues, Random } from '../lib/bench/data.ts'
import type { BenchValue, ValueEncoding } from '../lib/bench/engines/engine.ts'
import { Stopwatch } from '../lib/bench/measure/stopwatch.ts'
import { deltaOf } from '../lib/compaction/background.ts'
import { Database } from '../lib/index.ts'
import { findDatabase } from '../lib/manifest/recovery.ts'
import { native, SCAN_FILL_CACHE, SCAN_KEYS, SCAN_VALUES } from '../lib/native.ts'

/** Nanoseconds an operation. */
export interface Cost {
  readonly wall: number
  readonly cpu: number
}

export const valueSize = 100
export const batchSize = 1000
/** Reads that are measured, however small the database is: by then everything is compiled and warm. */
export const reads = 1_000_000
/** Databases that are filled for each figure: the memory of some is fresh from the system, and that is not what is measured. */
export function fillsOf(num: number): number {
  return Math.min(25, Math.max(9, Math.ceil(reads / num)))
}
export const settings = { memtableSize: 64 * 2 ** 20, blockCacheSize: 256 * 2 ** 20, syncWrites: false }

/** The cost a record of `pass`, which returns how many it saw, after as many passes to warm up. */
async function repeated(num: number, pass: () => number): Promise<Cost> {
  const passes = Math.ceil(reads / num)
  for (let i = 0; i < passes; i++) pass()
  const watch = new Stopwatch()
  let records = 0
  watch.start()
  for (let i = 0; i < passes; i++) records += pass()
  watch.stop()
  return { wall: (watch.seconds * 1e9) / records, cpu: (watch.cpuSeconds * 1e9) / records }
}

// What is timed stands in functions of its own, and what is not leaves little garbage, as in the harness: an async
// function is compiled less well, and garbage costs the caches.

function write(db: Database, keys: readonly string[], begin: number, values: readonly BenchValue[]): void {
  const batch = db.writeBatch()
  for (let i = 0; i < keys.length; i++) batch.put(keys[i]!, values[(begin + i) % values.length]!)
  batch.commitSync()
}

function getAll(db: Database<string, BenchValue>, keys: readonly string[]): void {
  for (let i = 0; i < keys.length; i++)
    if (db.getSync(keys[i]!) === undefined) throw new Error(`${keys[i]} is gone`)
}

/** Writes the records in batches; the cost of each. Keys are strings, values what `values` holds. */
function fill(db: Database, num: number, values: readonly BenchValue[]): Cost {
  const watch = new Stopwatch()
  const keys: string[] = []
  for (let begin = 0; begin < num; begin += batchSize) {
    keys.length = Math.min(batchSize, num - begin)
    for (let i = 0; i < keys.length; i++) keys[i] = keyOf(begin + i)
    watch.start()
    write(db, keys, begin, values)
    watch.stop()
  }
  return { wall: (watch.seconds * 1e9) / num, cpu: (watch.cpuSeconds * 1e9) / num }
}

/** The pass in the middle. */
export function medianCost(costs: readonly Cost[]): Cost {
  return [...costs].sort((a, b) => a.wall - b.wall)[costs.length >> 1]!
}

/**
 * Fills new databases, after one to warm up; the median of each kind of value, since a pass whose memory the system has
 * taken back meanwhile takes twice as long. Leaves one sorted run in the last, and gives the tables for the harness.
 */
async function writeApi(
  directory: string,
  num: number,
): Promise<{ strings: Cost; buffers: Cost; tables: string }> {
  const buffers = makeValues(4096, valueSize, 0.5, 42)
  const strings = buffers.map((value) => value.toString('latin1'))
  const open = () => {
    rmSync(directory, { recursive: true, force: true })
    return Database.open(directory, settings)
  }
  const warm = await open()
  for (const values of [strings, buffers]) fill(warm, reads / 4, values)
  await warm.close()
  const costs: { strings: Cost[]; buffers: Cost[] } = { strings: [], buffers: [] }
  for (let pass = 1; ; pass++) {
    const db = await open()
    costs.buffers.push(fill(db, num, buffers))
    await db.close()
    const last = await open()
    costs.strings.push(fill(last, num, strings))
    if (pass === fillsOf(num)) {
      await last.compact()
      const tables = last
        .levels()
        .flatMap(({ files, level }) => files.map(({ number }) => `${level} ${number}\n`))
      await last.close()
      return {
        strings: medianCost(costs.strings),
        buffers: medianCost(costs.buffers),
        tables: tables.join(''),
      }
    }
    await last.close()
  }
}

async function getEach(directory: string, num: number, valueEncoding: ValueEncoding): Promise<Cost> {
  const db = (await Database.open(directory, { ...settings, valueEncoding })) as Database<string, BenchValue>
  const random = new Random(7)
  const get = new Stopwatch()
  const keys: string[] = new Array(batchSize).fill('')
  for (let done = 0; done < 2 * reads; done += keys.length) {
    for (let i = 0; i < keys.length; i++) keys[i] = keyOf(random.below(num))
    const warm = done >= reads
    if (warm) get.start()
    getAll(db, keys)
    if (warm) get.stop()
  }
  await db.close()
  return { wall: (get.seconds * 1e9) / reads, cpu: (get.cpuSeconds * 1e9) / reads }
}

async function scanAll(directory: string, num: number, valueEncoding: ValueEncoding): Promise<Cost> {
  const db = (await Database.open(directory, { ...settings, valueEncoding })) as Database<string, BenchValue>
  const scanned = await repeated(num, () => {
    let records = 0
    for (const [key, value] of db.entries()) if (key.length > 0 && value.length > 0) records++
    return records
  })
  await db.close()
  return scanned
}

/** Records stepped over by the engine in calls from JavaScript, a thousand at a time. */
async function countRecords(directory: string, num: number): Promise<Cost> {
  const env = native.posixEnv()
  const found = findDatabase(env, directory)!
  const engine = native.openEngine(env, {
    directory,
    databaseId: found.state.databaseId,
    memtableSize: settings.memtableSize,
    blockCacheSize: settings.blockCacheSize,
    maxOpenFiles: 1000,
    jobThreads: 1,
    readThreads: 1,
    compactionBytesPerSecond: 0,
    maxOpenScans: 10,
    statistics: true,
    readOnly: true,
    nextFileNumber: found.nextFileNumber,
    onProgress: () => {},
  })
  engine.install(deltaOf({ added: [...found.state.version.all()] }, 0))
  const cost = await repeated(num, () => {
    const scan = engine.openScan(
      SCAN_KEYS | SCAN_VALUES | SCAN_FILL_CACHE,
      undefined,
      undefined,
      Number.POSITIVE_INFINITY,
      0,
    )
    let records = 0
    for (let step = batchSize; step === batchSize; ) {
      step = engine.countScan(scan, batchSize)
      records += step
    }
    engine.closeScan(scan)
    return records
  })
  engine.close()
  return cost
}

/** What can be measured, by name. */
const parts = {
  write: (directory: string, num: number) => writeApi(directory, num),
  getStrings: (directory: string, num: number) => getEach(directory, num, 'utf8'),
  getBuffers: (directory: string, num: number) => getEach(directory, num, 'buffer'),
  scanStrings: (directory: string, num: number) => scanAll(directory, num, 'utf8'),
  scanBuffers: (directory: string, num: number) => scanAll(directory, num, 'buffer'),
  count: (directory: string, num: number) => countRecords(directory, num),
}
export type Parts = typeof parts

// The parent gives the part's name, the database's directory and the number of records.
const [name, directory, num] = process.argv.slice(2)
if (process.send !== undefined && name !== undefined && Object.hasOwn(parts, name)) {
  process.send(await parts[name as keyof Parts](directory!, Number(num)))
  process.disconnect()
}
