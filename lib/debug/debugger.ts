import type { DebugHost } from '../kv/debug-host.ts'
import type { RecordedError } from '../kv/error-log.ts'
import type { LiveHandle } from './handles.ts'
import type { HistoryEntry } from './history.ts'
import { keptOf } from './kept.ts'
import type { MemoryReport } from './memory.ts'
import type { TraceOptions } from './trace-options.ts'
import { Tracer } from './tracer.ts'

/**
 * `db.debug`: what a database looks like inside. One thin method a line; each part has a file of its own and gets the
 * host. Nothing here costs anything until it is called.
 */
export class Debugger {
  readonly #host: DebugHost

  constructor(host: DebugHost) {
    this.#host = host
  }

  // --- dumps and explanations

  // --- handles, memory, errors

  /** Iterators and snapshots that are open, the oldest first; with `debug: { trackHandles: true }` also where from. */
  liveHandles(): LiveHandle[] {
    return keptOf(this.#host).handles.live()
  }

  /** Native memory by owner, its peaks and growth, and the process's. */
  memory(): MemoryReport {
    return keptOf(this.#host).memory.report()
  }

  /** The last 100 failures of calls and of background work, the newest first. */
  lastErrors(): RecordedError[] {
    return this.#host.lastErrors()
  }

  /** The last 256 flushes, compactions and write stalls that are over, the newest first. */
  history(): HistoryEntry[] {
    return keptOf(this.#host).history.entries
  }

  // --- traces

  /** Records operations and background jobs from now on; see TraceOptions. Several tracers may run at once. */
  trace(options?: TraceOptions): Tracer {
    return new Tracer(this.#host, options)
  }

  /** Whether operations are observed: by a tracer, a channel, or a tracker of handles. */
  get observed(): boolean {
    return this.#host.observed
  }
}
