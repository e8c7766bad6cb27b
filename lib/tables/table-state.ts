import type { Database } from '../kv/database.ts'
import { KeyCodec } from './key-codec.ts'
import { ItemSchema } from './schema/item-schema.ts'
import { StreamLog } from './streams/log.ts'
import type { IndexSchema, TableSchema } from './table-schema.ts'

/** A secondary index, and the keys of its rows. */
export interface TableIndex {
  readonly schema: IndexSchema
  readonly keys: KeyCodec
}

/** A table as all handles of a database see it. */
export class TableState {
  #schema: TableSchema
  #indexes: readonly TableIndex[]
  #items: ItemSchema
  #stream: StreamLog | undefined
  readonly #database: Database<unknown, unknown>
  /** The keys of its items' rows. */
  readonly keys: KeyCodec
  /** Its rows are gone; who still holds it must not write. */
  dropped = false

  constructor(schema: TableSchema, database: Database<unknown, unknown>) {
    this.#database = database
    this.#items = new ItemSchema(schema.attributes)
    this.keys = KeyCodec.table(schema.id, schema)
    this.#schema = schema
    this.#indexes = indexesOf(schema)
  }

  get schema(): TableSchema {
    return this.#schema
  }

  /** The new one is of the same table. */
  set schema(schema: TableSchema) {
    this.#schema = schema
    this.#items = new ItemSchema(schema.attributes)
    this.#indexes = indexesOf(schema)
  }

  /** What its items must be like. */
  get items(): ItemSchema {
    return this.#items
  }

  /** The change records of its items, also when no more are made. */
  get stream(): StreamLog {
    const { id, name, stream } = this.#schema
    this.#stream ??= new StreamLog({
      db: this.#database,
      tableId: id,
      tableName: name,
      keys: this.keys,
      settings: stream,
      now: Date.now,
    })
    return this.#stream
  }

  /** Who reads the stream gets this error, from now on. */
  closeStream(error: Error): void {
    this.#stream?.close(error)
  }

  /** Those that are being filled, too. */
  get indexes(): readonly TableIndex[] {
    return this.#indexes
  }

  /** The index of this name; undefined when there is none. */
  findIndex(name: string): TableIndex | undefined {
    return this.#indexes.find((index) => index.schema.name === name)
  }
}

function indexesOf(table: TableSchema): TableIndex[] {
  return table.indexes.map((schema) => {
    const { kind, number } = schema
    const make = kind === 'local' ? KeyCodec.localIndex : KeyCodec.globalIndex
    return { schema, keys: make(table.id, number, schema, table) }
  })
}
