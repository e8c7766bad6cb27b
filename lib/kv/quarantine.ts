import { BurrowError } from '../base/errors.ts'
import { fileName, lostName } from '../manifest/file-names.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { NativeEnv } from '../native.ts'
import { type ClosedDatabase, changeClosedDatabase, findClosedDatabase, replaceManifest } from './offline.ts'

export interface QuarantineOptions {
  /** Says what would be lost and changes nothing. */
  readonly dryRun?: boolean
  readonly env?: NativeEnv
}

/** What a database loses with a table. */
export interface QuarantineReport {
  readonly level: number
  readonly table: TableMeta
  /** Path of the file; null when it is missing. */
  readonly file: string | null
  /** Directory that it was moved to; null for a dry run and for a missing file. */
  readonly movedTo: string | null
}

/**
 * Takes a table out of the version, by a durable edit, and moves its file to lost/. The database must not be open and need
 * not be able to. Keys of the table fall back to what older tables have: also keys that were deleted in this one.
 * BURROW_NOT_FOUND when the version has no such table.
 */
export async function quarantineTable(
  path: string,
  number: number,
  { dryRun = false, env }: QuarantineOptions = {},
): Promise<QuarantineReport> {
  if (dryRun) return describe(findClosedDatabase(path, env), number)
  return await changeClosedDatabase(path, env, async (database, run) => {
    const { found, place } = database
    const report = describe(database, number)
    const version = found.state.version.apply({ deleted: [{ level: report.level, number }] })
    await replaceManifest(run, found, { ...found.state, version })
    // The old manifest goes along: it tells how things were.
    const names = [fileName('manifest', found.manifest)]
    if (report.file !== null) names.unshift(fileName('table', number))
    await run({ type: 'moveToLost', names })
    return { ...report, movedTo: report.file === null ? null : `${place.directory}/${lostName}` }
  })
}

function describe({ found, place: { directory, env } }: ClosedDatabase, number: number): QuarantineReport {
  const entry = [...found.state.version.all()].find(({ table }) => table.number === number)
  const file = `${directory}/${fileName('table', number)}`
  if (entry === undefined) {
    throw new BurrowError(
      'BURROW_NOT_FOUND',
      `table ${number} is not part of the database in ${directory}; \`burrow levels\` and \`burrow verify\` name those that are`,
      { context: { file } },
    )
  }
  return { ...entry, file: env.exists(file) ? file : null, movedTo: null }
}
