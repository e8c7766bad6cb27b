import type { Snapshot } from '../../kv/snapshot.ts'
import { compareBytes } from '../../util/bytes.ts'
import { baseTable, expiryKey, rowsPrefix } from '../layout.ts'
import type { Store } from '../store.ts'
import { StoredItem } from '../stored-item.ts'
import type { TableIndex, TableState } from '../table-state.ts'
import { expiryOfStored } from '../ttl/expiry.ts'
import { type IndexRow, indexRow } from './rows.ts'

/** What is wrong with one row. */
export interface TableProblem {
  /** Name of the index; undefined: the table itself. */
  readonly index?: string
  /** `missing`: an item has no row; `stale`: a row has no item; `wrong`: a row holds something else than its item. */
  readonly kind: 'missing' | 'stale' | 'wrong'
  /** The key of the row, in hexadecimal digits. */
  readonly row: string
  readonly message: string
}

/** What `verify` found. */
export interface TableReport {
  readonly name: string
  readonly items: number
  /** Rows by the name of the index, those that are being filled left out. */
  readonly indexRows: { readonly [index: string]: number }
  /** At most 100. */
  readonly problems: readonly TableProblem[]
  readonly ok: boolean
}

const mostProblems = 100
const pageSize = 500

/** Reads a table, all its indexes and its expiry times as they are at one moment, and holds them against each other. */
export async function checkTable(store: Store, table: TableState): Promise<TableReport> {
  const check = new TableCheck(store, table, store.database.snapshot())
  try {
    return await check.run()
  } finally {
    check.snapshot.close()
  }
}

class TableCheck {
  readonly snapshot: Snapshot
  readonly #store: Store
  readonly #table: TableState
  readonly #indexes: readonly TableIndex[]
  readonly #problems: TableProblem[] = []

  constructor(store: Store, table: TableState, snapshot: Snapshot) {
    this.snapshot = snapshot
    this.#store = store
    this.#table = table
    this.#indexes = table.indexes.filter(({ schema }) => schema.status === 'ACTIVE')
  }

  async run(): Promise<TableReport> {
    const { id, name } = this.#table.schema
    const items = await this.#each(rowsPrefix(id, baseTable), (rows) => this.#checkItems(rows))
    const counts: [string, number][] = []
    for (const index of this.#indexes) {
      const prefix = rowsPrefix(id, index.schema.number)
      counts.push([index.schema.name, await this.#each(prefix, (rows) => this.#checkRows(index, rows))])
    }
    const problems = this.#problems
    return { name, items, indexRows: Object.fromEntries(counts), problems, ok: problems.length === 0 }
  }

  /** Each item has its key, and its row in each index. */
  async #checkItems(rows: readonly [Buffer, Buffer][]): Promise<void> {
    const items = rows.map(([key, value]) => {
      const stored = new StoredItem(value)
      if (compareBytes(this.#table.keys.encode(stored.item), key) !== 0)
        this.#add(undefined, 'wrong', key, 'the item has another primary key than its row')
      return stored
    })
    await this.#checkExpiry(rows)
    for (const index of this.#indexes) {
      const wanted = items.flatMap((stored) => indexRow(this.#table.schema, index, stored) ?? [])
      const found = await this.#read(wanted.map(({ key }) => key))
      for (const [at, row] of wanted.entries()) this.#compare(index, row, found[at])
    }
  }

  /** Each item that expires has a row that says when. There may be others for a while. */
  async #checkExpiry(rows: readonly [Buffer, Buffer][]): Promise<void> {
    const { id, ttl } = this.#table.schema
    if (ttl?.status !== 'ENABLED') return
    const wanted = rows.flatMap(([key, value]) => {
      const seconds = expiryOfStored(value, ttl.attribute)
      return seconds === undefined ? [] : [expiryKey(id, seconds, key)]
    })
    const found = await this.#read(wanted)
    for (const [at, key] of wanted.entries()) {
      if (found[at] === undefined)
        this.#add(undefined, 'missing', key, 'an item has no row that says when it expires')
    }
  }

  #compare(index: TableIndex, { key, value }: IndexRow, found: Uint8Array | undefined): void {
    if (found === undefined) this.#add(index, 'missing', key, 'an item has no row in the index')
    else if (compareBytes(found, value) !== 0)
      this.#add(index, 'wrong', key, 'the row of the index holds something else than its item')
  }

  /** Each row of an index is that of an item. */
  async #checkRows(index: TableIndex, rows: readonly [Buffer, Buffer][]): Promise<void> {
    const bases = rows.map(([key]) => this.#table.keys.encode(index.keys.decode(key)))
    const found = await this.#read(bases)
    for (const [at, [key]] of rows.entries()) {
      const bytes = found[at]
      const row = bytes === undefined ? undefined : index.keys.encodeSparse(new StoredItem(bytes).item)
      if (row === undefined || compareBytes(row, key) !== 0)
        this.#add(index, 'stale', key, 'the row of the index is that of no item')
    }
  }

  #read(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#store.getMany(keys, this.snapshot)
  }

  async #each(prefix: Uint8Array, step: (rows: [Buffer, Buffer][]) => Promise<void>): Promise<number> {
    const rows = this.#store.entries({ prefix, fillCache: false, snapshot: this.snapshot })
    try {
      for (let count = 0; ; ) {
        const page = await rows.next(pageSize)
        if (page.length === 0) return count
        count += page.length
        await step(page)
      }
    } finally {
      await rows.close()
    }
  }

  #add(index: TableIndex | undefined, kind: TableProblem['kind'], key: Uint8Array, message: string): void {
    if (this.#problems.length >= mostProblems) return
    const row = Buffer.from(key).toString('hex')
    this.#problems.push({ ...(index === undefined ? {} : { index: index.schema.name }), kind, row, message })
  }
}
