import { BurrowError, isBurrowError } from '../base/errors.ts'
import { fileName } from '../manifest/file-names.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import type { JobCompletion } from '../native.ts'
import { problemOf, type VerifyProblem } from './directory-outline.ts'
import type { Place } from './open.ts'
import type { RunJob } from './recover.ts'

/** How a log ends. `clean`: it is being written, or its writer was killed between two records. */
export type LogEnd = 'sealed' | 'clean' | 'torn' | 'damaged' | 'missing'

/** What one log holds, as far as it can be read. */
export interface LogSurvey {
  readonly number: number
  /** Path. */
  readonly file: string
  /** Size of the file, what is allocated ahead included. */
  readonly bytes: number
  /** Writes that can be read, behind damage too: each has a sequence number. */
  readonly records: number
  /** Of the first and the last write; null when there is none. */
  readonly firstSequence: number | null
  readonly lastSequence: number | null
  /** Up to here the log says that it was durable. */
  readonly syncedOffset: number
  readonly end: LogEnd
  /** Where what can be read ends, the end record included. */
  readonly endOffset: number
  /** Bytes behind endOffset that a crash left and opening cuts. */
  readonly tornBytes: number
  /** Why it is `damaged`: the first thing that is wrong. */
  readonly damage: BurrowError | null
}

type KnownState = Pick<ManifestState, 'clean' | 'databaseId'> | undefined

/** Reads the log `number` of the directory. Damage is part of the answer, as is a log that is not there. */
export async function surveyLog(
  { directory, env }: Place,
  run: RunJob,
  number: number,
  state: KnownState,
): Promise<LogSurvey> {
  const file = `${directory}/${fileName('wal', number)}`
  const nothing = {
    ...{ number, file, bytes: 0, records: 0, firstSequence: null, lastSequence: null },
    ...{ syncedOffset: 0, endOffset: 0, tornBytes: 0 },
  }
  const missing = { ...nothing, end: 'missing', damage: null } as const
  try {
    if (!env.exists(file)) return missing
    const bytes = env.fileSize(file)
    const found = await run({ type: 'surveyWal', number })
    const { end = 'clean', endOffset = 0, lost = [], records = 0, syncedOffset = 0, tornBytes = 0 } = found
    // Its header never reached the disk, nor was anything behind it promised: opening cuts it all.
    if (lost[0]?.offset === 0 && syncedOffset === 0 && state?.clean?.wal !== number) {
      return { ...nothing, bytes, tornBytes: endOffset + tornBytes, end: 'torn', damage: null }
    }
    const damage = damageOf(found, file, number, state)
    return {
      ...nothing,
      ...{ bytes, records, syncedOffset, endOffset, tornBytes, damage },
      end: damage === null ? end : 'damaged',
      firstSequence: records === 0 ? null : (found.firstSequence ?? null),
      lastSequence: records === 0 ? null : (found.lastSequence ?? null),
    }
  } catch (error) {
    if (!isBurrowError(error) || error.code === 'BURROW_ABORTED' || error.code === 'BURROW_CLOSED')
      throw error
    return env.exists(file) ? { ...nothing, end: 'damaged', damage: error } : missing
  }
}

function damageOf(found: JobCompletion, file: string, number: number, state: KnownState): BurrowError | null {
  const { databaseId, end, endOffset = 0, lost = [] } = found
  const damage = (problem: string, offset: number) =>
    new BurrowError('BURROW_CORRUPTION', problem, { context: { operation: 'verify', file, offset } })
  const [first] = lost
  if (first !== undefined)
    return damage(`${file} is damaged at ${first.offset}: ${first.problem}`, first.offset)
  if (state === undefined) return null
  if (databaseId !== undefined && databaseId !== state.databaseId) {
    return damage(`${file} belongs to database ${databaseId}, not to ${state.databaseId}`, 0)
  }
  const { clean } = state
  if (clean?.wal !== number || (endOffset === clean.length && end !== 'torn')) return null
  return damage(`${file} is whole up to ${endOffset}; it was closed with ${clean.length} bytes`, endOffset)
}

/**
 * Holds the logs that the manifest names, in order, against each other. A log without an end record is where replay
 * stops; it had one once when the database was closed, or when a later log says that it was synced.
 */
export function logProblems(logs: readonly LogSurvey[], closed: boolean): VerifyProblem[] {
  const problems: VerifyProblem[] = []
  let hole: LogSurvey | undefined
  for (const { damage, file, number, syncedOffset, ...log } of logs) {
    if (log.end === 'missing') {
      const message = `${file}, a log that the manifest names, is missing`
      problems.push({ code: 'BURROW_CORRUPTION', file, message })
    }
    if (damage !== null) problems.push(problemOf(damage, file))
    if (hole !== undefined && (closed || syncedOffset > 0)) {
      const { endOffset: offset, file } = hole
      const message = `${file} was durable before ${fileName('wal', number)} was, but ends at ${offset} without its end record`
      problems.push({ code: 'BURROW_CORRUPTION', file, offset, message })
      hole = undefined
    }
    if (log.end === 'clean' || log.end === 'torn') hole ??= { damage, file, number, syncedOffset, ...log }
  }
  return problems
}
