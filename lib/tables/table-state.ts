import { KeyCodec } from './key-codec.ts'
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
  /** The keys of its items' rows. */
  readonly keys: KeyCodec
  /** Its rows are gone; who still holds it must not write. */
  dropped = false

  constructor(schema: TableSchema) {
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
    this.#indexes = indexesOf(schema)
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
