import { BurrowError, fromNative, isBurrowError } from '../base/errors.ts'
import { type DamagedLog, type LogContents, type NativeEnv, native } from '../native.ts'
import { fileName } from './file-names.ts'
import { decodeVersionEdit, type VersionEdit } from './version-edit.ts'
import { ManifestReplay, type ManifestState } from './version-set.ts'

/** A manifest as far as it can be read. */
export interface ManifestRemains {
  /** What its edits up to the damage say; undefined when not even the first one can be read. */
  readonly state: ManifestState | undefined
  /** Tables that these edits took out of the database again. */
  readonly droppedTables: ReadonlySet<number>
  /** Where the last edit that counts ends. */
  readonly end: number
  readonly torn: boolean
  /** Why it could not be read to its end. */
  readonly damage: BurrowError | undefined
}

/** Reads a manifest up to its damage. Throws only for what is not damage: an I/O error may be gone the next time. */
export function readManifestRemains(env: NativeEnv, directory: string, number: number): ManifestRemains {
  const file = `${directory}/${fileName('manifest', number)}`
  const log = readAll(env, file, number)
  if (log instanceof BurrowError) return nothing(log)
  let problem = 'damage' in log ? fromNative(log.damage) : undefined
  let end = problem === undefined && 'end' in log ? log.endOffset : (problem?.context.offset ?? 0)
  const edits: VersionEdit[] = []
  const check = new ManifestReplay()
  for (const { offset, payload } of log.records) {
    try {
      const edit = decodeVersionEdit(payload, { file, offset })
      check.apply(edit)
      edits.push(edit)
    } catch (error) {
      problem = asDamage(error)
      end = offset
      break
    }
  }
  // Whether tables of a level overlap shows only at the end of a replay.
  for (let count = edits.length; count > 0; count--) {
    try {
      const torn = 'end' in log && log.end === 'torn'
      const found = replay(edits.slice(0, count))
      if (found.state.databaseId !== log.databaseId)
        return nothing(corrupt(`${file} has records of another database`, file))
      return { ...found, end, torn, damage: problem }
    } catch (error) {
      problem = asDamage(error)
      end = log.records[count - 1]!.offset
    }
  }
  return nothing(problem ?? corrupt(`${file} has no record`, file))
}

function readAll(env: NativeEnv, file: string, number: number): LogContents | DamagedLog | BurrowError {
  try {
    return native.readLog(env, file, 'manifest', number, undefined, undefined, true)
  } catch (error) {
    return asDamage(error)
  }
}

function replay(edits: readonly VersionEdit[]): {
  state: ManifestState
  droppedTables: ReadonlySet<number>
} {
  const all = new ManifestReplay()
  for (const edit of edits) all.apply(edit)
  const state = all.finish()
  const live = new Set([...state.version.all()].map(({ table }) => table.number))
  const dropped = edits.flatMap(({ deleted = [] }) => deleted.map(({ number }) => number))
  return { state, droppedTables: new Set(dropped.filter((number) => !live.has(number))) }
}

function nothing(damage: BurrowError): ManifestRemains {
  return { state: undefined, droppedTables: new Set(), end: 0, torn: false, damage }
}

function corrupt(problem: string, file: string): BurrowError {
  return new BurrowError('BURROW_CORRUPTION', problem, { context: { file } })
}

function asDamage(error: unknown): BurrowError {
  if (isBurrowError(error) && error.code === 'BURROW_CORRUPTION') return error
  throw error
}
