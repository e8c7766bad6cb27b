/** What native code tells the debugger: types of its answers. lib/native.ts has the rest of the boundary. */

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
