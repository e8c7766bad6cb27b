import type { BackupSchedule } from './backup-schedule.ts'
import type { DebugOptions, ResolvedDebugOptions } from './debug-options.ts'
import type { Encoding } from './encodings.ts'
import type { EventMap, EventName } from './events.ts'
import type { HealthOptions, ResolvedHealthOptions } from './health-options.ts'
import type { Logger } from './logger.ts'

/** How blocks of a table are compressed. */
export type Codec = 'none' | 'lz4' | 'zstd' | 'zlib'
export type RecoveryMode = 'strict' | 'salvage'
export type CompactionStyle = 'leveled' | 'tiered' | 'fifo'

/**
 * What `Database.open` takes. Every field is optional; sizes are bytes. The comment of a field is its `doc` in
 * option-schema.ts word for word (a test compares them); ranges and defaults are there.
 */
export interface DatabaseOptions {
  /** Make a new database when the directory has none; otherwise opening fails with BURROW_NOT_FOUND. */
  createIfMissing?: boolean
  /** Fail with BURROW_EXISTS when the directory has a database already. */
  errorIfExists?: boolean
  /** Open beside a running writer, change nothing, refuse writes with BURROW_READ_ONLY. */
  readOnly?: boolean
  /** What to do with damage in a log that a crash cannot explain: 'strict' refuses to open, 'salvage' passes over it and says so. Other damage needs `burrow repair`. */
  recovery?: RecoveryMode
  /** Bytes of a memtable: writes gather there until it is full and is flushed to a table in L0. */
  memtableSize?: number
  /** Memtables that may exist at once, the active one included; writes wait when all are full. */
  maxMemtables?: number
  /** Whether a write resolves only when the log is durable on the disk; the default for writes that do not say. */
  syncWrites?: boolean
  /** How new tables are compressed: one codec, or one for each level from L0 on, the last one for all deeper levels. */
  compression?: Codec | readonly Codec[]
  /** Effort of zstd (1 to 22) or zlib (1 to 9): higher is smaller and slower. lz4 has no levels. */
  compressionLevel?: number
  /** Bytes of a block in a table before compression: what one read from the disk fetches. */
  blockSize?: number
  /** Bits of the bloom filter for each key; 0 writes no filter. 10 lets one in a hundred useless reads through. */
  bloomBitsPerKey?: number
  /** Bytes at which a compaction begins the next table; the default is the memtable size, from 2 MiB to 64 MiB. */
  targetFileSize?: number
  /** Tables kept open at once. */
  maxOpenFiles?: number
  /** Bytes of the cache of uncompressed blocks; values from 32 KiB on enter it when asked for often. 0 caches nothing. */
  blockCacheSize?: number
  /** Shape of the tree. */
  compactionStyle?: CompactionStyle
  /** Tables in L0 that start a compaction. */
  l0CompactionTrigger?: number
  /** Tables in L0 from which writes are slowed down. */
  l0SlowdownTrigger?: number
  /** Tables in L0 at which writes stop until a compaction has finished. */
  l0StopTrigger?: number
  /** How many times larger each level is than the one above it. */
  levelSizeMultiplier?: number
  /** Levels that compactions use, L0 included. */
  maxLevels?: number
  /** Bytes of the first level below L0 at which it begins to overflow; the default is l0CompactionTrigger memtables. */
  baseLevelSize?: number
  /** Flushes and compactions that run at once. */
  maxBackgroundJobs?: number
  /** Whether L0 is merged into the level below while nobody writes, where that rewrites little. */
  idleCompaction?: boolean
  /** Limit for what compactions write in a second; 0 is no limit. Flushes are not limited. */
  compactionBytesPerSecond?: number
  /** Bytes waiting for compaction from which writes are slowed down. */
  softPendingCompactionBytes?: number
  /** Bytes waiting for compaction at which writes stop. */
  hardPendingCompactionBytes?: number
  /** Iterators that may be open at once; one more fails with BURROW_BUSY. Bounds what forgotten ones can pin. */
  maxOpenIterators?: number
  /** Threads that read from the disk for asynchronous calls. */
  readThreads?: number
  /** Bytes that long scans and compactions read at once. */
  readAheadSize?: number
  /** Bytes of version edits after which a new manifest is begun. */
  manifestRollSize?: number
  /** Free bytes of the file system below which writes that add data fail with BURROW_NO_SPACE: flushes, compactions and deletes need them. 0 keeps none. */
  diskReserve?: number
  /** What keys are in calls that do not say. */
  keyEncoding?: Encoding
  /** What values are in calls that do not say. */
  valueEncoding?: Encoding
  /** Count operations and sample their latencies for `db.stats()`. */
  statistics?: boolean
  /** A pino-shaped logger: an object with trace, debug, info, warn and error, each (fields, message). */
  logger?: Logger | undefined
  /** Levels of the log: one for all, and by component. `warn,compaction=debug`. `db.setLogFilter()` changes it. */
  logFilter?: string | undefined
  /** What to keep for debugging: `{ trackHandles?, redact? }`, see docs/debugging.md. */
  debug?: DebugOptions
  /** From where on `db.health()` warns: an object of thresholds. null switches a rule off. */
  health?: HealthOptions
  /** Backups by themselves: `{ directory, everyMs, keep?: { count?, ageMs? }, bytesPerSecond? }`. */
  backup?: BackupSchedule | undefined
  /** Called with (name, payload) for every event, also for those of opening, which `db.on` cannot see. */
  onEvent?: (<N extends EventName>(name: N, payload: EventMap[N]) => void) | undefined
  /** A file system other than the machine's, made by the native test support. For tests. */
  env?: object | undefined
}

/** Options after validation: complete, frozen, and never read from the user's object again. */
export interface ResolvedOptions
  extends Readonly<
    Required<
      Omit<
        DatabaseOptions,
        'backup' | 'compression' | 'debug' | 'health' | 'logger' | 'logFilter' | 'onEvent' | 'env'
      >
    >
  > {
  /** The codec of each level, seven entries. */
  readonly compression: readonly Codec[]
  readonly health: ResolvedHealthOptions
  readonly backup: BackupSchedule | undefined
  readonly logger: Logger
  readonly logFilter: string | undefined
  readonly debug: ResolvedDebugOptions
  readonly onEvent: DatabaseOptions['onEvent']
  readonly env: DatabaseOptions['env']
}
