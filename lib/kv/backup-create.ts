import { BurrowError, invalidArgument, isBurrowError } from '../base/errors.ts'
import { currentName, fileName, lockName } from '../manifest/file-names.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { NativeLock } from '../native.ts'
import {
  type BackupTable,
  backupManifest,
  backupName,
  checkBackupDirectory,
  encodeBackup,
  type FoundBackup,
  isStoredTable,
  isUnfinishedTable,
  prefixOf,
  readBackups,
  sharedName,
  tableName,
  tablePrefix,
} from './backup-layout.ts'
import type { BackupProgress, BackupReport, ResolvedBackupOptions } from './backup-options.ts'
import { applyRetention, removeBackup } from './backup-retention.ts'
import { cancellable, checkSignal, forEachParallel } from './cancellation.ts'
import { captureFiles } from './capture.ts'
import type { ControlPlane } from './control-plane.ts'
import { makeDirectory, type Place } from './open.ts'
import { type ProgressReporter, reportProgress } from './progress.ts'
import { type Workbench, withWorkbench } from './workbench.ts'

/** Files at once; a pool keeps one thread more for flushes. */
const parallel = 2

/**
 * Checksums of the tables of an open database, by file number: a table never changes, and its number is never used
 * again, so each is read once. The first backup after opening reads what the directory seems to have already.
 */
export type KnownChecksums = Map<number, number>

/** Where a backup comes from. */
export interface BackupSource {
  readonly plane: ControlPlane
  readonly place: Place
  readonly known: KnownChecksums
}

/** Adds a backup to the directory. It counts from the moment its own CURRENT is there; before, nothing refers to it. */
export async function createBackup(
  source: BackupSource,
  target: Place,
  options: ResolvedBackupOptions,
): Promise<BackupReport> {
  const began = performance.now()
  checkSignal(options.signal, 'backup')
  checkBackupDirectory(target)
  makeDirectory({ ...target, directory: `${target.directory}/${sharedName}` })
  const lock = lockDirectory(target)
  try {
    const run = new BackupRun(source, target, options)
    return { ...(await run.run()), durationMs: performance.now() - began }
  } finally {
    lock.release()
  }
}

function lockDirectory({ env, directory }: Place): NativeLock {
  try {
    return env.lock(`${directory}/${lockName}`)
  } catch (error) {
    if (!isBurrowError(error) || error.code !== 'BURROW_LOCKED') throw error
    throw new BurrowError('BURROW_LOCKED', `another backup is being made in ${directory}; try again later`, {
      context: error.context,
      cause: error,
    })
  }
}

class BackupRun {
  readonly #source: BackupSource
  readonly #target: Place
  readonly #shared: string
  readonly #options: ResolvedBackupOptions
  /** Sizes of the whole tables in `shared/`, by name. */
  readonly #stored = new Map<string, number>()
  readonly #prefixes = new Set<string>()
  readonly #progress: ProgressReporter<BackupProgress>
  #counts = { files: 0, bytes: 0, copiedFiles: 0, copiedBytes: 0, sharedFiles: 0 }

  constructor(source: BackupSource, target: Place, options: ResolvedBackupOptions) {
    this.#source = source
    this.#target = target
    this.#shared = `${target.directory}/${sharedName}`
    this.#options = options
    this.#progress = reportProgress(options.onProgress)
  }

  async run(): Promise<Omit<BackupReport, 'durationMs'>> {
    const { place } = this.#source
    const { backups, unfinished } = readBackups(this.#target)
    this.#clean(unfinished)
    const capture = await captureFiles(this.#source.plane, true)
    try {
      const { sequence, state, tables } = capture
      const { databaseId } = state
      checkOwner(this.#target, backups, databaseId)
      const id = Math.max(0, ...backups.map((backup) => backup.id)) + 1
      const directory = `${this.#target.directory}/${backupName(id)}`
      const config = {
        databaseId,
        nextFileNumber: backupManifest + 1,
        readOnly: false,
        threads: parallel + 1,
        bytesPerSecond: this.#options.bytesPerSecond,
      }
      const total = tables.reduce((sum, { size }) => sum + size, 0)
      await withWorkbench({ ...place, directory }, config, (bench) =>
        cancellable(bench, this.#options.signal, 'backup', async () => {
          const stored: BackupTable[] = []
          await forEachParallel(tables, parallel, async (table) => {
            this.#check()
            stored.push({ ...table, crc32c: await this.#store(bench, databaseId, table) })
            this.#progress.tell({
              files: this.#counts.files,
              totalFiles: tables.length,
              bytes: this.#counts.bytes,
              totalBytes: total,
            })
          })
          await this.#progress.settled()
          this.#check()
          place.env.syncDir(this.#shared)
          const records = encodeBackup({ createdAt: Date.now(), sequence, state, tables: stored })
          await this.#commit(bench, directory, records)
        }),
      )
      const live = new Set(tables.map(({ number }) => number))
      for (const number of this.#source.known.keys()) if (!live.has(number)) this.#source.known.delete(number)
      const removed = this.#removeOld(id)
      return { id, path: this.#target.directory, ...this.#counts, removed, sequence }
    } finally {
      capture.release()
    }
  }

  #removeOld(id: number): number[] {
    try {
      return applyRetention(this.#target, this.#options.keep)
    } catch (error) {
      if (!isBurrowError(error)) throw error
      const message = `backup ${id} is complete, but what is too old could not be removed: ${error.message}`
      throw new BurrowError(error.code, message, { context: error.context, cause: error })
    }
  }

  #check(): void {
    checkSignal(this.#options.signal, 'backup')
    this.#progress.check()
  }

  /** What earlier runs left. Tables that are whole stay: this one may need them. */
  #clean(unfinished: readonly number[]): void {
    const { env } = this.#target
    for (const id of unfinished) removeBackup(this.#target, id)
    for (const name of env.list(this.#shared)) {
      const path = `${this.#shared}/${name}`
      if (isUnfinishedTable(name)) env.remove(path)
      if (!isStoredTable(name)) continue
      this.#stored.set(name, env.fileSize(path))
      this.#prefixes.add(prefixOf(name))
    }
  }

  /** Sees to it that `shared/` has the table; its checksum. */
  async #store(bench: Workbench, databaseId: string, table: TableMeta): Promise<number> {
    const { known, place } = this.#source
    const from = `${place.directory}/${fileName('table', table.number)}`
    const prefix = tablePrefix(databaseId, table)
    const name = (crc32c: number) => tableName(databaseId, { ...table, crc32c })
    let crc32c = known.get(table.number)
    if (crc32c === undefined && this.#prefixes.has(prefix)) {
      crc32c = await checksum(bench, from)
      known.set(table.number, crc32c)
    }
    this.#counts.files++
    this.#counts.bytes += table.size
    if (crc32c !== undefined && this.#stored.get(name(crc32c)) === table.size) {
      this.#counts.sharedFiles++
      return crc32c
    }
    const copied = await this.#copy(bench, from, `${this.#shared}/${prefix}`, table)
    if (crc32c !== undefined && copied !== crc32c) throw changed(from)
    known.set(table.number, copied)
    this.#stored.set(name(copied), table.size)
    this.#target.env.rename(`${this.#shared}/${prefix}.tmp`, `${this.#shared}/${name(copied)}`)
    this.#counts.copiedFiles++
    this.#counts.copiedBytes += table.size
    return copied
  }

  /** Copies to `<to>.tmp`; what was read is what is there, and was a sound table. */
  async #copy(bench: Workbench, from: string, to: string, table: TableMeta): Promise<number> {
    const { verify } = this.#options
    const { plane, place } = this.#source
    if (verify) await verifySource(plane, table.number)
    const copy = `${to}.tmp`
    const { crc32c } = await bench.run({ type: 'copyFile', from, to: copy })
    const size = place.env.fileSize(copy)
    if (size !== table.size) throw changed(from)
    if (verify && (await checksum(bench, copy)) !== crc32c) {
      throw new BurrowError(
        'BURROW_CORRUPTION',
        `${copy} reads back other than it was written: check the disk`,
        {
          context: { operation: 'backup', file: copy },
        },
      )
    }
    return crc32c!
  }

  async #commit(bench: Workbench, directory: string, records: Uint8Array[]): Promise<void> {
    const { env } = this.#target
    env.createDirs(directory)
    env.syncDir(this.#target.directory)
    try {
      await bench.run({ type: 'manifestCreate', number: backupManifest, records })
    } catch (error) {
      // Nothing may refer to it: it is not known whether it would survive a power cut.
      if (env.exists(`${directory}/${currentName}`)) env.remove(`${directory}/${currentName}`)
      throw error
    }
  }
}

/** One directory has the backups of one database: otherwise nobody could say what the newest one restores. */
function checkOwner({ directory }: Place, backups: readonly FoundBackup[], databaseId: string): void {
  const other = backups.find(({ stored }) => stored !== undefined && stored.state.databaseId !== databaseId)
  if (other === undefined) return
  throw invalidArgument(
    `${directory} has backups of another database (${other.stored!.state.databaseId}, this one is ${databaseId}); use a directory of its own`,
    { operation: 'backup', file: directory },
  )
}

function verifySource(plane: ControlPlane, number: number): Promise<void> {
  return new Promise((done, failed) => {
    plane.jobs.submit({ type: 'verifyTable', number }, (_, error) =>
      error === undefined ? done() : failed(error),
    )
  })
}

async function checksum(bench: Workbench, from: string): Promise<number> {
  const { crc32c } = await bench.run({ type: 'copyFile', from })
  return crc32c!
}

function changed(file: string): BurrowError {
  return new BurrowError(
    'BURROW_CORRUPTION',
    `${file} is not what it was: a table never changes. Run \`burrow verify\` on the database; its older backups are untouched`,
    { context: { operation: 'backup', file } },
  )
}
