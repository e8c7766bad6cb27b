import { GiB, KiB, MiB } from '../util/units.ts'
import type { DatabaseOptions } from './option-types.ts'

export type PresetName =
  | 'default'
  | 'writeHeavy'
  | 'readHeavy'
  | 'balanced'
  | 'ssd'
  | 'hdd'
  | 'highMemory'
  | 'memoryOptimized'
  | 'durability'
  | 'bulkLoad'

/**
 * Starting points for common situations: plain frozen objects to spread, `{ ...presets.readHeavy, readOnly: true }`.
 * Memory use is about memtableSize × maxMemtables + blockCacheSize. Only `writeHeavy` and `bulkLoad` give up
 * `syncWrites`: what they acknowledge survives a killed process but not a power cut.
 */
export const presets: Readonly<Record<PresetName, Readonly<DatabaseOptions>>> = Object.freeze({
  /** What an empty options object means. */
  default: Object.freeze({}),
  /** Absorbs bursts of writes: large memtables, more background jobs, later slow-downs. 2 GiB of memtables at most. */
  writeHeavy: Object.freeze({
    memtableSize: 256 * MiB,
    maxMemtables: 8,
    syncWrites: false,
    maxBackgroundJobs: 8,
    compression: Object.freeze(['lz4', 'lz4', 'lz4', 'zstd'] as const),
    compressionLevel: 3,
    l0SlowdownTrigger: 30,
    l0StopTrigger: 60,
  } as const),
  /** Point reads and scans: 1 GiB of block cache, stronger filters, fewer tables, large read-ahead. */
  readHeavy: Object.freeze({
    blockCacheSize: GiB,
    bloomBitsPerKey: 14,
    targetFileSize: 256 * MiB,
    maxOpenFiles: 4000,
    l0CompactionTrigger: 2,
    readThreads: 16,
    readAheadSize: 2 * MiB,
  } as const),
  /** Reads and writes alike. */
  balanced: Object.freeze({
    memtableSize: 128 * MiB,
    maxMemtables: 5,
    maxBackgroundJobs: 4,
    blockCacheSize: 256 * MiB,
    readThreads: 8,
  } as const),
  /** A device with fast random reads and much bandwidth. */
  ssd: Object.freeze({
    maxOpenFiles: 2000,
    maxBackgroundJobs: 4,
    compactionBytesPerSecond: 500 * MiB,
    readThreads: 16,
    readAheadSize: 512 * KiB,
  } as const),
  /** A device where a seek costs more than a megabyte: large blocks and tables, one compaction at a time. */
  hdd: Object.freeze({
    blockSize: 64 * KiB,
    targetFileSize: 256 * MiB,
    maxOpenFiles: 500,
    maxBackgroundJobs: 2,
    compactionBytesPerSecond: 50 * MiB,
    compression: 'zstd',
    readThreads: 2,
    readAheadSize: 2 * MiB,
  } as const),
  /** Tens of gigabytes to spare: 4 GiB of memtables, 4 GiB of cache. */
  highMemory: Object.freeze({
    memtableSize: 512 * MiB,
    maxMemtables: 8,
    blockCacheSize: 4 * GiB,
    maxOpenFiles: 10_000,
    maxBackgroundJobs: 8,
    bloomBitsPerKey: 14,
    readThreads: 16,
  } as const),
  /** About 32 MiB in all. */
  memoryOptimized: Object.freeze({
    memtableSize: 8 * MiB,
    maxMemtables: 2,
    blockCacheSize: 16 * MiB,
    maxOpenFiles: 100,
    maxBackgroundJobs: 1,
    maxOpenIterators: 100,
    targetFileSize: 8 * MiB,
    readThreads: 2,
    readAheadSize: 64 * KiB,
    manifestRollSize: MiB,
  } as const),
  /** Every write durable before it resolves, damage never passed over, smaller memtables so that opening is quick. */
  durability: Object.freeze({
    syncWrites: true,
    recovery: 'strict',
    memtableSize: 32 * MiB,
  } as const),
  /** A load that can be repeated: no sync, few large memtables, compaction put off. End with `db.flush()` and `db.compact()`. */
  bulkLoad: Object.freeze({
    syncWrites: false,
    memtableSize: 512 * MiB,
    maxMemtables: 4,
    maxBackgroundJobs: 4,
    l0CompactionTrigger: 16,
    l0SlowdownTrigger: 200,
    l0StopTrigger: 400,
    softPendingCompactionBytes: 1024 * GiB,
  } as const),
})
