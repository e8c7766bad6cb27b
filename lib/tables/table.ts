import { checkNames, readFlag } from '../base/call-options.ts'
import { batchGet } from './batch-get.ts'
import { batchWrite, type ItemsToWrite } from './batch-write.ts'
import { getItem } from './get-item.ts'
import type { Handle } from './handle.ts'
import { deleteWrite, putWrite, updateWrite } from './item-operations.ts'
import {
  checkDeleteOptions,
  checkGetOptions,
  checkPutOptions,
  checkUpdateOptions,
  type DeleteOptions,
  durabilityOf,
  type GetOptions,
  type PutOptions,
  type UpdateOptions,
} from './item-options.ts'
import { writeItem } from './item-write.ts'
import { returnedValues } from './return-values.ts'
import type { Durability } from './store.ts'
import type { Item } from './value.ts'

/** What a write resolves to. */
export interface WriteResult {
  /** As `returnValues` asks; absent when there is nothing to return. */
  readonly attributes?: Item
}

export interface TableBatchGetResult {
  readonly items: Item[]
  /** Those for which the response had no room (16 MiB of items): to be asked for again. */
  readonly unprocessedKeys: readonly Item[]
}

export interface TableBatchWriteResult {
  /** What was not done. Always empty: the whole batch is applied at once. */
  readonly unprocessedItems: ItemsToWrite
}

const batchWriteNames = new Set(['sync'])
const nothing: PutOptions & DeleteOptions & UpdateOptions = {}

/**
 * A table of a store. Every call looks it up by its name, so a handle may be made before the table is, and outlives it:
 * calls fail with ResourceNotFoundException while it does not exist. Calls always return a promise.
 */
export class Table {
  readonly #handle: Handle
  readonly name: string

  /** Made by `tables.table(name)`. */
  constructor(handle: Handle, name: string) {
    this.#handle = handle
    this.name = name
  }

  /** The item with this primary key; undefined when there is none. */
  async get(key: Item, options?: GetOptions): Promise<Item | undefined> {
    if (options !== undefined) checkGetOptions(options)
    const { core, table } = this.#handle.table(this.name)
    return getItem(core.store, table, key, options)
  }

  /** Writes the whole item, in place of the one that has its primary key. The item is copied during the call. */
  async put(item: Item, options: PutOptions = nothing): Promise<WriteResult> {
    if (options !== nothing) checkPutOptions(options)
    const { core, table } = this.#handle.table(this.name)
    const written = await writeItem(core.store, putWrite(table, item, options), durabilityOf(options))
    return returnedValues(written, options.returnValues)
  }

  /** Deletes the item with this primary key; nothing happens when there is none. */
  async delete(key: Item, options: DeleteOptions = nothing): Promise<WriteResult> {
    if (options !== nothing) checkDeleteOptions(options)
    const { core, table } = this.#handle.table(this.name)
    const written = await writeItem(core.store, deleteWrite(table, key, options), durabilityOf(options))
    return returnedValues(written, options.returnValues)
  }

  /** Changes attributes of the item with this primary key, which it makes when there is none. */
  async update(key: Item, expression?: string, options: UpdateOptions = nothing): Promise<WriteResult> {
    if (options !== nothing) checkUpdateOptions(options)
    const { core, table } = this.#handle.table(this.name)
    const write = updateWrite(table, key, expression, options)
    const written = await writeItem(core.store, write, durabilityOf(options))
    return returnedValues(written, options.returnValues, write.update)
  }

  /** Up to 100 items by their primary keys, read at one moment; those that are there, in the order of the keys. */
  async batchGet(keys: readonly Item[], options?: GetOptions): Promise<TableBatchGetResult> {
    if (options !== undefined) checkGetOptions(options)
    const { items, unprocessedKeys } = await batchGet(this.#handle, { [this.name]: { ...options, keys } })
    return { items: items[this.name]!, unprocessedKeys: unprocessedKeys[this.name]?.keys ?? [] }
  }

  /** Up to 25 puts and deletions, applied at once: all or none, also after a crash. */
  async batchWrite(writes: ItemsToWrite, options: Durability = {}): Promise<TableBatchWriteResult> {
    checkNames(options, batchWriteNames, 'batchWrite')
    readFlag('sync', options.sync, 'batchWrite')
    await batchWrite(this.#handle, { [this.name]: writes }, durabilityOf(options))
    return { unprocessedItems: {} }
  }
}
