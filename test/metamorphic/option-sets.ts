import { Database, type DatabaseOptions, presets } from '../../lib/index.ts'
import { type NativeEnv, native } from '../../lib/native.ts'
import { byteEncodings, type Home } from './players.ts'

const KiB = 1024

/** Small enough for everything to happen in a few thousand operations. */
const small = {
  memtableSize: 16 * KiB,
  targetFileSize: 8 * KiB,
  baseLevelSize: 16 * KiB,
  levelSizeMultiplier: 3,
  blockCacheSize: 256 * KiB,
  compression: 'none',
  syncWrites: false,
} as const

const codecSets = native.codecs.map(
  (codec) => [`codec ${codec}`, { ...small, compression: codec as 'none' }] as const,
)

const presetSets = Object.entries(presets).flatMap(([name, preset]) => {
  const missing = [preset.compression ?? []].flat().some((codec) => !native.codecs.includes(codec))
  // The memtables of presets never fill up here; a small one, and no seconds of fsync.
  const options = { ...preset, memtableSize: 32 * KiB, targetFileSize: 16 * KiB }
  return missing ? [] : [[`preset ${name}`, options] as const]
})

export const optionSets: readonly (readonly [name: string, options: DatabaseOptions])[] = [
  ...codecSets,
  ['codecs by level', { ...small, compression: ['none', 'lz4', 'lz4'] }],
  ['memtables of 4 KiB', { ...small, memtableSize: 4 * KiB, maxMemtables: 2 }],
  ['a cache of one block', { ...small, blockCacheSize: 4 * KiB, blockSize: 4 * KiB }],
  ['no cache', { ...small, blockCacheSize: 0 }],
  ['a manifest begun again at every edit', { ...small, manifestRollSize: KiB }],
  ['no bloom filters', { ...small, bloomBitsPerKey: 0 }],
  ['large bloom filters', { ...small, bloomBitsPerKey: 64 }],
  ['blocks of 1 KiB', { ...small, blockSize: KiB }],
  ['blocks of 1 MiB', { ...small, blockSize: KiB * KiB }],
  ['one background job, one read thread', { ...small, maxBackgroundJobs: 1, readThreads: 1 }],
  ['many background jobs', { ...small, maxBackgroundJobs: 8, readThreads: 16, l0CompactionTrigger: 1 }],
  ['few open files', { ...small, maxOpenFiles: 16, targetFileSize: 4 * KiB, baseLevelSize: 4 * KiB }],
  ['tables of 4 KiB, steep levels', { ...small, targetFileSize: 4 * KiB, levelSizeMultiplier: 2 }],
  ['two levels', { ...small, maxLevels: 2 }],
  ['late compaction', { ...small, l0CompactionTrigger: 50, l0SlowdownTrigger: 100, l0StopTrigger: 200 }],
  ['all durable', { ...small, syncWrites: true }],
  ['no statistics, small read-ahead', { ...small, statistics: false, readAheadSize: 4 * KiB }],
  ['one large memtable', { ...small, memtableSize: 16 * KiB * KiB }],
  ...presetSets,
]

/** A database in memory that can crash. */
export function memoryHome(options: DatabaseOptions): Home {
  let env: NativeEnv = native.memoryEnv()
  return {
    open: () => Database.open('db', { ...options, ...byteEncodings, env }),
    openCopy: (path) => Database.open(path, { ...options, ...byteEncodings, env }),
    crash(mode, seed) {
      env = env.crashClone!(mode, seed)
    },
  }
}
