import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { catalogKey } from '../../lib/tables/layout.ts'
import * as entry from '../../lib/tables.ts'
import { type TableDefinition, Tables } from '../../lib/tables.ts'
import { failure, makeHome, openTables } from './open-tables.ts'

const id = { name: 'id', type: 'S' } as const
const users: TableDefinition = { name: 'users', partitionKey: id }
const orders: TableDefinition = {
  name: 'orders',
  partitionKey: { name: 'customer', type: 'S' },
  sortKey: { name: 'number', type: 'N' },
  globalIndexes: [{ name: 'by-state', partitionKey: { name: 'state', type: 'S' }, projection: 'KEYS_ONLY' }],
  localIndexes: [
    { name: 'by-date', sortKey: { name: 'date', type: 'S' }, projection: { include: ['total'] } },
  ],
}

describe('tables', () => {
  it('has these names', () => {
    expect(Object.keys(entry).sort()).toEqual([
      'BurrowError',
      'Database',
      'Decimal',
      'ItemBuilder',
      'TableError',
      'Tables',
      'isBurrowError',
      'isTableError',
      'itemFromDynamoJson',
      'itemToDynamoJson',
      'parsePlainJson',
      'plainJsonText',
      'timestamp',
      'toDate',
      'toVector',
      'valueFromDynamoJson',
      'valueToDynamoJson',
      'vector',
    ])
  })

  it('are found again, with their items and all that is known of them', async () => {
    const place = join(makeHome(), 'db')
    const tables = await Tables.open(place)
    await tables.create(users)
    const described = await tables.create(orders)
    await tables.table('orders').put({ customer: 'c', number: 1, state: 'new', date: 'd' })
    await tables.close()
    const again = await openTables(place)
    expect(await again.list()).toEqual(['orders', 'users'])
    expect(await again.describe('orders', { count: false })).toEqual(described)
    expect(described).toEqual({
      name: 'orders',
      id: 2,
      createdAt: expect.any(Date),
      status: 'ACTIVE',
      partitionKey: { name: 'customer', type: 'S' },
      sortKey: { name: 'number', type: 'N' },
      globalIndexes: [
        {
          name: 'by-state',
          partitionKey: { name: 'state', type: 'S' },
          projection: 'KEYS_ONLY',
          status: 'ACTIVE',
        },
      ],
      localIndexes: [
        {
          name: 'by-date',
          partitionKey: { name: 'customer', type: 'S' },
          sortKey: { name: 'date', type: 'S' },
          projection: { include: ['total'] },
          status: 'ACTIVE',
        },
      ],
    })
    const counted = await again.describe('orders')
    expect(counted).toMatchObject({
      itemCount: 1,
      localIndexes: [{ itemCount: 1 }],
      globalIndexes: [{ itemCount: 1 }],
    })
    expect(counted.sizeBytes).toBeGreaterThan(20)
  })

  it('are never given the number of one that was dropped, nor its items', async () => {
    const place = join(makeHome(), 'db')
    const tables = await Tables.open(place)
    await tables.create(orders)
    await tables.table('orders').put({ customer: 'c', number: 1, state: 'new', date: 'd' })
    await tables.drop('orders')
    expect(await tables.list()).toEqual([])
    expect(await failure(tables.table('orders').get({ customer: 'c', number: 1 }))).toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Requested resource not found: Table: orders not found',
    })
    const left = tables.database.keys({ prefix: Buffer.of(0xff, 0x69) })
    expect(await left.all()).toEqual([])
    await tables.close()
    const again = await openTables(place)
    expect((await again.create(orders)).id).toBe(2)
    expect(await again.table('orders').get({ customer: 'c', number: 1 })).toBeUndefined()
    expect(await again.describe('orders')).toMatchObject({ itemCount: 0 })
  })

  it('can be many, with any name that there can be', async () => {
    const tables = await openTables()
    const names = ['__proto__', 'constructor', ...Array.from({ length: 60 }, (_, n) => `t-${n}.x_Y`)]
    await Promise.all(names.map((name) => tables.create({ ...users, name })))
    await Promise.all(names.map((name) => tables.table(name).put({ id: 'a', name })))
    expect(await tables.list()).toEqual([...names].sort())
    for (const name of names) expect(await tables.table(name).get({ id: 'a' })).toEqual({ id: 'a', name })
    const { items } = await tables.batchGet(
      Object.fromEntries(names.map((name) => [name, { keys: [{ id: 'a' }] }])),
    )
    expect(Object.keys(items)).toHaveLength(names.length)
  })

  it('exist once', async () => {
    const tables = await openTables()
    const outcomes = await Promise.allSettled([
      tables.create(users),
      tables.create(users),
      tables.create(users),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await failure(tables.create(users))).toMatchObject({
      name: 'ResourceInUseException',
      code: 'BURROW_EXISTS',
      message: 'Table already exists: users',
    })
    await tables.drop('users')
    expect(await failure(tables.drop('users'))).toMatchObject({
      name: 'ResourceNotFoundException',
      code: 'BURROW_NOT_FOUND',
    })
    expect(await failure(tables.describe('users'))).toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it('share a database with others, and leave it open', async () => {
    const db = await Database.open(':memory:', { keyEncoding: 'json', valueEncoding: 'json' })
    await db.put('users', { mine: true })
    const [one, other] = await Promise.all([Tables.open(db), Tables.open(db)])
    await one.create(orders)
    await other.table('orders').put({ customer: 'c', number: 1n, state: 'new' }, { sync: false })
    expect(await one.table('orders').get({ customer: 'c', number: 1 })).toEqual({
      customer: 'c',
      number: 1,
      state: 'new',
    })
    expect((await one.verify('orders')).ok).toBe(true)
    await one.close()
    expect(await failure(one.table('orders').get({ customer: 'c', number: 1 }))).toMatchObject({
      code: 'BURROW_CLOSED',
    })
    expect(await failure(one.list())).toMatchObject({ code: 'BURROW_CLOSED' })
    expect(await other.list()).toEqual(['orders'])
    await other.close()
    expect(await db.get('users')).toEqual({ mine: true })
    const later = await Tables.open(db)
    expect(await later.list()).toEqual(['orders'])
    await later.close()
    await db.close()
  })

  it('that own their database finish what was begun before they close it', async () => {
    const place = join(makeHome(), 'db')
    const tables = await Tables.open(place)
    await tables.create(orders)
    const t = tables.table('orders')
    const puts = Array.from({ length: 50 }, (_, number) => t.put({ customer: 'c', number, state: 'new' }))
    const adds = Array.from({ length: 50 }, () =>
      t.update({ customer: 'd', number: 0 }, 'ADD n :one', { values: { ':one': 1 } }),
    )
    await tables.close()
    await Promise.all([...puts, ...adds])
    expect(await failure(t.put({ customer: 'c', number: 99 }))).toMatchObject({ code: 'BURROW_CLOSED' })
    const again = await openTables(place)
    expect(await again.describe('orders')).toMatchObject({ itemCount: 51 })
    expect(await again.table('orders').get({ customer: 'd', number: 0 })).toMatchObject({ n: 50 })
  })

  it('can be read, and not written, in a database that was opened to be read', async () => {
    const place = join(makeHome(), 'db')
    const writer = await openTables(place)
    await writer.create(users)
    await writer.table('users').put({ id: 'a' })
    const reader = await openTables(place, { readOnly: true })
    expect(await reader.table('users').get({ id: 'a' })).toEqual({ id: 'a' })
    for (const write of [
      () => reader.table('users').put({ id: 'b' }),
      () => reader.table('users').delete({ id: 'a' }),
      () => reader.table('users').update({ id: 'a' }, 'SET n = :n', { values: { ':n': 1 } }),
      () => reader.create({ ...users, name: 'others' }),
      () => reader.drop('users'),
      () =>
        reader.transactWrite([{ put: { table: 'users', item: { id: 'b' } } }], { clientRequestToken: 't' }),
    ])
      expect(await failure(write())).toMatchObject({ code: 'BURROW_READ_ONLY' })
    expect(await reader.list()).toEqual(['users'])
    expect(await reader.table('users').get({ id: 'a' })).toEqual({ id: 'a' })
  })

  it('say what is wrong with how they are opened', async () => {
    expect(await failure(Tables.open(1 as never))).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    const db = await Database.open(':memory:')
    expect(await failure(Tables.open(db, { syncWrites: false }))).toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
    expect(await failure(Tables.open(':memory:', { bogus: 1 } as never))).toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
    await db.close()
    expect(await failure(Tables.open(db))).toMatchObject({ code: 'BURROW_CLOSED' })
  })

  it('say which record of the catalog is damaged', async () => {
    const db = await Database.open(':memory:')
    for (const record of ['no JSON', 'null', '{"version":2}', '{"version":1,"name":"users"}']) {
      await db.put(catalogKey('users'), record)
      expect(await failure(Tables.open(db))).toMatchObject({
        code: 'BURROW_CORRUPTION',
        message: expect.stringContaining('users'),
      })
    }
    await db.delete(catalogKey('users'))
    await (await Tables.open(db)).close()
    await db.close()
  })
})
