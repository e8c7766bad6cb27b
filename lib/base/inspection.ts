/** What native code tells of what is inside, for tools and the debugger. lib/native.ts has the rest of the boundary. */
import type { NativeStatus } from './errors.ts'

/** The part of NativeEngine that only the debugger calls. */
export interface Inspection {
  /** What get does, step by step, and its answer; on this thread. Steps that were skipped by their filter or bounds, too. */
  explainGet(key: string | Uint8Array, sequence?: number): ExplainedGet
  explainScan(
    reverse: boolean,
    lower: Uint8Array | undefined,
    upper: Uint8Array | undefined,
    limit: number,
    sequence?: number,
  ): ExplainedScan
  /** Every version of the key that is still there, and every range tombstone over it, newest first. */
  keyHistory(key: string | Uint8Array, sequence?: number): StoredVersion[]
  /** Every stride-th record of each memtable, all records of every stride-th block of each table, and of one at least. */
  sampleKeys(stride: number): KeySample[]
  /** The records of all memtables as of now. */
  dumpMemtables(): NativeRecords
}

/** Where something was found. `memtable` (an id) with place 'memtable' or 'immutable', else 'L0' … with the rest. */
interface FoundAt {
  place: string
  memtable?: number
  level?: number
  /** Absent in a step that none of the level's tables was fit for. */
  file?: number
}

export interface ExplainedGet {
  found: boolean
  value?: Buffer
  sequence?: number
  steps: (FoundAt & {
    outcome: 'hit' | 'tombstone' | 'not-in-memtable' | 'not-in-block' | 'bloom-skip' | 'range-skip'
    sequence?: number
    rangeTombstone?: number
    filtered?: true
    opened?: true
    blockRead: 'cache' | 'disk' | null
    microseconds: number
  })[]
}

interface BlockCounts {
  cacheBlocks: number
  diskBlocks: number
  diskBytes: number
}

export interface ExplainedScan extends BlockCounts {
  returned: number
  keyBytes: number
  valueBytes: number
  passed: number
  tombstones: number
  skipped: number
  tables: (FoundAt & BlockCounts)[]
  outside: { level: number; tables: number }[]
  done: boolean
  firstMicros: number
  micros: number
}

export interface StoredVersion extends FoundAt {
  sequence: number
  kind: 'put' | 'delete' | 'rangeDelete' | 'unknown'
  /** Not of a deletion. */
  valueBytes?: number
  /** Of a rangeDelete. */
  begin?: Buffer
  end?: Buffer
}

export interface KeySample extends FoundAt {
  entries: number
  sampled: number
  /** `sampled` × (u32 value length, u8 kind, u16 key length, key). */
  keys: Buffer
}

/** Records that native code hands out batch by batch; closed when it is garbage. */
export interface NativeRecords {
  readonly __records: unique symbol
}
/** A log that is read batch by batch, likewise. */
export interface NativeLog {
  readonly __log: unique symbol
}

/** A whole log, read for recovery of the manifest and for tools. */
export interface LogContents {
  records: { offset: number; payload: Buffer }[]
  end: 'sealed' | 'clean' | 'torn'
  endOffset: number
  /** Bytes behind endOffset that are not zeros. */
  tornBytes: number
  /** Up to here the log says that it was durable. */
  syncedOffset: number
  fileSize: number
  /** 32 hex digits. */
  databaseId: string
}

/** A log that is damaged: what could be read before the damage. */
export interface DamagedLog
  extends Pick<LogContents, 'records' | 'syncedOffset' | 'fileSize' | 'databaseId'> {
  damage: NativeStatus
}

/** What a finished table is; user keys as bounds. */
export interface TableInfo {
  number: number
  size: number
  entries: number
  tombstones: number
  rangeTombstones: number
  rawKeyBytes: number
  rawValueBytes: number
  smallestSequence: number
  largestSequence: number
  createdAt: number
  codec: string
  smallest: Buffer
  largest: Buffer
  largestExclusive: boolean
}

/** Reads tables for tools, outside of any database. */
export interface TableDump {
  info: TableInfo & {
    databaseId: string
    fileSize: number
    dataBytes: number
    indexBytes: number
    filterBytes: number
  }
  rangeTombstones: { begin: Buffer; end: Buffer; sequences: number[] }[]
  /** In key order, up to the limit asked for. */
  records: { key: Buffer; sequence: number; kind: 'put' | 'delete' | 'rangeDelete'; value: Buffer }[]
  /** More records than the limit follow. */
  truncated: boolean
  /** What ended the records before their end or the limit. */
  damage?: NativeStatus
}
