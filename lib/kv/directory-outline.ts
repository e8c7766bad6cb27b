import { setTimeout as sleep } from 'node:timers/promises'
import { damageAdvice, type ErrorCode, isBurrowError } from '../base/errors.ts'
import { fileName, parseFileName } from '../manifest/file-names.ts'
import { checkUnnamedLogs, readManifestState, readState } from '../manifest/recovery.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import { type FileKind, type NativeEnv, native } from '../native.ts'
import type { Place } from './open.ts'

/** One thing that is wrong with a file of a database. */
export interface VerifyProblem {
  /** Mostly BURROW_CORRUPTION; BURROW_IO for a file that cannot be read. */
  readonly code: ErrorCode
  /** Path. */
  readonly file: string
  /** Bytes from the start of the file, where it is known. */
  readonly offset?: number
  /** Of a table that the manifest names. */
  readonly level?: number
  /** What is wrong, file included. */
  readonly message: string
}

/** What a directory holds, as far as names and manifest tell. */
export interface DirectoryOutline {
  /** Undefined: no manifest can be read. */
  readonly state: ManifestState | undefined
  /** CURRENT or the manifest is damaged. */
  readonly problems: readonly VerifyProblem[]
  readonly tornManifest?: { readonly file: string; readonly offset: number; readonly bytes: number }
  /** Paths of database files that no edit names, and of files that are none of a database. */
  readonly unnamed: readonly string[]
  readonly foreign: readonly string[]
}

/** Reads CURRENT and the manifest; when CURRENT is of no use, the newest manifest, to learn as much as possible. */
export function readOutline({ directory, env }: Place): DirectoryOutline {
  const path = (name: string) => `${directory}/${name}`
  const names = env.list(directory)
  const foreign = names.filter((name) => parseFileName(name) === undefined).map(path)
  const problems: VerifyProblem[] = []
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      const problem = problemOf(error, directory)
      if (problems.every(({ message }) => message !== problem.message)) problems.push(problem)
      return undefined
    }
  }
  const found = attempt(() => readState(env, directory))
  if (found !== undefined) {
    attempt(() => checkUnnamedLogs(env, directory, found))
    const { manifest, manifestBytesCut: bytes, manifestEnd: offset, orphans, state } = found
    const torn = { file: path(fileName('manifest', manifest)), offset, bytes }
    const unnamed = orphans.map(({ name }) => path(name))
    return { state, problems, foreign, unnamed, ...(bytes === 0 ? {} : { tornManifest: torn }) }
  }
  const newest = fileNumbers(env, directory, 'manifest').at(-1)
  const state =
    newest === undefined ? undefined : attempt(() => readManifestState(env, directory, newest).state)
  return { state, problems, foreign, unnamed: [] }
}

/** The same, beside a running writer too. */
export function settledOutline(place: Place): Promise<DirectoryOutline> {
  return settle(
    () => readOutline(place),
    ({ problems, tornManifest }) => [...problems, ...(tornManifest === undefined ? [] : [tornManifest])],
  )
}

/** Beside a running writer, what is read may have changed before the rest is; so often it is read again. */
const attempts = 40

/**
 * Looks until nothing is wrong, or the same twice: what a writer was just about to change is not the same any more, since
 * a bad byte counts as damage only when what is behind it is durable already.
 */
export async function settle<T>(
  look: () => T | Promise<T>,
  wrong: (seen: T) => readonly object[],
): Promise<T> {
  let before: string | undefined
  for (let attempt = 1; ; attempt++) {
    const seen = await look()
    const now = wrong(seen)
    const text = JSON.stringify(now)
    if (now.length === 0 || text === before || attempt === attempts) return seen
    before = text
    await sleep(Math.min(attempt, 10))
  }
}

/** Numbers of the files of a kind that are there, ascending. */
export function fileNumbers(env: NativeEnv, directory: string, kind: FileKind): number[] {
  return env
    .list(directory)
    .flatMap((name) => parseFileName(name) ?? [])
    .flatMap((file) => (file.kind === kind ? file.number : []))
    .sort((a, b) => a - b)
}

/** Id of the database in a directory, from the manifest, or else from any table or manifest that says it. */
export function findDatabaseId(
  { directory, env }: Place,
  state: ManifestState | undefined,
): string | undefined {
  if (state !== undefined) return state.databaseId
  const path = (kind: FileKind, number: number) => `${directory}/${fileName(kind, number)}`
  const readers = [
    ...fileNumbers(env, directory, 'manifest').map((number) => () => {
      return native.readLog(env, path('manifest', number), 'manifest', number, undefined, undefined, true)
    }),
    ...fileNumbers(env, directory, 'table').map((number) => () => {
      return native.dumpTable(env, path('table', number), number, 0).info
    }),
  ]
  for (const read of readers) {
    try {
      const { databaseId } = read()
      if (!/^0*$/.test(databaseId)) return databaseId
    } catch (error) {
      if (!isBurrowError(error)) throw error
    }
  }
  return undefined
}

/** The error as a line of a report; `file` when it names none. */
export function problemOf(error: unknown, file: string): VerifyProblem {
  if (!isBurrowError(error)) throw error
  const { offset } = error.context
  return {
    code: error.code,
    file: error.context.file ?? file,
    ...(offset === undefined ? {} : { offset }),
    message: withoutAdvice(error.message),
  }
}

/** A report says once what to do, not with each problem. */
function withoutAdvice(message: string): string {
  const at = message.indexOf(damageAdvice)
  return at < 0 ? message : message.slice(0, at).replace(/[. ]*(Nothing was changed[. ]*)?$/, '')
}
