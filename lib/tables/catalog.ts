import { decodeTable, encodeTable } from './catalog-record.ts'
import { corruption, resourceInUse, resourceNotFound } from './errors.ts'
import { cursorsPrefix } from './index/fill-cursor.ts'
import { catalogKey, counterKey, spacePrefix, tablePrefix } from './layout.ts'
import type { Store, StoreBatch } from './store.ts'
import type { TableSchema } from './table-schema.ts'
import { TableState } from './table-state.ts'

/** Changes of the catalog are rare, and rows that a crash keeps are nothing without their table. */
const durable = { sync: true }

const nextTableId = counterKey('next table')
/** Where rows of tables are. */
const spaces = ['items', 'streams', 'expiry'] as const

/** The tables of a store: all in memory, each in a record of its own. */
export class Catalog {
  readonly #store: Store
  readonly #tables = new Map<string, TableState>()
  #nextId = 1

  private constructor(store: Store) {
    this.#store = store
  }

  static async load(store: Store): Promise<Catalog> {
    const catalog = new Catalog(store)
    const prefix = spacePrefix('catalog')
    for await (const [key, value] of store.entries({ prefix })) {
      const name = key.subarray(prefix.length)
      if (name[0] !== 0) catalog.#load(name.toString('utf8'), value)
      else if (key.equals(nextTableId)) catalog.#nextId = readId(value)
    }
    return catalog
  }

  #load(name: string, record: Uint8Array): void {
    this.#tables.set(name, new TableState(decodeTable(record, name), this.#store.database))
  }

  /** In the order of their names. */
  names(): string[] {
    return [...this.#tables.keys()].sort()
  }

  states(): TableState[] {
    return [...this.#tables.values()]
  }

  find(name: string): TableState | undefined {
    return this.#tables.get(name)
  }

  /** Throws ResourceNotFoundException. */
  get(name: string): TableState {
    const state = this.#tables.get(name)
    if (state === undefined) throw resourceNotFound(`Table: ${name} not found`)
    return state
  }

  /** Resolves when the table is durable; it can be used before. */
  async create(
    schema: Omit<TableSchema, 'id'>,
    also?: (batch: StoreBatch, table: TableState) => void,
  ): Promise<TableState> {
    this.#store.checkWritable()
    const { name } = schema
    if (this.#tables.has(name)) throw resourceInUse(`Table already exists: ${name}`)
    const state = new TableState({ ...schema, id: this.#nextId++ }, this.#store.database)
    const batch = this.#store.batch()
    batch.put(catalogKey(name), encodeTable(state.schema))
    batch.put(nextTableId, writeId(this.#nextId))
    also?.(batch, state)
    const done = batch.commit(durable)
    this.#tables.set(name, state)
    try {
      await done
    } catch (error) {
      if (this.#tables.get(name) === state) this.#tables.delete(name)
      state.dropped = true
      throw error
    }
    return state
  }

  /** Replaces what is known of a table, with further writes in the same batch. In force when this returns. */
  async change(state: TableState, schema: TableSchema, also?: (batch: StoreBatch) => void): Promise<void> {
    this.#store.checkWritable()
    if (state.dropped) throw resourceNotFound(`Table: ${schema.name} not found`)
    const batch = this.#store.batch()
    batch.put(catalogKey(schema.name), encodeTable(schema))
    also?.(batch)
    const done = batch.commit(durable)
    const before = state.schema
    state.schema = schema
    try {
      await done
    } catch (error) {
      if (state.schema === schema) state.schema = before
      throw error
    }
  }

  /** Deletes the table with everything that belongs to it. */
  async drop(state: TableState): Promise<void> {
    this.#store.checkWritable()
    const { id, name } = state.schema
    if (state.dropped) throw resourceNotFound(`Table: ${name} not found`)
    const batch = this.#store.batch()
    batch.delete(catalogKey(name))
    for (const space of spaces) batch.deletePrefix(tablePrefix(space, id))
    batch.deletePrefix(cursorsPrefix(id))
    const done = batch.commit(durable)
    state.dropped = true
    this.#tables.delete(name)
    try {
      await done
    } catch (error) {
      state.dropped = false
      if (!this.#tables.has(name)) this.#tables.set(name, state)
      throw error
    }
    state.closeStream(resourceNotFound(`Table: ${name} not found`))
  }
}

function writeId(id: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(id)
  return bytes
}

function readId(bytes: Uint8Array): number {
  if (bytes.byteLength !== 4) throw corruption('the number of the next table cannot be read')
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}
