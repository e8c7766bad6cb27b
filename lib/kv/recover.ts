import { BurrowError, damageAdvice, isBurrowError } from '../base/errors.ts'
import type { SkippedRange } from '../base/events.ts'
import { fileName } from '../manifest/file-names.ts'
import type { JobSpec } from '../manifest/job-table.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import type { JobCompletion, LostRange, NativeEngine } from '../native.ts'
import type { SealedMemtable } from './wal-files.ts'

/** What `open` found: `db.recovery`. */
export interface RecoveryReport {
  /** True when `open` made the database. */
  readonly created: boolean
  /** True when the last user closed it, so that nothing had to be replayed. */
  readonly clean: boolean
  readonly walsReplayed: number
  /** Writes taken from logs. */
  readonly records: number
  /** Bytes of torn tails that were cut: the normal trace of a crash. */
  readonly bytesCut: number
  /** What `recovery: 'salvage'` passed over; its logs are in `lost/`, too. */
  readonly skipped: readonly SkippedRange[]
  /** Names of files that were moved into `lost/`. */
  readonly filesMoved: readonly string[]
  /** Sequence number of the last write that was found. */
  readonly lastSequence: number
  readonly durationMs: number
}

export interface ReplayedLogs {
  /** Memtables to be flushed, oldest first. */
  readonly memtables: readonly SealedMemtable[]
  /** Their logs; `endOffset` is where one ends that has no end record. */
  readonly logs: readonly { readonly number: number; readonly endOffset?: number }[]
  readonly records: number
  readonly lastSequence: number
  readonly bytesCut: number
  readonly walsReplayed: number
  /** Logs behind a hole: they must not be applied. */
  readonly unreachable: readonly string[]
  /** Only with `salvage`. */
  readonly skipped: readonly SkippedRange[]
  /** Logs that `skipped` names, to be kept in lost/. */
  readonly damaged: readonly number[]
  /** Every log that was replayed, with the writes in it. */
  readonly contents: readonly { readonly number: number; readonly records: number }[]
}

export type RunJob = (spec: JobSpec) => Promise<JobCompletion>

export interface ReplaySource {
  readonly engine: Pick<NativeEngine, 'adoptMemtable'>
  readonly directory: string
  readonly state: Pick<ManifestState, 'clean' | 'wals' | 'lastSequence'>
  readonly run: RunJob
  /** Damage is passed over and reported instead of being an error. */
  readonly salvage: boolean
}

/**
 * Replays the logs that the manifest names, in order, into immutable memtables. Replay stops at the first hole: a log
 * without its end record is the last one that counts, since what follows may lack writes before it. BURROW_CORRUPTION
 * when it had its end record once: after a clean close, or when a later log says of itself that it was synced, which
 * is never done before the logs in front of it are durable. With `salvage` replay then goes on with the next log.
 */
export async function replayLogs({
  directory,
  engine,
  run,
  salvage,
  state,
}: ReplaySource): Promise<ReplayedLogs> {
  const { clean, wals } = state
  const memtables: SealedMemtable[] = []
  const logs: { number: number; endOffset?: number }[] = []
  const skipped: SkippedRange[] = []
  const contents: { number: number; records: number }[] = []
  let unreachable: readonly string[] = []
  let bytesCut = 0
  let { lastSequence } = state
  for (const [index, wal] of wals.entries()) {
    const expected = clean?.wal === wal ? { expectedLength: clean.length } : {}
    const result = await run({ type: 'replayWal', number: wal, ...expected, ...(salvage ? { salvage } : {}) })
    const { end, endOffset = 0, lost = [], memtable } = result
    bytesCut += result.tornBytes ?? 0
    contents.push({ number: wal, records: result.records ?? 0 })
    lastSequence = Math.max(lastSequence, result.lastSequence ?? 0, lastSequenceOf(lost))
    for (const range of lost) skipped.push(skippedRange(wal, range))
    let goesOn = true
    if (end !== 'sealed') {
      const behind = await lookBehind(run, wals.slice(index + 1))
      const witness = clean === null ? behind.synced : wals[index + 1]
      goesOn = witness !== undefined
      if (!goesOn) {
        unreachable = behind.holdsRecords.map((number) => fileName('wal', number))
      } else if (salvage) {
        skipped.push({ file: fileName('wal', wal), offset: endOffset, size: 0, problem: endlessProblem })
      } else {
        throw lostEnd(directory, { wal, offset: endOffset }, witness!)
      }
    }
    if (memtable) {
      engine.adoptMemtable(memtable)
      memtables.push({ id: memtable, wal })
      logs.push(goesOn ? { number: wal } : { number: wal, endOffset })
    }
    if (!goesOn) break
  }
  const damaged = [...new Set(skipped.map(({ file }) => wals.find((wal) => fileName('wal', wal) === file)!))]
  return {
    memtables,
    // What is damaged stays as it is.
    logs: logs.filter(({ number }) => !damaged.includes(number)),
    records: contents.reduce((sum, log) => sum + log.records, 0),
    lastSequence,
    bytesCut,
    walsReplayed: wals.length,
    unreachable,
    skipped,
    damaged,
    contents,
  }
}

const endlessProblem = 'it ends without its end record although a later log was durable after it'

function skippedRange(wal: number, { offset, size, problem, ...range }: LostRange): SkippedRange {
  const { afterSequence, beforeSequence } = range
  return {
    file: fileName('wal', wal),
    offset,
    size,
    problem,
    ...(afterSequence === undefined ? {} : { afterSequence }),
    ...(beforeSequence === undefined ? {} : { beforeSequence }),
  }
}

/** No write that was lost gets its number again where that can be helped. */
function lastSequenceOf(lost: readonly LostRange[]): number {
  return Math.max(0, ...lost.map(({ beforeSequence = 1 }) => beforeSequence - 1))
}

/** Of the logs behind a hole: the first that says that it was synced, and those that have anything, where damage counts. */
async function lookBehind(
  run: RunJob,
  wals: readonly number[],
): Promise<{ synced: number | undefined; holdsRecords: number[] }> {
  const holdsRecords: number[] = []
  for (const number of wals) {
    try {
      // Looks past damage, too: a log that is damaged itself may still say that it was synced.
      const { lost = [], records = 0, syncedOffset = 0 } = await run({ type: 'surveyWal', number })
      if (syncedOffset > 0) return { synced: number, holdsRecords }
      if (records > 0 || lost.length > 0) holdsRecords.push(number)
    } catch (error) {
      if (!isBurrowError(error) || error.code !== 'BURROW_CORRUPTION') throw error
      holdsRecords.push(number)
    }
  }
  return { synced: undefined, holdsRecords }
}

function lostEnd(
  directory: string,
  { wal, offset }: { readonly wal: number; readonly offset: number },
  later: number,
): BurrowError {
  const file = `${directory}/${fileName('wal', wal)}`
  return new BurrowError(
    'BURROW_CORRUPTION',
    `${file} was durable before ${fileName('wal', later)} was, but ends at ${offset} without its end record. Nothing was changed. ${damageAdvice}`,
    { context: { operation: 'open', file, offset } },
  )
}
