/** Queries and scans after random writes, against all items filtered and sorted by hand. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { QueryOptions, ScanOptions } from '../../../lib/tables/query/options.ts'
import type { Page } from '../../../lib/tables/query/page.ts'
import type { Table } from '../../../lib/tables/table.ts'
import { Tables } from '../../../lib/tables/tables.ts'
import type { AttributeValue, Item } from '../../../lib/tables/value.ts'

type Type = 'S' | 'N' | 'B'

const texts = ['a', 'ab', 'abc', 'a\0', 'a\0b', 'b', '~', 'é', '\uffff', '😀', 'zz']
const pools: Record<Type, readonly AttributeValue[]> = {
  S: texts,
  N: [-1e20, -10.5, -10, -1, -0.001, 0, 0.5, 1, 2, 9.99, 10, 100, 2 ** 53, 1e21],
  B: ['00', '0000', '00ff', '01', '0100', '7f', 'ff', 'ff00', 'ffff'].map(
    (hex) => new Uint8Array(Buffer.from(hex, 'hex')),
  ),
}

const bytesOf = (value: AttributeValue) =>
  typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value as Uint8Array)

function compare(a: AttributeValue, b: AttributeValue): number {
  return typeof a === 'number' ? a - (b as number) : Buffer.compare(bytesOf(a), bytesOf(b))
}

/** A table or index: its key, then what decides between equal keys. Local indexes have the partition of the table. */
interface Access {
  readonly index?: string
  readonly partition: string
  readonly sort: string | undefined
  readonly sortType: Type
  readonly rest: readonly string[]
  readonly projected?: readonly string[]
}

function accesses(type: Type): Access[] {
  const table = { partition: 'p', sort: 's', sortType: type, rest: [] }
  return [
    table,
    { index: 'local', partition: 'p', sort: 'l', sortType: 'S', rest: ['s'] },
    { index: 'keys', partition: 'p', sort: 'n', sortType: 'N', rest: ['s'], projected: ['p', 's', 'n'] },
    { index: 'global', partition: 'g', sort: 'n', sortType: 'N', rest: ['p', 's'] },
    {
      index: 'hash',
      partition: 'l',
      sort: undefined,
      sortType: 'S',
      rest: ['p', 's'],
      projected: ['p', 's', 'l', 'f'],
    },
  ]
}

async function create(tables: Tables, type: Type): Promise<Table> {
  await tables.create({
    name: 'model',
    partitionKey: { name: 'p', type: 'S' },
    sortKey: { name: 's', type },
    localIndexes: [
      { name: 'local', sortKey: { name: 'l', type: 'S' } },
      { name: 'keys', sortKey: { name: 'n', type: 'N' }, projection: 'KEYS_ONLY' },
    ],
    globalIndexes: [
      { name: 'global', partitionKey: { name: 'g', type: 'S' }, sortKey: { name: 'n', type: 'N' } },
      { name: 'hash', partitionKey: { name: 'l', type: 'S' }, projection: { include: ['f'] } },
    ],
  })
  return tables.table('model')
}

const partitions = ['x', 'y', 'x\0']
const maybe = (values: fc.Arbitrary<AttributeValue>) => fc.option(values, { nil: undefined })

function itemOf(type: Type): fc.Arbitrary<Item> {
  return fc
    .record({
      p: fc.constantFrom(...partitions),
      s: fc.constantFrom(...pools[type]),
      l: maybe(fc.constantFrom(...texts)),
      n: maybe(fc.constantFrom(...pools.N)),
      g: maybe(fc.constantFrom('x', 'z')),
      f: maybe(fc.boolean()),
    })
    .map(
      (item) => Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as Item,
    )
}

const operators = ['=', '<', '<=', '>', '>=', 'BETWEEN', 'begins_with'] as const

interface Asked {
  readonly access: number
  readonly partition: string
  readonly operator: (typeof operators)[number] | undefined
  readonly first: number
  readonly second: number
  readonly limit: number
  readonly filtered: boolean
}

const askedOf: fc.Arbitrary<Asked> = fc.record({
  access: fc.nat(4),
  partition: fc.constantFrom(...partitions, 'z', 'a', '~'),
  operator: fc.option(fc.constantFrom(...operators), { nil: undefined }),
  first: fc.nat(13),
  second: fc.nat(13),
  limit: fc.integer({ min: 1, max: 5 }),
  filtered: fc.boolean(),
})

function holds(
  operator: Asked['operator'],
  value: AttributeValue,
  low: AttributeValue,
  high: AttributeValue,
): boolean {
  switch (operator) {
    case undefined:
      return true
    case '=':
      return compare(value, low) === 0
    case '<':
      return compare(value, low) < 0
    case '<=':
      return compare(value, low) <= 0
    case '>':
      return compare(value, low) > 0
    case '>=':
      return compare(value, low) >= 0
    case 'BETWEEN':
      return compare(value, low) >= 0 && compare(value, high) <= 0
    case 'begins_with':
      return bytesOf(value).subarray(0, bytesOf(low).length).equals(bytesOf(low))
  }
}

/** The options that ask this, and what is to be found, in order. */
function pose(asked: Asked, type: Type, items: readonly Item[]): { options: QueryOptions; found: Item[] } {
  const access = accesses(type)[asked.access]!
  const pool = pools[access.sortType]
  const [one, other] = [pool[asked.first % pool.length]!, pool[asked.second % pool.length]!]
  const [low, high] = asked.operator === 'BETWEEN' && compare(one, other) > 0 ? [other, one] : [one, other]
  const possible = access.sort !== undefined && !(asked.operator === 'begins_with' && access.sortType === 'N')
  const operator = possible ? asked.operator : undefined
  const condition =
    operator === 'BETWEEN'
      ? ' AND #s BETWEEN :a AND :b'
      : operator === 'begins_with'
        ? ' AND begins_with(#s, :a)'
        : ` AND #s ${operator} :a`
  const options: QueryOptions = {
    key: `#p = :p${operator === undefined ? '' : condition}`,
    names: { '#p': access.partition, ...(operator === undefined ? {} : { '#s': access.sort! }) },
    values: {
      ':p': asked.partition,
      ...(operator === undefined ? {} : { ':a': low }),
      ...(operator === 'BETWEEN' ? { ':b': high } : {}),
    },
    ...(access.index === undefined ? {} : { index: access.index }),
    ...(asked.filtered ? { filter: 'attribute_exists(f)' } : {}),
  }
  const found = rowsOf(access, items).filter(
    (item) =>
      item[access.partition] === asked.partition &&
      (access.sort === undefined || holds(operator, item[access.sort]!, low, high)),
  )
  return { options, found }
}

/** The items that a table or index has, as it has them, in the order within a partition. */
function rowsOf({ partition, rest, sort }: Access, items: readonly Item[]): Item[] {
  const order = [...(sort === undefined ? [] : [sort]), ...rest]
  return items
    .filter((item) => item[partition] !== undefined && (sort === undefined || item[sort] !== undefined))
    .sort((a, b) => {
      for (const name of order) {
        const difference = compare(a[name]!, b[name]!)
        if (difference !== 0) return difference
      }
      return 0
    })
}

/** What is returned of an item. */
function shown(item: Item, { projected }: Access): Item {
  if (projected === undefined) return item
  return Object.fromEntries(Object.entries(item).filter(([name]) => projected.includes(name)))
}

/** All pages, with what must be true of each. */
async function pages(read: (startKey: Item | undefined) => Promise<Page>, limit: number): Promise<Page[]> {
  const all: Page[] = []
  let startKey: Item | undefined
  do {
    const page = await read(startKey)
    expect(page.scannedCount === limit || (page.scannedCount < limit && page.lastKey === undefined)).toBe(
      true,
    )
    expect(page.count).toBe(page.items.length)
    all.push(page)
    startKey = page.lastKey
  } while (startKey !== undefined)
  return all
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)

test.each(['S', 'N', 'B'] as const)('with sort keys of type %s', async (type) => {
  const history = fc.record({
    puts: fc.array(itemOf(type), { maxLength: 40 }),
    deleted: fc.array(fc.nat(39), { maxLength: 8 }),
    asked: fc.array(askedOf, { minLength: 8, maxLength: 8 }),
  })
  await fc.assert(
    fc.asyncProperty(history, async ({ asked, deleted, puts }) => {
      await using tables = await Tables.open(':memory:')
      const t = await create(tables, type)
      const model = new Map<string, Item>()
      const idOf = ({ p, s }: Item) => JSON.stringify([p, typeof s === 'object' ? [...(s as Uint8Array)] : s])
      for (const item of puts) {
        await t.put(item)
        model.set(idOf(item), item)
      }
      for (const place of deleted) {
        const item = puts[place]
        if (item === undefined) continue
        await t.delete({ p: item['p']!, s: item['s']! })
        model.delete(idOf(item))
      }
      const items = [...model.values()]
      for (const question of asked) {
        const access = accesses(type)[question.access]!
        const { found, options } = pose(question, type, items)
        // Of what an index does not hold, a local one lets its filter see all the same, and only the filter.
        const visible = found.filter((item) => !question.filtered || item['f'] !== undefined)
        const expected = visible.map((item) => shown(item, access))
        const whole = await t.query(options)
        expect(whole.items).toEqual(expected)
        expect(whole).toMatchObject({ count: expected.length, scannedCount: found.length })
        expect(whole.lastKey).toBeUndefined()
        for (const reverse of [false, true]) {
          const { limit } = question
          const parts = await pages((startKey) => t.query({ ...options, limit, reverse, startKey }), limit)
          const joined = parts.flatMap((page) => page.items)
          expect(reverse ? joined.reverse() : joined).toEqual(expected)
          expect(sum(parts.map(({ scannedCount }) => scannedCount))).toBe(found.length)
        }
        const counted = await t.query({ ...options, select: 'COUNT' })
        expect(counted).toEqual({ items: [], count: expected.length, scannedCount: found.length })
      }
      await checkScans(t, type, items)
    }),
    { numRuns: 25 },
  )
})

/** A scan has every item once, and its segments have them, each in one, in the same order. */
async function checkScans(t: Table, type: Type, items: readonly Item[]): Promise<void> {
  const text = (list: readonly Item[]) => list.map((item) => Object.entries(item).sort().join(';')).sort()
  for (const access of accesses(type)) {
    const options: ScanOptions = access.index === undefined ? {} : { index: access.index }
    const { items: all } = await t.scan(options)
    expect(text(all)).toEqual(text(rowsOf(access, items).map((item) => shown(item, access))))
    const parts = await pages((startKey) => t.scan({ ...options, limit: 3, startKey }), 3)
    expect(parts.flatMap((page) => page.items)).toEqual(all)
    const joined: Item[] = []
    for (let segment = 0; segment < 5; segment++) {
      const segments = await pages(
        (startKey) => t.scan({ ...options, segment, totalSegments: 5, limit: 4, startKey }),
        4,
      )
      joined.push(...segments.flatMap((page) => page.items))
    }
    expect(joined).toEqual(all)
  }
}
