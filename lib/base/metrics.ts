import { alignColumns } from '../util/columns.ts'
import { formatBytes } from '../util/units.ts'

/** Distribution of a duration in microseconds. */
export interface Latency {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  readonly mean: number
}

/** One kind of operation. */
export interface OperationStats {
  readonly count: number
  readonly errors: number
  /** Bytes of keys and values that users handed over, and that they got. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly latency: Latency
}

export const operationNames = [
  'get',
  'getMany',
  'put',
  'delete',
  'batch',
  'deleteRange',
  'scan',
  'next',
  'sync',
  'commit',
] as const

export type OperationName = (typeof operationNames)[number]

export interface CacheStats {
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly hits: number
  readonly misses: number
  /** Hits over lookups; null before the first lookup. */
  readonly hitRatio: number | null
  readonly evictions: number
  /** Bytes that readers hold and that cannot be evicted now. */
  readonly pinnedBytes: number
}

export interface LevelStats {
  readonly level: number
  readonly files: number
  readonly bytes: number
  /** What a point read has to ask: each table of L0, at most one for another level. */
  readonly sortedRuns: number
  /** How full it is for its size: from 1 on a compaction is due. */
  readonly score: number
  /** By compactions into this level since open. */
  readonly readBytes: number
  readonly writtenBytes: number
  readonly compactions: number
}

/** A compaction that runs now, or waits for a thread. */
export interface RunningCompaction {
  /** As in the events of `compaction`. */
  readonly jobId: number
  readonly reason: string
  /** Lowest level that it reads, and the one that it writes. */
  readonly level: number
  readonly outputLevel: number
  readonly inputFiles: number
  readonly inputBytes: number
  /** Estimate from the records that it has been through; `inputBytes` until it begins. */
  readonly remainingBytes: number
}

/** Backups since open, those of the schedule included. */
export interface BackupStats {
  readonly count: number
  readonly failures: number
  /** Due while the one before was still running. */
  readonly skipped: number
  /** Backups and checkpoints under way now. */
  readonly running: number
  /** The last good one, of the schedule's directory also from before open; milliseconds since 1970. */
  readonly lastId: number | null
  readonly lastAt: number | null
  /** Why the last one failed; null when it did not. */
  readonly lastError: string | null
}

/**
 * What `db.stats()` returns: plain JSON. Counts and bytes are since open unless said; counts are exact, latencies of
 * operations that stay in memory are sampled.
 */
export interface DatabaseStats {
  /** Milliseconds since open. */
  readonly uptimeMs: number
  readonly ops: Readonly<Record<OperationName, OperationStats>>
  readonly cache: Readonly<Record<'block' | 'index' | 'filter' | 'table', CacheStats>>
  readonly bloom: {
    /** Filters asked. */
    readonly checks: number
    /** Reads of a table that a filter spared. */
    readonly useful: number
    /** The filter let the read through and the key was not there. */
    readonly falsePositives: number
  }
  readonly memtables: {
    /** Bytes of the active one. */
    readonly active: number
    /** How many are full and wait to be flushed. */
    readonly immutable: number
    /** Bytes and writes of all. */
    readonly bytes: number
    readonly entries: number
  }
  readonly wal: {
    /** Logs that the manifest names. */
    readonly files: number
    /** Bytes written to logs. */
    readonly bytes: number
    readonly syncs: number
    readonly syncLatency: Latency
    /** Writes that shared one sync, on average; null before the first. */
    readonly groupSize: number | null
  }
  /** Levels from L0 to the deepest that has tables. */
  readonly levels: readonly LevelStats[]
  readonly flush: { readonly count: number; readonly bytes: number; readonly latency: Latency }
  readonly compaction: {
    readonly count: number
    /** Under way now. */
    readonly running: number
    readonly bytesRead: number
    readonly bytesWritten: number
    /** Old versions and deleted records that went away. */
    readonly recordsDropped: number
    readonly tombstonesDropped: number
    /** Estimate of what must be rewritten until nothing is due. */
    readonly pendingBytes: number
    readonly byReason: Readonly<Record<string, number>>
    readonly jobs: readonly RunningCompaction[]
  }
  /** Bytes by cause: those that users handed over, and those written to files; compactions by level stand in `levels`. */
  readonly written: {
    readonly user: number
    readonly wal: number
    readonly flush: number
    readonly compaction: number
  }
  /** Null where nothing was written or read yet. */
  readonly amplification: {
    /** Bytes written to files, logs included, over bytes that users wrote. */
    readonly write: number | null
    /** Bytes read from files over bytes that users got. */
    readonly read: number | null
    /** Bytes of all tables over bytes of the deepest level, which has each key once. */
    readonly space: number | null
  }
  readonly stalls: {
    readonly count: number
    /** Milliseconds in which writes were slowed down or stopped. */
    readonly totalMs: number
    readonly byReason: Readonly<Record<string, number>>
  }
  readonly memory: { readonly totalBytes: number; readonly byOwner: Readonly<Record<string, number>> }
  readonly disk: {
    readonly bytes: number
    readonly byKind: Readonly<Record<'table' | 'wal' | 'manifest', number>>
    /** Free on the file system; null when it does not say. */
    readonly freeBytes: number | null
    /**
     * Blocks of tables that reads did not find in the cache, and their bytes. `ahead`: of the blocks, those that a thread
     * read and decoded ahead of a scan, wanted in the end or not.
     */
    readonly reads: { readonly blocks: number; readonly bytes: number; readonly ahead: number }
  }
  readonly snapshots: { readonly live: number; readonly oldestMs: number }
  readonly iterators: { readonly live: number; readonly oldestMs: number }
  /** Null in a database that was opened read-only. */
  readonly backups: BackupStats | null
  readonly errors: {
    /** Calls that failed, and background tasks. */
    readonly byCode: Readonly<Record<string, number>>
    /** The background tasks among them. */
    readonly background: Readonly<Record<string, number>>
  }
}

/** Quantiles of a list of microseconds. */
export function latencyOf(samples: readonly number[]): Latency {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const sum = sorted.reduce((total, value) => total + value, 0)
  return {
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: sorted.at(-1) ?? 0,
    mean: sorted.length === 0 ? 0 : sum / sorted.length,
  }
}

/** The statistics as a table for people: what `burrow stats` prints. */
export function formatStats(stats: DatabaseStats): string {
  const ratio = (value: number | null) => (value === null ? '-' : value.toFixed(2))
  const { amplification, bloom, cache, compaction, disk, errors, flush, memtables, stalls, wal, written } =
    stats
  const hits = (name: keyof typeof cache) => {
    const { capacityBytes, hitRatio, usedBytes } = cache[name]
    return `${name} ${formatBytes(usedBytes)} of ${formatBytes(capacityBytes)}, hit ratio ${ratio(hitRatio)}`
  }
  const reasons = (by: Readonly<Record<string, number>>) =>
    Object.entries(by)
      .map(([reason, count]) => `${reason} ${Math.round(count)}`)
      .join(', ')
  const operations = Object.entries(stats.ops).filter(([, { count }]) => count > 0)
  return [
    ...alignColumns([
      ['level', 'files', 'size', 'runs', 'score', 'read', 'written', 'compactions'],
      ...stats.levels.map((level) => [
        `L${level.level}`,
        String(level.files),
        formatBytes(level.bytes),
        String(level.sortedRuns),
        level.score.toFixed(2),
        formatBytes(level.readBytes),
        formatBytes(level.writtenBytes),
        String(level.compactions),
      ]),
    ]),
    '',
    ...alignColumns([
      ['operation', 'count', 'errors', 'in', 'out', 'p50 us', 'p99 us', 'max us'],
      ...operations.map(([name, op]) => [
        name,
        String(op.count),
        String(op.errors),
        formatBytes(op.bytesIn),
        formatBytes(op.bytesOut),
        op.latency.p50.toFixed(1),
        op.latency.p99.toFixed(1),
        op.latency.max.toFixed(1),
      ]),
    ]),
    '',
    `memtables      ${formatBytes(memtables.bytes)} in 1 + ${memtables.immutable}, ${memtables.entries} entries`,
    `wal            ${wal.files} files, ${formatBytes(wal.bytes)} written, ${wal.syncs} syncs (p99 ${wal.syncLatency.p99.toFixed(0)} us), group ${ratio(wal.groupSize)}`,
    `flush          ${flush.count}, ${formatBytes(flush.bytes)}`,
    `compaction     ${compaction.count} (${reasons(compaction.byReason) || 'none'}), ${compaction.running} running, ${formatBytes(compaction.bytesRead)} read, ${formatBytes(compaction.bytesWritten)} written, ${formatBytes(compaction.pendingBytes)} pending`,
    `dropped        ${compaction.recordsDropped} records, ${compaction.tombstonesDropped} tombstones`,
    `cache          ${hits('block')}; table hit ratio ${ratio(cache.table.hitRatio)}`,
    `bloom          ${bloom.checks} checks, ${bloom.useful} useful, ${bloom.falsePositives} false positives`,
    `written        ${formatBytes(written.user)} by users, ${formatBytes(written.wal)} to logs, ${formatBytes(written.flush)} by flushes, ${formatBytes(written.compaction)} by compactions`,
    `amplification  write ${ratio(amplification.write)}, read ${ratio(amplification.read)}, space ${ratio(amplification.space)}`,
    `stalls         ${stalls.count}, ${Math.round(stalls.totalMs)} ms${stalls.count === 0 ? '' : ` (ms: ${reasons(stalls.byReason)})`}`,
    `memory         ${formatBytes(stats.memory.totalBytes)}${largest(stats.memory.byOwner)}`,
    `disk           ${formatBytes(disk.bytes)}, ${disk.freeBytes === null ? 'unknown' : formatBytes(disk.freeBytes)} free`,
    ...(Object.keys(errors.byCode).length === 0 ? [] : [`errors         ${reasons(errors.byCode)}`]),
    ...backupLines(stats.backups),
    `open           ${stats.snapshots.live} snapshots, ${stats.iterators.live} iterators, ${Math.round(stats.uptimeMs / 1000)} s`,
  ].join('\n')
}

/** The owners that have a share worth naming. */
function largest(byOwner: Readonly<Record<string, number>>): string {
  const owners = Object.entries(byOwner).filter(([, bytes]) => bytes > 0)
  owners.sort(([, a], [, b]) => b - a)
  const named = owners.slice(0, 4).map(([owner, bytes]) => `${owner} ${formatBytes(bytes)}`)
  return named.length === 0 ? '' : ` (${named.join(', ')})`
}

function backupLines(backups: BackupStats | null): string[] {
  if (backups === null || backups.count + backups.failures + (backups.lastId ?? 0) === 0) return []
  const { count, failures, lastAt, lastError, lastId, skipped } = backups
  const last = lastAt === null ? 'none yet' : `${lastId} at ${new Date(lastAt).toISOString()}`
  const error = lastError === null ? '' : `; the last try failed: ${lastError}`
  return [`backups        ${count}, ${failures} failed, ${skipped} skipped; last good one ${last}${error}`]
}
