import { invalidArgument } from '../base/errors.ts'
import type { DatabaseOptions } from '../base/options.ts'
import { lockName } from '../manifest/file-names.ts'
import { databaseExists, destroyFiles } from '../manifest/recovery.ts'
import {
  type BackupInfo,
  type BackupVerification,
  listBackups,
  type VerifyBackupsOptions,
  verifyBackups,
} from './backup-inspect.ts'
import { readRestoreOptions } from './backup-options.ts'
import { locate, locateFiles, memoryPath } from './open.ts'
import { Readable } from './readable.ts'
import { type RepairOptions, repairDatabase } from './repair.ts'
import type { RepairReport } from './repair-report.ts'
import { type RestoreOptions, type RestoreReport, restore } from './restore.ts'

type InEnv<T> = T & Pick<DatabaseOptions, 'env'>

/** The static side of `Database`: what is done to directories, without a database being open in them. */
export abstract class DatabaseAtRest<K, V> extends Readable<K, V> {
  /** Whether `path` holds a database, open or not, damaged or not. */
  static async exists(path: string, options?: InEnv<object>): Promise<boolean> {
    if (path === memoryPath && options?.env === undefined) return false
    const { env, directory } = locate(path, options?.env)
    return databaseExists(env, directory)
  }

  /**
   * Deletes the database in `path`. Files that are not the database's stay, and with them the directory. Nothing happens
   * when there is none. BURROW_LOCKED when it is open.
   */
  static async destroy(path: string, options?: InEnv<object>): Promise<void> {
    if (path === memoryPath && options?.env === undefined) return
    const { env, directory } = locate(path, options?.env)
    if (!env.exists(directory)) return
    if (!env.isDirectory(directory)) throw invalidArgument(`${path} is a file; a database is a directory`)
    const lock = env.lock(`${directory}/${lockName}`)
    try {
      destroyFiles(env, directory)
    } finally {
      lock.release()
    }
  }

  /**
   * Makes a database in `path`, where none may be, from a backup in the directory `backups`: the newest one, or that
   * with `id`. Every table is checked on the way. BURROW_CORRUPTION names what is damaged; then nothing is left.
   */
  static async restore(
    backups: string,
    path: string,
    options?: InEnv<RestoreOptions>,
  ): Promise<RestoreReport> {
    const choice = readRestoreOptions(options, 'restore')
    return await restore(locateFiles(backups, options?.env), locateFiles(path, options?.env), choice)
  }

  /**
   * Makes a damaged database one that opens again, with everything that can be read, and says exactly what is lost; see
   * RepairReport. What is damaged moves to lost/: nothing is deleted. Copy the directory first, and look at a `dryRun`.
   * A repair that was interrupted is run again. BURROW_NOT_FOUND without a database, BURROW_LOCKED while it is open.
   */
  static async repair(path: string, options?: RepairOptions): Promise<RepairReport> {
    return await repairDatabase(path, options)
  }

  /** The backups in a directory, oldest first. BURROW_NOT_FOUND when there is no such directory. */
  static async listBackups(directory: string, options?: InEnv<object>): Promise<BackupInfo[]> {
    return listBackups(locateFiles(directory, options?.env))
  }

  /** Reads every file of the backups, or of one, and compares checksums. What is wrong is in the report. */
  static async verifyBackups(
    directory: string,
    options?: InEnv<VerifyBackupsOptions>,
  ): Promise<BackupVerification> {
    const choice = readRestoreOptions(options, 'verifyBackups')
    return await verifyBackups(locateFiles(directory, options?.env), choice)
  }
}
