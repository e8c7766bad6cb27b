import { BurrowError, invalidArgument, isBurrowError } from '../base/errors.ts'
import { fileName, lostName } from '../manifest/file-names.ts'
import { databaseExists } from '../manifest/recovery.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import { type NativeEnv, native } from '../native.ts'
import { fileNumbers, settledOutline } from './directory-outline.ts'
import { type LogBoundaries, readBoundaries } from './log-boundaries.ts'
import { type LogSurvey, surveyLog } from './log-survey.ts'
import { type ClosedDatabase, changeClosedDatabase, findClosedDatabase, replaceManifest } from './offline.ts'
import { locate, type Place } from './open.ts'
import type { RunJob } from './recover.ts'
import { withWorkbench } from './workbench.ts'

/** A log, and whether the manifest names it: opening replays those, and deletes others. */
export interface ListedLog extends LogSurvey {
  readonly named: boolean
  /** Of a damaged log: the last offset at which it can be cut in front of the damage; null otherwise, or when at none. */
  readonly cutAt: number | null
}

/** The logs of a directory, ascending; those that the manifest names and that are missing, too. */
export async function listLogs(path: string, env?: NativeEnv): Promise<readonly ListedLog[]> {
  return await withLogs(path, env, ({ logs }) => logs)
}

/** Runs `work` with the logs of a directory and a workbench that changes nothing. */
async function withLogs<T>(
  path: string,
  env: NativeEnv | undefined,
  work: (found: { logs: readonly ListedLog[]; run: RunJob }) => Promise<T> | T,
): Promise<T> {
  const place = locate(path, env)
  const { directory } = place
  if (!databaseExists(place.env, directory)) {
    throw new BurrowError('BURROW_NOT_FOUND', `there is no database in ${path}`, { context: { file: path } })
  }
  const { state } = await settledOutline(place)
  const named = new Set(state?.wals)
  const numbers = [...new Set([...named, ...fileNumbers(place.env, directory, 'wal')])].sort((a, b) => a - b)
  return await withReader(place, state, async (run) => {
    const logs: ListedLog[] = []
    for (const number of numbers) {
      const log = await surveyLog(place, run, number, state)
      const cutAt = log.end === 'damaged' ? lastBoundary(place, number) : null
      logs.push({ ...log, named: named.has(number), cutAt })
    }
    return await work({ logs, run })
  })
}

function lastBoundary(place: Place, number: number): number | null {
  try {
    return readBoundaries(place, number).end || null
  } catch (error) {
    if (isBurrowError(error)) return null
    throw error
  }
}

function withReader<T>(
  place: Place,
  state: ManifestState | undefined,
  work: (run: RunJob) => Promise<T>,
): Promise<T> {
  const databaseId = state?.databaseId ?? native.randomDatabaseId()
  return withWorkbench(place, { databaseId, nextFileNumber: 1, readOnly: true }, ({ run }) => work(run))
}

export interface ReplayEstimate {
  /** Logs that opening would replay now. */
  readonly logs: number
  readonly records: number
  /** Bytes of their records. */
  readonly bytes: number
  /** 0 when there is nothing to replay; null when there is, but no log is whole that could be measured. */
  readonly seconds: number | null
  /** The log that was replayed, into memory only, to see how long it takes; null: none. */
  readonly measured: { readonly file: string; readonly records: number; readonly seconds: number } | null
}

/** How long opening would take to replay the logs: replays the smallest of them, and multiplies by records. */
export async function estimateReplay(path: string, env?: NativeEnv): Promise<ReplayEstimate> {
  return await withLogs(path, env, async ({ logs: all, run }) => {
    const logs = all.filter(({ end, named }) => named && end !== 'missing')
    const records = logs.reduce((sum, log) => sum + log.records, 0)
    const bytes = logs.reduce((sum, log) => sum + log.endOffset, 0)
    const total = { logs: logs.length, records, bytes }
    if (records === 0) return { ...total, seconds: 0, measured: null }
    const [sample] = logs
      .filter((log) => log.records > 0 && log.end !== 'damaged')
      .sort((a, b) => a.records - b.records)
    if (sample === undefined) return { ...total, seconds: null, measured: null }
    const { micros, records: replayed = sample.records } = await run({
      type: 'replayWal',
      number: sample.number,
    })
    const seconds = micros / 1e6
    const measured = { file: sample.file, records: replayed, seconds }
    return { ...total, seconds: (seconds * records) / replayed, measured }
  })
}

export interface TruncateOptions {
  /** Says what would be lost and changes nothing. */
  readonly dryRun?: boolean
  readonly env?: NativeEnv
}

/** What a cut takes away. */
export interface TruncateReport {
  readonly file: string
  readonly offset: number
  /** Bytes of the file behind the cut, what was allocated ahead included. */
  readonly bytesCut: number
  /** Sequence number of the last write that stays in this log; null: none does. */
  readonly lastKept: number | null
  /** Writes behind the cut that can be read: opening with `recovery: 'salvage'`, or repair, would save them. */
  readonly recordsCut: number
  /** The first write of a later log; every number between is lost, as far as it was used. null: no later log has any. */
  readonly nextSequence: number | null
  /** Where the uncut file was copied to; null for a dry run. */
  readonly copy: string | null
}

/**
 * Cuts a log, damaged or not, behind a whole record, and seals it there, so that the database opens again and later logs
 * count. The whole file is copied to lost/ first. The database must not be open. BURROW_INVALID_ARGUMENT, which says where
 * it can be cut, for an offset within a record.
 */
export async function truncateLog(
  path: string,
  number: number,
  offset: number,
  { dryRun = false, env }: TruncateOptions = {},
): Promise<TruncateReport> {
  if (dryRun) {
    const database = findClosedDatabase(path, env)
    const { found, place } = database
    return await withReader(place, found.state, (run) => planCut(database, run, number, offset))
  }
  return await changeClosedDatabase(path, env, async (database, run) => {
    const { found, place } = database
    const report = await planCut(database, run, number, offset)
    const copy = await keepCopy(place, fileName('wal', number), (from, to) =>
      run({ type: 'copyFile', from, to }),
    )
    // A clean close has noted the length that this log will not have any more.
    if (found.state.clean?.wal === number) {
      await replaceManifest(run, found, { ...found.state, clean: null })
      await run({ type: 'moveToLost', names: [fileName('manifest', found.manifest)] })
    }
    await run({ type: 'sealWal', number, endOffset: offset })
    return { ...report, copy }
  })
}

/** Copies a file into lost/, durably, under a name that is free there. */
async function keepCopy(
  { directory, env }: Place,
  name: string,
  copy: (from: string, to: string) => Promise<unknown>,
): Promise<string> {
  const lost = `${directory}/${lostName}`
  env.createDirs(lost)
  env.syncDir(directory)
  let to = `${lost}/${name}`
  for (let i = 1; env.exists(to); i++) to = `${lost}/${name}.${i}`
  await copy(`${directory}/${name}`, to)
  env.syncDir(lost)
  return to
}

async function planCut(
  { found: { state }, place }: ClosedDatabase,
  run: RunJob,
  number: number,
  offset: number,
): Promise<TruncateReport> {
  const { bytes, end, file, records } = await surveyLog(place, run, number, state)
  if (end === 'missing' || !state.wals.includes(number)) {
    throw new BurrowError('BURROW_NOT_FOUND', `${file} is no log that the manifest names and that is there`, {
      context: { file },
    })
  }
  const boundaries = readBoundaries(place, number)
  checkBoundary(file, boundaries, offset)
  const kept = boundaries.records.filter((record) => record.offset < offset)
  let nextSequence: number | null = null
  for (const later of state.wals) {
    if (later > number) nextSequence ??= (await surveyLog(place, run, later, state)).firstSequence
  }
  return {
    file,
    offset,
    bytesCut: bytes - offset,
    lastKept: kept.at(-1)?.lastSequence ?? null,
    recordsCut: records - kept.reduce((sum, record) => sum + record.writes, 0),
    nextSequence,
    copy: null,
  }
}

function checkBoundary(file: string, { end, records }: LogBoundaries, offset: number): void {
  if (end === 0) {
    const problem = `${file} has no header that can be read and cannot be cut; \`burrow repair\` saves what is behind`
    throw new BurrowError('BURROW_CORRUPTION', problem, { context: { file, offset: 0 } })
  }
  const boundaries = [...records.map((record) => record.offset), end]
  if (boundaries.includes(offset)) return
  const before = boundaries.findLast((boundary) => boundary < offset)
  const after = boundaries.find((boundary) => boundary > offset)
  const near = [before, after].filter((boundary) => boundary !== undefined).join(' or ')
  throw invalidArgument(`no record of ${file} begins or ends at ${offset}; it can be cut at ${near}`, {
    file,
    offset,
  })
}
