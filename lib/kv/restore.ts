import { BurrowError, invalidArgument, isBurrowError } from '../base/errors.ts'
import { currentName, fileName, lockName, parseFileName } from '../manifest/file-names.ts'
import { databaseExists } from '../manifest/recovery.ts'
import { encodeVersionEdit } from '../manifest/version-edit.ts'
import { snapshotEdit } from '../manifest/version-set.ts'
import { damagedTable } from './backup-inspect.ts'
import { type BackupTable, chooseBackup, type StoredBackup, tablePath } from './backup-layout.ts'
import type { BackupProgress } from './backup-options.ts'
import { attempt, cancellable, checkSignal, forEachParallel, type LongCallOptions } from './cancellation.ts'
import { makeDirectory, type Place } from './open.ts'
import { reportProgress } from './progress.ts'
import { type Workbench, withWorkbench } from './workbench.ts'

export interface RestoreOptions extends LongCallOptions<BackupProgress> {
  /** Which backup. Default: the newest. */
  readonly id?: number | undefined
}

/** What `Database.restore` made. */
export interface RestoreReport {
  /** Id of the backup. */
  readonly id: number
  readonly path: string
  readonly files: number
  readonly bytes: number
  /** Sequence number of the last write in it. */
  readonly sequence: number
  readonly durationMs: number
}

/**
 * Everything is put together in here, inside the target, and then moved up, CURRENT last. While it is there without
 * CURRENT beside it, whatever else is there belongs to a restore that was interrupted.
 */
const stagingName = 'restoring'
const call = 'restore'
/** Files at once; a pool keeps one thread more for flushes. */
const parallel = 2

/** Makes a database in `target` from a backup. Every table is checked on the way; what a failure leaves is removed. */
export async function restore(
  source: Place,
  target: Place,
  { id, onProgress, signal }: RestoreOptions,
): Promise<RestoreReport> {
  const began = performance.now()
  checkSignal(signal, call)
  const backup = chooseBackup(source, id)
  const { env, directory } = target
  const isNew = !env.exists(directory)
  checkTarget(target)
  makeDirectory(target)
  const lock = env.lock(`${directory}/${lockName}`)
  let failed = true
  try {
    checkTarget(target)
    removeLeftovers(target)
    await fill(source, target, backup, { onProgress, signal })
    failed = false
  } finally {
    if (failed) attempt(() => removeLeftovers(target))
    lock.release()
    if (failed && isNew) {
      attempt(() => env.remove(`${directory}/${lockName}`))
      attempt(() => env.removeDir(directory))
    }
  }
  return {
    id: backup.id,
    path: directory,
    files: backup.tables.length,
    bytes: sizeOf(backup),
    sequence: backup.sequence,
    durationMs: performance.now() - began,
  }
}

function checkTarget({ env, directory }: Place): void {
  if (!env.exists(directory)) return
  const context = { operation: call, file: directory }
  if (!env.isDirectory(directory)) {
    throw invalidArgument(`${directory} is a file; a database is restored to a directory`, context)
  }
  if (!databaseExists(env, directory) || isInterrupted({ env, directory })) return
  throw new BurrowError(
    'BURROW_EXISTS',
    `${directory} has a database; restore to another directory, or move this one away first`,
    { context },
  )
}

function isInterrupted({ env, directory }: Place): boolean {
  return !env.exists(`${directory}/${currentName}`) && env.exists(`${directory}/${stagingName}`)
}

/** REQUIRES: the lock, and that no database is there. */
function removeLeftovers(target: Place): void {
  const { env, directory } = target
  const staging = `${directory}/${stagingName}`
  if (!isInterrupted(target)) return
  for (const name of env.list(directory)) {
    const kind = parseFileName(name)?.kind
    if (kind === 'table' || kind === 'manifest') env.remove(`${directory}/${name}`)
  }
  for (const name of env.list(staging)) env.remove(`${staging}/${name}`)
  env.removeDir(staging)
}

function sizeOf({ tables }: StoredBackup): number {
  return tables.reduce((sum, { size }) => sum + size, 0)
}

async function fill(
  source: Place,
  target: Place,
  backup: StoredBackup,
  { onProgress, signal }: LongCallOptions<BackupProgress>,
): Promise<void> {
  const { env, directory } = target
  const { state, tables } = backup
  const staging = `${directory}/${stagingName}`
  const manifest = state.nextFileNumber
  const progress = reportProgress(onProgress)
  const totalBytes = sizeOf(backup)
  let [files, bytes] = [0, 0]
  env.createDirs(staging)
  env.syncDir(directory)
  const place = { env, directory: staging }
  const config = {
    databaseId: state.databaseId,
    nextFileNumber: manifest,
    readOnly: false,
    threads: parallel + 1,
  }
  await withWorkbench(place, config, (bench) =>
    cancellable(bench, signal, call, async () => {
      await forEachParallel(tables, parallel, async (table) => {
        checkSignal(signal, call)
        progress.check()
        await copyTable(bench, source, backup, table, `${staging}/${fileName('table', table.number)}`)
        files++
        bytes += table.size
        progress.tell({ files, totalFiles: tables.length, bytes, totalBytes })
      })
      await progress.settled()
      checkSignal(signal, call)
      const records = [encodeVersionEdit(snapshotEdit({ ...state, nextFileNumber: manifest + 1 }))]
      await bench.run({ type: 'manifestCreate', number: manifest, records })
    }),
  )
  const names = [...tables.map(({ number }) => fileName('table', number)), fileName('manifest', manifest)]
  for (const name of names) env.rename(`${staging}/${name}`, `${directory}/${name}`)
  env.syncDir(directory)
  env.rename(`${staging}/${currentName}`, `${directory}/${currentName}`)
  try {
    env.syncDir(directory)
  } catch (error) {
    // Not known to be durable: then it is no database.
    attempt(() => env.rename(`${directory}/${currentName}`, `${staging}/${currentName}`))
    throw error
  }
  attempt(() => env.removeDir(staging))
}

async function copyTable(
  bench: Workbench,
  source: Place,
  backup: StoredBackup,
  table: BackupTable,
  to: string,
): Promise<void> {
  const file = tablePath(source.directory, backup, table)
  if (!source.env.exists(file)) throw damagedTable(source, backup, file, 'it is missing')
  const size = source.env.fileSize(file)
  if (size !== table.size) {
    throw damagedTable(source, backup, file, `it is ${size} bytes long instead of ${table.size}`)
  }
  try {
    const { crc32c } = await bench.run({ type: 'copyFile', from: file, to })
    if (crc32c !== table.crc32c) throw damagedTable(source, backup, file, 'its checksum is wrong')
  } catch (error) {
    // Retention may have taken it away since.
    if (isBurrowError(error) && error.code === 'BURROW_IO' && !source.env.exists(file)) {
      throw damagedTable(source, backup, file, 'it is missing')
    }
    throw error
  }
}
