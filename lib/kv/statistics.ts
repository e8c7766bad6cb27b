import {
  type BackupStats,
  type CacheStats,
  type DatabaseStats,
  type LevelStats,
  latencyOf,
} from '../base/metrics.ts'
import type { ResolvedOptions } from '../base/options.ts'
import { leveled } from '../compaction/leveled.ts'
import { fileName } from '../manifest/file-names.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { Version } from '../manifest/version.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import type { EngineStats, NativeEngine } from '../native.ts'
import type { ControlPlane } from './control-plane.ts'
import type { ErrorLog } from './error-log.ts'
import type { Place } from './open.ts'
import type { ScanHost } from './scan.ts'
import type { Snapshots } from './snapshot.ts'

/** What the statistics are gathered from. `plane` is undefined in a database that was opened read-only. */
export interface StatsSource {
  readonly engine: NativeEngine
  readonly plane: ControlPlane | undefined
  readonly state: ManifestState
  readonly manifest: number
  readonly options: ResolvedOptions
  readonly place: Place
  readonly scans: ScanHost
  readonly snapshots: Snapshots
  readonly backups: BackupStats | null
  readonly errors: ErrorLog
  /** performance.now() at open. */
  readonly openedAt: number
}

/** One table in `db.levels()`. Keys are bytes as stored. */
export interface LevelFile extends Omit<TableMeta, 'size' | 'createdAt'> {
  readonly bytes: number
  readonly createdAt: Date
}

export function listLevels(version: Version): { level: number; files: LevelFile[] }[] {
  return version.levels.slice(0, version.deepestLevel + 1).map(({ tables }, level) => ({
    level,
    files: tables.map(({ size, createdAt, smallest, largest, ...rest }) => ({
      ...rest,
      bytes: size,
      createdAt: new Date(createdAt),
      smallest: Buffer.from(smallest),
      largest: Buffer.from(largest),
    })),
  }))
}

export function gatherStats(source: StatsSource): DatabaseStats {
  const { engine, openedAt, plane, scans, snapshots, state } = source
  const native = engine.stats()
  const { version } = state
  const flush = plane?.flushes.totals
  const compaction = plane?.compactions.totals
  const cache = (name: keyof EngineStats['cache']): CacheStats => {
    const { hits, misses, ...rest } = native.cache[name]
    return { ...rest, hits, misses, hitRatio: ratio(hits, hits + misses) }
  }
  const { active, immutable } = native.memtables
  const { ops } = native
  const written = {
    user: ops.put.bytesIn + ops.delete.bytesIn + ops.batch.bytesIn + ops.deleteRange.bytesIn,
    wal: native.wal.bytes,
    flush: flush?.bytes ?? 0,
    compaction: compaction?.bytesWritten ?? 0,
  }
  return {
    uptimeMs: performance.now() - openedAt,
    ops: native.ops,
    cache: { block: cache('block'), index: cache('index'), filter: cache('filter'), table: cache('table') },
    bloom: native.bloom,
    memtables: {
      active: active.bytes,
      immutable: immutable.count,
      bytes: active.bytes + immutable.bytes,
      entries: active.entries + immutable.entries,
    },
    wal: {
      files: state.wals.length,
      bytes: native.wal.bytes,
      syncs: native.wal.syncs,
      syncLatency: native.wal.syncLatency,
      groupSize: ratio(native.wal.grouped, native.wal.syncs),
    },
    levels: levelStats(version, source.options, plane),
    flush: {
      count: flush?.count ?? 0,
      bytes: flush?.bytes ?? 0,
      latency: latencyOf(flush?.micros ?? []),
    },
    compaction: {
      count: compaction?.count ?? 0,
      running: plane?.compactions.running ?? 0,
      bytesRead: compaction?.bytesRead ?? 0,
      bytesWritten: compaction?.bytesWritten ?? 0,
      recordsDropped: compaction?.recordsDropped ?? 0,
      tombstonesDropped: compaction?.tombstonesDropped ?? 0,
      pendingBytes: leveled.pendingBytes(version, source.options),
      byReason: { ...compaction?.byReason },
      jobs: plane?.compactions.describeRunning(native.compactions) ?? [],
    },
    written,
    amplification: amplification(native, version, written),
    stalls: { ...(plane?.stalls.current() ?? { count: 0, totalMs: 0, byReason: {} }) },
    memory: memory(engine),
    disk: { ...disk(source), reads: native.diskReads },
    snapshots: { live: snapshots.live, oldestMs: snapshots.oldestMs },
    iterators: { live: scans.live, oldestMs: scans.oldestMs },
    backups: source.backups,
    errors: { byCode: { ...source.errors.byCode }, background: { ...source.errors.background } },
  }
}

function levelStats(
  version: Version,
  options: ResolvedOptions,
  plane: ControlPlane | undefined,
): LevelStats[] {
  const scores = leveled.scores(version, options)
  return version.levels.slice(0, version.deepestLevel + 1).map(({ tables, bytes }, level) => {
    const into = plane?.compactions.totals.byLevel[level]
    return {
      level,
      files: tables.length,
      bytes,
      sortedRuns: level === 0 ? tables.length : Math.min(1, tables.length),
      score: scores[level] ?? 0,
      readBytes: into?.readBytes ?? 0,
      writtenBytes: into?.writtenBytes ?? 0,
      compactions: into?.compactions ?? 0,
    }
  })
}

function amplification(native: EngineStats, version: Version, written: DatabaseStats['written']) {
  const { ops } = native
  const { compaction, flush, user, wal } = written
  const got = ops.get.bytesOut + ops.getMany.bytesOut + ops.next.bytesOut
  return {
    write: ratio(wal + flush + compaction, user),
    read: ratio(native.diskReads.bytes, got),
    space: ratio(version.totalBytes, version.bytes(version.deepestLevel)),
  }
}

function memory(engine: NativeEngine) {
  const { byOwner, totalBytes } = engine.memory()
  return { totalBytes, byOwner }
}

function disk({ manifest, place, state }: StatsSource) {
  const size = (name: string) => orElse(() => place.env.fileSize(`${place.directory}/${name}`), 0)
  const byKind = {
    table: state.version.totalBytes,
    wal: state.wals.reduce((sum, wal) => sum + size(fileName('wal', wal)), 0),
    manifest: size(fileName('manifest', manifest)),
  }
  return {
    bytes: byKind.table + byKind.wal + byKind.manifest,
    byKind,
    freeBytes: freeBytes(place),
  }
}

/** Free bytes of the file system; null when it does not tell. */
export function freeBytes({ directory, env }: Place): number | null {
  return orElse<number | null>(() => env.freeSpace(directory), null)
}

/** Statistics go on when the directory is gone. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
