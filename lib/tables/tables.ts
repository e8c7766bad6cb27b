import { checkNames, readFlag } from '../base/call-options.ts'
import { invalidArgument } from '../base/errors.ts'
import type { DatabaseOptions } from '../base/options.ts'
import type { LongCallOptions } from '../kv/cancellation.ts'
import { Database } from '../kv/database.ts'
import type { CompactOptions } from '../kv/maintenance.ts'
import { describeValue } from '../util/describe-value.ts'
import { type BatchGetResult, batchGet, type KeysToGet } from './batch-get.ts'
import { type BatchWriteResult, batchWrite, type ItemsToWrite } from './batch-write.ts'
import { compactStripe } from './compact-stripe.ts'
import { coreOf } from './core.ts'
import { describeTable, type TableDescription } from './describe.ts'
import { Handle } from './handle.ts'
import { changeTable, untilActive } from './index/change.ts'
import { checkTable, type TableReport } from './index/check.ts'
import type { FillProgress } from './index/fill.ts'
import { durabilityOf } from './item-options.ts'
import { type BatchExecuteResult, type BatchStatement, batchExecute } from './partiql/batch.ts'
import { execute, explain } from './partiql/execute.ts'
import type { ExplainedPlan } from './partiql/explain.ts'
import type { ExecuteOptions } from './partiql/options.ts'
import type { StatementResult } from './partiql/statement-result.ts'
import {
  type ExecuteTransactionResult,
  executeTransaction,
  type TransactStatement,
} from './partiql/transaction.ts'
import { readAttributeSchemas } from './schema/attribute-schema.ts'
import type { Durability } from './store.ts'
import { readStreamOptions } from './streams/view-type.ts'
import { readSweepInterval, Sweeper } from './sweeper.ts'
import { Table } from './table.ts'
import { checkUpdateTableOptions, type TableChanges, type UpdateTableOptions } from './table-changes.ts'
import { checkDefinition, checkTableName, keyTypesOf, type TableDefinition } from './table-definition.ts'
import { type TransactGet, transactGet } from './transact-get.ts'
import type { TransactWrite } from './transact-operations.ts'
import { type TransactionOptions, type TransactWriteOptions, transactWrite } from './transact-write.ts'
import { readTtlOptions } from './ttl/settings.ts'
import type { AttributeValue, Item } from './value.ts'

export interface SharedTablesOptions {
  /**
   * Milliseconds between two sweeps in the background, which delete items that have expired (`ttl`) and change records
   * that are too old. Default 60000; 0: none.
   */
  readonly sweepIntervalMs?: number | undefined
}

/** With a path: those of the database, too. */
export type TablesOptions = DatabaseOptions & SharedTablesOptions

export interface DescribeOptions {
  /** False: leave out `itemCount` and `sizeBytes`, which are counted anew each time. Default true. */
  readonly count?: boolean | undefined
}

const sharedNames: ReadonlySet<string> = new Set(['sweepIntervalMs'])
const batchWriteNames = new Set(['sync'])
const describeNames = new Set(['count'])

/**
 * Tables of items, DynamoDB's way, in a database. Several may be open on one database; what one does, the others see.
 * All their keys in it begin with the byte FF, as no text does: other text keys there are not in the way.
 */
export class Tables {
  /** The database that the tables are in. */
  readonly database: Database<unknown, unknown>
  readonly #handle: Handle
  /** Closing the tables closes the database. */
  readonly #owner: boolean
  readonly #sweeper: Sweeper
  #closing: Promise<void> | undefined

  private constructor(
    database: Database<unknown, unknown>,
    handle: Handle,
    owner: boolean,
    sweepIntervalMs: number,
  ) {
    this.#sweeper = new Sweeper(handle.core, sweepIntervalMs)
    this.database = database
    this.#handle = handle
    this.#owner = owner
  }

  /**
   * Opens the tables in `path`, a directory, or makes a database there; ':memory:' keeps everything in memory. The
   * options are those of the database then. An open database is shared: it stays open when the tables are closed.
   */
  static async open(
    place: string | Database<unknown, unknown>,
    options: TablesOptions = {},
  ): Promise<Tables> {
    if (typeof place === 'string') return Tables.#openPath(place, options)
    if (!(place instanceof Database))
      throw invalidArgument(`Tables.open takes a path or a Database, got ${describeValue(place)}`)
    checkNames(options, sharedNames, 'Tables.open of a Database')
    return Tables.#openOn(place, false, readSweepInterval(options.sweepIntervalMs))
  }

  static async #openPath(path: string, given: TablesOptions): Promise<Tables> {
    const { sweepIntervalMs, ...options } = given
    const interval = readSweepInterval(sweepIntervalMs)
    const encodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
    const database: Database<unknown, unknown> = await Database.open(path, { ...encodings, ...options })
    try {
      return await Tables.#openOn(database, true, interval)
    } catch (error) {
      await database.close()
      throw error
    }
  }

  static async #openOn(
    database: Database<unknown, unknown>,
    owner: boolean,
    sweepIntervalMs: number,
  ): Promise<Tables> {
    const core = await coreOf(database)
    core.acquire()
    return new Tables(database, new Handle(core, database.path), owner, sweepIntervalMs)
  }

  /** Creates a table; it can be used when this resolves. ResourceInUseException when there is one of its name. */
  async create(definition: TableDefinition): Promise<TableDescription> {
    const { catalog, store } = this.#handle.core
    const { indexes, partitionKey, sortKey } = checkDefinition(definition)
    const { name } = definition
    const stream = readStreamOptions(definition.stream, 'create')
    const ttl = readTtlOptions(definition.ttl, 'create')
    const attributes = readAttributeSchemas(
      definition.attributes,
      keyTypesOf([{ partitionKey, sortKey }, ...indexes]),
    )
    const table = await catalog.create(
      {
        name,
        createdAt: Date.now(),
        partitionKey,
        sortKey,
        indexes: indexes.map((index, at) => ({ ...index, number: at + 1, status: 'ACTIVE' })),
        nextIndexNumber: indexes.length + 1,
        ttl,
        stream,
        attributes,
      },
      (batch, table) => {
        if (stream !== undefined) table.stream.configure(batch, stream)
      },
    )
    return describeTable(store, table, false)
  }

  /** The names of all tables, in order. */
  async list(): Promise<string[]> {
    return this.#handle.core.catalog.names()
  }

  async describe(name: string, options: DescribeOptions = {}): Promise<TableDescription> {
    checkNames(options, describeNames, 'describe')
    const { core, table } = this.#named(name)
    return describeTable(core.store, table, readFlag('count', options.count, 'describe') ?? true)
  }

  /**
   * Creates and drops indexes while reads and writes go on. Resolves when new ones are filled: until then nothing can be
   * read from them; what a crash interrupts goes on when the tables are opened again. One that is given up is dropped.
   */
  async update(
    name: string,
    changes: TableChanges,
    options: UpdateTableOptions = {},
  ): Promise<TableDescription> {
    checkUpdateTableOptions(options, 'update')
    const { core, table } = this.#named(name)
    await changeTable(core, table, changes, options)
    return describeTable(core.store, table, false)
  }

  /** Resolves when all indexes of a table are filled. */
  async whenActive(name: string, options: LongCallOptions<FillProgress> = {}): Promise<void> {
    checkUpdateTableOptions(options, 'whenActive')
    const { core, table } = this.#named(name)
    await Promise.all(table.indexes.map(({ schema }) => untilActive(core, table, schema.name, options)))
  }

  /** Reads a table and its indexes as they are at one moment, and holds them against each other. */
  async verify(name: string): Promise<TableReport> {
    const { core, table } = this.#named(name)
    return checkTable(core.store, table)
  }

  /**
   * Brings the rows of one stripe of all tables and indexes, 0 to 255 by the hash of their partition keys, to the last level:
   * old versions and deleted items go away. `database.compact()` does so for everything.
   */
  async compactStripe(stripe: number, options: CompactOptions = {}): Promise<void> {
    await compactStripe(this.#handle.core, stripe, options)
  }

  /** Deletes a table with all that belongs to it, at a cost that does not depend on how much that is. */
  async drop(name: string): Promise<void> {
    const { core, table } = this.#named(name)
    await core.catalog.drop(table)
  }

  /** The table of this name, which need not exist yet. */
  table(name: string): Table {
    checkTableName(name)
    return new Table(this.#handle, name)
  }

  /** Up to 100 items of several tables, read at one moment: 16 MiB of them at most, the others stay unprocessed. */
  batchGet(requests: Readonly<Record<string, KeysToGet>>): Promise<BatchGetResult> {
    return batchGet(this.#handle, requests)
  }

  /** Up to 25 puts and deletions in several tables, applied at once: all or none, also after a crash. */
  async batchWrite(
    requests: Readonly<Record<string, ItemsToWrite>>,
    options: Durability = {},
  ): Promise<BatchWriteResult> {
    checkNames(options, batchWriteNames, 'batchWrite')
    readFlag('sync', options.sync, 'batchWrite')
    return batchWrite(this.#handle, requests, durabilityOf(options))
  }

  /** Up to 100 items as they are at one moment, in the order asked for; undefined where there is none. */
  transactGet(gets: readonly TransactGet[]): Promise<(Item | undefined)[]> {
    return transactGet(this.#handle, gets)
  }

  /**
   * Makes up to 100 writes and checks in several tables: all or none, also after a crash; no two of one item. Serializable.
   * TransactionCanceledException, with a reason for each operation, when one of them cannot be.
   */
  transactWrite(operations: readonly TransactWrite[], options: TransactWriteOptions = {}): Promise<void> {
    return transactWrite(this.#handle, operations, options)
  }

  /**
   * Deletes what has expired: items by their TTL, and change records that are older than their streams keep them. That
   * happens in the background, too, see `sweepIntervalMs`. Resolves to the number of items.
   */
  async sweep(): Promise<number> {
    void this.#handle.core
    return this.#sweeper.sweep()
  }

  /**
   * Runs one PartiQL statement: SELECT, INSERT, UPDATE or DELETE; `?` in it are `parameters`, in their order. A SELECT
   * resolves to a page; with a `nextToken` it goes on.
   */
  async execute(
    statement: string,
    parameters?: readonly AttributeValue[],
    options: ExecuteOptions = {},
  ): Promise<StatementResult> {
    return execute(this.#handle, statement, parameters, options)
  }

  /** Runs up to 25 statements, all of them SELECTs of one item or all of them writes; each succeeds or fails by itself. */
  async batchExecute(
    statements: readonly BatchStatement[],
    options: Durability = {},
  ): Promise<BatchExecuteResult> {
    return batchExecute(this.#handle, statements, options)
  }

  /** Runs up to 100 statements as one transaction: SELECTs of one item each at one moment, or writes, all or none. */
  async executeTransaction(
    statements: readonly TransactStatement[],
    options: TransactionOptions = {},
  ): Promise<ExecuteTransactionResult> {
    return executeTransaction(this.#handle, statements, options)
  }

  /** How a statement would be run: what is read or written, and by which condition rows are left out. Reads nothing. */
  async explain(statement: string): Promise<ExplainedPlan> {
    return explain(this.#handle, statement)
  }

  /** Later calls fail with BURROW_CLOSED. A database that was opened by `Tables.open` is closed, another one stays open. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** For `using`, which cannot wait: closing begins at the end of the block. Prefer `await using`. */
  [Symbol.dispose](): void {
    void this.close()
  }

  async #close(): Promise<void> {
    this.#sweeper.stop()
    const core = this.#handle.close()
    try {
      await (this.#owner ? core.end() : core.release())
    } finally {
      if (this.#owner) await this.database.close()
    }
  }

  #named(name: string) {
    checkTableName(name)
    return this.#handle.table(name)
  }
}
