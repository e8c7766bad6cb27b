import { BurrowError, invalidArgument, isBurrowError } from '../base/errors.ts'
import { currentName, fileName } from '../manifest/file-names.ts'
import { databaseExists } from '../manifest/recovery.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import { decodeVersionEdit, encodeVersionEdit } from '../manifest/version-edit.ts'
import { ManifestReplay, type ManifestState, snapshotEdit } from '../manifest/version-set.ts'
import { native } from '../native.ts'
import { ByteReader } from '../util/byte-reader.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import type { Place } from './open.ts'

// How a backup directory looks: docs/formats.md "Backup directory" is normative.

export const sharedName = 'shared'
/** The one manifest of a backup. */
export const backupManifest = 1
const manifestName = fileName('manifest', backupManifest)
/** Written to disk: do not change. A reader of version edits passes over it. */
const backupTag = 129
const infoVersion = 1

/** A table of a backup: what the manifest says, and the checksum of its file. */
export interface BackupTable extends TableMeta {
  /** CRC-32C of the whole file, not masked. */
  readonly crc32c: number
}

/** A backup that is whole as far as its own description goes. */
export interface StoredBackup {
  readonly id: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly sequence: number
  readonly state: ManifestState
  readonly tables: readonly BackupTable[]
}

/** What stands under one id. `stored` is undefined when its description is damaged; `damage` says how. */
export interface FoundBackup {
  readonly id: number
  readonly stored?: StoredBackup
  readonly damage?: BurrowError
}

export interface BackupDirectory {
  /** Ascending. */
  readonly backups: readonly FoundBackup[]
  /** Directories of backups that were never finished. */
  readonly unfinished: readonly number[]
}

export function backupName(id: number): string {
  return String(id).padStart(6, '0')
}

/** What tells a table from every other one, before its content is read. */
export function tablePrefix(databaseId: string, { number, size }: TableMeta): string {
  return `${databaseId}-${String(number).padStart(6, '0')}-${size}-`
}

/** The prefix of a name that `tableName` made. */
export function prefixOf(name: string): string {
  return name.slice(0, -'00000000.sst'.length)
}

export function isStoredTable(name: string): boolean {
  return /^[0-9a-f]{32}-\d{6,16}-\d+-[0-9a-f]{8}\.sst$/.test(name)
}

/** A table that is being copied: its prefix and `.tmp`. */
export function isUnfinishedTable(name: string): boolean {
  return /^[0-9a-f]{32}-\d{6,16}-\d+-\.tmp$/.test(name)
}

/** The name in `shared/`: two tables with the same one have the same content. */
export function tableName(databaseId: string, table: BackupTable): string {
  return `${tablePrefix(databaseId, table)}${table.crc32c.toString(16).padStart(8, '0')}.sst`
}

export function tablePath(directory: string, { state }: StoredBackup, table: BackupTable): string {
  return `${directory}/${sharedName}/${tableName(state.databaseId, table)}`
}

/** The two records of a backup's manifest. */
export function encodeBackup({ createdAt, sequence, state, tables }: Omit<StoredBackup, 'id'>): Uint8Array[] {
  const crc32c = Object.fromEntries(tables.map((table) => [table.number, table.crc32c]))
  const info = Buffer.from(JSON.stringify({ version: infoVersion, createdAt, sequence, crc32c }))
  return [
    encodeVersionEdit(snapshotEdit(state)),
    new ByteWriter(info.length + 16).varint(backupTag).bytes(info).finish(),
  ]
}

/** What is in a backup directory. Throws BURROW_NOT_FOUND when there is no such directory. */
export function readBackups(place: Place): BackupDirectory {
  const { env, directory } = place
  if (!env.exists(directory) || !env.isDirectory(directory)) throw noBackups(directory)
  const ids = env
    .list(directory)
    .filter((name) => /^\d{6,15}$/.test(name) && backupName(Number(name)) === name && Number(name) > 0)
    .map(Number)
    .sort((a, b) => a - b)
  const finished = ids.filter((id) => env.exists(`${directory}/${backupName(id)}/${currentName}`))
  return {
    backups: finished.map((id) => readBackup(place, id)),
    unfinished: ids.filter((id) => !finished.includes(id)),
  }
}

function readBackup({ env, directory }: Place, id: number): FoundBackup {
  const file = `${directory}/${backupName(id)}/${manifestName}`
  try {
    const { records } = native.readLog(env, file, 'manifest', backupManifest)
    if (records.length !== 2) throw new Error(`it has ${records.length} records instead of 2`)
    const replay = new ManifestReplay()
    replay.apply(decodeVersionEdit(records[0]!.payload, { file, offset: records[0]!.offset }))
    return { id, stored: { id, ...withChecksums(replay.finish(), records[1]!.payload) } }
  } catch (error) {
    const cause = error as Error
    // What a later version wrote, or the disk refused, is no damage.
    const code = isBurrowError(error) && error.code !== 'BURROW_CORRUPTION' ? error.code : 'BURROW_CORRUPTION'
    const damage = new BurrowError(code, `backup ${id} cannot be used: ${file}: ${cause.message}`, {
      context: { file },
      cause,
    })
    return { id, damage }
  }
}

function withChecksums(state: ManifestState, record: Uint8Array): Omit<StoredBackup, 'id'> {
  const reader = new ByteReader(record)
  if (reader.varint('tag') !== backupTag) throw new Error('it does not describe a backup')
  const info: unknown = JSON.parse(Buffer.from(reader.bytes('description')).toString())
  const { version, createdAt, sequence, crc32c } = info as Record<string, unknown>
  if (version !== infoVersion) {
    const feature = `backup description ${String(version)}`
    throw new BurrowError(
      'BURROW_UNSUPPORTED',
      `it was written by a newer version of burrowdb (${feature})`,
      {
        context: { feature },
      },
    )
  }
  const tables = [...state.version.all()].map(({ table }) => {
    const checksum = (crc32c as Record<string, unknown> | undefined)?.[table.number]
    if (!isUint32(checksum)) throw new Error(`it has no checksum of table ${table.number}`)
    return { ...table, crc32c: checksum }
  })
  if (!Number.isSafeInteger(createdAt) || !Number.isSafeInteger(sequence)) throw new Error('it has no date')
  return { createdAt: createdAt as number, sequence: sequence as number, state, tables }
}

function isUint32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff
}

/** The backup of this id, or the newest one. Throws when it is damaged or not there. */
export function chooseBackup(place: Place, id: number | undefined): StoredBackup {
  const { backups } = readBackups(place)
  const found = id === undefined ? backups.at(-1) : backups.find((backup) => backup.id === id)
  if (found?.stored !== undefined) return found.stored
  const whole = backups.flatMap(({ id, stored }) => (stored === undefined ? [] : [id]))
  const others = whole.length === 0 ? '' : ` Whole ones are: ${whole.join(', ')}; choose one with id.`
  if (found?.damage !== undefined) {
    const { code, context, message } = found.damage
    throw new BurrowError(code, `${message.replace(/\.*$/, '.')}${others}`, { context, cause: found.damage })
  }
  if (id === undefined) throw noBackups(place.directory)
  throw new BurrowError('BURROW_NOT_FOUND', `there is no backup ${id} in ${place.directory}.${others}`, {
    context: { file: place.directory },
  })
}

function noBackups(directory: string): BurrowError {
  return new BurrowError(
    'BURROW_NOT_FOUND',
    `there are no backups in ${directory}; check the path, or make one with db.backup()`,
    { context: { file: directory } },
  )
}

/** Refuses a directory that backups would spoil. */
export function checkBackupDirectory({ env, directory }: Place): void {
  if (!env.exists(directory)) return
  const context = { operation: 'backup', file: directory }
  if (!env.isDirectory(directory)) {
    throw invalidArgument(`${directory} is a file; backups go to a directory`, context)
  }
  if (databaseExists(env, directory)) {
    throw invalidArgument(`${directory} is a database; backups need a directory of their own`, context)
  }
}
