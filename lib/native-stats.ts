/** What an engine's `stats()` and `memory()` return: see native.ts. */
import type { CacheStats } from './base/metrics.ts'

export interface OperationStats {
  count: number
  errors: number
  bytesIn: number
  bytesOut: number
  /** Microseconds; sampled for operations that stay in memory. */
  latency: { p50: number; p90: number; p99: number; p999: number; max: number; mean: number }
}

export interface EngineStats {
  ops: Record<
    'get' | 'getMany' | 'put' | 'delete' | 'batch' | 'deleteRange' | 'scan' | 'next' | 'sync' | 'commit',
    OperationStats
  >
  cache: Record<'block' | 'index' | 'filter' | 'table', Omit<CacheStats, 'hitRatio'>>
  bloom: { checks: number; useful: number; falsePositives: number }
  memtables: {
    active: { bytes: number; entries: number }
    immutable: { bytes: number; entries: number; count: number }
  }
  wal: {
    bytes: number
    writes: number
    syncs: number
    grouped: number
    activeBytes: number
    syncLatency: OperationStats['latency']
  }
  snapshots: number
  scans: number
  visibleSequence: number
  nextFileNumber: number
  /** Bytes and blocks that reads took from files. */
  diskReads: { blocks: number; bytes: number; ahead: number }
  /** Compactions that have begun and not ended, by job id: records of their inputs that they have been through. */
  compactions: { id: number; records: number }[]
}

/** Bytes of native memory by what they are for: see native/binding/memory_use.h. */
export type MemoryByOwner = Record<
  | 'activeMemtable'
  | 'immutableMemtables'
  | 'blockCache'
  | 'indexCache'
  | 'filterCache'
  | 'rangeTombstoneCache'
  | 'cacheArenas'
  | 'openTables',
  number
>

export interface EngineMemory {
  byOwner: MemoryByOwner
  totalBytes: number
  /** The highest that was seen since open: at each call, and whenever memtables are dropped, until when they only grow. */
  peakByOwner: MemoryByOwner
  peakBytes: number
}
