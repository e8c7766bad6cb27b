import { setMaxListeners } from 'node:events'
import { BurrowError } from '../base/errors.ts'
import type { Core } from './core.ts'
import type { TableState } from './table-state.ts'

/** One opening of the tables of a database: what a `Tables` and its `Table`s have in common. */
export class Handle {
  readonly #core: Core
  readonly path: string
  readonly #ended = new AbortController()

  constructor(core: Core, path: string) {
    this.#core = core
    this.path = path
    // One for each reader of a stream.
    setMaxListeners(0, this.#ended.signal)
  }

  /** Throws BURROW_CLOSED. */
  get core(): Core {
    if (this.#ended.signal.aborted || this.#core.closed) throw this.#closedError()
    return this.#core
  }

  /** Aborted, with BURROW_CLOSED as its reason, when it is closed. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** The table of this name. Throws BURROW_CLOSED, or ResourceNotFoundException. */
  table(name: string): { readonly core: Core; readonly table: TableState } {
    const { core } = this
    return { core, table: core.catalog.get(name) }
  }

  /** Every later call fails. Returns what it was a handle of. */
  close(): Core {
    this.#ended.abort(this.#closedError())
    return this.#core
  }

  #closedError(): BurrowError {
    return new BurrowError('BURROW_CLOSED', `the tables of ${this.path} are closed; open them again`)
  }
}
