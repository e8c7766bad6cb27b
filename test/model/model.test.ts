/**
 * Random histories against a sorted map, a million operations in all: BURROW_TEST_OPERATIONS changes that,
 * BURROW_TEST_SEED repeats a run.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { Database, type DatabaseOptions } from '../../lib/index.ts'
import { type NativeEnv, native } from '../../lib/native.ts'
import { History, type HistoryOptions, type Home } from './history.ts'
import { testSeed } from './random.ts'

const KiB = 1024
const operations = Number(process.env['BURROW_TEST_OPERATIONS'] ?? 1_000_000)
const seed = testSeed()

function memoryHome(): Home {
  let env: NativeEnv = native.memoryEnv()
  return {
    get env() {
      return env
    },
    reopens: true,
    open: (options) => Database.open('db', { ...options, env }),
    openCopy: (copy, options) => Database.open('db', { ...options, env: copy }),
    adopt(copy) {
      env = copy
    },
  }
}

interface Configuration extends Partial<Omit<HistoryOptions, 'seed' | 'database'>> {
  readonly name: string
  readonly share: number
  readonly home?: 'disk' | ':memory:'
  readonly database: Partial<DatabaseOptions>
}

const configurations: Configuration[] = [
  {
    name: 'tiny memtables and tables, no cache, few open files',
    share: 0.04,
    database: {
      memtableSize: 4 * KiB,
      targetFileSize: 4 * KiB,
      baseLevelSize: 8 * KiB,
      levelSizeMultiplier: 2,
      blockCacheSize: 0,
      maxOpenFiles: 16,
      blockSize: KiB,
      compression: 'none',
      manifestRollSize: KiB,
      maxMemtables: 2,
    },
  },
  {
    name: 'binary keys, small memtables, lz4, a small cache',
    share: 0.14,
    binary: true,
    database: {
      memtableSize: 16 * KiB,
      targetFileSize: 8 * KiB,
      baseLevelSize: 16 * KiB,
      levelSizeMultiplier: 3,
      blockCacheSize: 64 * KiB,
      maxOpenFiles: 20,
      l0CompactionTrigger: 2,
      compression: 'lz4',
      maxBackgroundJobs: 3,
    },
  },
  {
    name: 'mixed codecs, durable by default',
    share: 0.12,
    syncChance: 0.5,
    database: {
      memtableSize: 32 * KiB,
      targetFileSize: 16 * KiB,
      baseLevelSize: 32 * KiB,
      compression: ['none', 'lz4', 'zstd'],
      blockCacheSize: 256 * KiB,
      syncWrites: true,
      bloomBitsPerKey: 0,
    },
  },
  {
    name: 'zstd, three levels, one background job',
    share: 0.14,
    binary: true,
    keys: 300,
    database: {
      memtableSize: 64 * KiB,
      targetFileSize: 32 * KiB,
      baseLevelSize: 64 * KiB,
      maxLevels: 3,
      maxBackgroundJobs: 1,
      compression: 'zstd',
      l0CompactionTrigger: 1,
    },
  },
  {
    name: 'large memtables, many keys, large values',
    share: 0.12,
    keys: 4000,
    largestValue: 300_000,
    database: { memtableSize: 256 * KiB, targetFileSize: 64 * KiB, blockCacheSize: 128 * KiB },
  },
  {
    name: 'few keys with many versions',
    share: 0.26,
    keys: 25,
    database: {
      memtableSize: 8 * KiB,
      targetFileSize: 4 * KiB,
      baseLevelSize: 4 * KiB,
      levelSizeMultiplier: 2,
      blockSize: KiB,
      maxMemtables: 4,
      statistics: false,
    },
  },
  {
    name: "':memory:'",
    share: 0.1,
    home: ':memory:',
    database: { memtableSize: 64 * KiB, targetFileSize: 16 * KiB },
  },
  {
    name: 'on the disk',
    share: 0.08,
    home: 'disk',
    syncChance: 0.01,
    reopenEvery: 8000,
    database: {
      memtableSize: 64 * KiB,
      targetFileSize: 16 * KiB,
      baseLevelSize: 64 * KiB,
      blockCacheSize: 32 * KiB,
      maxOpenFiles: 16,
      compression: ['none', 'lz4', 'zstd'],
    },
  },
]

describe(`random operations, BURROW_TEST_SEED=${seed}`, () => {
  configurations.forEach(({ name, share, home, database, ...how }, index) => {
    it(name, async () => {
      const directory = home === 'disk' ? mkdtempSync(join(tmpdir(), 'burrow-model-')) : undefined
      const path = directory ?? ':memory:'
      const place: Home =
        home === undefined
          ? memoryHome()
          : { reopens: home === 'disk', open: (options) => Database.open(path, options) }
      const history = new History(place, {
        seed: seed + index,
        binary: false,
        keys: 1000,
        largestValue: 20_000,
        syncChance: 0.1,
        reopenEvery: 4000,
        compactEvery: 400,
        ...how,
        database: { syncWrites: false, ...database },
      })
      await history.run(Math.round(operations * share))
      if (directory !== undefined) rmSync(directory, { recursive: true })
    })
  })
})
