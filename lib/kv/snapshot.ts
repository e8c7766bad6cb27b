import { BurrowError } from '../base/errors.ts'
import type { NativeEngine } from '../native.ts'
import { badOption } from './call-options.ts'
import type { LiveSnapshot } from './debug-host.ts'
import type { Observation } from './observed.ts'
import { observeReads, Readable } from './readable.ts'
import type { Reads } from './reads.ts'
import type { ScanHost } from './scan.ts'

/** What snapshots need of their database. */
export interface SnapshotHost {
  readonly engine: NativeEngine
  readonly scans: ScanHost
  makeReads(sequence: number): Reads
  /** A snapshot is gone: compactions may drop what only it saw. */
  onReleased(): void
}

/** The snapshots that are open. */
export class Snapshots {
  readonly #open = new Map<Snapshot, number>()
  /** Those that are closed, too. */
  readonly #taken = new WeakSet<Snapshot>()
  #observation: Observation | undefined

  get live(): number {
    return this.#open.size
  }

  /** Milliseconds since the oldest was taken. */
  get oldestMs(): number {
    const [oldest] = this.#open.values()
    return oldest === undefined ? 0 : performance.now() - oldest
  }

  /** The lowest sequence number that one of them reads at. */
  get oldestSequence(): number | null {
    let oldest: number | null = null
    for (const { sequence } of this.#open.keys()) oldest = Math.min(oldest ?? sequence, sequence)
    return oldest
  }

  take<K, V>(host: SnapshotHost): Snapshot<K, V> {
    const snapshot = new Snapshot<K, V>(host, host.engine.addSnapshot(), this)
    if (this.#observation !== undefined) snapshot[observeReads](this.#observation)
    this.#open.set(snapshot as Snapshot, performance.now())
    this.#taken.add(snapshot as Snapshot)
    return snapshot
  }

  /**
   * What the snapshot that a user gave reads at. Throws BURROW_CLOSED when it is closed: compactions may have dropped
   * what it saw; BURROW_INVALID_ARGUMENT when it is none of this database.
   */
  sequenceOf(snapshot: unknown, call: string): number {
    if (this.#open.has(snapshot as Snapshot)) return (snapshot as Snapshot).sequence
    if (this.#taken.has(snapshot as Snapshot)) throw closedError()
    throw badOption('snapshot', snapshot, 'what db.snapshot() of this database returned', call)
  }

  forget(snapshot: Snapshot): boolean {
    return this.#open.delete(snapshot)
  }

  /** Oldest first. */
  list(): LiveSnapshot[] {
    return [...this.#open].map(([snapshot, openedAt]) => ({
      snapshot,
      sequence: snapshot.sequence,
      openedAt,
    }))
  }

  /** Lets the calls of open snapshots and of later ones be observed; undefined: no more. */
  observe(observation: Observation | undefined): void {
    this.#observation = observation
    for (const snapshot of this.#open.keys()) snapshot[observeReads](observation)
  }

  closeAll(): void {
    for (const snapshot of [...this.#open.keys()]) snapshot.close()
  }
}

/**
 * The database at one moment: the same reads, which later writes do not change. It keeps what it shows from being
 * compacted away, so close it.
 */
export class Snapshot<K = unknown, V = unknown> extends Readable<K, V> {
  readonly #host: SnapshotHost
  readonly #registry: Snapshots
  readonly #reads: Reads
  #closed = false
  /** The sequence number of the last write that it shows. */
  readonly sequence: number

  /** Made by `db.snapshot()`. */
  constructor(host: SnapshotHost, sequence: number, registry: Snapshots) {
    super()
    this.#host = host
    this.sequence = sequence
    this.#registry = registry
    this.#reads = host.makeReads(sequence)
    this.readThrough(this.#reads, {
      scan: (shape, range) => {
        if (this.#closed) throw closedError()
        return host.scans.scan(shape, range, sequence)
      },
    })
  }

  /** Reading from it fails with BURROW_CLOSED from here on; iterators made before go on. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#reads.refuse(closedError())
    if (!this.#registry.forget(this as Snapshot)) return
    this.#host.engine.removeSnapshot(this.sequence)
    this.#host.onReleased()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

function closedError(): BurrowError {
  return new BurrowError('BURROW_CLOSED', 'the snapshot is closed; take a new one with db.snapshot()')
}
