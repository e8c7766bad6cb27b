import type { DebugHost } from '../kv/debug-host.ts'

/** Native memory of one database, with that of the process beside it. Bytes. */
export interface MemoryReport {
  /** As in `db.stats().memory`: memtables, blocks in the cache by kind, open tables, … */
  readonly byOwner: Readonly<Record<string, number>>
  readonly totalBytes: number
  /**
   * The highest total since open, and the highest of each owner, at whatever time. They are taken when memtables are dropped,
   * until when these only grow, and in each call; what the cache gives back in between may be missed.
   */
  readonly peakBytes: number
  readonly peakByOwner: Readonly<Record<string, number>>
  readonly growth: {
    /** The total now less that at open. */
    readonly sinceOpenBytes: number
    /** Less that of the call before; the same as sinceOpenBytes in the first one. */
    readonly sinceLastBytes: number
    /** Milliseconds since then. */
    readonly sinceLastMs: number
  }
  /** process.memoryUsage(): native memory is in `rss` only; buffers of iterators and of values are in `arrayBuffers`. */
  readonly process: NodeJS.MemoryUsage
}

/** Says how a database's native memory has grown. */
export class MemoryProfiler {
  readonly #host: DebugHost
  readonly #openBytes: number
  #last: { readonly bytes: number; readonly at: number }

  constructor(host: DebugHost) {
    this.#host = host
    this.#openBytes = host.engine.memory().totalBytes
    this.#last = { bytes: this.#openBytes, at: performance.now() }
  }

  report(): MemoryReport {
    const { totalBytes, ...memory } = this.#host.engine.memory()
    const last = this.#last
    this.#last = { bytes: totalBytes, at: performance.now() }
    return {
      ...memory,
      totalBytes,
      growth: {
        sinceOpenBytes: totalBytes - this.#openBytes,
        sinceLastBytes: totalBytes - last.bytes,
        sinceLastMs: this.#last.at - last.at,
      },
      process: process.memoryUsage(),
    }
  }
}
