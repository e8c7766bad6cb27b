import { BurrowError, invalidArgument } from '../base/errors.ts'
import { fileName, lostName } from '../manifest/file-names.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import type { NativeEnv } from '../native.ts'
import { fileNumbers, settledOutline } from './directory-outline.ts'
import { type BatchHead, type LogSurvey, surveyBatches, surveyLog } from './log-survey.ts'
import { type ClosedDatabase, changeClosedDatabase, findClosedDatabase, replaceManifest } from './offline.ts'
import { locate, type Place } from './open.ts'
import { withWorkbench } from './workbench.ts'

/** A log, and whether the manifest names it: opening replays those, and deletes others. */
export interface ListedLog extends LogSurvey {
  readonly named: boolean
}

/** The logs of a directory, ascending; those that the manifest names and that are missing, too. */
export async function listLogs(
  place: Place,
): Promise<{ readonly logs: readonly ListedLog[]; readonly state: ManifestState | undefined }> {
  const { directory, env } = place
  if (!env.exists(directory) || !env.isDirectory(directory)) {
    throw new BurrowError('BURROW_NOT_FOUND', `there is no directory ${directory}`, {
      context: { file: directory },
    })
  }
  const { state } = await settledOutline(place)
  const named = new Set(state?.wals)
  const numbers = [...new Set([...named, ...fileNumbers(env, directory, 'wal')])].sort((a, b) => a - b)
  const logs = numbers.map((number) => ({
    ...surveyLog(env, directory, number, state),
    named: named.has(number),
  }))
  return { logs, state }
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
  const place = locate(path, env)
  const { logs: all, state } = await listLogs(place)
  const logs = all.filter(({ end, named }) => named && end !== 'missing')
  const records = logs.reduce((sum, log) => sum + log.records, 0)
  const total = { logs: logs.length, records, bytes: logs.reduce((sum, log) => sum + log.endOffset, 0) }
  if (records === 0) return { ...total, seconds: 0, measured: null }
  const [sample] = logs
    .filter((log) => log.records > 0 && log.end !== 'damaged')
    .sort((a, b) => a.records - b.records)
  if (sample === undefined || state === undefined) return { ...total, seconds: null, measured: null }
  const bench = { databaseId: state.databaseId, nextFileNumber: 1, readOnly: true }
  const { micros, records: replayed = 0 } = await withWorkbench(place, bench, ({ run }) =>
    run({ type: 'replayWal', number: sample.number }),
  )
  const seconds = micros / 1e6
  const measured = { file: sample.file, records: replayed, seconds }
  return { ...total, seconds: (seconds * records) / Math.max(1, replayed), measured }
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
  /** Whole writes behind the cut that could be read: those before the first damage. */
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
  if (dryRun) return planCut(findClosedDatabase(path, env), number, offset)
  return await changeClosedDatabase(path, env, async (database, run) => {
    const { found, place } = database
    const report = planCut(database, number, offset)
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

function planCut({ found, place }: ClosedDatabase, number: number, offset: number): TruncateReport {
  const { directory, env } = place
  const { state } = found
  const { batches, survey } = surveyBatches(env, directory, number, state)
  const { bytes, end, file } = survey
  if (end === 'missing' || !state.wals.includes(number)) {
    throw new BurrowError('BURROW_NOT_FOUND', `${file} is no log that the manifest names and that is there`, {
      context: { file },
    })
  }
  checkBoundary(survey, batches, offset)
  const writes = batches.filter(({ records }) => records > 0)
  const kept = writes.findLast((batch) => batch.offset < offset)
  const cut = writes.filter((batch) => batch.offset >= offset)
  const later = state.wals.filter((wal) => wal > number)
  const next = later.map((wal) => surveyLog(env, directory, wal, state).firstSequence)
  return {
    file,
    offset,
    bytesCut: bytes - offset,
    lastKept: kept === undefined ? null : kept.firstSequence + kept.records - 1,
    recordsCut: cut.reduce((sum, { records }) => sum + records, 0),
    nextSequence: next.find((sequence) => sequence !== undefined) ?? null,
    copy: null,
  }
}

function checkBoundary(
  { damage, file, wholeEnd }: LogSurvey,
  batches: readonly BatchHead[],
  offset: number,
): void {
  if (wholeEnd === 0) {
    throw new BurrowError(
      'BURROW_CORRUPTION',
      `${file} has no whole header and cannot be cut: ${damage?.message ?? 'it is empty'}`,
      { context: { file, offset: 0 } },
    )
  }
  const boundaries = [...batches.map((batch) => batch.offset), wholeEnd]
  if (boundaries.includes(offset)) return
  const before = boundaries.findLast((boundary) => boundary < offset)
  const after = boundaries.find((boundary) => boundary > offset)
  const near = [before, after].filter((boundary) => boundary !== undefined).join(' or ')
  throw invalidArgument(`no record of ${file} begins or ends at ${offset}; it can be cut at ${near}`, {
    file,
    offset,
  })
}
