import { BurrowError } from '../base/errors.ts'
import type { Database } from '../kv/database.ts'
import { Catalog } from './catalog.ts'
import { type Filling, Fillings } from './index/fillings.ts'
import { Store } from './store.ts'
import type { TableState } from './table-state.ts'
import { sweepTokens } from './tokens.ts'
import { finishEnabling } from './ttl/enable.ts'

const forget = () => undefined
const tokenSweepMs = 10 * 60 * 1000

/** What all handles of one database share: the catalog above all, and what works in the background. */
export class Core {
  readonly store: Store
  readonly catalog: Catalog
  readonly fillings: Fillings
  /** Aborted when the last handle is closed: background work ends. */
  #ended = new AbortController()
  readonly #background = new Set<Promise<void>>()
  #handles = 0
  #closed = false
  #nextTokenSweep = 0

  constructor(store: Store, catalog: Catalog) {
    this.store = store
    this.catalog = catalog
    this.fillings = new Fillings(store, catalog)
  }

  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** For each handle that is opened. The first one begins the work in the background. */
  acquire(): void {
    this.#handles++
    if (this.#handles > 1) return
    if (this.#ended.signal.aborted) this.#ended = new AbortController()
    if (this.store.database.options.readOnly) return
    for (const table of this.catalog.states()) {
      for (const { name, status } of table.schema.indexes) if (status === 'CREATING') this.fill(table, name)
      this.inBackground(finishEnabling(this, table))
    }
  }

  /** Fills an index that is CREATING, unless it is being filled already. */
  fill(table: TableState, name: string): Filling {
    const filling = this.fillings.begin(table, name, this.ended)
    this.inBackground(filling.done)
    return filling
  }

  /** True once a handle closes the database under all of them. */
  get closed(): boolean {
    return this.#closed
  }

  /** Before the database is closed: no handle begins anything any more; resolves when what was begun has ended. */
  async end(): Promise<void> {
    this.#closed = true
    this.#ended.abort()
    const error = new BurrowError('BURROW_CLOSED', 'the database of the tables was closed')
    for (const table of this.catalog.states()) table.closeStream(error)
    await this.store.idle()
    await Promise.allSettled(this.#background)
  }

  /** Resolves when the background work has ended, if this was the last handle. */
  async release(): Promise<void> {
    this.#handles--
    if (this.#handles > 0) return
    this.#ended.abort()
    await Promise.allSettled(this.#background)
  }

  /** Deletes the records of expired tokens, now and then, while tokens are used. */
  sweepTokensSoon(): void {
    const now = Date.now()
    if (now < this.#nextTokenSweep) return
    this.#nextTokenSweep = now + tokenSweepMs
    this.inBackground(sweepTokens(this.store, now, this.ended))
  }

  /** Work that closing waits for. It ends soon after `ended` is aborted. Whoever needs it learns of a failure from it. */
  inBackground(work: Promise<unknown>): void {
    const watched = work.then(forget, forget).finally(() => this.#background.delete(watched))
    this.#background.add(watched)
  }
}

const cores = new WeakMap<object, Promise<Core>>()

/** The one of this database. */
export function coreOf(database: Database<unknown, unknown>): Promise<Core> {
  let core = cores.get(database)
  if (core === undefined) {
    core = load(database)
    cores.set(database, core)
    core.catch(() => cores.delete(database))
  }
  return core
}

async function load(database: Database<unknown, unknown>): Promise<Core> {
  const store = new Store(database)
  return new Core(store, await Catalog.load(store))
}
