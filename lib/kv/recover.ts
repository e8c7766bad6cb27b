import { BurrowError, damageAdvice, isBurrowError } from '../base/errors.ts'
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
 * without its end record is the last one that counts, since what follows may lack writes before it. BURROW_CORRUPTION
 * when it had its end record once: after a clean close, or when a later log says of itself that it was synced, which
 * is never done before the logs in front of it are durable.
 */
export async function replayLogs(
  engine: NativeEngine,
  directory: string,
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
  /** The first log without an end record, and where it ends. */
  let hole: { readonly wal: number; readonly offset: number } | undefined
  for (const wal of wals) {
    const expected = clean?.wal === wal ? { expectedLength: clean.length } : {}
    if (hole !== undefined) {
      const { records, synced } = await lookInto(run, wal)
      if (synced || clean !== null) throw lostEnd(directory, hole, wal)
      if (records) unreachable.push(fileName('wal', wal))
      continue
    }
    const result = await run({ type: 'replayWal', number: wal, ...expected })
    bytesCut += result.tornBytes ?? 0
    const endOffset = result.endOffset ?? 0
    if (result.end !== 'sealed') hole = { wal, offset: endOffset }
    if (!result.memtable) continue
    engine.adoptMemtable(result.memtable)
    memtables.push({ id: result.memtable, wal })
    logs.push(hole === undefined ? { number: wal } : { number: wal, endOffset })
    records += result.records ?? 0
    lastSequence = Math.max(lastSequence, result.lastSequence ?? 0)
  }
  return { memtables, logs, records, lastSequence, bytesCut, walsReplayed: wals.length, unreachable }
}

/** Whether a log behind a hole has anything to keep, where damage counts; and whether it says that it was synced. */
async function lookInto(run: RunJob, wal: number): Promise<{ records: boolean; synced: boolean }> {
  try {
    const { records = 0, syncedOffset = 0 } = await run({ type: 'replayWal', number: wal })
    return { records: records > 0, synced: syncedOffset > 0 }
  } catch (error) {
    if (isBurrowError(error) && error.code === 'BURROW_CORRUPTION') return { records: true, synced: false }
    throw error
  }
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
