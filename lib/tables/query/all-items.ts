import { BurrowError } from '../../base/errors.ts'
import { readSignal } from '../../kv/cancellation.ts'
import type { Item } from '../value.ts'
import type { Page } from './page.ts'

/** What goes with the options of a query or scan of all items. */
export interface AllItemsOptions {
  /** Ends it before the next page, with BURROW_ABORTED. */
  readonly signal?: AbortSignal | undefined
}

/**
 * All items that a query or scan selects: iterate it with `for await`, or its `pages()`. A page is read when the one before
 * has been gone through, each at its own moment.
 */
export class AllItems implements AsyncIterable<Item> {
  readonly #read: (startKey: Item | undefined) => Promise<Page>
  readonly #startKey: Item | undefined
  readonly #call: string
  readonly #signal: AbortSignal | undefined

  /** `read` reads the page behind `startKey`. */
  constructor(
    call: string,
    { signal, startKey }: AllItemsOptions & { readonly startKey?: Item | undefined },
    read: (startKey: Item | undefined) => Promise<Page>,
  ) {
    this.#call = call
    this.#read = read
    this.#startKey = startKey
    this.#signal = readSignal(signal, call)
  }

  /** The pages that the items come from, those without items included. */
  async *pages(): AsyncGenerator<Page, void, undefined> {
    let startKey = this.#startKey
    do {
      if (this.#signal?.aborted) {
        throw new BurrowError('BURROW_ABORTED', `${this.#call} was given up`, { cause: this.#signal.reason })
      }
      const page = await this.#read(startKey)
      yield page
      startKey = page.lastKey
    } while (startKey !== undefined)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const { items } of this.pages()) yield* items
  }

  /** All of them at once. */
  async toArray(): Promise<Item[]> {
    const all: Item[] = []
    for await (const { items } of this.pages()) all.push(...items)
    return all
  }
}
