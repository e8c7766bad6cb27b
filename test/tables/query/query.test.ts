import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Table } from '../../../lib/tables/table.ts'
import { Tables } from '../../../lib/tables/tables.ts'

let tables: Tables
let t: Table

const [p, s, date, state] = ['p', 's', 'date', 'state']

beforeAll(async () => {
  tables = await Tables.open(':memory:')
  await tables.create({
    name: 'orders',
    partitionKey: { name: p, type: 'S' },
    sortKey: { name: s, type: 'N' },
    localIndexes: [
      { name: 'by-date', sortKey: { name: date, type: 'S' }, projection: { include: ['amount'] } },
      { name: 'by-date-all', sortKey: { name: date, type: 'S' } },
    ],
    globalIndexes: [
      {
        name: 'by-state',
        partitionKey: { name: state, type: 'S' },
        sortKey: { name: date, type: 'S' },
        projection: { include: ['amount'] },
      },
      { name: 'by-amount', partitionKey: { name: 'amount', type: 'N' }, projection: 'KEYS_ONLY' },
    ],
  })
  t = tables.table('orders')
  for (let number = 0; number < 6; number++) {
    await t.put({
      p: 'a',
      s: number,
      date: `2026-0${6 - number}`,
      amount: number % 3,
      note: `note ${number}`,
      ...(number === 5 ? {} : { state: number % 2 === 0 ? 'new' : 'paid' }),
    })
  }
  await t.put({ p: 'b', s: -1, text: 'other', state: 'new' })
})

afterAll(() => tables.close())

const ofA = { key: 'p = :p', values: { ':p': 'a' } }
const numbers = (items: readonly { [name: string]: unknown }[]) => items.map((item) => item['s'])

describe('query', () => {
  test('key conditions', async () => {
    const query = async (condition: string, values: object, reverse = false) => {
      const key = `p = :p AND ${condition}`
      return numbers((await t.query({ key, values: { ':p': 'a', ...values }, reverse })).items)
    }
    expect(await query('s = :x', { ':x': 3 })).toEqual([3])
    expect(await query('s < :x', { ':x': 3 })).toEqual([0, 1, 2])
    expect(await query('s <= :x', { ':x': 3 })).toEqual([0, 1, 2, 3])
    expect(await query('s > :x', { ':x': 3 })).toEqual([4, 5])
    expect(await query('s >= :x', { ':x': 3 }, true)).toEqual([5, 4, 3])
    expect(await query('s BETWEEN :x AND :y', { ':x': 1.5, ':y': 4 })).toEqual([2, 3, 4])
    const begins = await t.query({
      key: 'p = :p AND begins_with(#d, :d)',
      names: { '#d': date },
      values: { ':p': 'a', ':d': '2026-0' },
      index: 'by-date',
      limit: 2,
    })
    expect(numbers(begins.items)).toEqual([5, 4])
  })

  test('by the whole primary key', async () => {
    const whole = { key: 'p = :p AND s = :s', values: { ':p': 'a', ':s': 3 } }
    const page = { items: [{ s: 3 }], count: 1, scannedCount: 1 }
    expect(await t.query({ ...whole, projection: 's' })).toEqual(page)
    const lastKey = { p: 'a', s: 3 }
    expect(await t.query({ ...whole, projection: 's', limit: 1, reverse: true })).toEqual({
      ...page,
      lastKey,
    })
    const nothing = { items: [], count: 0, scannedCount: 0 }
    expect(await t.query({ ...whole, startKey: lastKey })).toEqual(nothing)
    expect(await t.query({ ...whole, values: { ':p': 'a', ':s': 9 }, limit: 1 })).toEqual(nothing)
    expect(await t.query({ ...whole, filter: 'attribute_not_exists(note)' })).toEqual({
      ...nothing,
      scannedCount: 1,
    })
  })

  test('the page has counts and where it ended', async () => {
    expect(await t.query({ ...ofA, limit: 2, projection: 's' })).toEqual({
      items: [{ s: 0 }, { s: 1 }],
      count: 2,
      scannedCount: 2,
      lastKey: { p: 'a', s: 1 },
    })
    const filtered = await t.query({
      ...ofA,
      values: { ':p': 'a', ':t': 0 },
      filter: 'amount = :t',
      limit: 2,
      startKey: { p: 'a', s: 1 },
    })
    expect(filtered).toMatchObject({ count: 1, scannedCount: 2, lastKey: { p: 'a', s: 3 } })
    // As many as the limit: DynamoDB does not look whether there are more.
    expect(await t.query({ ...ofA, limit: 6 })).toMatchObject({ count: 6, lastKey: { p: 'a', s: 5 } })
    expect(await t.query({ ...ofA, startKey: { p: 'a', s: 5 } })).toEqual({
      items: [],
      count: 0,
      scannedCount: 0,
    })
    expect(await t.query({ ...ofA, limit: 7 })).not.toHaveProperty('lastKey')
    expect(await t.query({ ...ofA, select: 'COUNT' })).toEqual({ items: [], count: 6, scannedCount: 6 })
    expect(
      await t.query({ ...ofA, select: 'COUNT', filter: 'amount = :t', values: { ':p': 'a', ':t': 0 } }),
    ).toEqual({ items: [], count: 2, scannedCount: 6 })
  })

  test('of indexes: what they hold, their order, sparse', async () => {
    const local = await t.query({ ...ofA, index: 'by-date' })
    expect(numbers(local.items)).toEqual([5, 4, 3, 2, 1, 0])
    expect(local.items[0]).toEqual({ p: 'a', s: 5, date: '2026-01', amount: 2 })
    const all = await t.query({ ...ofA, index: 'by-date-all', limit: 1 })
    expect(all.items).toEqual([{ p: 'a', s: 5, date: '2026-01', amount: 2, note: 'note 5' }])
    expect(all.lastKey).toEqual({ p: 'a', s: 5, date: '2026-01' })
    const ofState = { key: '#s = :s', names: { '#s': state }, values: { ':s': 'new' }, index: 'by-state' }
    const global = await t.query({ ...ofState, limit: 2 })
    expect(global).toEqual({
      items: [
        { p: 'a', s: 4, date: '2026-02', amount: 1, state: 'new' },
        { p: 'a', s: 2, date: '2026-04', amount: 2, state: 'new' },
      ],
      count: 2,
      scannedCount: 2,
      lastKey: { p: 'a', s: 2, date: '2026-04', state: 'new' },
    })
    const rest = await t.query({ ...ofState, startKey: global.lastKey })
    expect(numbers(rest.items)).toEqual([0])
    const byTotal = { key: 'amount = :t', values: { ':t': 0 }, index: 'by-amount' }
    expect((await t.query(byTotal)).items).toEqual([
      { p: 'a', s: 0, amount: 0 },
      { p: 'a', s: 3, amount: 0 },
    ])
  })

  test('a local index fetches from the table what it does not hold', async () => {
    const byDate = { ...ofA, index: 'by-date', limit: 1 }
    const whole = { p: 'a', s: 5, date: '2026-01', amount: 2, note: 'note 5' }
    expect((await t.query({ ...byDate, select: 'ALL_ATTRIBUTES' })).items).toEqual([whole])
    expect((await t.query({ ...byDate, projection: 'note, s' })).items).toEqual([{ note: 'note 5', s: 5 }])
    const filtered = { filter: 'note = :n', values: { ':p': 'a', ':n': 'note 3' } }
    expect((await t.query({ ...byDate, ...filtered, limit: 9, projection: 's' })).items).toEqual([{ s: 3 }])
  })

  test('a filter on a global index sees what the index holds', async () => {
    const page = await t.query({
      key: '#s = :s',
      names: { '#s': state },
      values: { ':s': 'new' },
      index: 'by-state',
      filter: 'attribute_exists(note)',
    })
    expect(page).toMatchObject({ count: 0, scannedCount: 3 })
  })

  test('items are those of the moment, and belong to the caller', async () => {
    const { items } = await t.query({ ...ofA, limit: 1 })
    items[0]!['amount'] = 'changed'
    expect((await t.query({ ...ofA, limit: 1 })).items[0]!['amount']).toBe(0)
  })
})

const validation = (message: string) => ({ name: 'ValidationException', message })

describe('queries that are refused', () => {
  const ofState = { key: '#s = :s', names: { '#s': state }, values: { ':s': 'new' }, index: 'by-state' }
  const invalid = 'The provided starting key is invalid'
  test.each([
    [
      { values: { ':p': 'a' } },
      'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
    ],
    [{ ...ofA, index: 'none' }, 'The table does not have the specified index: none'],
    [{ ...ofState, consistent: true }, 'Consistent reads are not supported on global secondary indexes'],
    [
      { ...ofA, values: { ':p': 1 } },
      'One or more parameter values were invalid: Condition parameter type does not match schema type',
    ],
    [{ key: 's = :p', values: { ':p': 1 } }, 'Query condition missed key schema element: p'],
    [{ key: 'p > :p', values: { ':p': 'a' } }, 'Query key condition not supported'],
    [
      { ...ofA, limit: 0 },
      "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      { ...ofA, select: 'EVERYTHING' },
      "1 validation error detected: Value 'EVERYTHING' at 'select' failed to satisfy constraint: Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]",
    ],
    [
      { ...ofA, select: 'SPECIFIC_ATTRIBUTES' },
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    ],
    [
      { ...ofA, select: 'ALL_PROJECTED_ATTRIBUTES' },
      'ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName',
    ],
    [
      { ...ofA, select: 'ALL_ATTRIBUTES', projection: 's' },
      'Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES',
    ],
    [
      { ...ofA, select: 'COUNT', projection: 's' },
      'Cannot specify the ProjectionExpression when choosing to get only the Count',
    ],
    [
      { ...ofState, select: 'ALL_ATTRIBUTES' },
      'One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index by-state because its projection type is not ALL',
    ],
    [
      { ...ofState, projection: 'note' },
      'One or more parameter values were invalid: Global secondary index by-state does not project [note]',
    ],
    [
      { ...ofA, filter: 's > :s', values: { ':p': 'a', ':s': 1 } },
      'Filter Expression can only contain non-primary key attributes: Primary key attribute: s',
    ],
    [{ ...ofA, startKey: { p: 'a' } }, `${invalid}: The provided key element does not match the schema`],
    [
      { ...ofA, startKey: { p: 'a', s: '1' } },
      `${invalid}: The provided key element does not match the schema`,
    ],
    [
      { ...ofA, startKey: { p: 'a', x: 1 } },
      `${invalid}: The provided key element does not match the schema`,
    ],
    [{ ...ofState, startKey: { p: 'a', s: 1 } }, invalid],
    [{ ...ofState, startKey: { p: 'a', s: 1, date: 1, state: 'new' } }, invalid],
    [
      { ...ofA, startKey: { p: 'b', s: 1 } },
      'The provided starting key is outside query boundaries based on provided conditions',
    ],
    [
      { key: 'p = :p AND s > :s', values: { ':p': 'a', ':s': 3 }, startKey: { p: 'a', s: 3 } },
      'The provided starting key does not match the range key predicate',
    ],
    [
      { key: 'p = :p AND s > :s', values: { ':p': 'a', ':s': 3 }, startKey: { p: 'b', s: 4 } },
      'The query can return at most one row and cannot be restarted',
    ],
  ])('%j', async (options, message) => {
    await expect(t.query(options as never)).rejects.toMatchObject(validation(message))
  })

  test('a number key attribute with a path below it', async () => {
    const below = { ...ofA, projection: 'p.x' }
    await expect(t.query(below)).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test('unknown options', async () => {
    await expect(t.query({ ...ofA, indexName: 'x' } as never)).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining('indexName'),
    })
    await expect(t.scan({ reverse: true } as never)).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
    await expect(t.query({ ...ofA, reverse: 'yes' } as never)).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
  })
})

describe('scan', () => {
  test('of the table and of indexes', async () => {
    const all = await t.scan()
    expect(all).toMatchObject({ count: 7, scannedCount: 7 })
    expect(all).not.toHaveProperty('lastKey')
    expect(await t.scan({ index: 'by-state', select: 'COUNT' })).toEqual({
      items: [],
      count: 5,
      scannedCount: 5,
    })
    const paid = await t.scan({
      index: 'by-state',
      filter: '#s = :s',
      names: { '#s': state },
      values: { ':s': 'paid' },
    })
    expect(numbers(paid.items)).toEqual([3, 1])
    const limited = await t.scan({ limit: 3 })
    const rest = await t.scan({ startKey: limited.lastKey })
    expect([...limited.items, ...rest.items]).toEqual(all.items)
  })

  test('segments', async () => {
    const all = (await t.scan()).items
    for (const totalSegments of [1, 2, 3, 7, 256, 300, 1_000_000]) {
      const items = []
      const segments =
        totalSegments > 300
          ? await occupied(totalSegments)
          : Array.from({ length: totalSegments }, (_, index) => index)
      for (const segment of segments) items.push(...(await t.scan({ segment, totalSegments })).items)
      expect(items).toEqual(all)
    }
  })

  /** Segments of so many that can have items: one for each stripe. */
  async function occupied(totalSegments: number): Promise<number[]> {
    const last = Array.from(
      { length: 256 },
      (_, stripe) => Math.ceil(((stripe + 1) * totalSegments) / 256) - 1,
    )
    for (const segment of last) {
      for (const empty of [segment - 1, segment - 2]) {
        expect((await t.scan({ segment: empty, totalSegments, select: 'COUNT' })).scannedCount).toBe(0)
      }
    }
    return last
  }

  test.each([
    [
      { segment: 0 },
      'The TotalSegments parameter is required but was not present in the request when Segment parameter is present',
    ],
    [
      { totalSegments: 2 },
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    ],
    [
      { segment: 2, totalSegments: 2 },
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2',
    ],
    [
      { segment: 0, totalSegments: 1_000_001 },
      "1 validation error detected: Value '1000001' at 'totalSegments' failed to satisfy constraint: Member must have value less than or equal to 1000000",
    ],
    [
      { segment: -1, totalSegments: 2 },
      "1 validation error detected: Value '-1' at 'segment' failed to satisfy constraint: Member must have value greater than or equal to 0",
    ],
    [
      { index: 'by-state', consistent: true },
      'Consistent reads are not supported on global secondary indexes',
    ],
    [
      { startKey: { p: 1 } },
      'The provided starting key is invalid: The provided key element does not match the schema',
    ],
  ])('refuses %j', async (options, message) => {
    await expect(t.scan(options as never)).rejects.toMatchObject(validation(message))
  })

  test('a start key of another segment', async () => {
    const [low, high] = [
      { p: 'a', s: 0 },
      { p: 'b', s: -1 },
    ]
    const refused: unknown[] = []
    for (const startKey of [low, high]) {
      for (const segment of [0, 1]) {
        await t
          .scan({ segment, totalSegments: 2, startKey })
          .catch((error) => refused.push([segment, error.message]))
      }
    }
    expect(refused).toHaveLength(2)
    for (const refusal of refused) {
      const [segment, message] = refusal as [number, string]
      expect(message).toBe(
        `The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: ${segment}`,
      )
    }
  })
})

describe('all items', () => {
  test('one after the other, page by page', async () => {
    const seen: unknown[] = []
    for await (const item of t.queryAll({ ...ofA, limit: 4 })) seen.push(item['s'])
    expect(seen).toEqual([0, 1, 2, 3, 4, 5])
    const counts: number[] = []
    for await (const { count } of t.queryAll({ ...ofA, limit: 3, select: 'COUNT' }).pages())
      counts.push(count)
    expect(counts).toEqual([3, 3, 0])
    expect(await t.scanAll({ limit: 2 }).toArray()).toEqual((await t.scan()).items)
    expect(await t.scanAll().toArray()).toHaveLength(7)
    const from2 = t.queryAll({ ...ofA, startKey: { p: 'a', s: 2 } })
    expect(numbers(await from2.toArray())).toEqual([3, 4, 5])
  })

  test('no page is read before it is wanted, and none after a signal', async () => {
    const controller = new AbortController()
    const read = () => tables.database.stats().ops.scan.count
    const before = read()
    const seen: unknown[] = []
    const loop = async () => {
      for await (const item of t.queryAll({ ...ofA, limit: 2, signal: controller.signal })) {
        seen.push(item['s'])
        if (seen.length === 3) controller.abort()
      }
    }
    await expect(loop()).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
    expect(seen).toEqual([0, 1, 2, 3])
    expect(read() - before).toBe(2)
    expect(() => t.queryAll({ ...ofA, signal: {} as never })).toThrow(
      expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' }),
    )
  })
})

test('a page ends at a mebibyte, with the item that passes it', async () => {
  await tables.create({
    name: 'large',
    partitionKey: { name: p, type: 'S' },
    sortKey: { name: s, type: 'N' },
  })
  const large = tables.table('large')
  const text = 'x'.repeat(100_000 - 10)
  for (let number = 0; number < 25; number++) await large.put({ p: 'a', s: number, text })
  const pages: number[][] = []
  for await (const { items } of large.queryAll({ ...ofA }).pages()) pages.push(numbers(items) as number[])
  expect(pages.map(({ length }) => length)).toEqual([11, 11, 3])
  expect(pages.flat()).toEqual(Array.from({ length: 25 }, (_, index) => index))
  const back: number[] = []
  for await (const { items } of large.queryAll({ ...ofA, reverse: true }).pages()) back.push(items.length)
  expect(back).toEqual([11, 11, 3])
  const counted = await large.query({ ...ofA, select: 'COUNT' })
  expect(counted).toEqual({ items: [], count: 11, scannedCount: 11, lastKey: { p: 'a', s: 10 } })
})
