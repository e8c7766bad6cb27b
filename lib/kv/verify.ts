import { BurrowError } from '../base/errors.ts'
import { fileName } from '../manifest/file-names.ts'
import { databaseExists, readState } from '../manifest/recovery.ts'
import { encodeVersionEdit } from '../manifest/version-edit.ts'
import { type ManifestState, snapshotEdit } from '../manifest/version-set.ts'
import { type NativeEnv, native } from '../native.ts'
import { readOptions } from './call-options.ts'
import {
  checkSignal,
  forEachParallel,
  type LongCallOptions,
  readProgress,
  readSignal,
} from './cancellation.ts'
import type { ControlPlane } from './control-plane.ts'
import {
  fileNumbers,
  findDatabaseId,
  readOutline,
  settle,
  settledOutline,
  type VerifyProblem,
} from './directory-outline.ts'
import type { KeepAlive } from './keep-alive.ts'
import { type LogSurvey, logProblems, surveyLog } from './log-survey.ts'
import { locate, type OpenedFiles, type Place } from './open.ts'
import { reportProgress } from './progress.ts'
import type { RunJob } from './recover.ts'
import { type TableFile, verifyTable } from './verify-table.ts'
import { withWorkbench } from './workbench.ts'

/** How far `db.verify` has come. */
export interface VerifyProgress {
  /** Tables and logs. */
  readonly files: number
  readonly filesDone: number
  readonly bytes: number
  readonly bytesDone: number
}

export interface VerifyOptions extends LongCallOptions<VerifyProgress> {}

export interface VerifyReport {
  /** True when there is no problem. */
  readonly ok: boolean
  /** Tables and logs that were read. */
  readonly tables: number
  readonly logs: number
  /** Records of all versions in them. */
  readonly records: number
  /** Size of these files in bytes. */
  readonly bytes: number
  readonly problems: readonly VerifyProblem[]
  /** What is worth knowing and no damage: torn tails, which opening cuts; files that no edit names; tables left out. */
  readonly notes: readonly string[]
  readonly durationMs: number
}

const call = 'verify'
const optionNames = new Set(['signal', 'onProgress'] as const)

export function readVerifyOptions(options: unknown): VerifyOptions {
  const { onProgress, signal } = readOptions(options, optionNames, call)
  return { signal: readSignal(signal, call), onProgress: readProgress(onProgress, call) }
}

/** The files to verify, and who reads them. */
interface VerifySource {
  readonly place: Place
  readonly run: RunJob
  /** Tables that are read at the same time. */
  readonly parallel: number
  /** Set when this program writes the files. */
  readonly plane?: ControlPlane | undefined
  /** Only these tables, and no logs. */
  readonly tables?: readonly number[] | undefined
}

/** Verifies a database that is open. `ended` fires when it is closed, with the error for whoever still waits. */
export async function verifyDatabase(
  database: {
    readonly files: Pick<OpenedFiles, 'jobs' | 'options' | 'place'>
    readonly plane: ControlPlane | undefined
    readonly keepAlive: KeepAlive
    readonly ended: AbortSignal
  },
  { onProgress, signal }: VerifyOptions,
): Promise<VerifyReport> {
  const { ended, files, keepAlive, plane } = database
  const run: RunJob = (spec) =>
    new Promise((done, failed) => {
      files.jobs.submit(spec, (completion, error) => (error === undefined ? done(completion) : failed(error)))
    })
  // Threads that verify do not compact.
  const parallel = files.options.maxBackgroundJobs > 2 ? 2 : 1
  keepAlive.hold()
  try {
    const stop = signal === undefined ? ended : AbortSignal.any([signal, ended])
    return await verifyFiles({ place: files.place, run, parallel, plane }, { onProgress, signal: stop })
  } finally {
    keepAlive.release()
  }
}

/**
 * Verifies the files in a directory, of a database that is open elsewhere, closed, or too damaged to be opened. Changes
 * nothing and takes no lock. BURROW_NOT_FOUND when there is no database, or no such table.
 */
export async function verifyDirectory(
  path: string,
  options: VerifyOptions & { readonly tables?: readonly number[]; readonly env?: NativeEnv } = {},
): Promise<VerifyReport> {
  const { env, tables, ...rest } = options
  const place = locateDatabase(path, env)
  const { state } = await settledOutline(place)
  const databaseId = findDatabaseId(place, state) ?? native.randomDatabaseId()
  const threads = 2
  // Numbers are for outputs, and there are none.
  return await withWorkbench(place, { databaseId, nextFileNumber: 1, readOnly: true, threads }, ({ run }) =>
    verifyFiles({ place, run, parallel: threads, tables }, readVerifyOptions(rest)),
  )
}

/** Verifies only the logs: whether opening could replay them. */
export async function verifyLogs(
  path: string,
  env?: NativeEnv,
): Promise<{ readonly surveys: readonly LogSurvey[]; readonly problems: readonly VerifyProblem[] }> {
  const place = locateDatabase(path, env)
  const { problems, state } = await settledOutline(place)
  const databaseId = state?.databaseId ?? native.randomDatabaseId()
  const bench = { databaseId, nextFileNumber: 1, readOnly: true }
  const logs = await withWorkbench(place, bench, ({ run }) =>
    settle(
      () => readLogs(place, run, undefined, undefined),
      (seen) => seen.problems,
    ),
  )
  return { ...logs, problems: [...problems, ...logs.problems] }
}

function locateDatabase(path: string, env: NativeEnv | undefined): Place {
  const place = locate(path, env)
  if (databaseExists(place.env, place.directory)) return place
  throw new BurrowError('BURROW_NOT_FOUND', `there is no database in ${path}`, { context: { file: path } })
}

async function verifyFiles(
  source: VerifySource,
  { onProgress, signal }: VerifyOptions,
): Promise<VerifyReport> {
  checkSignal(signal, call)
  const began = performance.now()
  const { place, plane, run } = source
  const { directory, env } = place
  const outline = await settledOutline(place)
  const state = plane?.versions.state ?? outline.state
  const problems: VerifyProblem[] = [...outline.problems]
  const notes: string[] = []
  // In a database that is being written there are always files that are about to be named.
  if (plane === undefined) {
    const { tornManifest: torn, unnamed } = outline
    if (torn !== undefined) notes.push(tornTail(torn.file, torn.offset, torn.bytes))
    notes.push(...unnamed.map((file) => `${file} is named by no edit: left by a crash, or about to be used`))
  }
  notes.push(...outline.foreign.map((file) => `${file} is no file of a database and is left alone`))
  if (plane !== undefined) problems.push(...(await compareWithMemory(plane, place)))

  const tables = tablesOf(source, state).map((file) => ({
    ...file,
    size: file.table?.size ?? sizeOf(env, `${directory}/${fileName('table', file.number)}`),
  }))
  const wals = source.tables === undefined ? (state?.wals ?? fileNumbers(env, directory, 'wal')) : []
  const logBytes = wals.map((number) => sizeOf(env, `${directory}/${fileName('wal', number)}`))
  const files = tables.length + wals.length
  const bytes = [...tables.map(({ size }) => size), ...logBytes].reduce((sum, size) => sum + size, 0)
  const done = { filesDone: 0, bytesDone: 0 }
  const read = { tables: 0, logs: 0, records: 0, bytes: 0 }
  const reporter = reportProgress(onProgress)
  const progress = (size: number) => {
    done.filesDone++
    done.bytesDone += size
    reporter.check()
    reporter.tell({ files, bytes, ...done })
  }

  const isLive = async (number: number) => {
    const now = plane?.versions.state ?? (await settledOutline(place)).state
    return now === undefined || [...now.version.all()].some(({ table }) => table.number === number)
  }
  await forEachParallel(tables, source.parallel, async (file) => {
    checkSignal(signal, call)
    const { problem, records, replaced } = await unlessAborted(verifyTable(place, run, isLive, file), signal)
    if (problem !== undefined) problems.push(problem)
    if (replaced)
      notes.push(`table ${file.number} was replaced by a compaction before it was read to its end`)
    if (!replaced && problem === undefined) {
      read.tables++
      read.records += records
      read.bytes += file.size
    }
    progress(file.size)
  })

  const logs =
    wals.length === 0
      ? { surveys: [], problems: [] }
      : await settle(
          () => readLogs(place, run, plane?.versions.state, signal),
          (seen) => seen.problems,
        )
  problems.push(...logs.problems)
  for (const { bytes, end, endOffset, file, records, tornBytes } of logs.surveys) {
    if (end === 'missing') continue
    if (tornBytes > 0 && plane === undefined) notes.push(tornTail(file, endOffset, tornBytes))
    read.logs++
    read.records += records
    read.bytes += bytes
  }
  for (const size of logBytes) progress(size)
  await reporter.settled()
  return { ok: problems.length === 0, ...read, problems, notes, durationMs: performance.now() - began }
}

/** What an open database has in memory must be what its manifest says, once nothing waits to be written. */
async function compareWithMemory(plane: ControlPlane, { directory, env }: Place): Promise<VerifyProblem[]> {
  const written = () => plane.versions.pending === 0 && plane.manifest.idle
  do {
    try {
      await plane.until(written, () => (plane.healthy ? plane.manifest.error : plane.readOnlyError()))
    } catch {
      // Memory is ahead of a manifest that cannot be written; health says so.
      return []
    }
  } while (!written())
  // Counters run ahead of the manifest, which gets them with the next edit.
  const essence = (state: ManifestState) =>
    Buffer.from(encodeVersionEdit(snapshotEdit({ ...state, nextFileNumber: 1, lastSequence: 0 })))
  const file = `${directory}/${fileName('manifest', plane.manifest.current)}`
  let found: ReturnType<typeof readState>
  try {
    found = readState(env, directory)
  } catch {
    // Told already: it cannot be read.
    return []
  }
  const { current } = plane.manifest
  if (found?.manifest === current && essence(found.state).equals(essence(plane.versions.state))) return []
  return [{ code: 'BURROW_CORRUPTION', file, message: `${file} says something else than what is in memory` }]
}

/** The tables of the version; those that are there when nothing tells which those are. */
function tablesOf({ place, tables }: VerifySource, state: ManifestState | undefined): TableFile[] {
  const present = fileNumbers(place.env, place.directory, 'table')
  const live = [...(state?.version.all() ?? [])].map(({ level, table }) => ({
    number: table.number,
    level,
    table,
  }))
  if (tables === undefined) return state === undefined ? present.map((number) => ({ number })) : live
  return tables.map((number) => {
    const found = live.find((table) => table.number === number)
    if (found !== undefined) return found
    if (present.includes(number)) return { number }
    const file = `${place.directory}/${fileName('table', number)}`
    throw new BurrowError('BURROW_NOT_FOUND', `there is no table ${file}`, { context: { file } })
  })
}

/** Every log that the manifest names now, `known` or read; all that are there when it cannot be read. */
async function readLogs(
  place: Place,
  run: RunJob,
  known: ManifestState | undefined,
  signal: AbortSignal | undefined,
): Promise<{ surveys: LogSurvey[]; problems: VerifyProblem[] }> {
  const { directory, env } = place
  const state = known ?? readOutline(place).state
  const surveys: LogSurvey[] = []
  for (const number of state?.wals ?? fileNumbers(env, directory, 'wal')) {
    checkSignal(signal, call)
    surveys.push(await unlessAborted(surveyLog(place, run, number, state), signal))
  }
  return { surveys, problems: logProblems(surveys, state?.clean != null) }
}

function tornTail(file: string, offset: number, bytes: number): string {
  return `${file} has a torn tail of ${bytes} bytes at ${offset}, the trace of a crash: opening cuts it`
}

function sizeOf(env: NativeEnv, path: string): number {
  try {
    return env.fileSize(path)
  } catch {
    // Reading it will say what is wrong.
    return 0
  }
}

/** What `work` gives, or the abort when that comes first: a job of an open database ends in its own time. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      try {
        checkSignal(signal, call)
      } catch (error) {
        reject(error)
      }
    }
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
