/** SELECT: goes through the reads of its plan until there is a page of results, or as many as LIMIT says. */
import type { Store } from '../store.ts'
import type { TableState } from '../table-state.ts'
import type { AttributeValue, Item } from '../value.ts'
import { makeCondition } from './condition.ts'
import { bindReads } from './key-values.ts'
import { wholeNumber } from './literal-value.ts'
import { decodeToken, encodeToken, type Position, requestHash } from './next-token.ts'
import type { CheckedOptions } from './options.ts'
import type { SelectPlan } from './plan.ts'
import { roughSize } from './rough-size.ts'
import { RowReader, type Rows } from './row-reader.ts'
import type { StatementResult } from './statement-result.ts'

/** About the bytes of results after which no more are read: for LIMIT, and for several partitions. One page has as much. */
const pageBytes = 1024 * 1024
/** Rows at a time at least, where a condition lets an unknown part of them through and LIMIT is small. */
const fewestRows = 100

type ReadOptions = Pick<CheckedOptions, 'limit' | 'nextToken' | 'consistent'>

/** One page of a SELECT, or what LIMIT asks for. `text`: of the statement, which a token is bound to. */
export function runSelect(
  store: Store,
  table: TableState,
  plan: SelectPlan,
  text: string,
  parameters: readonly AttributeValue[],
  options: ReadOptions,
): Promise<StatementResult> {
  return new SelectRun(store, table, plan, text, parameters, options).result()
}

class SelectRun {
  readonly #rows: RowReader
  readonly #hash: () => Buffer
  readonly #items: Item[] = []
  readonly #filtered: boolean
  /** Rows that may still be read. */
  #budget: number
  #position: Position
  #scannedCount = 0
  #bytes = 0
  #chunk = fewestRows

  constructor(
    store: Store,
    table: TableState,
    plan: SelectPlan,
    text: string,
    parameters: readonly AttributeValue[],
    { consistent, limit, nextToken }: ReadOptions,
  ) {
    const index = plan.index === undefined ? undefined : table.findIndex(plan.index)
    // What the reads fulfil by themselves is checked, too.
    if (plan.where !== undefined) makeCondition(plan.where, parameters, 'FilterExpression')
    const filter =
      plan.filter === undefined ? undefined : makeCondition(plan.filter, parameters, 'FilterExpression')
    const reads = bindReads(plan, index?.schema ?? table.schema, parameters)
    this.#rows = new RowReader(store, table, plan, reads, filter, consistent)
    this.#filtered = filter !== undefined
    this.#budget = limit ?? Number.POSITIVE_INFINITY
    this.#hash = () => requestHash(text, parameters, table.schema.id)
    const begin: Position = {
      read: 0,
      startKey: undefined,
      skip: plan.offset === undefined ? 0 : wholeNumber('OFFSET', plan.offset, parameters),
      left: plan.limit === undefined ? undefined : wholeNumber('LIMIT', plan.limit, parameters),
    }
    this.#position =
      nextToken === undefined ? begin : decodeToken(nextToken, this.#hash(), this.#rows.path.keys)
  }

  async result(): Promise<StatementResult> {
    let isFull = false
    while (!this.#isDone && !isFull) {
      const rows = await this.#next()
      this.#scannedCount += rows.scannedCount
      this.#take(rows.items)
      // LIMIT asks for so many results: a page that brings too few of them is not the end.
      const pageEnds = rows.lastKey !== undefined && this.#position.left === undefined
      isFull = pageEnds || this.#budget <= 0 || this.#bytes >= pageBytes
    }
    return this.#summary()
  }

  get #isDone(): boolean {
    return this.#position.left === 0 || this.#position.read >= this.#rows.length
  }

  /** Reads on, and moves the position behind what was read. */
  async #next(): Promise<Rows> {
    const { read, startKey } = this.#position
    if (this.#rows.readsItems) {
      const count = Math.min(this.#rows.length - read, this.#budget)
      const rows = await this.#rows.items(read, count)
      this.#budget -= count
      this.#position = { ...this.#position, read: read + count }
      return rows
    }
    const wanted = Math.min(this.#budget, this.#wanted)
    const rows = await this.#rows.page(read, startKey, Number.isFinite(wanted) ? wanted : undefined)
    this.#budget -= rows.scannedCount
    const { lastKey } = rows
    this.#position = { ...this.#position, read: lastKey === undefined ? read + 1 : read, startKey: lastKey }
    return rows
  }

  /** Rows to be read at once: no more than LIMIT needs, as far as one can know. */
  get #wanted(): number {
    const { left, skip } = this.#position
    if (left === undefined) return Number.POSITIVE_INFINITY
    if (!this.#filtered) return left + skip
    this.#chunk *= 2
    return Math.max(this.#chunk, left + skip)
  }

  #take(items: readonly Item[]): void {
    const { left = Number.POSITIVE_INFINITY, skip } = this.#position
    const taken = items.slice(skip, skip + left)
    for (const item of taken) {
      this.#items.push(item)
      this.#bytes += roughSize(item)
    }
    this.#position = {
      ...this.#position,
      skip: Math.max(0, skip - items.length),
      left: this.#position.left === undefined ? undefined : left - taken.length,
    }
  }

  #summary(): StatementResult {
    const items = this.#items
    const counts = { items, count: items.length, scannedCount: this.#scannedCount }
    if (this.#isDone) return counts
    const { startKey } = this.#position
    const nextToken = encodeToken(this.#position, this.#hash(), this.#rows.path.keys)
    return startKey === undefined ? { ...counts, nextToken } : { ...counts, nextToken, lastKey: startKey }
  }
}
