import type { DebugHost } from '../kv/debug-host.ts'
import { type Served, type ServeOptions, serve } from './serve.ts'
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

  // --- watching from outside

  /** Serves statistics and health over HTTP on this machine, for `burrow top`; see ServeOptions. Ends with `close`. */
  serve(options?: ServeOptions): Promise<Served> {
    return serve(this.#host, options)
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
