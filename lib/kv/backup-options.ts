import type { BackupRetention } from '../base/backup-schedule.ts'
import { badOption, readCount, readFlag, readOptions } from './call-options.ts'
import { type LongCallOptions, readProgress, readSignal } from './cancellation.ts'

/** How far a backup, a verification or a restore has come. */
export interface BackupProgress {
  readonly files: number
  readonly totalFiles: number
  readonly bytes: number
  readonly totalBytes: number
}

export interface BackupOptions extends LongCallOptions<BackupProgress> {
  /** Check each new table before it is copied, and read the copy back. Default true. */
  readonly verify?: boolean | undefined
  /** Which older backups to keep; the newest one always stays. Default: all. */
  readonly keep?: BackupRetention | undefined
  /** Limit for reading and writing. Default 0: none. */
  readonly bytesPerSecond?: number | undefined
}

export interface ResolvedBackupOptions extends LongCallOptions<BackupProgress> {
  readonly verify: boolean
  readonly keep: BackupRetention
  readonly bytesPerSecond: number
}

/** What `db.backup` made. */
export interface BackupReport {
  /** Ascends from backup to backup. */
  readonly id: number
  /** The directory of the backups. */
  readonly path: string
  /** Tables of the backup, and their bytes. */
  readonly files: number
  readonly bytes: number
  /** How much of it was new. */
  readonly copiedFiles: number
  readonly copiedBytes: number
  /** Tables that an earlier backup has, too. */
  readonly sharedFiles: number
  /** Ids of the backups that retention took away. */
  readonly removed: readonly number[]
  /** Sequence number of the last write in it. */
  readonly sequence: number
  readonly durationMs: number
}

const backupNames = new Set(['verify', 'keep', 'signal', 'onProgress', 'bytesPerSecond'] as const)
const keepNames = new Set(['count', 'ageMs'] as const)
const restoreNames = new Set(['id', 'signal', 'onProgress', 'env'] as const)

export function readBackupOptions(options: unknown): ResolvedBackupOptions {
  const call = 'backup'
  const fields = readOptions(options, backupNames, call)
  return {
    verify: readFlag('verify', fields.verify, call) ?? true,
    keep: readKeep(fields.keep, call),
    signal: readSignal(fields.signal, call),
    onProgress: readProgress(fields.onProgress, call),
    bytesPerSecond: readCount('bytesPerSecond', fields.bytesPerSecond, call) ?? 0,
  }
}

function readKeep(value: unknown, call: string): BackupRetention {
  const { ageMs, count } = readOptions(value, keepNames, `${call}: keep`)
  if (count === 0) throw badOption('keep.count', count, 'a whole number from 1 up', call)
  const [most, oldest] = [readCount('keep.count', count, call), readCount('keep.ageMs', ageMs, call)]
  return {
    ...(most === undefined ? {} : { count: most }),
    ...(oldest === undefined ? {} : { ageMs: oldest }),
  }
}

/** The options of `Database.restore` and `Database.verifyBackups`, apart from `env`. */
export function readRestoreOptions(options: unknown, call: string) {
  const fields = readOptions(options, restoreNames, call)
  const id = readCount('id', fields.id, call)
  if (id === 0) throw badOption('id', id, 'the id of a backup, from 1 up', call)
  return {
    id,
    signal: readSignal(fields.signal, call),
    onProgress: readProgress<BackupProgress>(fields.onProgress, call),
  }
}
