/**
 * Loads the addon and types every native call. Nothing else imports the .node file.
 *
 * Rules of the boundary: sequence numbers, sizes, offsets and file numbers are JavaScript numbers (at most 2^53 − 1);
 * native code never keeps the address of a buffer beyond the call that handed it over; a failing call throws a
 * BurrowError made by the factory in lib/base/errors.ts, which this module registers.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromNative, type NativeStatus } from './base/errors.ts'
import type {
  DamagedLog,
  Inspection,
  LogContents,
  NativeLog,
  NativeRecords,
  TableDump,
  TableInfo,
} from './base/inspection.ts'
import type {
  DataGeneratorConfig,
  DatagenSystem,
  MeasurementConfig,
  NativeDataGenerator,
  NativeMeasurement,
  NativeWriteBenchmark,
  WriteBenchmarkConfig,
} from './native-datagen.ts'
import type { EngineMemory, EngineStats } from './native-stats.ts'

export type { DamagedLog, LogContents, TableDump, TableInfo } from './base/inspection.ts'
export type * from './native-datagen.ts'
export type { EngineMemory, EngineStats } from './native-stats.ts'

/** Flags of every write call. */
export const WRITE_SYNC = 1
export const WRITE_NO_WAL = 2
/** The caller does not wait: acknowledged when `acknowledged()` reaches the write's index. */
export const WRITE_NO_WAIT = 4
/** Admitted though the memtable is full or writes are stopped. */
export const WRITE_FORCE = 8

/** Results of write calls; WRITE_PUMP is added when background completions wait for `takeCompletions`. */
export const WRITE_DONE = 0
export const WRITE_MEMTABLE_FULL = 1
export const WRITE_STOPPED = 2
export const WRITE_PUMP = 4

/** Results of byte reads below zero: absent, needs the disk (try… only); anything lower: −2 − length, see takePinned. */
export const READ_ABSENT = -1
export const READ_NOT_CACHED = -2147483648

/** What packRecords finds in its text, added to the kind of a record. */
export const STAGED_KEY_TEXT = 256
export const STAGED_VALUE_TEXT = 512

export const GATE_OPEN = 0
export const GATE_SLOW = 1
export const GATE_STOPPED = 2

/** Flags of openScan. */
export const SCAN_REVERSE = 1
export const SCAN_KEYS = 2
export const SCAN_VALUES = 4
/** Blocks read from the disk stay in the cache. */
export const SCAN_FILL_CACHE = 8

/**
 * Bytes at the front of a scan buffer that `fillScan` writes: u32 bytes of keys with their lengths, u32 bytes of values,
 * u32 flags, u32 needed, u32 records.
 */
export const SCAN_HEADER = 20
export const SCAN_DONE = 1
/** Every byte of the keys is below 0x80; of the values. */
export const SCAN_ASCII_KEYS = 2
export const SCAN_ASCII_VALUES = 4
/** Of fillScanFromMemory: what follows is on the disk. */
export const SCAN_MISSED = 8
/** The values stand right behind the keys, not at the end of the buffer: all is ASCII, and few bytes. */
export const SCAN_JOINED = 16

type ManyKeys = [keys: Uint8Array, length: number, count: number]
export type FileKind = 'table' | 'wal' | 'manifest' | 'temp'

/** The file system as the engine sees it: posix, memory, or one that injects faults. Synchronous. */
export interface NativeEnv {
  readonly kind: 'posix' | 'memory' | 'fault'
  exists(path: string): boolean
  isDirectory(path: string): boolean
  list(path: string): string[]
  createDirs(path: string): void
  fileSize(path: string): number
  readFile(path: string, limit: number): Buffer
  rename(from: string, to: string): void
  remove(path: string): void
  removeDir(path: string): void
  syncDir(path: string): void
  freeSpace(path: string): number
  /** What an empty file system of this size could hold: a share of use is 1 − freeSpace / totalSpace. */
  totalSpace(path: string): number
  /** Throws LOCKED with context.holderPid. */
  lock(path: string): NativeLock
  /** Memory only: what a power cut could leave ('power'), or a killed process ('kill'); reproducible by seed. */
  crashClone?(mode: 'power' | 'kill', seed: number): NativeEnv
  /**
   * Memory only: a power cut in the middle of things. Just before the n-th change of a file or directory from now, counted
   * from 1, the copy is made that `takeCrash` hands over; undefined until then.
   */
  crashAfter?(changes: number, seed: number): void
  takeCrash?(): NativeEnv | undefined
  /**
   * Memory only: engines that are opened from now on have no threads. Background work runs in the calls that wait or look
   * for it, in an order that the seed gives, so that the same calls have the same effects each time. Copies do likewise.
   */
  simulate?(seed: number): void
  /** Memory only: bytes the file system holds at most; 0: unlimited. */
  setCapacity?(bytes: number): void
  /** Fault only. */
  addRule?(rule: FaultRule): number
  removeRule?(id: number): void
  clearRules?(): void
  /** Fault only: operations seen so far, in total and by kind. */
  operations?(): { total: number; byKind: Record<string, number> }
  /** Fault only: every mutating operation since setTrace(true), in order, as text. */
  setTrace?(on: boolean): void
  trace?(): string[]
}

/** Fails, shortens, garbles or delays matching operations of a fault Env, or kills the process in one. */
export interface FaultRule {
  /** Kinds of operation: open create read write sync syncdir rename remove link allocate truncate lock list size mkdir; empty: all. */
  operations?: readonly string[]
  pathContains?: string
  /** Fires on the n-th matching operation, counted from 1. Default 1. */
  after?: number
  /** Fires once (default) or from then on. */
  repeat?: boolean
  effect: 'error' | 'short' | 'garbage' | 'delay' | 'kill'
  /** For 'error' and 'short': EIO (default), ENOSPC, EROFS, EACCES, EMFILE, EDQUOT, EINTR. */
  errno?: string
  delayMicros?: number
}

export interface NativeLock {
  release(): void
}

export interface TableFormat {
  blockSize: number
  bloomBitsPerKey: number
  codec: string
  codecLevel: number
}

export type JobPriority = 'flush' | 'l0' | 'compaction' | 'housekeeping'

/** One piece of background work: plain data. `id` is chosen by the caller and comes back in the completion. */
export type Job =
  | { id: number; type: 'flush'; memtables: number[]; targetFileSize: number; format: TableFormat }
  | {
      id: number
      type: 'compact'
      priority: JobPriority
      inputs: { level: number; tables: number[] }[]
      outputLevel: number
      targetFileSize: number
      maxGrandparentOverlap: number
      format: TableFormat
    }
  /** Creates and preallocates a log; it is then ready for rotate(number). */
  | { id: number; type: 'prepareWal'; number: number; allocate: number }
  /**
   * Replays a log into a new memtable. expectedLength: the log must be whole up to exactly there. salvage: what is damaged
   * is passed over and named in `lost`.
   */
  | { id: number; type: 'replayWal'; number: number; expectedLength?: number; salvage?: boolean }
  /**
   * Makes a replayed log fit to be followed by others: syncs it, after cutting it to endOffset and adding an end record
   * when that is given.
   */
  | { id: number; type: 'sealWal'; number: number; endOffset?: number }
  /** Begins a manifest with these records, syncs it, points CURRENT at it; later appends go there. */
  | { id: number; type: 'manifestCreate'; number: number; records: Uint8Array[] }
  /** Appends one record to the current manifest and syncs it. */
  | { id: number; type: 'manifestAppend'; record: Uint8Array }
  | { id: number; type: 'deleteFiles'; files: { kind: FileKind; number: number }[] }
  /** Moves files into <dir>/lost/ under their names and syncs both directories. */
  | { id: number; type: 'moveToLost'; names: string[] }
  /**
   * Reads a table of the directory, named by an edit or not, from front to back, past the cache, and holds everything
   * that it says against everything else. The first thing that is wrong is the error; cancelled like a compaction.
   */
  | { id: number; type: 'verifyTable'; number: number }
  /**
   * Reads every block of a damaged table that is whole, also without footer or index, and writes the records to the new
   * table `output`; without `output` it only looks. There is no entry in `outputs` when nothing could be saved. With
   * `output`, a table that says it is of another database is CORRUPTION.
   */
  | { id: number; type: 'salvageTable'; number: number; output?: number; format: TableFormat }
  /**
   * Tells what can be read of a log, past damage, of whatever database it is. A torn tail is no damage: `end`, `tornBytes`
   * as for replayWal.
   */
  | { id: number; type: 'surveyWal'; number: number }
  /**
   * Copies a file, or gives it a second name with `link`; paths of the Env, which need not be of this database. Syncs what
   * it wrote, but no directory. Without `to` it reads the file for its checksum. `length`: only so many bytes, which must
   * be there (CORRUPTION). A link that the file system cannot make, also because the file is longer than `length`, is
   * UNSUPPORTED. A `to` that is there is EXISTS. Rate limited (by what is read) and cancelled like a compaction; a copy that
   * fails is removed.
   */
  | { id: number; type: 'copyFile'; from: string; to?: string; link?: boolean; length?: number }

/** A stretch of a damaged file that could not be read. */
export interface LostRange {
  offset: number
  /** Bytes; up to the end of the file where nothing behind could be read. */
  size: number
  /** What is wrong there. */
  problem: string
  /** Tables: the last user key that could be read before it, and the first one behind; absent at the ends. */
  after?: Buffer
  before?: Buffer
  /** Logs: the last sequence number before it, and the first one behind; absent at the ends. */
  afterSequence?: number
  beforeSequence?: number
}

export interface JobCompletion {
  id: number
  type: Job['type']
  error?: NativeStatus
  micros: number
  /** flush, compact, salvageTable: every file that was begun, also after an error; `table` is absent for one to be deleted. */
  outputs?: { number: number; table?: TableInfo }[]
  /** verifyTable: what the table says of itself, which was found to be so; `records` repeats its entries. */
  table?: TableInfo
  bytesRead?: number
  bytesWritten?: number
  recordsIn?: number
  recordsDropped?: number
  tombstonesDropped?: number
  /** flush, compact: as ReadCompletion.phases; always measured. */
  phases?: Float64Array
  /** replayWal: the memtable to adopt (0: the log held no record). */
  memtable?: number
  records?: number
  lastSequence?: number
  end?: LogContents['end']
  endOffset?: number
  /** Bytes behind endOffset that are not zeros. */
  tornBytes?: number
  /** Up to here the log says that it was durable. */
  syncedOffset?: number
  /** manifestCreate, manifestAppend: length of the manifest afterwards. */
  manifestSize?: number
  /**
   * salvageTable, surveyWal, replayWal: where records (or, as `problem` says, range tombstones) were lost or may have
   * been, in the order of the file. Empty when only a filter, an index or properties are damaged. A log that is shorter than
   * expectedLength says is lost up to there.
   */
  lost?: LostRange[]
  /** salvageTable: what the table holds, as far as its properties can be read: records that are not in `records` are lost. */
  expectedRecords?: number
  /** surveyWal: the sequence number of the first record that is whole; see lastSequence. */
  firstSequence?: number
  /** salvageTable, surveyWal: 32 hex digits, where the file still says it. */
  databaseId?: string
  /** copyFile without `link`: checksum of the bytes, CRC-32C. */
  crc32c?: number
}

/** A read that went to the disk threads. */
export interface ReadCompletion {
  request: number
  /** When it was measured: count and nanoseconds of each phase of lib/base/phases.ts, in its order. */
  phases?: Float64Array
  error?: NativeStatus
  /** get: the value, undefined when absent. getMany, next: packed records. */
  bytes?: Buffer
  records?: number
  done?: boolean
  /** next: bytes of the values, which follow the keys. */
  valueBytes?: number
  asciiKeys?: boolean
  asciiValues?: boolean
}

export interface VersionDelta {
  added: {
    level: number
    number: number
    size: number
    smallest: Uint8Array
    largest: Uint8Array
    largestExclusive: boolean
    rangeTombstones: number
    /** Orders level 0. */
    largestSequence: number
  }[]
  dropped: { level: number; number: number }[]
  /** Oldest immutable memtables that the added tables replace. */
  dropMemtables: number
}

export interface EngineConfig {
  directory: string
  /** 32 hex digits. */
  databaseId: string
  memtableSize: number
  blockCacheSize: number
  maxOpenFiles: number
  /** Background threads, of which one is kept for flushes when there are two or more. */
  jobThreads: number
  readThreads: number
  compactionBytesPerSecond: number
  maxOpenScans: number
  statistics: boolean
  readOnly: boolean
  nextFileNumber: number
  /** Called on the event loop, after background progress: completions, reads, acknowledgements. Coalesced. */
  onProgress: () => void
}

/**
 * One open database on the native side. Functions are bound: they may be taken off the object. The S and B forms differ
 * in the type of key (string, bytes) and, for puts, of value: choosing in JavaScript costs less than in C++.
 */
export interface NativeEngine extends Inspection {
  putSS(key: string, value: string, flags: number): number
  putSB(key: string, value: Uint8Array, flags: number): number
  putBS(key: Uint8Array, value: string, flags: number): number
  putBB(key: Uint8Array, value: Uint8Array, flags: number): number
  deleteS(key: string, flags: number): number
  deleteB(key: Uint8Array, flags: number): number
  /** `length` bytes of records as in docs/formats.md "Write batch", without its header. */
  writeBatch(records: Uint8Array, length: number, count: number, flags: number): number
  /** Writes what is gathered (unsynced) on this thread; then acknowledged() covers it. */
  writePending(): void
  /** Blocks until everything written so far is durable. */
  syncWal(): void
  /** The index at which everything written so far is durable. */
  syncWalAsync(): number
  submitted(): number
  acknowledged(): number
  setGate(gate: number, bytesPerSecond: number): void
  /** Microseconds that writes which did not wait owe to the slow-down since the last call. */
  takeDelay(): number
  /** The failure that made the log unusable. */
  poison(): NativeStatus | undefined

  /** The value as a string (UTF-8, malformed bytes become U+FFFD). */
  getStringS(key: string, sequence?: number): string | undefined
  getStringB(key: Uint8Array, sequence?: number): string | undefined
  /** The value's length after writing it to the slab; or a READ_… code, or −2 − length when it does not fit. */
  getBytesS(key: string, sequence?: number): number
  getBytesB(key: Uint8Array, sequence?: number): number
  /** Like the above without touching the disk: null, or READ_NOT_CACHED, when that would be needed. */
  tryGetStringS(key: string, sequence?: number): string | undefined | null
  tryGetStringB(key: Uint8Array, sequence?: number): string | undefined | null
  tryGetBytesS(key: string, sequence?: number): number
  tryGetBytesB(key: Uint8Array, sequence?: number): number
  /**
   * Where getBytes puts values from now on: the first at 0, each next one at the following multiple of 8.
   * REQUIRES: whoever calls getBytes has made sure, right before, that `slab` is not detached.
   */
  setSlab(slab: ArrayBuffer): void
  /** Copies the value that the last getBytes found too large, and lets go of it. */
  takePinned(into: Uint8Array): void
  hasS(key: string, sequence?: number): boolean
  hasB(key: Uint8Array, sequence?: number): boolean
  tryHasS(key: string, sequence?: number): boolean | null
  tryHasB(key: Uint8Array, sequence?: number): boolean | null
  /** keys: `count` × (u16 length, bytes). Answer: `count` × (i32 length or −1, bytes). */
  getMany(keys: Uint8Array, length: number, count: number, sequence?: number): Buffer
  /** With `lengths`, which get those of the values or −1: the values alone, as a string when they are ASCII and few. */
  getMany(...keys: [...ManyKeys, sequence: number | undefined, lengths: Int32Array]): Buffer | string
  /** null when the disk would be needed. */
  tryGetMany(keys: Uint8Array, length: number, count: number, sequence?: number): Buffer | null
  tryGetMany(...keys: [...ManyKeys, number | undefined, lengths: Int32Array]): Buffer | string | null
  /**
   * Many gets in one call: as tryGetMany with `lengths`, which gets READ_NOT_CACHED where the disk would be needed or the
   * value is large: such a key has to be asked for alone. null: there was an error, and it is not known for which.
   */
  tryGetTogether(...keys: [...ManyKeys, number | undefined, lengths: Int32Array]): Buffer | string | null
  /** On a disk thread, at this moment's view; answered through takeReads. Copies the keys. */
  submitGet(request: number, key: string | Uint8Array, sequence?: number): void
  submitGetMany(request: number, keys: Uint8Array, length: number, count: number, sequence?: number): void
  takeReads(): ReadCompletion[]
  /**
   * Begins a range scan, from `lower` (inclusive) to `upper` (exclusive); its number. `limit` may be Infinity; `sequence`
   * undefined: now. What it packs is described in native/engine/scan.h. With `memory`, which is for a small limit, its
   * records are packed at once, as by fillScanFromMemory, as far as that can; an error is left to the next call.
   */
  openScan(
    flags: number,
    lower: Uint8Array | undefined,
    upper: Uint8Array | undefined,
    limit: number,
    readAhead: number,
    sequence?: number,
    memory?: ArrayBuffer,
  ): number
  /** The same from a text on, without an upper bound. */
  openScanFrom(
    flags: number,
    lower: string,
    limit: number,
    readAhead: number,
    sequence?: number,
    memory?: ArrayBuffer,
  ): number
  /** Packs records behind SCAN_HEADER; returns how many. 0 with needed > 0: ask again with a larger buffer. */
  fillScan(scan: number, buffer: Uint8Array, maxRecords: number): number
  /** The same, but never touches the disk: see SCAN_MISSED. */
  fillScanFromMemory(scan: number, buffer: Uint8Array, maxRecords: number): number
  /** Steps over up to max records without packing them; fewer than max: the end. */
  countScan(scan: number, max: number): number
  seekScan(scan: number, key: string | Uint8Array): void
  /** Packs on a disk thread; answered through takeReads. One at a time, and no other call until it is answered. */
  fillScanAsync(scan: number, request: number, maxRecords: number, maxBytes: number): void
  closeScan(scan: number): void
  approximateSize(lower: Uint8Array | undefined, upper: Uint8Array | undefined): number

  visibleSequence(): number
  addSnapshot(): number
  removeSnapshot(sequence: number): void

  newFileNumber(): number
  submit(job: Job): void
  takeCompletions(): JobCompletion[]
  /** Blocks until a completion waits or writes were acknowledged or the time is over; true when there is something. */
  waitProgress(timeoutMs: number): boolean
  /** Lets running compactions stop at the next block; their completions carry ABORTED. */
  cancelCompactions(): void

  /** Recovery is over: writes begin at sequence `next`, into the prepared log `wal`. */
  start(next: number, wal: number): void
  /** Makes a replayed memtable the newest immutable one. Before start(). */
  adoptMemtable(id: number): void
  /** Seals memtable and log; writing goes on in the prepared log. Returns the id of the sealed memtable. */
  rotate(wal: number): number
  /** Swaps the read view. Throws INTERNAL, and changes nothing, when the delta does not fit. */
  install(delta: VersionDelta): void
  /** Tables that were dropped and that nothing reads any more: to be deleted. */
  takeReleased(): number[]
  memtables(): {
    active: { id: number; bytes: number; entries: number }
    immutables: { id: number; bytes: number; entries: number; lastSequence: number }[]
  }
  /** From ref() to unref() (they nest) something waits for an answer: event loop and engine are kept alive. */
  ref(): void
  unref(): void
  /** While it is on, calls measure their sub-phases (takePhases), and so do requests that are made (ReadCompletion). */
  measurePhases(on: boolean): void
  /** What the calls since the last one took, as ReadCompletion.phases, into an array of that size. False: nothing. */
  takePhases(into: Float64Array): boolean
  /** How the log took the write with this index (see `submitted`); undefined when that is not known (any more). */
  groupPhases(index: number): { writeNanos: number; syncNanos: number } | undefined
  stats(): EngineStats
  memory(): EngineMemory
  resetPeakStats?(): void

  /** Ends writing: writes and syncs what is pending, seals and trims the log. Its length, for the clean edit. */
  stopWrites(): { wal: number; length: number }
  /** Runs queued manifest jobs, cancels the rest, joins every thread, closes scans. Idempotent. */
  close(): void
}

export interface NativeAddon {
  readonly version: string
  /** Codecs compiled in: 'none', and 'lz4', 'zstd' where available. */
  readonly codecs: readonly string[]
  readonly crc32cImplementation: string
  /** The phases that are measured: those of lib/base/phases.ts. */
  readonly phaseNames: readonly string[]
  setErrorFactory(factory: (info: NativeStatus) => Error): void
  posixEnv(): NativeEnv
  memoryEnv(): NativeEnv
  faultEnv(base: NativeEnv): NativeEnv
  openEngine(env: NativeEnv, config: EngineConfig): NativeEngine
  /** kind: 'wal' or 'manifest'. A log that is damaged throws CORRUPTION; databaseId undefined: any. */
  readLog(
    env: NativeEnv,
    path: string,
    kind: 'wal' | 'manifest',
    number: number,
    databaseId?: string,
    expectedLength?: number,
  ): LogContents
  /** `partial`: damage is returned with the records before it, not thrown. */
  readLog(
    env: NativeEnv,
    path: string,
    kind: 'wal' | 'manifest',
    number: number,
    databaseId: string | undefined,
    expectedLength: number | undefined,
    partial: true,
  ): LogContents | DamagedLog
  dumpTable(env: NativeEnv, path: string, number: number, limit: number): TableDump
  /** The same bit by bit: point records through `nextRecords`. */
  openTableDump(
    env: NativeEnv,
    path: string,
    number: number,
  ): Pick<TableDump, 'info' | 'rangeTombstones'> & { records: NativeRecords }
  /**
   * About so many bytes of records, at least one, as native/engine/record_dump.h packs them; undefined at the end. Throws
   * for damage when everything before it was handed out.
   */
  nextRecords(records: NativeRecords, maxBytes: number): Buffer | undefined
  /** A log of any database; read as by readLog with `partial`, through `nextLogRecords`. */
  openLogDump(
    env: NativeEnv,
    path: string,
    kind: 'wal' | 'manifest',
    number: number,
    expectedLength?: number,
  ): NativeLog
  /** About so many bytes of records; with the last of them how the log ends. */
  nextLogRecords(log: NativeLog, maxBytes: number): Pick<LogContents, 'records'> | LogContents | DamagedLog
  randomDatabaseId(): string
  crc32c(bytes: Uint8Array): number
  /**
   * Writes `count` records as in docs/formats.md "Write batch", without its header, from offset `at` of `into` on; where
   * they end. Two words say what a record is made of: kind · STAGED_… · key length << 16, and value length. Keys and values
   * stand one after the other in `text` (lengths in UTF-16 units) and in the first `length` of `bytes`.
   * REQUIRES: room for 7 bytes a record, three a unit of text, and the bytes.
   */
  packRecords(
    into: Uint8Array,
    at: number,
    words: Uint32Array,
    count: number,
    text: string,
    bytes: Uint8Array,
    length: number,
  ): number
  openDataGenerator(config: DataGeneratorConfig): NativeDataGenerator
  /** `root`: a made-up tree instead of /sys. */
  datagenSystem(root?: string): DatagenSystem
  openMeasurement(config: MeasurementConfig): NativeMeasurement
  startWriteBenchmark(config: WriteBenchmarkConfig): NativeWriteBenchmark
}

/** The package's root: where package.json stands, from the sources and from dist alike. */
function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  return here.endsWith(join('dist', 'lib')) ? join(here, '..', '..') : join(here, '..')
}

function load(): NativeAddon {
  const require = createRequire(import.meta.url)
  const locate = require('node-gyp-build') as (root: string) => NativeAddon
  const addon = locate(packageRoot())
  addon.setErrorFactory((info) => fromNative(info))
  return addon
}

export const native: NativeAddon = load()
