import type { BurrowError } from '../base/errors.ts'
import { fileName } from '../manifest/file-names.ts'
import type { JobSpec } from '../manifest/job-table.ts'
import type { FoundDatabase } from '../manifest/recovery.ts'
import type { JobCompletion, NativeEngine } from '../native.ts'
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
}

export type RunJob = (spec: JobSpec) => Promise<JobCompletion>

/**
 * Replays the logs that the manifest names, in order, into immutable memtables. Replay stops at the first hole: a log
 * without its end record is the last one that counts, since what follows may lack writes before it.
 */
export async function replayLogs(
  engine: NativeEngine,
  found: FoundDatabase,
  run: RunJob,
): Promise<ReplayedLogs> {
  const { clean, wals } = found.state
  const memtables: SealedMemtable[] = []
  const logs: { number: number; endOffset?: number }[] = []
  const unreachable: string[] = []
  let records = 0
  let bytesCut = 0
  let { lastSequence } = found.state
  let hole = false
  for (const wal of wals) {
    const expected = clean?.wal === wal ? { expectedLength: clean.length } : {}
    if (hole) {
      if (await holdsRecords(run, wal)) unreachable.push(fileName('wal', wal))
      continue
    }
    const result = await run({ type: 'replayWal', number: wal, ...expected })
    bytesCut += result.tornBytes ?? 0
    hole = result.end !== 'sealed'
    if (!result.memtable) continue
    engine.adoptMemtable(result.memtable)
    memtables.push({ id: result.memtable, wal })
    logs.push(hole ? { number: wal, endOffset: result.endOffset ?? 0 } : { number: wal })
    records += result.records ?? 0
    lastSequence = Math.max(lastSequence, result.lastSequence ?? 0)
  }
  return { memtables, logs, records, lastSequence, bytesCut, walsReplayed: wals.length, unreachable }
}

/** Whether a log behind a hole has anything to keep; damage counts. */
async function holdsRecords(run: RunJob, wal: number): Promise<boolean> {
  try {
    return ((await run({ type: 'replayWal', number: wal })).records ?? 0) > 0
  } catch (error) {
    if ((error as BurrowError).code === 'BURROW_CORRUPTION') return true
    throw error
  }
}
