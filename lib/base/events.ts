import type { BurrowError } from './errors.ts'
import type { Phases } from './phases.ts'

/** What an event says of a table. Keys are left out: `db.levels()` has them. */
export interface TableSummary {
  /** File number, unique in the life of the database. */
  readonly file: number
  readonly level: number
  readonly bytes: number
  readonly entries: number
}

/** The two ends of a background job share its `jobId`; every `begin` is followed by exactly one `end`. */
export interface JobBegin {
  readonly phase: 'begin'
  readonly jobId: number
}

export interface JobEnd {
  readonly phase: 'end'
  readonly jobId: number
  readonly durationMs: number
  /** Present when the job failed or was aborted; then nothing of it was installed. */
  readonly error?: BurrowError
}

/** Why a memtable is flushed. */
export type FlushReason = 'memtable-full' | 'manual' | 'wal-size' | 'idle' | 'close' | 'recovery'

interface FlushJob {
  readonly reason: FlushReason
  /** How many memtables the job writes. */
  readonly memtables: number
}

/** A memtable is written to L0: begins when the job is handed to the pool, ends when its edit is installed. */
export type FlushEvent =
  | (JobBegin & FlushJob)
  | (JobEnd &
      FlushJob & {
        readonly tables: readonly TableSummary[]
        readonly bytesWritten: number
        /** Where the time of its thread went. */
        readonly phases: Phases
      })

interface CompactionJob {
  /** Why the policy asked for it: `l0`, `level-size`, `tombstones`, `manual`. */
  readonly reason: string
  /** `move` changes the level of a table and writes nothing. */
  readonly kind: 'move' | 'merge'
  readonly inputs: readonly TableSummary[]
  readonly outputLevel: number
}

/** Tables are merged or moved down: begins when the job is issued, ends when its edit is installed. */
export type CompactionEvent =
  | (JobBegin & CompactionJob & { readonly score: number })
  | (JobEnd &
      CompactionJob & {
        readonly outputs: readonly TableSummary[]
        readonly bytesRead: number
        readonly bytesWritten: number
        readonly recordsDropped: number
        readonly tombstonesDropped: number
        /** Where the time of its thread went; empty for a `move`. */
        readonly phases: Phases
      })

/** The write stall state changed. */
export interface StallEvent {
  readonly state: 'none' | 'slowdown' | 'stop'
  readonly previous: 'none' | 'slowdown' | 'stop'
  /** What limits writes; `none` when nothing does. */
  readonly reason: 'none' | 'l0-tables' | 'pending-compaction' | 'memtables'
  /** Bytes a second that writers may use; null when not limited, 0 when stopped. */
  readonly delayedBytesPerSecond: number | null
}

/** A table file is complete and synced; its edit may not be durable yet. */
export interface TableCreatedEvent extends TableSummary {
  readonly jobId: number
  readonly reason: 'flush' | 'compaction' | 'recovery'
}

/** An obsolete table file was removed from the disk. */
export interface TableDeletedEvent {
  readonly file: number
  readonly bytes: number
}

/** Writes go to a new log file; the memtable before it will be flushed. */
export interface WalRotatedEvent {
  /** File number of the new log. */
  readonly file: number
  /** File number of the log before; null for the first. */
  readonly previous: number | null
  /** Bytes of records in the log before. */
  readonly previousBytes: number
}

/** One or more version edits are durable in the manifest. */
export interface ManifestWrittenEvent {
  /** File number of the manifest. */
  readonly file: number
  readonly bytes: number
  readonly edits: number
  /** True when this began a new manifest file. */
  readonly rolled: boolean
}

/** A background task failed. Reads go on; see `readOnly` for writes. */
export interface BackgroundErrorEvent {
  /** What failed: `flush`, `compaction`, `wal`, `manifest`, `delete`, `backup`. */
  readonly operation: string
  readonly error: BurrowError
  readonly jobId?: number
  /** True when the database refuses writes from here on until it is opened again. */
  readonly readOnly: boolean
}

/** A stretch of a log that was damaged and passed over: the writes in it are lost. */
export interface SkippedRange {
  /** Name of the log. */
  readonly file: string
  readonly offset: number
  /** Bytes; 0 where nothing but the end record is missing. */
  readonly size: number
  readonly problem: string
  /** Sequence numbers of the last write before and the first one behind; absent at the ends of a log. */
  readonly afterSequence?: number
  readonly beforeSequence?: number
}

/** `open` reads the manifest and the logs: begins after the lock is held, ends before `open` resolves. */
export type RecoveryEvent =
  | (JobBegin & { readonly path: string })
  | (JobEnd & {
      readonly path: string
      readonly walsReplayed: number
      readonly records: number
      /** Bytes of a torn tail that were cut; 0 when the database was closed cleanly. */
      readonly bytesCut: number
      /** Damaged parts of logs that `recovery: 'salvage'` passed over. */
      readonly skipped: readonly SkippedRange[]
      /** Files that no edit names and that were moved to `lost/`. */
      readonly filesMoved: readonly string[]
      readonly lastSequence: number
    })

/** An iterator or snapshot that was left open when `close` began. */
export interface LeakedHandle {
  readonly kind: 'iterator' | 'snapshot'
  /** Milliseconds since it was opened. */
  readonly ageMs: number
  /** Where it was opened; null unless the option `debug: { trackHandles: true }` is on. */
  readonly stack: string | null
}

/** `close` found handles that nobody had closed; it closes them. Oldest first. */
export interface LeakEvent {
  readonly handles: readonly LeakedHandle[]
}

/** Every event of a database with its payload. The one list: logger, tracer, metrics and `db.on` all use it. */
export interface EventMap {
  flush: FlushEvent
  compaction: CompactionEvent
  stall: StallEvent
  tableCreated: TableCreatedEvent
  tableDeleted: TableDeletedEvent
  walRotated: WalRotatedEvent
  manifestWritten: ManifestWrittenEvent
  backgroundError: BackgroundErrorEvent
  recovery: RecoveryEvent
  leak: LeakEvent
}

export type EventName = keyof EventMap

const nameTable: Record<EventName, true> = {
  flush: true,
  compaction: true,
  stall: true,
  tableCreated: true,
  tableDeleted: true,
  walRotated: true,
  manifestWritten: true,
  backgroundError: true,
  recovery: true,
  leak: true,
}
export const eventNames = Object.freeze(Object.keys(nameTable)) as readonly EventName[]

export type EventListener<N extends EventName> = (payload: EventMap[N]) => void

/** Called for every event, as a pair that TypeScript narrows by name. */
export type AnyEventListener = <N extends EventName>(name: N, payload: EventMap[N]) => void

/** The same, with when it happened, in milliseconds of performance.now(): events are delivered later. */
export type TimedEventListener = <N extends EventName>(name: N, payload: EventMap[N], at: number) => void
