import {
  type EngineConfig,
  type Job,
  type JobCompletion,
  type NativeEngine,
  type NativeEnv,
  native,
  SCAN_FILL_CACHE,
  SCAN_KEYS,
  SCAN_REVERSE,
  SCAN_VALUES,
} from '../../lib/native.ts'

export const format = { blockSize: 4096, bloomBitsPerKey: 10, codec: 'lz4', codecLevel: 0 }

export function configFor(directory: string, changes: Partial<EngineConfig> = {}): EngineConfig {
  return {
    directory,
    databaseId: native.randomDatabaseId(),
    memtableSize: 1 << 20,
    blockCacheSize: 1 << 20,
    maxOpenFiles: 100,
    jobThreads: 2,
    readThreads: 1,
    compactionBytesPerSecond: 0,
    maxOpenScans: 4,
    statistics: true,
    readOnly: false,
    nextFileNumber: 1,
    onProgress: () => {},
    ...changes,
  }
}

/** Completions of everything submitted before, in the order in which they came; waits for at least `count`. */
export function completionsOf(engine: NativeEngine, count: number): JobCompletion[] {
  const completions: JobCompletion[] = []
  while (completions.length < count) {
    completions.push(...engine.takeCompletions())
    if (completions.length < count) engine.waitProgress(10_000)
  }
  return completions
}

let nextJob = 1

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

export function run(engine: NativeEngine, job: WithoutId<Job>): JobCompletion {
  engine.submit({ ...job, id: nextJob++ } as Job)
  const [completion] = completionsOf(engine, 1)
  if (completion === undefined) throw new Error('no completion')
  return completion
}

/** An engine that takes writes, on an empty directory. */
export function startEngine(
  env: NativeEnv = native.memoryEnv(),
  directory = '/db',
  changes: Partial<EngineConfig> = {},
): NativeEngine {
  env.createDirs(directory)
  const engine = native.openEngine(env, configFor(directory, changes))
  const wal = engine.newFileNumber()
  run(engine, { type: 'prepareWal', number: wal, allocate: 0 })
  engine.start(1, wal)
  return engine
}

/** Seals the active memtable; its id. */
export function rotate(engine: NativeEngine): number {
  const wal = engine.newFileNumber()
  run(engine, { type: 'prepareWal', number: wal, allocate: 0 })
  return engine.rotate(wal)
}

/** Flushes everything written so far into one table of level 0; its number. */
export function flush(engine: NativeEngine): number {
  const completion = run(engine, { type: 'flush', memtables: [rotate(engine)], targetFileSize: 0, format })
  const table = completion.outputs?.[0]?.table
  if (table === undefined) throw new Error(`flush failed: ${completion.error?.message}`)
  engine.install({ added: [{ ...table, level: 0 }], dropped: [], dropMemtables: 1 })
  return table.number
}

export interface ScanSettings {
  lower?: Uint8Array
  upper?: Uint8Array
  reverse?: boolean
  values?: boolean
  limit?: number
}

/** A range scan, of everything unless the settings say otherwise, and what can be done with it. */
export function openScan(engine: NativeEngine, settings: ScanSettings = {}) {
  const { limit = Number.POSITIVE_INFINITY, lower, reverse = false, upper, values = true } = settings
  const flags = SCAN_KEYS | SCAN_FILL_CACHE | (values ? SCAN_VALUES : 0) | (reverse ? SCAN_REVERSE : 0)
  const scan = engine.openScan(flags, lower, upper, limit, 0)
  return {
    fill: (buffer: Uint8Array, records: number) => engine.fillScan(scan, buffer, records),
    fillFromMemory: (buffer: Uint8Array, records: number) => engine.fillScanFromMemory(scan, buffer, records),
    count: (max: number) => engine.countScan(scan, max),
    seek: (key: string | Uint8Array) => engine.seekScan(scan, key),
    fillAsync: (request: number, records: number, size: number) =>
      engine.fillScanAsync(scan, request, records, size),
    close: () => engine.closeScan(scan),
  }
}
