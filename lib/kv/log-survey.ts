import { BurrowError, fromNative, isBurrowError } from '../base/errors.ts'
import { fileName } from '../manifest/file-names.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import { type NativeEnv, native } from '../native.ts'
import { problemOf, type VerifyProblem } from './directory-outline.ts'

/** How a log ends. `clean`: it is being written, or its writer was killed between two records. */
export type LogEnd = 'sealed' | 'clean' | 'torn' | 'damaged' | 'missing'

/** What one log holds, as far as it can be read. */
export interface LogSurvey {
  readonly number: number
  /** Path. */
  readonly file: string
  /** Size of the file, what is allocated ahead included. */
  readonly bytes: number
  readonly batches: number
  /** Writes in the batches: each has a sequence number. */
  readonly records: number
  /** Of the first and the last write; absent when there is none. */
  readonly firstSequence?: number
  readonly lastSequence?: number
  /** Up to here the log says that it was durable. */
  readonly syncedOffset: number
  readonly end: LogEnd
  /** Where the log ends, its end record included; for a damaged one, where its last whole record ends. */
  readonly endOffset: number
  /** Where the last whole record ends; 0 without a header that can be read. */
  readonly wholeEnd: number
  /** Bytes behind endOffset that a crash left and opening cuts. */
  readonly tornBytes: number
  /** Why it is `damaged`. */
  readonly damage?: BurrowError
}

/** A record of a log: where it begins, and the sequence numbers of its writes. */
export interface BatchHead {
  readonly offset: number
  /** Where it ends. */
  readonly end: number
  readonly firstSequence: number
  readonly records: number
}

// docs/formats.md, "Write batch" and "Log framing".
const batchHeaderSize = 12
const blockSize = 32768
const fragmentHeaderSize = 19
const logHeaderSize = fragmentHeaderSize + 37

/** Reads the log `number` of the directory. Damage is part of the answer, as is a log that is not there. */
export function surveyLog(
  env: NativeEnv,
  directory: string,
  number: number,
  state: Pick<ManifestState, 'clean' | 'databaseId'> | undefined,
): LogSurvey {
  return surveyBatches(env, directory, number, state).survey
}

/** The same with its batches, one by one. */
export function surveyBatches(
  env: NativeEnv,
  directory: string,
  number: number,
  state: Pick<ManifestState, 'clean' | 'databaseId'> | undefined,
): { readonly survey: LogSurvey; readonly batches: readonly BatchHead[] } {
  const file = `${directory}/${fileName('wal', number)}`
  const nothing = {
    ...{ number, file, bytes: 0, batches: 0, records: 0, syncedOffset: 0 },
    ...{ endOffset: 0, wholeEnd: 0, tornBytes: 0 },
  }
  if (!env.exists(file)) return { survey: { ...nothing, end: 'missing' }, batches: [] }
  const { clean = null, databaseId } = state ?? {}
  const expectedLength = clean?.wal === number ? clean.length : undefined
  try {
    const log = native.readLog(env, file, 'wal', number, databaseId, expectedLength, true)
    const batches: BatchHead[] = []
    let damage = 'damage' in log ? fromNative(log.damage) : undefined
    let next = 0
    for (const { offset, payload } of log.records) {
      const head = headOf(payload, offset)
      if (head === undefined || head.firstSequence < next) {
        damage = notABatch(file, offset)
        break
      }
      batches.push(head)
      if (head.records > 0) next = head.firstSequence + head.records
    }
    const filled = batches.filter(({ records }) => records > 0)
    const headless = /^0*$/.test(log.databaseId)
    const wholeEnd = batches.at(-1)?.end ?? (headless ? 0 : logHeaderSize)
    const survey: LogSurvey = {
      ...nothing,
      bytes: log.fileSize,
      batches: batches.length,
      records: filled.reduce((sum, { records }) => sum + records, 0),
      ...(filled.length === 0 ? {} : { firstSequence: filled[0]!.firstSequence, lastSequence: next - 1 }),
      syncedOffset: log.syncedOffset,
      wholeEnd,
      ...('damage' in log || damage !== undefined
        ? { end: 'damaged', endOffset: wholeEnd, damage: damage! }
        : { end: log.end, endOffset: log.endOffset, tornBytes: log.tornBytes }),
    }
    return { survey, batches }
  } catch (error) {
    if (!isBurrowError(error)) throw error
    return { survey: { ...nothing, end: 'damaged', damage: error }, batches: [] }
  }
}

function headOf(payload: Buffer, offset: number): BatchHead | undefined {
  if (payload.length < batchHeaderSize) return undefined
  const firstSequence = Number(payload.readBigUInt64LE(0))
  if (!Number.isSafeInteger(firstSequence)) return undefined
  return { offset, end: endOf(offset, payload.length), firstSequence, records: payload.readUInt32LE(8) }
}

/** Where a record ends that begins at `offset`: it goes on behind a fragment header in each block. */
function endOf(offset: number, length: number): number {
  let at = offset
  for (let left = length; ; ) {
    const room = blockSize - (at % blockSize) - fragmentHeaderSize
    if (room < 0) {
      at += room + fragmentHeaderSize
      continue
    }
    const part = Math.min(left, room)
    at += fragmentHeaderSize + part
    left -= part
    if (left === 0) return at
  }
}

function notABatch(file: string, offset: number): BurrowError {
  const problem = `the record of ${file} at offset ${offset} is no write batch that can follow those before it`
  return new BurrowError('BURROW_CORRUPTION', `${problem}.`, { context: { file, offset } })
}

/**
 * Holds the logs that the manifest names, in order, against each other. A log without an end record is where replay
 * stops; it had one once when the database was closed, or when a later log says that it was synced.
 */
export function logProblems(logs: readonly LogSurvey[], closed: boolean): VerifyProblem[] {
  const problems: VerifyProblem[] = []
  let hole: LogSurvey | undefined
  for (const log of logs) {
    const { damage, end, file, syncedOffset } = log
    if (end === 'missing') {
      problems.push({
        code: 'BURROW_CORRUPTION',
        file,
        message: `${file}, a log that the manifest names, is missing`,
      })
    } else if (damage !== undefined) {
      problems.push(problemOf(damage, file))
    }
    if (hole !== undefined && (closed || syncedOffset > 0)) {
      const message = `${hole.file} was durable before ${fileName('wal', log.number)} was, but ends at ${hole.endOffset} without its end record`
      problems.push({ code: 'BURROW_CORRUPTION', file: hole.file, offset: hole.endOffset, message })
      hole = undefined
    }
    if (end === 'clean' || end === 'torn') hole ??= log
  }
  return problems
}
