import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Database } from '../../../lib/kv/database.ts'
import type { StreamRecord } from '../../../lib/tables/streams/record.ts'
import type { Table } from '../../../lib/tables/table.ts'
import { Tables } from '../../../lib/tables/tables.ts'
import type { Item } from '../../../lib/tables/value.ts'
import { failure, makeHome, openTables } from '../open-tables.ts'
import { take } from './opened-log.ts'

const things = { name: 'things', partitionKey: { name: 'id', type: 'S' }, stream: true } as const

/** All records that are there. */
async function recordsOf(t: Table): Promise<StreamRecord[]> {
  const all: StreamRecord[] = []
  let iterator: string | undefined = await t.shardIterator({ type: 'TRIM_HORIZON' })
  while (iterator !== undefined) {
    const page: Awaited<ReturnType<Table['records']>> = await t.records(iterator, { limit: 37 })
    if (page.records.length === 0) break
    all.push(...page.records)
    iterator = page.nextShardIterator
  }
  return all
}

/** The table as its records tell it, each of which must fit to those before. */
function replay(records: readonly StreamRecord[]): Map<unknown, Item> {
  const items = new Map<unknown, Item>()
  let last = ''
  for (const { eventName, keys, newImage, oldImage, sequenceNumber } of records) {
    const id = keys['id']
    expect(sequenceNumber > last).toBe(true)
    last = sequenceNumber
    expect(items.get(id)).toEqual(oldImage)
    expect(oldImage === undefined).toBe(eventName === 'INSERT')
    expect(newImage === undefined).toBe(eventName === 'REMOVE')
    if (newImage === undefined) items.delete(id)
    else items.set(id, newImage)
  }
  return items
}

const operation = fc.record({
  kind: fc.constantFrom('put', 'delete', 'update', 'batch', 'transaction', 'fails'),
  id: fc.nat(5),
  other: fc.nat(5),
  value: fc.nat(2),
})

test('the records of random writes, many at a time, rebuild the table exactly', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60 }), fc.nat(7), async (operations, width) => {
      await using tables = await Tables.open(':memory:')
      await tables.create({
        ...things,
        globalIndexes: [{ name: 'by-value', partitionKey: { name: 'v', type: 'N' } }],
      })
      await tables.create({ ...things, name: 'others' })
      const t = tables.table('things')
      const run = async ({ id, kind, other, value }: (typeof operations)[number]) => {
        const item = { id: String(id), v: value }
        const key = { id: String(id) }
        switch (kind) {
          case 'put':
            return t.put(item)
          case 'delete':
            return t.delete(key)
          case 'update':
            return t.update(key, 'ADD n :n SET v = :v', { values: { ':n': value, ':v': value } })
          case 'batch':
            return t.batchWrite({ put: [item], ...(other === id ? {} : { delete: [{ id: String(other) }] }) })
          case 'transaction':
            return tables.transactWrite([
              { put: { table: 'things', item } },
              { update: { table: 'others', key, expression: 'ADD n :n', values: { ':n': 1 } } },
              { delete: { table: 'others', key: { id: `x${other}` } } },
            ])
          case 'fails':
            return t.put(item, { condition: 'v > :v', values: { ':v': 99 } })
        }
      }
      for (let begin = 0; begin < operations.length; begin += width + 1) {
        await Promise.allSettled(operations.slice(begin, begin + width + 1).map(run))
      }
      for (const name of ['things', 'others']) {
        const table = tables.table(name)
        const { items } = await table.scan()
        const replayed = replay(await recordsOf(table))
        expect(replayed.size).toBe(items.length)
        for (const item of items) expect(replayed.get(item['id'])).toEqual(item)
      }
    }),
    { numRuns: 25 },
  )
})

test('a consumer sees every change once, across openings', async () => {
  const place = join(makeHome(), 'db')
  const seen: unknown[] = []
  for (let opened = 0; opened < 3; opened++) {
    const tables = await openTables(place)
    if (opened === 0) await tables.create(things)
    const t = tables.table('things')
    const reader = t.stream({ consumer: 'copy' })
    for (let id = 0; id < 5; id++) await t.put({ id: `${opened} ${id}` })
    seen.push(...(await take(reader, 4)))
    await reader.checkpoint()
    await tables.close()
  }
  const tables = await openTables(place)
  const t = tables.table('things')
  expect((await t.streamConsumers()).map(({ name }) => name)).toEqual(['copy'])
  seen.push(...(await take(t.stream({ consumer: 'copy' }), 3)))
  expect(seen).toEqual([0, 1, 2].flatMap((opened) => [0, 1, 2, 3, 4].map((id) => `${opened} ${id}`)))
  await t.deleteStreamConsumer('copy')
  expect(await t.streamConsumers()).toEqual([])
})

test('the option, and what describes it', async () => {
  const tables = await openTables()
  const { stream } = await tables.create({ ...things, stream: { viewType: 'KEYS_ONLY' } })
  expect(stream).toEqual({ viewType: 'KEYS_ONLY', retentionMs: 86_400_000 })
  const t = tables.table('things')
  await t.put({ id: 'a', n: 1 })
  await tables.update('things', { stream: { viewType: 'NEW_IMAGE', maxRecords: 100 } })
  await t.put({ id: 'a', n: 2 })
  await tables.update('things', { stream: false })
  await t.put({ id: 'a', n: 3 })
  expect(await tables.describe('things')).not.toHaveProperty('stream')
  const { shards, status } = await t.describeStream()
  expect([status, shards.length]).toEqual(['DISABLED', 2])
  const told: unknown[] = []
  for await (const { eventName, newImage, viewType } of t.stream({ from: 'TRIM_HORIZON' })) {
    told.push([eventName, viewType, newImage])
  }
  expect(told).toEqual([
    ['INSERT', 'KEYS_ONLY', undefined],
    ['MODIFY', 'NEW_IMAGE', { id: 'a', n: 2 }],
  ])
  for (const bad of ['NEW_IMAGE', { viewType: 'ALL' }, { viewtype: 'NEW_IMAGE' }, { maxRecords: -1 }]) {
    expect(await failure(tables.update('things', { stream: bad as never }))).toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
  }
})

test('a table without a stream has none to read', async () => {
  const tables = await openTables()
  await tables.create({ ...things, stream: undefined })
  const t = tables.table('things')
  const missing = { name: 'ResourceNotFoundException' }
  expect(() => t.stream()).toThrow(expect.objectContaining(missing))
  expect(await failure(t.describeStream())).toMatchObject(missing)
  expect(() => tables.table('none').stream()).toThrow(expect.objectContaining(missing))
})

test('readers that wait end with the table, the tables or their database', async () => {
  const database = (await Database.open(':memory:')) as Database<unknown, unknown>
  const owner = await Tables.open(database)
  await owner.create(things)
  await owner.create({ ...things, name: 'dropped' })
  const other = await Tables.open(database)
  const waiting = [owner, other].map((tables) => failure(tables.table('things').stream().next()))
  const ofDropped = failure(other.table('dropped').stream().next())
  await new Promise(setImmediate)
  await owner.drop('dropped')
  expect(await ofDropped).toMatchObject({ name: 'ResourceNotFoundException' })
  await other.close()
  expect(await waiting[1]).toMatchObject({ code: 'BURROW_CLOSED' })
  await owner.close()
  expect(await waiting[0]).toMatchObject({ code: 'BURROW_CLOSED' })
  await database.close()

  const tables = await openTables(join(makeHome(), 'db'))
  await tables.create(things)
  const shared = await Tables.open(tables.database)
  const last = failure(shared.table('things').stream().next())
  await new Promise(setImmediate)
  await tables.close()
  expect(await last).toMatchObject({ code: 'BURROW_CLOSED' })
})

test('records that are not told yet when a reader begins are told in order', async () => {
  const tables = await openTables()
  await tables.create(things)
  const t = tables.table('things')
  const reader = t.stream({ from: 'TRIM_HORIZON' })
  const ids = take(reader, 100)
  await Promise.all(Array.from({ length: 100 }, (_, id) => t.put({ id: String(id) })))
  expect(new Set(await ids).size).toBe(100)
  await reader.close()
})

test('many readers at a time are no leak to warn of', async () => {
  const warnings: Error[] = []
  const listener = (warning: Error) => warnings.push(warning)
  process.on('warning', listener)
  const tables = await openTables()
  await tables.create(things)
  const t = tables.table('things')
  const readers = Array.from({ length: 30 }, () => t.stream())
  const first = readers.map((reader) => take(reader, 1))
  await t.put({ id: 'a' })
  expect(await Promise.all(first)).toEqual(Array.from({ length: 30 }, () => ['a']))
  for (const reader of readers) await reader.close()
  await new Promise(setImmediate)
  process.off('warning', listener)
  expect(warnings).toEqual([])
})
