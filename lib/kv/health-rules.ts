import type { BurrowError } from '../base/errors.ts'
import type { HealthCode } from '../base/health-options.ts'
import type { DatabaseStats } from '../base/metrics.ts'
import type { ResolvedOptions } from '../base/options.ts'
import type { StallDecision } from '../compaction/stall.ts'
import { formatBytes } from '../util/units.ts'
import type { RecoveryReport } from './recover.ts'

/** One reason to look at the database. */
export interface HealthIssue {
  /** Stable name of the reason. */
  readonly code: string
  /** What was found, and what to do about it. */
  readonly message: string
  /** What was measured, and the limit that it passed. */
  readonly value: number | string
  readonly threshold: number | string
}

/** Backups by a schedule. */
export interface BackupHealth {
  readonly everyMs: number
  /** Since the last good backup, or since open when there was none. */
  readonly ageMs: number
  /** Why the last one failed; null when it did not. */
  readonly failure: BurrowError | null
}

/** Everything that the rules look at: plain data, gathered at one moment. */
export interface HealthInput {
  readonly stats: DatabaseStats
  readonly options: ResolvedOptions
  /** Opened so: what background work and the log do is the writer's business. */
  readonly readOnly: boolean
  /** Why the directory cannot be read; null when it can. */
  readonly directoryError: string | null
  /** Bytes that the file system could hold; null when it does not say. */
  readonly diskBytes: number | null
  /** Why the database became read-only. */
  readonly failure: BurrowError | null
  /** The background task that fails now, and is tried again. */
  readonly trouble: BurrowError | null
  /** The last background failure since open, cured or not. */
  readonly lastError: BurrowError | null
  readonly stall: StallDecision
  readonly compactionPaused: boolean
  readonly heldTables: number
  readonly lostFiles: number
  readonly recovery: RecoveryReport
  readonly backup: BackupHealth | null
}

export type HealthFinding = HealthIssue & { readonly severity: 'warning' | 'error' }

/** Looks at one thing; null when it is well. Pure. */
export type HealthRule = (input: HealthInput) => HealthFinding | null

/** Lookups of the cache, and memtables' worth of writes, from which their ratios mean something. */
const enoughLookups = 10_000
const enoughMemtables = 16

function warning(code: HealthCode, value: number | string, threshold: number | string, message: string) {
  return { severity: 'warning', code, message, value, threshold } as const
}

function error(code: HealthCode, value: number | string, threshold: number | string, message: string) {
  return { severity: 'error', code, message, value, threshold } as const
}

/** True when the rule is on and its threshold is reached. */
function reaches(value: number, threshold: number | null): threshold is number {
  return threshold !== null && value >= threshold
}

/** Every rule, the gravest first. */
export const healthRules: readonly HealthRule[] = [
  function readOnly({ failure }) {
    if (failure === null) return null
    const message = `writes are refused since the database failed: ${failure.message} Remove the cause, close the database and open it again`
    return error('read-only', failure.code, 'no failure', message)
  },

  function directory({ directoryError }) {
    if (directoryError === null) return null
    const message = `the directory of the database cannot be read: ${directoryError} Check that it is there, is mounted, and is ours`
    return error('directory', directoryError, 'a directory that can be read', message)
  },

  function corruption({ lastError, stats }) {
    const count = stats.errors.background['BURROW_CORRUPTION'] ?? 0
    if (count === 0) return null
    const found = lastError?.code === 'BURROW_CORRUPTION' ? `: ${lastError.message}` : ''
    const message = `background work met damaged files ${times(count)}${found} Run burrow verify, then restore a backup or run burrow repair`
    return error('corruption', count, 0, message)
  },

  function noSpace({ trouble }) {
    if (trouble?.code !== 'BURROW_NO_SPACE') return null
    const message = `the disk is full: ${trouble.message} Writing goes on by itself once there is space`
    return error('no-space', trouble.code, 'no failure', message)
  },

  function backgroundError({ trouble }) {
    if (trouble === null || trouble.code === 'BURROW_NO_SPACE') return null
    const message = `a background task fails and is tried again: ${trouble.message}`
    return warning('background-error', trouble.code, 'no failure', message)
  },

  function backgroundErrors({ lastError, options, stats }) {
    const limit = options.health.backgroundErrors
    const count = Object.values(stats.errors.background).reduce((sum, each) => sum + each, 0)
    if (!reaches(count, limit)) return null
    const last = lastError === null ? '' : `, the last one: ${lastError.message}`
    return warning(
      'background-errors',
      count,
      limit,
      `background tasks failed ${times(count)} since open${last}`,
    )
  },

  function diskUsage({ diskBytes, options, stats }) {
    const { diskUsage: soft, diskUsageError: hard } = options.health
    const { freeBytes } = stats.disk
    if (diskBytes === null || freeBytes === null || diskBytes === 0) return null
    const used = 1 - freeBytes / diskBytes
    const message = `the file system is ${percent(used)} full, ${formatBytes(freeBytes)} are free: free space, delete old backups, or compact after deleting data`
    if (reaches(used, hard)) return error('disk-usage', used, hard, message)
    return reaches(used, soft) ? warning('disk-usage', used, soft, message) : null
  },

  function freeSpace({ options, readOnly, stats }) {
    const { freeBytes, byKind } = stats.disk
    const share = options.health.freeSpace
    if (freeBytes === null || share === null) return null
    const least = Math.round(Math.max(share * byKind.table, readOnly ? 0 : 2 * options.memtableSize))
    if (freeBytes >= least) return null
    const message = `${formatBytes(freeBytes)} are free on the disk; flushes and compactions need ${formatBytes(least)}: free space`
    return warning('disk-space', freeBytes, least, message)
  },

  function stall({ stall: { reason, state } }) {
    if (state === 'none') return null
    const how = state === 'stop' ? 'stopped' : 'slowed down'
    const message = `writes are ${how} (${reason}): flushes or compactions do not keep up; write less, give them more maxBackgroundJobs or a faster disk`
    return warning(state === 'stop' ? 'write-stop' : 'write-slowdown', state, 'none', message)
  },

  function l0Tables({ compactionPaused, options, stats }) {
    const limit = options.health.l0Tables
    const files = stats.levels[0]?.files ?? 0
    if (!reaches(files, limit)) return null
    const cure = compactionPaused
      ? 'compaction is paused: resume it'
      : 'compaction is behind: run db.compact() when there is time, or allow more maxBackgroundJobs'
    return warning(
      'l0-tables',
      files,
      limit,
      `${files} tables in L0, and every read asks each of them; ${cure}`,
    )
  },

  function pendingCompaction({ compactionPaused, options, stats }) {
    const limit = options.health.pendingCompactionBytes
    const { pendingBytes } = stats.compaction
    if (!reaches(pendingBytes, limit)) return null
    const cure = compactionPaused ? 'it is paused: resume it' : 'allow more maxBackgroundJobs, or write less'
    const message = `compaction is ${formatBytes(pendingBytes)} behind; ${cure}`
    return warning('compaction-behind', pendingBytes, limit, message)
  },

  function writeAmplification({ options, stats }) {
    const limit = options.health.writeAmplification
    const { write } = stats.amplification
    const { batch, delete: deletes, deleteRange, put } = stats.ops
    const written = put.bytesIn + batch.bytesIn + deletes.bytesIn + deleteRange.bytesIn
    if (written < enoughMemtables * options.memtableSize || write === null) return null
    if (!reaches(write, limit)) return null
    const message = `each byte written by users became ${write.toFixed(1)} on the disk: larger memtables, or a larger l0CompactionTrigger, rewrite less`
    return warning('write-amplification', write, limit, message)
  },

  function memtables({ options, readOnly, stats }) {
    const limit = options.health.immutableMemtables
    const { immutable } = stats.memtables
    if (readOnly || !reaches(immutable, limit)) return null
    const message = `${immutable} full memtables wait to be flushed: the disk is slower than the writers; for bursts, raise maxMemtables`
    return warning('memtables', immutable, limit, message)
  },

  function walBytes({ options, stats }) {
    const limit = options.health.walBytes
    const { wal } = stats.disk.byKind
    if (!reaches(wal, limit)) return null
    const message = `the logs hold ${formatBytes(wal)}, and opening would replay them: call db.flush(), and look why flushes are behind`
    return warning('wal-bytes', wal, limit, message)
  },

  function snapshotAge({ options, stats }) {
    const limit = options.health.snapshotAgeMs
    const { live, oldestMs } = stats.snapshots
    if (live === 0 || !reaches(oldestMs, limit)) return null
    const message = `a snapshot is open for ${duration(oldestMs)} (of ${live}) and keeps old data on the disk: close it`
    return warning('snapshot-age', oldestMs, limit, message)
  },

  function iteratorAge({ options, stats }) {
    const limit = options.health.iteratorAgeMs
    const { live, oldestMs } = stats.iterators
    if (live === 0 || !reaches(oldestMs, limit)) return null
    const message = `an iterator is open for ${duration(oldestMs)} (of ${live}) and keeps deleted tables on the disk: close it`
    return warning('iterator-age', oldestMs, limit, message)
  },

  function openIterators({ options, stats }) {
    const share = options.health.openIterators
    const { live } = stats.iterators
    if (share === null) return null
    const limit = Math.max(1, Math.ceil(share * options.maxOpenIterators))
    if (live < limit) return null
    const message = `${live} iterators are open, of maxOpenIterators ${options.maxOpenIterators}: close those that are not read to their end`
    return warning('open-iterators', live, limit, message)
  },

  function heldTables({ heldTables: held, options }) {
    const limit = options.health.heldTables
    if (!reaches(held, limit)) return null
    const message = `${held} compacted tables stay on the disk because iterators or snapshots read them: close the old ones`
    return warning('held-tables', held, limit, message)
  },

  function lostFiles({ lostFiles: files, options }) {
    const limit = options.health.lostFiles
    if (!reaches(files, limit)) return null
    const message = `lost/ has ${files} ${files === 1 ? 'file' : 'files'} set aside by open or repair: look at them (burrow dump-wal, dump-table), then move them away`
    return warning('lost-files', files, limit, message)
  },

  function cacheHitRatio({ options, stats }) {
    const limit = options.health.cacheHitRatio
    const { capacityBytes, hitRatio, hits, misses, usedBytes } = stats.cache.block
    if (limit === null || hitRatio === null || capacityBytes === 0) return null
    // A larger one would not help: large values that are seldom read are not cached at all.
    if (usedBytes < capacityBytes / 2) return null
    if (hits + misses < enoughLookups || hitRatio >= limit) return null
    const message = `${percent(hitRatio)} of the lookups in the block cache (${formatBytes(capacityBytes)}) find their block: raise blockCacheSize, or scan with fillCache: false`
    return warning('cache-hit-ratio', hitRatio, limit, message)
  },

  function recoveryCut({ options, readOnly, recovery: { bytesCut } }) {
    const limit = options.health.recoveryBytesCut
    if (readOnly || !reaches(bytesCut, limit)) return null
    const message = `open cut ${formatBytes(bytesCut)} off the logs, writes that a crash left unsynced: find out why the last process ended, and close the database before it does`
    return warning('recovery-cut', bytesCut, limit, message)
  },

  function salvaged({ recovery: { skipped } }) {
    const first = skipped[0]
    if (first === undefined) return null
    const message = `open passed over ${skipped.length} damaged parts of logs, the first in ${first.file} at ${first.offset}: writes are lost; db.recovery.skipped has them all, lost/ the logs`
    return warning('salvaged', skipped.length, 0, message)
  },

  function backup({ backup: schedule, options }) {
    const limit = options.health.backupPeriods
    if (schedule === null || limit === null) return null
    const { ageMs, everyMs, failure } = schedule
    if (failure !== null) {
      const message = `the last scheduled backup failed: ${failure.message} The last good one is ${duration(ageMs)} old`
      return warning('backup-failed', failure.code, 'no failure', message)
    }
    const oldest = limit * everyMs
    if (ageMs < oldest) return null
    const message = `the last backup is ${duration(ageMs)} old: call db.backup(), and see that the process runs when one is due`
    return warning('backup-old', ageMs, oldest, message)
  },
]

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000
  if (seconds < 120) return `${Math.round(seconds)} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
