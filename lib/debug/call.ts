/** What the calls of the debugger have in common: they fail on a closed database, and may look at a snapshot. */
import { BurrowError, invalidArgument } from '../base/errors.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import type { Snapshot } from '../kv/snapshot.ts'

/** Throws BURROW_CLOSED from the moment on when `close` begins. */
export function checkOpen({ path, status }: DebugHost): void {
  if (status !== 'closing' && status !== 'closed') return
  throw new BurrowError('BURROW_CLOSED', `the database ${path} is closed; open it again`)
}

/** What `snapshot` shows; undefined: now. Throws BURROW_INVALID_ARGUMENT for what is no open snapshot of the database. */
export function sequenceOf(host: DebugHost, snapshot: unknown, call: string): number | undefined {
  if (snapshot === undefined) return undefined
  const found = host.snapshots().find((live) => live.snapshot === (snapshot as Snapshot))
  if (found !== undefined) return found.sequence
  throw invalidArgument(`${call}: option 'snapshot' must be an open snapshot of this database`, {
    operation: call,
    option: 'snapshot',
  })
}

/** The place of something in memory or on disk. */
export interface Place {
  /** 'memtable', the active one; 'immutable', one that waits for its flush; 'L0', 'L1', … */
  readonly place: string
  /** Id of the memtable; null for a table. */
  readonly memtable: number | null
  readonly level: number | null
  /** File number of the table; null for a memtable, and for a level none of whose tables is meant. */
  readonly file: number | null
}

export interface NativePlace {
  readonly place: string
  readonly memtable?: number
  readonly level?: number
  readonly file?: number
}

export function placeOf({ file, level, memtable, place }: NativePlace): Place {
  return { place, memtable: memtable ?? null, level: level ?? null, file: file ?? null }
}
