import { totalmem } from 'node:os'
import { GiB, KiB, MiB } from '../util/units.ts'
import { encodings } from './encodings.ts'
import type { DatabaseOptions, ResolvedOptions } from './option-types.ts'

/** When a changed value takes effect: with the next open, or in each call that does not say otherwise. */
export type OptionApplies = 'open' | 'call'

type Default<T> = T | ((earlier: ResolvedOptions) => T)

interface Common<T> {
  readonly doc: string
  readonly applies: OptionApplies
  /** A value, or a function of the options that stand before this one in the table. */
  readonly default: Default<T>
  /** The default in words, where it is a function. */
  readonly defaultText?: string
}

export interface BooleanSpec extends Common<boolean> {
  readonly type: 'boolean'
}

export interface IntegerSpec extends Common<number> {
  readonly type: 'integer'
  readonly unit: 'bytes' | 'count'
  readonly min: number
  readonly max: number
}

export interface ChoiceSpec extends Common<string> {
  readonly type: 'choice'
  readonly choices: readonly string[]
  /** Choices that are part of the interface but not built yet: they answer BURROW_UNSUPPORTED. */
  readonly unsupported: readonly string[]
}

/** One codec, or an array by level; the default is one for all. */
export interface CompressionSpec extends Common<string> {
  readonly type: 'compression'
  readonly choices: readonly string[]
}

/** An object, or a function, that is used and not copied. The default is none. */
export interface ComponentSpec extends Common<undefined> {
  readonly type: 'function' | 'logger' | 'logFilter' | 'component' | 'health' | 'schedule' | 'debug'
}

export type OptionSpec = BooleanSpec | IntegerSpec | ChoiceSpec | CompressionSpec | ComponentSpec

export const codecs = ['none', 'lz4', 'zstd', 'zlib'] as const

/** Levels that the on-disk format knows, L0 included. */
export const levelCount = 7

function flag(value: boolean, doc: string): BooleanSpec {
  return { type: 'boolean', default: value, applies: 'open', doc }
}

function bytes(
  min: number,
  max: number,
  value: Default<number>,
  doc: string,
  defaultText?: string,
): IntegerSpec {
  return {
    type: 'integer',
    unit: 'bytes',
    min,
    max,
    default: value,
    applies: 'open',
    doc,
    ...text(defaultText),
  }
}

function count(
  min: number,
  max: number,
  value: Default<number>,
  doc: string,
  defaultText?: string,
): IntegerSpec {
  return {
    type: 'integer',
    unit: 'count',
    min,
    max,
    default: value,
    applies: 'open',
    doc,
    ...text(defaultText),
  }
}

function text(defaultText: string | undefined): { defaultText?: string } {
  return defaultText === undefined ? {} : { defaultText }
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.floor(value)))
}

/** Every option: the one place for its type, range, default and documentation. Ranges include their ends. */
export const optionSchema: Readonly<Record<keyof DatabaseOptions, OptionSpec>> = {
  createIfMissing: flag(
    true,
    'Make a new database when the directory has none; otherwise opening fails with BURROW_NOT_FOUND.',
  ),
  errorIfExists: flag(false, 'Fail with BURROW_EXISTS when the directory has a database already.'),
  readOnly: flag(false, 'Open beside a running writer, change nothing, refuse writes with BURROW_READ_ONLY.'),
  recovery: {
    type: 'choice',
    choices: ['strict', 'salvage'],
    unsupported: [],
    default: 'strict',
    applies: 'open',
    doc: "What to do with damage in a log that a crash cannot explain: 'strict' refuses to open, 'salvage' passes over it and says so. Other damage needs `burrow repair`.",
  },
  memtableSize: bytes(
    4 * KiB,
    2 * GiB,
    64 * MiB,
    'Bytes of a memtable: writes gather there until it is full and is flushed to a table in L0.',
  ),
  maxMemtables: count(
    2,
    64,
    3,
    'Memtables that may exist at once, the active one included; writes wait when all are full.',
  ),
  syncWrites: {
    type: 'boolean',
    default: true,
    applies: 'call',
    doc: 'Whether a write resolves only when the log is durable on the disk; the default for writes that do not say.',
  },
  compression: {
    type: 'compression',
    choices: codecs,
    default: 'lz4',
    applies: 'open',
    doc: 'How new tables are compressed: one codec, or one for each level from L0 on, the last one for all deeper levels.',
  },
  compressionLevel: count(
    1,
    22,
    3,
    'Effort of zstd (1 to 22) or zlib (1 to 9): higher is smaller and slower. lz4 has no levels.',
  ),
  blockSize: bytes(
    KiB,
    MiB,
    4 * KiB,
    'Bytes of a block in a table before compression: what one read from the disk fetches.',
  ),
  bloomBitsPerKey: count(
    0,
    64,
    10,
    'Bits of the bloom filter for each key; 0 writes no filter. 10 lets one in a hundred useless reads through.',
  ),
  targetFileSize: bytes(
    4 * KiB,
    16 * GiB,
    (options) => clamp(options.memtableSize, 2 * MiB, 64 * MiB),
    'Bytes at which a compaction begins the next table; the default is the memtable size, from 2 MiB to 64 MiB.',
    'memtableSize, from 2 MiB to 64 MiB',
  ),
  maxOpenFiles: count(16, 1_000_000, 1000, 'Tables kept open at once.'),
  blockCacheSize: bytes(
    0,
    1024 * GiB,
    () => clamp(totalmem() / 8, 8 * MiB, 512 * MiB),
    'Bytes of the cache of uncompressed blocks; values from 32 KiB on enter it when asked for often. 0 caches nothing.',
    'an eighth of the memory, up to 512 MiB',
  ),
  compactionStyle: {
    type: 'choice',
    choices: ['leveled', 'tiered', 'fifo'],
    unsupported: ['tiered', 'fifo'],
    default: 'leveled',
    applies: 'open',
    doc: 'Shape of the tree.',
  },
  l0CompactionTrigger: count(1, 10_000, 4, 'Tables in L0 that start a compaction.'),
  l0SlowdownTrigger: count(
    1,
    100_000,
    (options) => Math.max(20, 2 * options.l0CompactionTrigger),
    'Tables in L0 from which writes are slowed down.',
    '20, or twice l0CompactionTrigger if that is more',
  ),
  l0StopTrigger: count(
    1,
    200_000,
    (options) => Math.ceil(1.8 * options.l0SlowdownTrigger),
    'Tables in L0 at which writes stop until a compaction has finished.',
    '1.8 times l0SlowdownTrigger: 36',
  ),
  levelSizeMultiplier: count(2, 100, 10, 'How many times larger each level is than the one above it.'),
  maxLevels: count(2, levelCount, levelCount, 'Levels that compactions use, L0 included.'),
  baseLevelSize: bytes(
    4 * KiB,
    1024 * GiB,
    (options) => clamp(options.memtableSize * options.l0CompactionTrigger, 4 * KiB, 16 * GiB),
    'Bytes of the first level below L0 at which it begins to overflow; the default is l0CompactionTrigger memtables.',
    'l0CompactionTrigger × memtableSize (256 MiB), up to 16 GiB',
  ),
  maxBackgroundJobs: count(1, 64, 2, 'Flushes and compactions that run at once.'),
  idleCompaction: {
    type: 'boolean',
    default: true,
    applies: 'open',
    doc: 'Whether L0 is merged into the level below while nobody writes, where that rewrites little.',
  },
  compactionBytesPerSecond: bytes(
    0,
    1024 * GiB,
    0,
    'Limit for what compactions write in a second; 0 is no limit. Flushes are not limited.',
  ),
  softPendingCompactionBytes: bytes(
    MiB,
    2 ** 53 - 1,
    64 * GiB,
    'Bytes waiting for compaction from which writes are slowed down.',
  ),
  hardPendingCompactionBytes: bytes(
    MiB,
    2 ** 53 - 1,
    (options) => Math.min(2 ** 53 - 1, 4 * options.softPendingCompactionBytes),
    'Bytes waiting for compaction at which writes stop.',
    'four times softPendingCompactionBytes: 256 GiB',
  ),
  maxOpenIterators: count(
    1,
    1_000_000,
    1000,
    'Iterators that may be open at once; one more fails with BURROW_BUSY. Bounds what forgotten ones can pin.',
  ),
  readThreads: count(1, 256, 4, 'Threads that read from the disk for asynchronous calls.'),
  readAheadSize: bytes(4 * KiB, 64 * MiB, 256 * KiB, 'Bytes that long scans and compactions read at once.'),
  manifestRollSize: bytes(KiB, GiB, 4 * MiB, 'Bytes of version edits after which a new manifest is begun.'),
  diskReserve: bytes(
    0,
    1024 * GiB,
    (options) => clamp(2 * options.memtableSize, 8 * MiB, 256 * MiB),
    'Free bytes of the file system below which writes that add data fail with BURROW_NO_SPACE: flushes, compactions and deletes need them. 0 keeps none.',
    'twice memtableSize, from 8 MiB to 256 MiB',
  ),
  keyEncoding: {
    type: 'choice',
    choices: encodings,
    unsupported: [],
    default: 'utf8',
    applies: 'call',
    doc: 'What keys are in calls that do not say.',
  },
  valueEncoding: {
    type: 'choice',
    choices: encodings,
    unsupported: [],
    default: 'utf8',
    applies: 'call',
    doc: 'What values are in calls that do not say.',
  },
  statistics: flag(true, 'Count operations and sample their latencies for `db.stats()`.'),
  logger: {
    type: 'logger',
    default: undefined,
    applies: 'open',
    doc: 'A pino-shaped logger: an object with trace, debug, info, warn and error, each (fields, message).',
  },
  logFilter: {
    type: 'logFilter',
    default: undefined,
    defaultText: 'BURROW_LOG, or info for all',
    applies: 'open',
    doc: 'Levels of the log: one for all, and by component. `warn,compaction=debug`. `db.setLogFilter()` changes it.',
  },
  debug: {
    type: 'debug',
    default: undefined,
    defaultText: 'all false',
    applies: 'open',
    doc: 'What to keep for debugging: `{ trackHandles?, redact? }`, see docs/debugging.md.',
  },
  health: {
    type: 'health',
    default: undefined,
    defaultText: 'the thresholds below',
    applies: 'open',
    doc: 'From where on `db.health()` warns: an object of thresholds. null switches a rule off.',
  },
  backup: {
    type: 'schedule',
    default: undefined,
    applies: 'open',
    doc: 'Backups by themselves: `{ directory, everyMs, keep?: { count?, ageMs? }, bytesPerSecond? }`.',
  },
  onEvent: {
    type: 'function',
    default: undefined,
    applies: 'open',
    doc: 'Called with (name, payload) for every event, also for those of opening, which `db.on` cannot see.',
  },
  env: {
    type: 'component',
    default: undefined,
    applies: 'open',
    doc: "A file system other than the machine's, made by the native test support. For tests.",
  },
}
