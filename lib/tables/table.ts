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
import { AllItems, type AllItemsOptions } from './query/all-items.ts'
import type { LegacyQueryOptions, QueryOptions, ScanOptions } from './query/options.ts'
import type { Page } from './query/page.ts'
import { runQuery } from './query/query.ts'
import { runScan } from './query/scan.ts'
import { returnedValues } from './return-values.ts'
import type { Durability } from './store.ts'
import { deleteConsumer, listConsumers, type StreamConsumer } from './streams/consumers.ts'
import type { StreamLog } from './streams/log.ts'
import { type ReadStreamOptions, StreamReader } from './streams/reader.ts'
import {
  describeShards,
  makeShardIterator,
  type RecordsPage,
  readShard,
  type ShardIteratorOptions,
  type StreamDescription,
} from './streams/shards.ts'
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

  /**
   * Changes attributes of the item with this primary key, which it makes when there is none; by an update expression, or
   * without one by the option `attributeUpdates`.
   */
  async update(key: Item, expression?: string, options: UpdateOptions = nothing): Promise<WriteResult> {
    if (options !== nothing) checkUpdateOptions(options)
    const { core, table } = this.#handle.table(this.name)
    const write = updateWrite(table, key, expression, options)
    const written = await writeItem(core.store, write, durabilityOf(options))
    return returnedValues(written, options.returnValues, write.update)
  }

  /** One page of the items of a partition, in the order of their sort keys; see QueryOptions. */
  async query(options: QueryOptions | LegacyQueryOptions): Promise<Page> {
    const { core, table } = this.#handle.table(this.name)
    return runQuery(core.store, table, options)
  }

  /** One page of all items; see ScanOptions. */
  async scan(options: ScanOptions = {}): Promise<Page> {
    const { core, table } = this.#handle.table(this.name)
    return runScan(core.store, table, options)
  }

  /** All items that a query selects, page by page: `for await (const item of t.queryAll(options))`. `limit` is that of a page. */
  queryAll(options: (QueryOptions | LegacyQueryOptions) & AllItemsOptions): AllItems {
    const { signal, ...query } = options
    return new AllItems('queryAll', options, (startKey) => this.query({ ...query, startKey }))
  }

  /** All items that a scan selects, page by page. */
  scanAll(options: ScanOptions & AllItemsOptions = {}): AllItems {
    const { signal, ...scan } = options
    return new AllItems('scanAll', options, (startKey) => this.scan({ ...scan, startKey }))
  }

  /** The changes of items, as they are committed; see ReadStreamOptions. Throws what is wrong with the options. */
  stream(options?: ReadStreamOptions): StreamReader {
    const { stream } = this.#handle.table(this.name).table
    describeShards(stream)
    return new StreamReader(stream, options, this.#handle.ended)
  }

  /** The stream and its shards. ResourceNotFoundException when the table never had one. */
  async describeStream(): Promise<StreamDescription> {
    return describeShards(this.#stream)
  }

  /** Where to begin with `records`: good for 15 minutes. */
  async shardIterator(options: ShardIteratorOptions): Promise<string> {
    return makeShardIterator(this.#stream, options)
  }

  /** Up to `limit` (1 to 1000) change records of a shard, and the iterator to go on with. */
  async records(
    shardIterator: string,
    options?: { readonly limit?: number | undefined },
  ): Promise<RecordsPage> {
    return readShard(this.#stream, shardIterator, options)
  }

  /** The consumers of the stream that have a checkpoint, by name. */
  async streamConsumers(): Promise<StreamConsumer[]> {
    return listConsumers(this.#stream)
  }

  /** Forgets how far a consumer is; nothing happens when there is none of this name. */
  async deleteStreamConsumer(name: string): Promise<void> {
    await deleteConsumer(this.#stream, name)
  }

  get #stream(): StreamLog {
    return this.#handle.table(this.name).table.stream
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
