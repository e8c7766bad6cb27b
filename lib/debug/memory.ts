import type { DebugHost } from '../kv/debug-host.ts'

/** Native memory of one database, with that of the process beside it. Bytes. */
export interface MemoryReport {
  /** As in `db.stats().memory`: memtables, blocks in the cache by kind, open tables, … */
  readonly byOwner: Readonly<Record<string, number>>
  readonly totalBytes: number
  /** The highest total that was seen, and the highest of each owner, at whatever time. See MemoryProfiler. */
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

/**
 * Keeps the peaks of a database's native memory. It looks when a memtable is sealed, and when a flush or a compaction begins or
 * ends, and in each call: memtables only grow in between, the cache only up to its capacity. A peak between two looks is
 * therefore missed by little: what was written while the event loop did not turn.
 */
export class MemoryProfiler {
  readonly #host: DebugHost
  readonly #peaks: Record<string, number> = {}
  #peakBytes = 0
  readonly #openBytes: number
  #last: { readonly bytes: number; readonly at: number }

  constructor(host: DebugHost) {
    this.#host = host
    this.#openBytes = this.#look().totalBytes
    this.#last = { bytes: this.#openBytes, at: performance.now() }
    for (const name of ['walRotated', 'flush', 'compaction'] as const) {
      host.events.on(name, () => {
        if (host.status !== 'closed') this.#look()
      })
    }
  }

  report(): MemoryReport {
    const { byOwner, totalBytes } = this.#look()
    const last = this.#last
    this.#last = { bytes: totalBytes, at: performance.now() }
    return {
      byOwner,
      totalBytes,
      peakBytes: this.#peakBytes,
      peakByOwner: { ...this.#peaks },
      growth: {
        sinceOpenBytes: totalBytes - this.#openBytes,
        sinceLastBytes: totalBytes - last.bytes,
        sinceLastMs: this.#last.at - last.at,
      },
      process: process.memoryUsage(),
    }
  }

  /** The highest total so far, this moment included. */
  peakBytes(): number {
    this.#look()
    return this.#peakBytes
  }

  #look(): { byOwner: Record<string, number>; totalBytes: number } {
    const byOwner = this.#host.memory()
    let totalBytes = 0
    for (const [owner, bytes] of Object.entries(byOwner)) {
      totalBytes += bytes
      this.#peaks[owner] = Math.max(this.#peaks[owner] ?? 0, bytes)
    }
    this.#peakBytes = Math.max(this.#peakBytes, totalBytes)
    return { byOwner, totalBytes }
  }
}
