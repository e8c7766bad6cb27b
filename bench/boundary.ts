/** What crossing from JavaScript into C++ costs: the native harness and the JavaScript API on the same tables. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deltaOf } from '../lib/compaction/background.ts'
import { Database } from '../lib/index.ts'
import { findDatabase } from '../lib/manifest/recovery.ts'
import { native, SCAN_FILL_CACHE, SCAN_KEYS, SCAN_VALUES } from '../lib/native.ts'
import { keyOf, makeValues, Random } from './data.ts'
import type { BenchValue, ValueEncoding } from './engines/engine.ts'
import { buildNativeBench, type NativeResult, runNativeBench } from './native-bench.ts'
import { formatTable, spread } from './report.ts'
import { Stopwatch } from './workloads/workload.ts'

export interface BoundaryOptions {
  /** Records; they fit into one memtable and into the cache, so that neither the disk nor a flush is measured. */
  readonly num: number
  readonly runs: number
  readonly dir: string
  /** A native_bench that is built already. */
  readonly harness: string | undefined
}

/** Nanoseconds an operation. */
interface Cost {
  readonly wall: number
  readonly cpu: number
}

const valueSize = 100
const batchSize = 1000
/** Reads that are measured, however small the database is: by then everything is compiled and warm. */
const reads = 1_000_000
const settings = { memtableSize: 64 * 2 ** 20, blockCacheSize: 256 * 2 ** 20, syncWrites: false }

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

/** Writes the records in batches; the cost of each. Keys are strings, values what `values` holds. */
function fill(db: Database, num: number, values: readonly BenchValue[]): Cost {
  const watch = new Stopwatch()
  for (let begin = 0; begin < num; begin += batchSize) {
    const keys = Array.from({ length: Math.min(batchSize, num - begin) }, (_, i) => keyOf(begin + i))
    watch.start()
    const batch = db.writeBatch()
    for (let i = 0; i < keys.length; i++) batch.put(keys[i]!, values[(begin + i) % values.length]!)
    batch.commitSync()
    watch.stop()
  }
  return { wall: (watch.seconds * 1e9) / num, cpu: (watch.cpuSeconds * 1e9) / num }
}

/** Fills new databases, after one to warm up; leaves one sorted run in the last, and gives the tables for the harness. */
async function writeApi(
  directory: string,
  num: number,
): Promise<{ strings: Cost; buffers: Cost; tables: string }> {
  const buffers = makeValues(4096, valueSize, 0.5, 42)
  const strings = buffers.map((value) => value.toString('latin1'))
  const cost = { strings: { wall: 0, cpu: 0 }, buffers: { wall: 0, cpu: 0 } }
  let tables = ''
  for (const pass of ['warm', 'buffers', 'strings'] as const) {
    rmSync(directory, { recursive: true, force: true })
    const db = await Database.open(directory, settings)
    if (pass === 'warm') {
      for (const values of [strings, buffers]) fill(db, reads / 4, values)
    } else {
      cost[pass] = fill(db, num, pass === 'buffers' ? buffers : strings)
      await db.compact()
      tables = db
        .levels()
        .flatMap(({ files, level }) => files.map(({ number }) => `${level} ${number}\n`))
        .join('')
    }
    await db.close()
  }
  return { ...cost, tables }
}

async function readApi(
  directory: string,
  num: number,
  valueEncoding: ValueEncoding,
): Promise<{ get: Cost; scan: Cost }> {
  const db = (await Database.open(directory, { ...settings, valueEncoding })) as Database<string, BenchValue>
  const random = new Random(7)
  const get = new Stopwatch()
  for (let done = 0; done < 2 * reads; done += 1000) {
    const keys = Array.from({ length: 1000 }, () => keyOf(random.below(num)))
    const warm = done >= reads
    if (warm) get.start()
    for (const key of keys) if (db.getSync(key) === undefined) throw new Error(`${key} is gone`)
    if (warm) get.stop()
  }
  const scanned = await repeated(num, () => {
    let records = 0
    for (const [key, value] of db.entries()) if (key.length > 0 && value.length > 0) records++
    return records
  })
  await db.close()
  return { get: { wall: (get.seconds * 1e9) / reads, cpu: (get.cpuSeconds * 1e9) / reads }, scan: scanned }
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

/** The last result of that name: earlier ones warmed the cache. */
function costOf(results: readonly NativeResult[], name: string): Cost {
  const { cpu_seconds, ops, seconds } = results.findLast((result) => result.name === name)!
  return { wall: (seconds * 1e9) / ops, cpu: (cpu_seconds * 1e9) / ops }
}

function less(a: Cost, b: Cost): Cost {
  return { wall: a.wall - b.wall, cpu: a.cpu - b.cpu }
}

async function measureOnce(binary: string, num: number, directory: string) {
  const { strings, buffers, tables } = await writeApi(join(directory, 'db'), num)
  writeFileSync(join(directory, 'tables'), tables)
  const memory = {
    num,
    value_size: valueSize,
    cache_size: settings.blockCacheSize,
    write_buffer_size: settings.memtableSize,
  }
  const written = runNativeBench(binary, {
    ...memory,
    db: join(directory, 'native'),
    benchmarks: 'fillseq,keys',
    batch: batchSize,
  })
  const benchmarks = 'readrandom,readrandom,readseq,readseq'
  const read = runNativeBench(binary, {
    ...memory,
    db: join(directory, 'db'),
    tables: join(directory, 'tables'),
    reads,
    benchmarks,
  })
  const keys = costOf(written, 'keys')
  const get = less(costOf(read, 'readrandom'), keys)
  const write = less(costOf(written, 'fillseq'), keys)
  const step = costOf(read, 'readseq')
  const utf8 = await readApi(join(directory, 'db'), num, 'utf8')
  const buffer = await readApi(join(directory, 'db'), num, 'buffer')
  return {
    'point get, string': { native: get, javascript: utf8.get },
    'point get, Buffer': { native: get, javascript: buffer.get },
    'record in a batch, strings': { native: write, javascript: strings },
    'record in a batch, Buffers': { native: write, javascript: buffers },
    'record scanned, string': { native: step, javascript: utf8.scan },
    'record scanned, Buffer': { native: step, javascript: buffer.scan },
    'record counted': { native: step, javascript: await countRecords(join(directory, 'db'), num) },
  }
}

/** A table of what an operation costs natively and from JavaScript: medians of all runs. */
export async function measureBoundary({ dir, harness, num, runs }: BoundaryOptions): Promise<string> {
  const binary = harness ?? buildNativeBench()
  const measured: Awaited<ReturnType<typeof measureOnce>>[] = []
  for (let run = 1; run <= runs; run++) {
    console.error(`run ${run} of ${runs}`)
    mkdirSync(dir, { recursive: true })
    const directory = mkdtempSync(join(dir, 'burrow-boundary-'))
    try {
      measured.push(await measureOnce(binary, num, directory))
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
  const names = Object.keys(measured[0]!) as (keyof (typeof measured)[0])[]
  const lines = names.map((name) => {
    const median = (side: 'native' | 'javascript', clock: 'wall' | 'cpu') =>
      spread(measured.map((run) => run[name][side][clock])).median
    const cells = (['cpu', 'wall'] as const).flatMap((clock) => {
      const ours = median('native', clock)
      const theirs = median('javascript', clock)
      return [ours, theirs, theirs - ours].map((nanos) => nanos.toFixed(0))
    })
    return [name, ...cells]
  })
  const header = [
    'ns, median',
    'native cpu',
    'JS cpu',
    'boundary cpu',
    'native wall',
    'JS wall',
    'boundary wall',
  ]
  return formatTable([header, ...lines])
}
