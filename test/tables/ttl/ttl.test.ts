import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tablePrefix } from '../../../lib/tables/layout.ts'
import type { Tables } from '../../../lib/tables.ts'
import { failure, makeHome, openTables } from '../open-tables.ts'

const start = 1_700_000_000
const pass = (elapsed: number) => vi.setSystemTime(Date.now() + elapsed * 1000)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start * 1000 })
})
afterEach(() => {
  vi.useRealTimers()
})

const sessions = { name: 'sessions', partitionKey: { name: 'id', type: 'S' } } as const

/** Expiry rows of the first table. */
async function expiryRows(tables: Tables): Promise<number> {
  const rows = await tables.database.keys({ prefix: tablePrefix('expiry', 1), keyEncoding: 'buffer' }).all()
  return rows.length
}

test('items that have expired are there until they are swept', async () => {
  const tables = await openTables()
  await tables.create({ ...sessions, ttl: { attribute: 'until' } })
  const t = tables.table('sessions')
  await t.put({ id: 'soon', until: start + 10 })
  await t.put({ id: 'late', until: start + 1000 })
  await t.put({ id: 'never' })
  await t.put({ id: 'text', until: String(start + 10) })
  await t.put({ id: 'ancient', until: start - 6 * 365 * 24 * 3600 })
  pass(10)
  expect(await tables.sweep()).toBe(0)
  pass(1)
  expect(await t.get({ id: 'soon' })).toEqual({ id: 'soon', until: start + 10 })
  expect(await tables.sweep()).toBe(1)
  expect(await t.get({ id: 'soon' })).toBeUndefined()
  expect((await t.scan()).count).toBe(4)
  expect(await expiryRows(tables)).toBe(2)
  pass(2000)
  expect(await tables.sweep()).toBe(1)
  expect(await tables.sweep()).toBe(0)
})

test('what is given another time stays', async () => {
  const tables = await openTables()
  await tables.create({ ...sessions, ttl: 'until' })
  const t = tables.table('sessions')
  for (const id of ['later', 'never', 'gone', 'kept']) await t.put({ id, until: start + 10 })
  await t.update({ id: 'later' }, 'SET #u = :u', { names: { '#u': 'until' }, values: { ':u': start + 500 } })
  await t.update({ id: 'never' }, 'REMOVE #u', { names: { '#u': 'until' } })
  await t.delete({ id: 'gone' })
  expect(await expiryRows(tables)).toBe(2)
  pass(100)
  expect(await tables.sweep()).toBe(1)
  expect((await t.scan()).items.map(({ id }) => id).sort()).toEqual(['later', 'never'])
  expect(await expiryRows(tables)).toBe(1)
})

test('hidden at once, where the table says so', async () => {
  const tables = await openTables()
  await tables.create({
    ...sessions,
    sortKey: { name: 'n', type: 'N' },
    ttl: { attribute: 'until', hideExpired: true },
    globalIndexes: [{ name: 'by-user', partitionKey: { name: 'who', type: 'S' }, projection: 'KEYS_ONLY' }],
    localIndexes: [{ name: 'by-until', sortKey: { name: 'until', type: 'N' } }],
  })
  const t = tables.table('sessions')
  const expired = { id: 'a', n: 1, who: 'x', until: start + 10 }
  const live = { id: 'a', n: 2, who: 'x', until: start + 1000 }
  await t.put(expired)
  await t.put(live)
  pass(11)
  const key = { id: 'a', n: 1 }
  expect(await t.get(key)).toBeUndefined()
  expect((await t.batchGet([key, { id: 'a', n: 2 }])).items).toEqual([live])
  expect(await tables.transactGet([{ table: 'sessions', key }])).toEqual([undefined])
  const ofA = { key: 'id = :a', values: { ':a': 'a' } }
  expect(await t.query(ofA)).toEqual({ items: [live], count: 1, scannedCount: 2 })
  expect(await t.query({ ...ofA, select: 'COUNT' })).toEqual({ items: [], count: 1, scannedCount: 2 })
  expect((await t.query({ ...ofA, projection: 'n' })).items).toEqual([{ n: 2 }])
  expect((await t.query({ ...ofA, index: 'by-until' })).items).toEqual([live])
  const ofX = { key: 'who = :x', values: { ':x': 'x' }, index: 'by-user' }
  expect((await t.query(ofX)).items).toEqual([{ id: 'a', n: 2, who: 'x' }])
  expect((await t.scan()).items).toEqual([live])
  // Conditions and updates see no item either, and returned values tell of none.
  expect(await t.delete(key, { returnValues: 'ALL_OLD' })).toEqual({})
  expect(await failure(t.delete(key, { condition: 'attribute_exists(id)' }))).toMatchObject({
    name: 'ConditionalCheckFailedException',
  })
  await tables.transactWrite([{ check: { table: 'sessions', key, condition: 'attribute_not_exists(id)' } }])
  expect(
    await tables.database.keys({ prefix: tablePrefix('items', 1), keyEncoding: 'buffer' }).all(),
  ).toHaveLength(6)
  const updated = await t.update(key, 'SET n2 = if_not_exists(n2, :o)', {
    values: { ':o': 1 },
    returnValues: 'ALL_NEW',
  })
  expect(updated.attributes).toEqual({ id: 'a', n: 1, n2: 1 })
  expect(await tables.sweep()).toBe(0)
  expect((await t.scan()).count).toBe(2)
  pass(10 * 365 * 24 * 3600)
  expect(await tables.sweep()).toBe(1)
})

test('enabled, changed and disabled on a table with items, across openings', async () => {
  const place = join(makeHome(), 'db')
  let tables = await openTables(place)
  await tables.create(sessions)
  const t = () => tables.table('sessions')
  for (let id = 0; id < 30; id++) await t().put({ id: String(id), a: start + id, b: start + 1000 + id })
  await tables.update('sessions', { ttl: 'a' })
  expect((await tables.describe('sessions')).ttl).toEqual({
    attribute: 'a',
    hideExpired: false,
    status: 'ENABLED',
  })
  expect(await expiryRows(tables)).toBe(30)
  await tables.close()
  tables = await openTables(place)
  pass(10)
  expect(await tables.sweep()).toBe(10)
  await tables.update('sessions', { ttl: { attribute: 'b' } })
  expect(await expiryRows(tables)).toBe(20)
  pass(500)
  expect(await tables.sweep()).toBe(0)
  pass(505)
  expect(await tables.sweep()).toBe(5)
  await tables.update('sessions', { ttl: { attribute: 'b', hideExpired: true } })
  pass(5)
  expect((await t().scan()).count).toBe(10)
  await tables.update('sessions', { ttl: null })
  expect(await expiryRows(tables)).toBe(0)
  expect(await tables.describe('sessions')).not.toHaveProperty('ttl')
  expect(await tables.sweep()).toBe(0)
  expect((await t().scan()).count).toBe(15)
})

test('an interrupted enabling goes on at the next opening', async () => {
  const place = join(makeHome(), 'db')
  let tables = await openTables(place)
  await tables.create(sessions)
  const t = tables.table('sessions')
  for (let id = 0; id < 1200; id += 25) {
    await t.batchWrite({
      put: Array.from({ length: 25 }, (_, index) => ({ id: String(id + index), at: start })),
    })
  }
  const enabling = tables.update('sessions', { ttl: 'at' })
  const outcome = failure(enabling)
  const before = async () => (await tables.describe('sessions', { count: false })).ttl
  while ((await before()) === undefined) await new Promise(setImmediate)
  await tables.close()
  expect(await outcome).toMatchObject({ code: 'BURROW_CLOSED', message: expect.stringContaining('goes on') })
  tables = await openTables(place)
  const status = async () => (await tables.describe('sessions', { count: false })).ttl?.status
  await vi.waitUntil(async () => (await status()) === 'ENABLED', { timeout: 60_000 })
  expect(await expiryRows(tables)).toBe(1200)
  pass(1)
  expect(await tables.sweep()).toBe(1200)
  expect((await tables.table('sessions').scan()).count).toBe(0)
})

test('swept beside writers: what is renewed stays, indexes agree, and the stream tells who did it', async () => {
  const tables = await openTables()
  await tables.create({
    ...sessions,
    ttl: 'until',
    stream: true,
    globalIndexes: [{ name: 'by-group', partitionKey: { name: 'group', type: 'N' } }],
  })
  const t = tables.table('sessions')
  const ids = Array.from({ length: 200 }, (_, id) => String(id))
  for (const id of ids) await t.put({ id, group: Number(id) % 3, until: start + 10 })
  pass(20)
  const renew = async (id: string) => {
    await t.update({ id }, 'SET #u = :u', { names: { '#u': 'until' }, values: { ':u': start + 1000 } })
  }
  const renewed = ids.filter((id) => Number(id) % 4 === 0)
  const [deleted] = await Promise.all([tables.sweep(), ...renewed.map(renew), tables.sweep()])
  const { items } = await t.scan()
  // Those that were swept before they were renewed were made anew, with nothing but their key and the time.
  for (const id of renewed)
    expect(items.find((item) => item['id'] === id)).toMatchObject({ until: start + 1000 })
  expect(items).toHaveLength(renewed.length)
  expect(deleted).toBeGreaterThanOrEqual(150)
  expect((await tables.verify('sessions')).problems).toEqual([])
  const removals = []
  let iterator: string | undefined = await t.shardIterator({ type: 'TRIM_HORIZON' })
  for (;;) {
    const { nextShardIterator, records } = await t.records(iterator!)
    if (records.length === 0) break
    removals.push(...records.filter(({ eventName }) => eventName === 'REMOVE'))
    iterator = nextShardIterator
  }
  expect(removals.length).toBeGreaterThanOrEqual(150)
  expect(removals.every(({ userIdentity }) => userIdentity?.principalId === 'dynamodb.amazonaws.com')).toBe(
    true,
  )
  await t.delete({ id: '0' })
  const last = await t.records(iterator!)
  expect(last.records[0]).toMatchObject({ eventName: 'REMOVE', keys: { id: '0' } })
  expect(last.records[0]).not.toHaveProperty('userIdentity')
})

test('a sweep in the background, until the tables are closed', async () => {
  const tables = await openTables(':memory:', { sweepIntervalMs: 5 })
  await tables.create({ ...sessions, ttl: 'until' })
  const t = tables.table('sessions')
  await t.put({ id: 'a', until: start - 1 })
  await vi.waitUntil(async () => (await t.get({ id: 'a' })) === undefined, { timeout: 60_000 })
  await tables.close()
  expect(await failure(tables.sweep())).toMatchObject({ code: 'BURROW_CLOSED' })
})

test('bad intervals', async () => {
  for (const sweepIntervalMs of [-1, 1.5, '1']) {
    expect(
      await failure(openTables(':memory:', { sweepIntervalMs: sweepIntervalMs as number })),
    ).toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
  }
})

test('verify finds an item whose expiry row is gone', async () => {
  const tables = await openTables()
  await tables.create({ ...sessions, ttl: 'until' })
  await tables.table('sessions').put({ id: 'a', until: start })
  expect((await tables.verify('sessions')).ok).toBe(true)
  await tables.database.deleteRange({ prefix: tablePrefix('expiry', 1), keyEncoding: 'buffer' })
  expect((await tables.verify('sessions')).problems).toMatchObject([
    { kind: 'missing', message: 'an item has no row that says when it expires' },
  ])
})
