/** What the benchmarks of tables compare: one table of items, behind each interface. */
import { join } from 'node:path'
import { itemToDynamoJson } from '../../lib/tables/dynamodb-json.ts'
import { encodeItem } from '../../lib/tables/item-codec.ts'
import { Database, type Item, Tables } from '../../lib/tables.ts'
import { openDynalite } from '../judge/dynalite.ts'
import type { JsonObject } from '../judge/random-values.ts'
import { keyOfItem, makeItem, perPartition } from './items.ts'

export type StoreName = 'tables' | 'kv' | 'dynalite'

/** Calls resolve, or return, when the operation is done; reads throw when an item is missing. */
export interface ItemStore {
  /** Made beforehand, for what is given to `put` is not measured. */
  prepare(number: number): unknown
  put(prepared: unknown, sync: boolean): Promise<unknown>
  get(number: number): Promise<unknown>
  /** All items of the partition that the item is in. */
  query(number: number): Promise<unknown>
  close(): Promise<void>
}

export interface StoreOptions {
  readonly directory: string
  readonly indexes: number
}

/** Of every store of ours, as in the other benchmarks. */
export const databaseOptions = {
  memtableSize: 64 * 2 ** 20,
  blockCacheSize: 256 * 2 ** 20,
  syncWrites: false,
} as const

const keyTypes = ['S', 'N', 'S'] as const

export function openStore(name: StoreName, options: StoreOptions): Promise<ItemStore> {
  if (name === 'tables') return openTables(options)
  return name === 'kv' ? openRaw(options) : openOther(options)
}

async function openTables({ directory, indexes }: StoreOptions): Promise<ItemStore> {
  const tables = await Tables.open(join(directory, 'db'), databaseOptions)
  await tables.create({
    name: 'items',
    partitionKey: { name: 'pk', type: 'S' },
    sortKey: { name: 'sk', type: 'S' },
    globalIndexes: keyTypes.slice(0, indexes).map((type, at) => ({
      name: `by-g${at}`,
      partitionKey: { name: `g${at}`, type },
      projection: 'ALL',
    })),
  })
  const table = tables.table('items')
  const synced = { sync: true }
  return {
    prepare: makeItem,
    put: (item, sync) => (sync ? table.put(item as Item, synced) : table.put(item as Item)),
    async get(number) {
      if ((await table.get(keyOfItem(number))) === undefined) throw new Error(`item ${number} is gone`)
    },
    async query(number) {
      const { items } = await table.query({ key: 'pk = :p', values: { ':p': keyOfItem(number).pk } })
      if (items.length !== perPartition) throw new Error(`the partition has ${items.length} items`)
    },
    close: () => tables.close(),
  }
}

/** The key-value engine with values of the same bytes: what tables cost is what is on top of this. */
async function openRaw({ directory }: StoreOptions): Promise<ItemStore> {
  const encodings = { keyEncoding: 'utf8', valueEncoding: 'buffer' } as const
  const db = await Database.open(join(directory, 'db'), { ...databaseOptions, ...encodings })
  const keyOf = (number: number) => {
    const { pk, sk } = keyOfItem(number)
    return `${pk}/${sk}`
  }
  const synced = { sync: true }
  return {
    prepare: (number) => ({ key: keyOf(number), value: encodeItem(makeItem(number)) }),
    put(prepared, sync) {
      const { key, value } = prepared as { key: string; value: Buffer }
      return sync ? db.put(key, value, synced) : db.put(key, value)
    },
    async get(number) {
      if ((await db.get(keyOf(number))) === undefined) throw new Error(`item ${number} is gone`)
    },
    async query(number) {
      const found = await db.entries({ prefix: `${keyOfItem(number).pk}/` }).all()
      if (found.length !== perPartition) throw new Error(`the prefix has ${found.length} records`)
    },
    close: () => db.close(),
  }
}

/** dynalite with its store on disk, in this process, through its HTTP interface: it has no other. Nothing of it is synced. */
async function openOther({ directory, indexes }: StoreOptions): Promise<ItemStore> {
  const server = await openDynalite({ path: join(directory, 'dynalite') })
  const ask = async (operation: string, body: JsonObject) => {
    const outcome = await server.send(operation, body)
    if ('error' in outcome) throw new Error(`dynalite: ${outcome.error}: ${outcome.message}`)
    return outcome.answer
  }
  const TableName = 'items'
  const hash = (name: string) => [{ AttributeName: name, KeyType: 'HASH' }]
  const own = keyTypes.slice(0, indexes)
  await ask('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
      ...own.map((type, at) => ({ AttributeName: `g${at}`, AttributeType: type })),
    ],
    KeySchema: [...hash('pk'), { AttributeName: 'sk', KeyType: 'RANGE' }],
    ...(indexes === 0
      ? {}
      : {
          GlobalSecondaryIndexes: own.map((_, at) => ({
            IndexName: `by-g${at}`,
            KeySchema: hash(`g${at}`),
            Projection: { ProjectionType: 'ALL' },
          })),
        }),
  })
  for (;;) {
    const { Table } = await ask('DescribeTable', { TableName })
    if ((Table as JsonObject)['TableStatus'] === 'ACTIVE') break
  }
  return {
    prepare: (number) => itemToDynamoJson(makeItem(number)),
    put: (item) => ask('PutItem', { TableName, Item: item as JsonObject }),
    async get(number) {
      const { pk, sk } = keyOfItem(number)
      const { Item } = await ask('GetItem', { TableName, Key: { pk: { S: pk }, sk: { S: sk } } })
      if (Item === undefined) throw new Error(`item ${number} is gone`)
    },
    async query(number) {
      const { Count } = await ask('Query', {
        TableName,
        KeyConditionExpression: 'pk = :p',
        ExpressionAttributeValues: { ':p': { S: keyOfItem(number).pk } },
      })
      if (Count !== perPartition) throw new Error(`the partition has ${String(Count)} items`)
    },
    close: () => server.close(),
  }
}
