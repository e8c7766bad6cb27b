import { BurrowError, damageAdvice, isBurrowError } from '../base/errors.ts'
import { type FileKind, type LogContents, type NativeEnv, native } from '../native.ts'
import { currentName, fileName, lostName, parseFileName } from './file-names.ts'
import type { TableMeta } from './table-meta.ts'
import { decodeVersionEdit } from './version-edit.ts'
import { ManifestReplay, type ManifestState } from './version-set.ts'

/** What stands in a database directory, read without changing anything. */
export interface FoundDatabase {
  readonly state: ManifestState
  /** File number of the manifest that CURRENT names. */
  readonly manifest: number
  /** Bytes of a torn tail of the manifest; the edits before it are whole. */
  readonly manifestBytesCut: number
  /** Where its last whole edit ends. */
  readonly manifestEnd: number
  /** Files that no edit names. */
  readonly orphans: readonly { readonly name: string; readonly kind: FileKind; readonly number: number }[]
  /** Above every number that the manifest or a file has. */
  readonly nextFileNumber: number
}

const largestCurrent = 64

/**
 * Reads the database in `directory`: CURRENT, its manifest, and whether every file that it names is there. Undefined
 * when there is none: no CURRENT and no table or log. Throws BURROW_CORRUPTION, naming file and reason, for damage.
 */
export function findDatabase(env: NativeEnv, directory: string): FoundDatabase | undefined {
  const found = readState(env, directory)
  if (found === undefined) return undefined
  const { file, offset, problem } = fileProblems(env, directory, found.state).next().value ?? {}
  if (problem !== undefined) throw damage(problem, file!, offset)
  checkUnnamedLogs(env, directory, found)
  return found
}

/** Like findDatabase, for tools: tables and logs that the manifest names may be missing or have another size. */
export function readState(env: NativeEnv, directory: string): FoundDatabase | undefined {
  const names = env.exists(directory) ? env.list(directory) : []
  const files = names.flatMap((name) => {
    const parsed = parseFileName(name)
    return parsed === undefined ? [] : [{ name, ...parsed }]
  })
  if (!names.includes(currentName)) {
    // A manifest alone is what a crash while creating leaves.
    const data = files.find(({ kind }) => kind === 'table' || kind === 'wal')
    if (data === undefined) return undefined
    throw damage(`${directory} has ${data.name} but no ${currentName}`, `${directory}/${currentName}`)
  }
  const manifest = readCurrent(env, directory)
  const { bytesCut, end, state } = readManifestState(env, directory, manifest)
  const live = new Set([
    fileName('manifest', manifest),
    ...state.wals.map((number) => fileName('wal', number)),
    ...[...state.version.all()].map(({ table }) => fileName('table', table.number)),
  ])
  const orphans = files.flatMap(({ name, kind, number }) =>
    kind === 'current' || kind === 'lock' || kind === 'lost' || live.has(name)
      ? []
      : [{ name, kind, number }],
  )
  const highest = Math.max(0, ...files.map(({ number }) => number))
  return {
    state,
    manifest,
    manifestBytesCut: bytesCut,
    manifestEnd: end,
    orphans,
    nextFileNumber: Math.max(state.nextFileNumber, highest + 1),
  }
}

/** What a manifest says, named by CURRENT or not, where it ends, and the bytes of its torn tail. Throws like findDatabase. */
export function readManifestState(
  env: NativeEnv,
  directory: string,
  number: number,
): { readonly state: ManifestState; readonly end: number; readonly bytesCut: number } {
  const log = readManifest(env, directory, number)
  const state = replay(log, `${directory}/${fileName('manifest', number)}`)
  return { state, end: log.endOffset, bytesCut: log.end === 'torn' ? log.fileSize - log.endOffset : 0 }
}

/** True when there is a database, sound or damaged. */
export function databaseExists(env: NativeEnv, directory: string): boolean {
  if (!env.exists(directory) || !env.isDirectory(directory)) return false
  return env.list(directory).some((name) => {
    const kind = parseFileName(name)?.kind
    return kind === 'current' || kind === 'table' || kind === 'wal'
  })
}

/** Deletes the files of a database and, if nothing else is there, the directory. Never touches a file it does not know. */
export function destroyFiles(env: NativeEnv, directory: string): void {
  const known = env.list(directory).filter((name) => parseFileName(name) !== undefined)
  // CURRENT goes first: what is left after a crash then is no database that could be opened by mistake.
  const rank = (name: string) => (name === currentName ? 0 : 1)
  for (const name of known.sort((a, b) => rank(a) - rank(b))) {
    if (name !== lostName) {
      env.remove(`${directory}/${name}`)
      continue
    }
    for (const lost of env.list(`${directory}/${lostName}`)) env.remove(`${directory}/${lostName}/${lost}`)
    env.removeDir(`${directory}/${lostName}`)
  }
  if (env.list(directory).length === 0) env.removeDir(directory)
}

/** The number of the manifest that CURRENT names. Throws BURROW_CORRUPTION when it names none. */
export function readCurrent(env: NativeEnv, directory: string): number {
  const path = `${directory}/${currentName}`
  const text = env.readFile(path, largestCurrent).toString('latin1')
  const file = text.endsWith('\n') ? parseFileName(text.slice(0, -1)) : undefined
  if (file?.kind === 'manifest') return file.number
  const what = text === '' ? 'is empty' : `names ${JSON.stringify(text)}, which is no manifest`
  throw damage(`${path} ${what}`, path)
}

function readManifest(env: NativeEnv, directory: string, number: number): LogContents {
  const path = `${directory}/${fileName('manifest', number)}`
  if (!env.exists(path)) throw damage(`${path}, which ${currentName} names, is missing`, path)
  return native.readLog(env, path, 'manifest', number)
}

function replay(log: LogContents, file: string): ManifestState {
  const edits = new ManifestReplay()
  for (const { offset, payload } of log.records) {
    const edit = decodeVersionEdit(payload, { file, offset })
    withFile(file, offset, () => edits.apply(edit))
  }
  const state = withFile(file, log.endOffset, () => edits.finish())
  if (state.databaseId !== log.databaseId) {
    throw damage(`${file} belongs to database ${log.databaseId}, its records to ${state.databaseId}`, file)
  }
  return state
}

function withFile<T>(file: string, offset: number, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!isBurrowError(error)) throw error
    throw new BurrowError(error.code, `${file}: ${error.message}`, {
      context: { ...error.context, file, offset },
      cause: error,
    })
  }
}

/** A file that is not as the manifest says. */
export interface FileProblem {
  readonly file: string
  readonly problem: string
  readonly offset?: number
  readonly level?: number
  /** Undefined: a log. */
  readonly table?: TableMeta
  readonly missing: boolean
}

/** Tables that are missing or of another size than the manifest says, then logs that are missing. */
export function* fileProblems(
  env: NativeEnv,
  directory: string,
  { version, wals }: Pick<ManifestState, 'version' | 'wals'>,
): Generator<FileProblem, undefined> {
  const present = new Set(env.list(directory))
  for (const { level, table } of version.all()) {
    const name = fileName('table', table.number)
    const file = `${directory}/${name}`
    if (!present.has(name)) {
      yield { file, problem: `${file}, a table of L${level}, is missing`, level, table, missing: true }
      continue
    }
    const size = env.fileSize(file)
    if (size === table.size) continue
    const problem = `${file} is ${size} bytes long; the manifest says ${table.size}`
    yield { file, problem, offset: size, level, table, missing: false }
  }
  for (const wal of wals) {
    const name = fileName('wal', wal)
    const file = `${directory}/${name}`
    if (!present.has(name))
      yield { file, problem: `${file}, a log that the manifest names, is missing`, missing: true }
  }
  return undefined
}

/**
 * Throws BURROW_CORRUPTION when logs prove that the manifest had more edits once. A log is made after the manifest that
 * names it, one at a time, and nothing is written to it until it is named durably: a crash leaves at most one unnamed log
 * above the manifest's number, and no byte in it.
 */
export function checkUnnamedLogs(env: NativeEnv, directory: string, found: FoundDatabase): void {
  const { manifest, manifestEnd, orphans, state } = found
  const newest = Math.max(manifest, ...state.wals)
  const unnamed = orphans.filter(({ kind, number }) => kind === 'wal' && number > newest)
  const written = unnamed.find(({ name, number }) => {
    const path = `${directory}/${name}`
    const log = native.readLog(env, path, 'wal', number, state.databaseId, undefined, true)
    return log.records.length > 0 || ('end' in log && log.endOffset > 0)
  })
  if (written === undefined && unnamed.length < 2) return
  const proof =
    written === undefined
      ? unnamed.map(({ name }) => name).join(' and ')
      : `${written.name}, which has records`
  const file = `${directory}/${fileName('manifest', manifest)}`
  throw damage(
    `${file} ends at ${manifestEnd}, but had more edits once: it does not name ${proof}`,
    file,
    manifestEnd,
  )
}

function damage(problem: string, file: string, offset?: number): BurrowError {
  return new BurrowError('BURROW_CORRUPTION', `${problem}. Nothing was changed. ${damageAdvice}`, {
    context: { operation: 'open', file, ...(offset === undefined ? {} : { offset }) },
  })
}
