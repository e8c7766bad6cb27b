import { BurrowError } from '../base/errors.ts'
import { lockName } from '../manifest/file-names.ts'
import { checkUnnamedLogs, type FoundDatabase, readState } from '../manifest/recovery.ts'
import { encodeVersionEdit } from '../manifest/version-edit.ts'
import { type ManifestState, snapshotEdit } from '../manifest/version-set.ts'
import type { NativeEnv } from '../native.ts'
import { locate, type Place } from './open.ts'
import type { RunJob } from './recover.ts'
import { withWorkbench } from './workbench.ts'

/** A database that is not open: what its manifest says, its files perhaps missing or damaged. */
export interface ClosedDatabase {
  readonly place: Place
  readonly found: FoundDatabase
}

/** Throws BURROW_NOT_FOUND when there is no database, BURROW_CORRUPTION when its manifest cannot be trusted. */
export function findClosedDatabase(path: string, env: NativeEnv | undefined): ClosedDatabase {
  const place = locate(path, env)
  const found = readState(place.env, place.directory)
  if (found === undefined) {
    throw new BurrowError('BURROW_NOT_FOUND', `there is no database in ${path}`, { context: { file: path } })
  }
  checkUnnamedLogs(place.env, place.directory, found)
  return { place, found }
}

/** Runs `work` with the database's lock. BURROW_LOCKED when it is open. */
export async function changeClosedDatabase<T>(
  path: string,
  env: NativeEnv | undefined,
  work: (database: ClosedDatabase, run: RunJob) => Promise<T>,
): Promise<T> {
  // Taking the lock makes a file: not where there is no database.
  const { place } = findClosedDatabase(path, env)
  const lock = place.env.lock(`${place.directory}/${lockName}`)
  try {
    const database = findClosedDatabase(path, place.env)
    const { nextFileNumber, state } = database.found
    const bench = { databaseId: state.databaseId, nextFileNumber, readOnly: false }
    return await withWorkbench(place, bench, ({ run }) => work(database, run))
  } finally {
    lock.release()
  }
}

/**
 * Begins a manifest that says `state`, which it makes the current one, durably. It says as well that files which no edit
 * names are to be kept: whoever runs this has just taken some out, and a crash may come before they are in lost/.
 */
export async function replaceManifest(
  run: RunJob,
  found: FoundDatabase,
  state: ManifestState,
): Promise<void> {
  const number = found.nextFileNumber
  const begun = { ...state, nextFileNumber: number + 1, keepUnnamed: true }
  const records = [encodeVersionEdit(snapshotEdit(begun))]
  if (state.clean !== null) records.push(encodeVersionEdit({ clean: state.clean }))
  await run({ type: 'manifestCreate', number, records })
}
