import type { Catalog } from '../catalog.ts'
import type { Store } from '../store.ts'
import type { TableState } from '../table-state.ts'
import { type FillProgress, fillIndex } from './fill.ts'

/** An index that is being filled. */
export interface Filling {
  /** Undefined until the first page. */
  readonly progress: FillProgress | undefined
  /** Resolves to false when it was stopped, or the index is gone. Rejects when it failed: it can be begun again. */
  readonly done: Promise<boolean>
  /** Returns what ends it. */
  watch(listener: (progress: FillProgress) => void): () => void
}

class RunningFilling implements Filling {
  progress: FillProgress | undefined
  done: Promise<boolean> = Promise.resolve(false)
  readonly #listeners = new Set<(progress: FillProgress) => void>()

  watch(listener: (progress: FillProgress) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(progress: FillProgress): void {
    this.progress = progress
    for (const listener of this.#listeners) listener(progress)
  }
}

/** The indexes that are being filled: each once, whoever asks. */
export class Fillings {
  readonly #store: Store
  readonly #catalog: Catalog
  readonly #running = new Map<string, RunningFilling>()

  constructor(store: Store, catalog: Catalog) {
    this.#store = store
    this.#catalog = catalog
  }

  /** Fills an index, or goes on with it, unless somebody does already. */
  begin(table: TableState, name: string, signal: AbortSignal): Filling {
    const id = this.#idOf(table, name)
    const running = this.#running.get(id)
    if (running !== undefined) return running
    const filling = new RunningFilling()
    this.#running.set(id, filling)
    const [catalog, store] = [this.#catalog, this.#store]
    const onProgress = (progress: FillProgress) => filling.tell(progress)
    filling.done = fillIndex({ store, catalog, table, name, signal, onProgress }).finally(() =>
      this.#running.delete(id),
    )
    return filling
  }

  /** Undefined: nobody fills it now. */
  find(table: TableState, name: string): Filling | undefined {
    return this.#running.get(this.#idOf(table, name))
  }

  #idOf(table: TableState, name: string): string {
    return `${table.schema.id} ${table.findIndex(name)?.schema.number}`
  }
}
