import type { TableMeta } from '../manifest/table-meta.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import type { ControlPlane } from './control-plane.ts'

/** The files that make up one moment of an open database. They stay until `release` is called. */
export interface Capture {
  /** For the manifest of a copy: names `tables` and `wals`, and nothing else. */
  readonly state: ManifestState
  readonly tables: readonly TableMeta[]
  /** Sealed logs, durable; ascending. */
  readonly wals: readonly number[]
  /** Sequence number of the last write in them: every write up to it, and none behind. */
  readonly sequence: number
  release(): void
}

/**
 * Takes everything that was written before the call; writing and compacting go on. `flush`: all of it in tables. Without,
 * the newest writes stay in their logs, which costs no more than sealing one; only writes that no log has are flushed.
 */
export async function captureFiles(plane: ControlPlane, flush: boolean): Promise<Capture> {
  if (!plane.healthy) throw plane.readOnlyError()
  const failed = () => (plane.healthy ? plane.rotationError : plane.readOnlyError())
  const { active } = plane.engine.memtables()
  if (active.entries > 0) plane.requestRotation('manual')
  const goal = active.entries > 0 ? active.id : plane.flushes.newestId
  plane.retryNow()
  await plane.until(() => plane.flushes.newestId >= goal, failed)
  // Nothing yields between here and the capture, unless all goes to tables.
  const tablesOnly = flush || plane.logsLackWrites
  if (tablesOnly) await plane.until(() => plane.flushes.isDurable(goal), failed)
  const capture = take(plane, tablesOnly)
  try {
    if (capture.wals.length > 0) await syncLogs(plane)
    return capture
  } catch (error) {
    capture.release()
    throw error
  }
}

function take(plane: ControlPlane, tablesOnly: boolean): Capture {
  const { engine, obsolete, versions, wals: logs } = plane
  const { state } = versions
  const tables = [...state.version.all()].map(({ table }) => table)
  const wals = tablesOnly ? [] : state.wals.filter((wal) => wal < logs.active)
  const sealed = tablesOnly ? [] : engine.memtables().immutables.map(({ lastSequence }) => lastSequence)
  const sequence = [...sealed, ...tables.map(({ largestSeq }) => largestSeq)].reduce(
    (a, b) => Math.max(a, b),
    0,
  )
  const letGo = obsolete.hold([...tables.map(({ number }) => number), ...wals])
  return {
    state: {
      ...state,
      wals,
      clean: null,
      keepUnnamed: false,
      // Above every number that a file in the directory has.
      nextFileNumber: engine.newFileNumber(),
      lastSequence: Math.max(state.lastSequence, sequence),
    },
    tables,
    wals,
    sequence,
    release: () => {
      letGo()
      plane.pump()
    },
  }
}

/** A sync is acknowledged only when the logs before the active one have their end record and are durable. */
async function syncLogs(plane: ControlPlane): Promise<void> {
  const index = plane.engine.syncWalAsync()
  await plane.until(
    () => plane.engine.acknowledged() >= index,
    () => (plane.healthy ? undefined : plane.readOnlyError()),
  )
}
