import { dirname, resolve } from 'node:path'
import { BurrowError, invalidArgument, isBurrowError } from '../base/errors.ts'
import { EventBus } from '../base/event-bus.ts'
import { openLog } from '../base/log-environment.ts'
import type { LogSource } from '../base/logger.ts'
import { type DatabaseOptions, type ResolvedOptions, validateOptions } from '../base/options.ts'
import { deltaOf } from '../compaction/background.ts'
import { lockName } from '../manifest/file-names.ts'
import { JobTable } from '../manifest/job-table.ts'
import { databaseExists, type FoundDatabase, findDatabase } from '../manifest/recovery.ts'
import { newManifestState } from '../manifest/version-set.ts'
import { type NativeEngine, type NativeEnv, type NativeLock, native } from '../native.ts'
import { describeValue } from '../util/describe-value.ts'
import { announceOpening } from './opened.ts'
import { pinTables } from './pin-tables.ts'
import { type RecoveryReport, type ReplayedLogs, replayLogs } from './recover.ts'

export const memoryPath = ':memory:'
const memoryDirectory = '/burrow'
/** A read-only open beside a running writer starts over when files change under it; until nothing changes any more. */
const readOnlyAttempts = 40
const attemptsWithoutChange = 5

/** Where a database is, after the checks that touch nothing. */
export interface Place {
  readonly env: NativeEnv
  readonly directory: string
}

/** A database that is read and replayed; nothing was written yet, apart from directory and lock. */
export interface OpenedFiles {
  readonly place: Place
  readonly path: string
  readonly options: ResolvedOptions
  readonly events: EventBus
  readonly log: LogSource
  readonly engine: NativeEngine
  readonly jobs: JobTable
  readonly lock: NativeLock | undefined
  readonly found: FoundDatabase
  readonly replayed: ReplayedLogs
  readonly report: RecoveryReport
  /** Set what is called on the event loop after background progress. */
  onProgress(pump: () => void): void
}

export function locate(path: unknown, env: unknown): Place {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw invalidArgument(`the path of a database must be a non-empty string, got ${describeValue(path)}`, {
      operation: 'open',
      value: path,
    })
  }
  if (env !== undefined && !isEnv(env)) {
    const allowed = 'what the native test support makes'
    throw invalidArgument(`option 'env' is ${describeValue(env)}; it must be ${allowed}`, {
      option: 'env',
      value: env,
      allowed,
    })
  }
  if (path === memoryPath) return { env: env ?? native.memoryEnv(), directory: memoryDirectory }
  return env === undefined ? { env: native.posixEnv(), directory: resolve(path) } : { env, directory: path }
}

/** Like `locate`, for what stands in a file system that somebody can reach. */
export function locateFiles(path: unknown, env: unknown): Place {
  const place = locate(path, env)
  if (path !== memoryPath || env !== undefined) return place
  throw new BurrowError('BURROW_UNSUPPORTED', `'${memoryPath}' has no files; name a directory`, {
    context: { feature: `files of ${memoryPath}` },
  })
}

function isEnv(env: unknown): env is NativeEnv {
  const { isDirectory, list, lock } = (env ?? {}) as Partial<NativeEnv>
  return [isDirectory, list, lock].every((method) => typeof method === 'function')
}

/** Opens what is in the directory up to the point where background work can begin. On failure everything is let go. */
export async function openFiles(path: string, user: DatabaseOptions | undefined): Promise<OpenedFiles> {
  const options = validateOptions(user)
  checkCodecs(options)
  const place = locate(path, options.env)
  checkDirectory(place, path, options)
  const log = openLog(options)
  const events = new EventBus({ logger: log.component('events') })
  if (options.onEvent !== undefined) events.onAny(options.onEvent)
  const opening = { place, path, options, events, log }
  announceOpening(opening)
  if (options.readOnly) return await recovering(opening, () => openReadOnly(opening))
  makeDirectory(place)
  const lock = place.env.lock(`${place.directory}/${lockName}`)
  try {
    return await recovering(opening, () => readFiles(opening, lock, options.recovery === 'salvage'))
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Tells of the begin of recovery, and of its end when it fails; when it does not, it goes on until background work begins. */
async function recovering<T>(opening: Opening, work: () => Promise<T>): Promise<T> {
  const { events, path } = opening
  const began = performance.now()
  events.emit('recovery', { phase: 'begin', jobId: 0, path })
  try {
    return await work()
  } catch (error) {
    emitRecoveryFailure(opening, began, error)
    throw error
  }
}

/** The sequence number of the last write that reads see. REQUIRES: the engine is open. */
export function visibleSequence({ engine, options, replayed }: OpenedFiles): number {
  return options.readOnly ? replayed.lastSequence : engine.visibleSequence()
}

type Told = Pick<Opening, 'events' | 'path'>

/** The end of a recovery. It is delivered at once: who listens from then on is not told of opening. */
export function emitRecovered({ events, path }: Told, report: RecoveryReport): void {
  const { bytesCut, durationMs, filesMoved, lastSequence, records, skipped, walsReplayed } = report
  const found = { walsReplayed, records, bytesCut, skipped, filesMoved, lastSequence }
  events.emit('recovery', { phase: 'end', jobId: 0, durationMs, path, ...found })
  events.deliver()
}

/** The end of a recovery that began at `began` and failed: there is nothing to tell but why. */
export function emitRecoveryFailure({ events, path }: Told, began: number, cause: unknown): void {
  const error =
    cause instanceof BurrowError
      ? cause
      : new BurrowError('BURROW_INTERNAL', `opening failed: ${String(cause)}`, { cause })
  const durationMs = performance.now() - began
  const found = { walsReplayed: 0, records: 0, bytesCut: 0, skipped: [], filesMoved: [], lastSequence: 0 }
  events.emit('recovery', { phase: 'end', jobId: 0, durationMs, error, path, ...found })
}

/** Creates the directory with its parents, durably: what is synced inside is of no use if a power cut takes its name away. */
export function makeDirectory({ env, directory }: Place): void {
  const parents: string[] = []
  for (let path = directory; !env.exists(path) && path !== dirname(path); path = dirname(path)) {
    parents.push(dirname(path))
  }
  if (parents.length === 0) return
  env.createDirs(directory)
  for (const parent of parents.reverse()) env.syncDir(parent)
}

type Opening = Pick<OpenedFiles, 'place' | 'path' | 'options' | 'events' | 'log'>

async function openReadOnly(opening: Opening): Promise<OpenedFiles> {
  const { options } = opening
  const salvage = options.recovery === 'salvage'
  let before = ''
  let unchanged = 0
  for (let attempt = 1; ; attempt++) {
    try {
      return await readFiles(opening, undefined, false)
    } catch (error) {
      // The writer may have deleted a file, or begun another manifest, since we read its name.
      const moved = isBurrowError(error) && ['BURROW_IO', 'BURROW_CORRUPTION'].includes(error.code)
      if (!moved) throw error
      unchanged = error.message === before ? unchanged + 1 : 1
      before = error.message
      if (attempt === readOnlyAttempts || unchanged === attemptsWithoutChange) {
        // Only now: what a writer was about to finish would pass for damage.
        if (salvage) return await readFiles(opening, undefined, true)
        throw error
      }
      await new Promise((done) => setTimeout(done, Math.min(attempt, 10)))
    }
  }
}

async function readFiles(
  opening: Opening,
  lock: NativeLock | undefined,
  salvage: boolean,
): Promise<OpenedFiles> {
  const { options, path, place } = opening
  const began = performance.now()
  const existing = findDatabase(place.env, place.directory)
  if (existing === undefined && lock === undefined) throw notFound(path)
  const found = existing ?? emptyDatabase()
  let pump = () => {}
  const engine = native.openEngine(
    place.env,
    engineConfig(place, options, found, () => pump()),
  )
  const jobs = new JobTable(engine)
  pump = () => jobs.complete()
  try {
    engine.ref()
    engine.install(deltaOf({ added: [...found.state.version.all()] }, 0))
    if (options.readOnly) pinTables(engine, place, found.state.version, options.maxOpenFiles)
    const replayed = await replayLogs({
      engine,
      directory: place.directory,
      state: found.state,
      salvage,
      run: (spec) =>
        new Promise((done, failed) => {
          jobs.submit(spec, (completion, error) => (error === undefined ? done(completion) : failed(error)))
        }),
    })
    engine.unref()
    const report: RecoveryReport = {
      created: existing === undefined,
      clean: found.state.clean !== null,
      walsReplayed: replayed.walsReplayed,
      records: replayed.records,
      bytesCut: replayed.bytesCut + found.manifestBytesCut,
      skipped: replayed.skipped,
      filesMoved: [],
      lastSequence: replayed.lastSequence,
      durationMs: performance.now() - began,
    }
    const onProgress = (next: () => void) => {
      pump = next
    }
    return { ...opening, engine, jobs, lock, found, replayed, report, onProgress }
  } catch (error) {
    engine.close()
    throw error
  }
}

function engineConfig(place: Place, options: ResolvedOptions, found: FoundDatabase, onProgress: () => void) {
  return {
    directory: place.directory,
    databaseId: found.state.databaseId,
    memtableSize: options.memtableSize,
    blockCacheSize: options.blockCacheSize,
    maxOpenFiles: options.maxOpenFiles,
    jobThreads: options.maxBackgroundJobs,
    readThreads: options.readThreads,
    compactionBytesPerSecond: options.compactionBytesPerSecond,
    maxOpenScans: options.maxOpenIterators,
    statistics: options.statistics,
    readOnly: options.readOnly,
    nextFileNumber: found.nextFileNumber,
    onProgress,
  }
}

function emptyDatabase(): FoundDatabase {
  return {
    state: newManifestState(native.randomDatabaseId()),
    manifest: 0,
    manifestBytesCut: 0,
    manifestEnd: 0,
    orphans: [],
    nextFileNumber: 1,
  }
}

function checkCodecs(options: ResolvedOptions): void {
  const missing = options.compression.find((codec) => !native.codecs.includes(codec))
  if (missing === undefined) return
  const allowed = native.codecs.map((codec) => `'${codec}'`).join(', ')
  throw new BurrowError(
    'BURROW_UNSUPPORTED',
    `option 'compression' names '${missing}', which this build does not have; it has ${allowed}`,
    { context: { operation: 'open', option: 'compression', value: missing, allowed, feature: missing } },
  )
}

/** Everything that can be refused before anything is made. */
function checkDirectory({ env, directory }: Place, path: string, options: ResolvedOptions): void {
  const present = env.exists(directory)
  if (present && !env.isDirectory(directory)) {
    throw invalidArgument(`${path} is a file; a database is a directory`, { operation: 'open', file: path })
  }
  const mustExist = options.readOnly || !options.createIfMissing
  if (mustExist && !databaseExists(env, directory)) throw notFound(path)
  if (options.errorIfExists && databaseExists(env, directory)) {
    throw new BurrowError('BURROW_EXISTS', `${path} has a database already; open it without errorIfExists`, {
      context: { operation: 'open', file: path },
    })
  }
}

function notFound(path: string): BurrowError {
  return new BurrowError(
    'BURROW_NOT_FOUND',
    `there is no database in ${path}; open it with createIfMissing to make one`,
    {
      context: { operation: 'open', file: path },
    },
  )
}
