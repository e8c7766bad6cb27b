/**
 * What an open database shows the debugging layer: types, and the symbol to ask with. lib/debug gets everything from
 * here and imports nothing else of lib/kv but types; lib/kv knows nothing of lib/debug.
 *
 *     const host = database[debugHost]      // lib/debug/debugger.ts gets it from lib/index.ts
 *
 * Everything is live: each call answers for its moment. After `close` the getters that need native code throw what
 * native code throws (BURROW_CLOSED); `status` tells before.
 */
import type { EventBus } from '../base/event-bus.ts'
import type { LogSource } from '../base/logger.ts'
import type { DatabaseStats } from '../base/metrics.ts'
import type { ResolvedOptions } from '../base/options.ts'
import type { PackedPhases, Phases } from '../base/phases.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import type { NativeEngine, NativeEnv } from '../native.ts'
import type { RecordedError } from './error-log.ts'
import type { Health } from './health.ts'
import type { Snapshot } from './snapshot.ts'

/** The accessor of a Database that gives its DebugHost. */
export const debugHost = Symbol('burrowdb.debugHost')

/**
 * What is observed. `get` … `compact` are calls of the public interface, in both forms, of the database and of its
 * snapshots; `scan` is the opening of an iterator, and `next` one batch of records that an iterator fetched (not one
 * record, and not one call: a loop over an iterator fetches batches of 8 to 1000).
 */
export type OperationName =
  | 'get'
  | 'getMany'
  | 'has'
  | 'put'
  | 'delete'
  | 'batch'
  | 'deleteRange'
  | 'clear'
  | 'scan'
  | 'next'
  | 'sync'
  | 'flush'
  | 'compact'
  | 'snapshot'
  | 'checkpoint'
  | 'backup'
  | 'verify'

/** One observed call, from its beginning on. The same object goes through all functions of an observer. */
export interface OperationCall {
  readonly name: OperationName
  /** True for the …Sync forms, and for `scan`, `snapshot` and batches of iterators that block. */
  readonly sync: boolean
  /**
   * What the caller gave, unchecked and not copied: the key (get, has, put, delete), the array of keys or of operations
   * (getMany, batch), the range (deleteRange, scan, compact), the WriteBatch's encoder (batch, from `writeBatch()`),
   * the number of records asked for (next); else undefined. Do not keep it beyond `end`: it is the user's memory.
   */
  readonly subject: unknown
  /** Milliseconds as performance.now() tells. */
  readonly began: number
  /** Likewise; NaN until `end`. */
  readonly ended: number
  /** What the call returned, or its promise resolved with; undefined until `end`, and after an error. */
  readonly result: unknown
  /** What it threw or rejected with. */
  readonly error: unknown
  readonly failed: boolean
  /** `scan` and `next`: the number of the native scan, as in `DebugHost.scans`; 0 for an empty range. */
  readonly scan: number
  /**
   * Where the time went in native code; only when the observer has `phases`, and native code was reached. Put together
   * when it is asked for: ask in `end`, not later. `packedPhases` is the same for who keeps many.
   */
  readonly phases: Phases | undefined
  readonly packedPhases: PackedPhases | undefined
}

/** Told of every call while it is set. None of its functions may throw, block, or call the database. */
export interface OperationObserver {
  /** Native sub-phases are measured for it, which costs a clock read or two each. */
  readonly phases?: boolean
  begin?(call: OperationCall): void
  /**
   * Runs the synchronous part of the call, after `begin`: must call `body` once and return or throw what it does. For
   * AsyncLocalStorage and the like.
   */
  run?<T>(call: OperationCall, body: () => T): T
  /** The call has returned or thrown, or its promise is about to settle: every `begin` is followed by one `end`. */
  end?(call: OperationCall): void
}

/** A snapshot that is open. */
export interface LiveSnapshot {
  /** Compare it with `result` of an observed `snapshot` call; do not keep it. */
  readonly snapshot: Snapshot
  readonly sequence: number
  /** performance.now() then. */
  readonly openedAt: number
}

/** An iterator that holds a read view. */
export interface LiveScan {
  /** The number of the native scan, unique in the life of the engine: `scan` of an observed `scan` call. */
  readonly scan: number
  /** performance.now() when the first iterator of that turn of the event loop was opened. */
  readonly openedAt: number
}

export interface DebugHost {
  /** The path that it was opened with, for people. */
  readonly path: string
  /** Where its files are in `env`; not on any disk for ':memory:'. */
  readonly directory: string
  readonly env: NativeEnv
  readonly options: ResolvedOptions
  readonly engine: NativeEngine
  readonly status: 'open' | 'read-only' | 'closing' | 'closed'
  /** Opened with readOnly: no background work, a view of the moment of opening. */
  readonly readOnly: boolean
  /** Listen with `events.onAny` or `events.on`. Events arrive from the event loop, in order. */
  readonly events: EventBus
  /** Log with `log.component('…')`, and change its filter. */
  readonly log: LogSource
  /** The manifest's state: `version` (levels and their tables), live logs, sequence numbers. Immutable objects. */
  state(): ManifestState
  /** File number of the current manifest. */
  manifest(): number
  /** Ids of memtables: `engine.memtables()` tells more of them. The immutable ones oldest first. */
  memtables(): { readonly active: number; readonly immutable: readonly number[] }
  /** Oldest first. */
  snapshots(): LiveSnapshot[]
  /** Oldest first. */
  scans(): LiveScan[]
  /** The newest first; at most 100. */
  lastErrors(): RecordedError[]
  stats(): DatabaseStats
  health(): Health
  /**
   * Lets `observer` see every operation that begins from now on; undefined: nobody. It takes the place of the one before,
   * which is still told the `end` of what it saw begin. lib/debug/observers.ts combines several: go through that.
   * Implemented by putting other objects where calls are answered, so that without observer nothing is asked per call.
   */
  observe(observer: OperationObserver | undefined): void
  /** Whether an observer is set, and the objects that answer calls are the observed ones. */
  readonly observed: boolean
  /** Called once when `close` begins: nothing is refused yet, iterators and snapshots are still open. */
  onClosing(listener: () => void): () => void
  /** Called once when everything is let go of and every event delivered; `status` is 'closed'. */
  onClosed(listener: () => void): () => void
}
