import { BurrowError, isBurrowError } from '../base/errors.ts'
import { currentName, fileName } from '../manifest/file-names.ts'
import {
  type BackupTable,
  backupManifest,
  backupName,
  type FoundBackup,
  readBackups,
  type StoredBackup,
  tablePath,
} from './backup-layout.ts'
import type { BackupProgress } from './backup-options.ts'
import { cancellable, checkSignal, forEachParallel, type LongCallOptions } from './cancellation.ts'
import type { Place } from './open.ts'
import { reportProgress } from './progress.ts'
import type { RunJob } from './recover.ts'
import { withWorkbench } from './workbench.ts'

/** One backup of a directory. Of a damaged one only id, path and damage are known. */
export interface BackupInfo {
  readonly id: number
  /** The directory of the backups. */
  readonly path: string
  readonly createdAt: Date | null
  readonly databaseId: string | null
  /** Sequence number of the last write in it. */
  readonly sequence: number | null
  /** Tables, and their bytes; backups share them. */
  readonly files: number | null
  readonly bytes: number | null
  /** Why it cannot be used; null when its description is whole. `Database.verifyBackups` reads the tables, too. */
  readonly damage: string | null
}

/** One thing that is wrong with a backup. */
export interface BackupProblem {
  readonly id: number
  readonly file: string
  readonly problem: string
}

export interface BackupVerification {
  /** True when every backup that was looked at can be restored. */
  readonly ok: boolean
  readonly path: string
  /** Ids of those that were looked at. */
  readonly backups: readonly number[]
  /** Tables that were read, each once, and their bytes. */
  readonly files: number
  readonly bytes: number
  readonly problems: readonly BackupProblem[]
  readonly durationMs: number
}

export interface VerifyBackupsOptions extends LongCallOptions<BackupProgress> {
  /** Only this one. Default: all. */
  readonly id?: number | undefined
}

/** Oldest first. Reads the descriptions, not the tables. */
export function listBackups(place: Place): BackupInfo[] {
  return readBackups(place).backups.map(({ damage, id, stored }) => ({
    id,
    path: place.directory,
    createdAt: stored === undefined ? null : new Date(stored.createdAt),
    databaseId: stored?.state.databaseId ?? null,
    sequence: stored?.sequence ?? null,
    files: stored?.tables.length ?? null,
    bytes: stored?.tables.reduce((sum, { size }) => sum + size, 0) ?? null,
    damage: damage?.message ?? null,
  }))
}

/** Reads every table of the backups and compares its checksum. Problems are reported, not thrown. */
export async function verifyBackups(
  place: Place,
  { id, onProgress, signal }: VerifyBackupsOptions,
): Promise<BackupVerification> {
  const began = performance.now()
  const backups = readBackups(place).backups.filter((backup) => id === undefined || backup.id === id)
  if (backups.length === 0) {
    const what = id === undefined ? 'are no backups' : `is no backup ${id}`
    throw new BurrowError('BURROW_NOT_FOUND', `there ${what} in ${place.directory}`, {
      context: { operation: 'verifyBackups', file: place.directory },
    })
  }
  const problems: BackupProblem[] = damagedOnes(place, backups)
  const tables = tablesOf(place, backups)
  const totalBytes = [...tables.values()].reduce((sum, { table }) => sum + table.size, 0)
  const progress = reportProgress(onProgress)
  let [files, bytes] = [0, 0]
  await withReadBench(place, (run, bench) =>
    cancellable(bench, signal, 'verifyBackups', async () => {
      await forEachParallel([...tables], 2, async ([file, { ids, table }]) => {
        checkSignal(signal, 'verifyBackups')
        progress.check()
        const problem = await tableProblem(place, run, file, table)
        if (problem !== null) problems.push(...ids.map((id) => ({ id, file, problem })))
        files++
        bytes += table.size
        progress.tell({ files, totalFiles: tables.size, bytes, totalBytes })
      })
      await progress.settled()
    }),
  )
  problems.sort((a, b) => a.id - b.id || (a.file < b.file ? -1 : 1))
  return {
    ok: problems.length === 0,
    path: place.directory,
    backups: backups.map((backup) => backup.id),
    files,
    bytes,
    problems,
    durationMs: performance.now() - began,
  }
}

/** A workbench that changes nothing. */
function withReadBench<T>(
  place: Place,
  work: (run: RunJob, bench: Parameters<Parameters<typeof withWorkbench>[2]>[0]) => Promise<T>,
): Promise<T> {
  const config = { databaseId: '0'.repeat(32), nextFileNumber: 1, readOnly: true, threads: 3 }
  return withWorkbench(place, config, (bench) => work(bench.run, bench))
}

function damagedOnes({ directory }: Place, backups: readonly FoundBackup[]): BackupProblem[] {
  const manifest = fileName('manifest', backupManifest)
  return backups.flatMap(({ damage, id }) =>
    damage === undefined
      ? []
      : [{ id, file: `${directory}/${backupName(id)}/${manifest}`, problem: damage.message }],
  )
}

/** Each table once, with the backups that need it. */
function tablesOf({ directory }: Place, backups: readonly FoundBackup[]) {
  const tables = new Map<string, { readonly table: BackupTable; readonly ids: number[] }>()
  for (const { id, stored } of backups) {
    for (const table of stored?.tables ?? []) {
      const file = tablePath(directory, stored!, table)
      const entry = tables.get(file)
      if (entry === undefined) tables.set(file, { table, ids: [id] })
      else entry.ids.push(id)
    }
  }
  return tables
}

async function tableProblem(
  { env }: Place,
  run: RunJob,
  file: string,
  table: BackupTable,
): Promise<string | null> {
  if (!env.exists(file)) return 'it is missing'
  const size = env.fileSize(file)
  if (size !== table.size) return `it is ${size} bytes long instead of ${table.size}`
  try {
    const { crc32c } = await run({ type: 'copyFile', from: file })
    return crc32c === table.crc32c ? null : 'its checksum is wrong: the content is damaged'
  } catch (error) {
    if (!isBurrowError(error) || error.code === 'BURROW_ABORTED') throw error
    return error.message
  }
}

/** What a restore says of a table that is not as it was stored. */
export function damagedTable(place: Place, backup: StoredBackup, file: string, problem: string): BurrowError {
  const { directory, env } = place
  if (!env.exists(`${directory}/${backupName(backup.id)}/${currentName}`)) {
    return new BurrowError(
      'BURROW_NOT_FOUND',
      `backup ${backup.id} in ${directory} was removed meanwhile; restore a newer one`,
      { context: { operation: 'restore', file } },
    )
  }
  return new BurrowError(
    'BURROW_CORRUPTION',
    `${file} of backup ${backup.id} cannot be used: ${problem}. Nothing was restored. Restore another one with id; Database.verifyBackups says which are whole`,
    { context: { operation: 'restore', file } },
  )
}
