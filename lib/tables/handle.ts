import { BurrowError } from '../base/errors.ts'
import type { Core } from './core.ts'
import type { TableState } from './table-state.ts'

/** One opening of the tables of a database: what a `Tables` and its `Table`s have in common. */
export class Handle {
  readonly #core: Core
  readonly path: string
  #closed = false

  constructor(core: Core, path: string) {
    this.#core = core
    this.path = path
  }

  /** Throws BURROW_CLOSED. */
  get core(): Core {
    if (this.#closed || this.#core.closed)
      throw new BurrowError('BURROW_CLOSED', `the tables of ${this.path} are closed; open them again`)
    return this.#core
  }

  /** The table of this name. Throws BURROW_CLOSED, or ResourceNotFoundException. */
  table(name: string): { readonly core: Core; readonly table: TableState } {
    const { core } = this
    return { core, table: core.catalog.get(name) }
  }

  /** Every later call fails. Returns what it was a handle of. */
  close(): Core {
    this.#closed = true
    return this.#core
  }
}
