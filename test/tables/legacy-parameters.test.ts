import { beforeEach, describe, expect, it, test } from 'vitest'
import type { Item, LegacyConditions, Table, Tables } from '../../lib/tables.ts'
import { failure, openTables } from './open-tables.ts'

let tables: Tables
let music: Table

const artist = 'No One You Know'
const song = { artist, songTitle: 'Call Me Today' }
const songs: Item[] = [
  {
    ...song,
    albumTitle: 'Somewhat Famous',
    genre: 'Country',
    year: 2015,
    price: 2.14,
    tags: new Set(['new']),
  },
  { artist, songTitle: 'My Dog Spot', albumTitle: 'Hey Now', genre: 'Country', price: 1.98 },
  { artist, songTitle: 'Somewhere Down The Road', albumTitle: 'Somewhat Famous', price: 0.94 },
  { artist: 'The Acme Band', songTitle: 'Still in Love', albumTitle: 'The Buck Starts Here', price: 2.47 },
]

beforeEach(async () => {
  tables = await openTables()
  await tables.create({
    name: 'music',
    partitionKey: { name: 'artist', type: 'S' },
    sortKey: { name: 'songTitle', type: 'S' },
    globalIndexes: [{ name: 'by-album', partitionKey: { name: 'albumTitle', type: 'S' } }],
    localIndexes: [{ name: 'by-price', sortKey: { name: 'price', type: 'N' }, projection: 'KEYS_ONLY' }],
  })
  music = tables.table('music')
  await music.batchWrite({ put: songs })
})

const is = (comparisonOperator: string, ...attributeValueList: Item[string][]) =>
  ({ comparisonOperator, attributeValueList }) as LegacyConditions[string]
const byArtist = { artist: is('EQ', artist) }
async function all(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

const titles = (items: readonly Item[]) => items.map(({ songTitle }) => songTitle)

describe('expected', () => {
  const writes: [string, (options: object) => Promise<{ attributes?: Item }>][] = [
    ['put', (options) => music.put({ ...song, price: 3 }, options)],
    [
      'update',
      (options) => music.update(song, undefined, { attributeUpdates: { price: { value: 3 } }, ...options }),
    ],
    ['delete', (options) => music.delete(song, options)],
  ]
  it.each(writes)('of %s', async (_, write) => {
    const failing = [
      { expected: { songTitle: { exists: false } } },
      { expected: { price: is('GT', 2.2) } },
      { expected: { price: { value: 2.14 }, genre: { value: 'Rock' } } },
      { expected: { price: { value: 2 }, genre: { value: 'Rock' } }, conditionalOperator: 'OR' },
    ]
    for (const options of failing) {
      expect(
        await failure(write({ ...options, returnValuesOnConditionCheckFailure: 'ALL_OLD' })),
      ).toMatchObject({ name: 'ConditionalCheckFailedException', item: songs[0] })
      expect(await music.get(song)).toEqual(songs[0])
    }
    const expected = { price: is('BETWEEN', 2, 3), genre: { value: 'Rock' } }
    const options = { expected, conditionalOperator: 'OR', returnValues: 'ALL_OLD' }
    expect(await write(options)).toEqual({ attributes: songs[0] })
    expect((await music.get(song))?.['price']).not.toBe(2.14)
  })

  test('is tested on what is not there, too', async () => {
    const fresh = { artist, songTitle: 'New' }
    expect(await failure(music.delete(fresh, { expected: { artist: { value: artist } } }))).toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    await music.put(fresh, { expected: { artist: { exists: false } } })
    expect(await failure(music.put(fresh, { expected: { artist: { exists: false } } }))).toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    await music.put(fresh, { expected: {} })
  })

  test('may condition an update that changes nothing else', async () => {
    await music.update(song, undefined, { expected: { genre: { value: 'Country' } } })
    expect(await music.get(song)).toEqual(songs[0])
  })

  test('is not in transactions, as it never was', async () => {
    const put = { table: 'music', item: song, expected: { artist: { exists: false } } }
    expect(await failure(tables.transactWrite([{ put }] as never))).toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining("put has no option named 'expected'"),
    })
  })
})

test('attributeUpdates', async () => {
  const result = await music.update(song, undefined, {
    attributeUpdates: {
      genre: { action: 'PUT', value: 'Rock' },
      year: { action: 'ADD', value: 1 },
      tags: { action: 'DELETE', value: new Set(['new', 'old']) },
      albumTitle: { action: 'DELETE' },
      list: { action: 'ADD', value: ['x'] },
    },
    returnValues: 'UPDATED_NEW',
  })
  expect(result).toEqual({ attributes: { genre: 'Rock', year: 2016, list: ['x'] } })
  expect(await music.get(song)).toEqual({ ...song, genre: 'Rock', year: 2016, price: 2.14, list: ['x'] })
  // Indexes follow.
  const famous = { index: 'by-album', keyConditions: { albumTitle: is('EQ', 'Somewhat Famous') } }
  expect(titles((await music.query(famous)).items)).toEqual(['Somewhere Down The Road'])
  const gone = { artist, songTitle: 'Gone' }
  await music.update(gone, undefined, { attributeUpdates: { genre: { action: 'DELETE' } } })
  expect(await music.get(gone)).toBeUndefined()
  await music.update(gone, undefined, { attributeUpdates: { year: { action: 'ADD', value: 7 } } })
  expect(await music.get(gone)).toEqual({ ...gone, year: 7 })
})

describe('reads', () => {
  test('attributesToGet', async () => {
    const attributesToGet = ['songTitle', 'genre', 'a.b']
    const part = { songTitle: song.songTitle, genre: 'Country' }
    expect(await music.get(song, { attributesToGet })).toEqual(part)
    expect((await music.batchGet([song], { attributesToGet })).items).toEqual([part])
    expect((await tables.batchGet({ music: { keys: [song], attributesToGet } })).items).toEqual({
      music: [part],
    })
    const parts = [
      part,
      { songTitle: 'My Dog Spot', genre: 'Country' },
      { songTitle: 'Somewhere Down The Road' },
    ]
    expect((await music.query({ keyConditions: byArtist, attributesToGet })).items).toEqual(parts)
    expect((await music.scan({ attributesToGet })).items).toHaveLength(4)
    expect((await music.scan({ attributesToGet, limit: 4 })).items).toEqual(expect.arrayContaining(parts))
    // What a local index does not hold comes from the table.
    const byPrice = { index: 'by-price', keyConditions: { ...byArtist, price: is('LT', 1) } }
    expect((await music.query({ ...byPrice, attributesToGet: ['albumTitle'] })).items).toEqual([
      { albumTitle: 'Somewhat Famous' },
    ])
  })

  it.each<[string, LegacyConditions[string] | undefined, string[]]>([
    ['alone', undefined, ['Call Me Today', 'My Dog Spot', 'Somewhere Down The Road']],
    ['EQ', is('EQ', 'My Dog Spot'), ['My Dog Spot']],
    ['LT', is('LT', 'My Dog Spot'), ['Call Me Today']],
    ['LE', is('LE', 'My Dog Spot'), ['Call Me Today', 'My Dog Spot']],
    ['GT', is('GT', 'My Dog Spot'), ['Somewhere Down The Road']],
    ['GE', is('GE', 'My Dog Spot'), ['My Dog Spot', 'Somewhere Down The Road']],
    ['BEGINS_WITH', is('BEGINS_WITH', 'S'), ['Somewhere Down The Road']],
    ['BETWEEN', is('BETWEEN', 'A', 'N'), ['Call Me Today', 'My Dog Spot']],
  ])('keyConditions: %s', async (_, sort, found) => {
    const keyConditions = { ...byArtist, ...(sort === undefined ? {} : { songTitle: sort }) }
    expect(titles((await music.query({ keyConditions })).items)).toEqual(found)
    const reversed = { keyConditions, reverse: true, limit: 1 }
    expect(titles(await all(music.queryAll(reversed)))).toEqual([...found].reverse())
  })

  test('queryFilter and scanFilter', async () => {
    const cheap = { price: is('LT', 1.5) }
    const either = { ...cheap, genre: is('NOT_NULL'), albumTitle: is('CONTAINS', 'Hey') }
    const page = await music.query({ keyConditions: byArtist, queryFilter: cheap })
    expect(page).toMatchObject({ count: 1, scannedCount: 3, items: [songs[2]] })
    const query = async (conditionalOperator?: 'AND' | 'OR') =>
      titles((await music.query({ keyConditions: byArtist, queryFilter: either, conditionalOperator })).items)
    expect(await query()).toEqual([])
    expect(await query('AND')).toEqual([])
    expect(await query('OR')).toEqual(titles(songs.slice(0, 3)))
    // Unlike that of a query, the filter of a scan may be on key attributes.
    const scanFilter = { artist: is('IN', 'The Acme Band', 'Nobody'), price: is('GT', 2) }
    expect(await music.scan({ scanFilter })).toMatchObject({ items: [songs[3]], scannedCount: 4 })
    const scan = await all(music.scanAll({ scanFilter, conditionalOperator: 'OR', limit: 1 }))
    expect(new Set(titles(scan))).toEqual(new Set(['Still in Love', 'Call Me Today']))
  })

  test('keyConditions stand beside the expressions of filter and projection', async () => {
    expect(
      await music.query({
        keyConditions: byArtist,
        filter: '#p < :max',
        projection: 'songTitle',
        names: { '#p': 'price' },
        values: { ':max': 1.5 },
      }),
    ).toMatchObject({ items: [{ songTitle: 'Somewhere Down The Road' }], scannedCount: 3 })
  })
})

describe('are refused', () => {
  const invalid = 'One or more parameter values were invalid: '
  const together = (legacy: string, expressions: string) =>
    'Can not use both expression and non-expression parameters in the same request: ' +
    `Non-expression parameters: {${legacy}} Expression parameters: {${expressions}}`
  const without = 'ConditionalOperator cannot be used without Filter or Expected'
  const two = 'ConditionalOperator can only be used when Filter or Expected has two or more elements'
  const and = { conditionalOperator: 'AND' } as const
  const price = { price: is('GT', 1) }
  const condition = 'attribute_exists(artist)'
  const set = { attributeUpdates: { price: { value: 1 } } }

  const mixtures: [string, string, () => Promise<unknown>][] = [
    ['Expected', 'ConditionExpression', () => music.put(song, { expected: {}, condition })],
    ['ConditionalOperator', 'ConditionExpression', () => music.put(song, { ...and, condition })],
    [
      'Expected, ConditionalOperator',
      'ConditionExpression',
      () => music.delete(song, { expected: price, ...and, condition }),
    ],
    ['ConditionalOperator', 'UpdateExpression', () => music.update(song, 'SET price = price', and)],
    ['Expected', 'UpdateExpression', () => music.update(song, 'SET price = price', { expected: price })],
    ['AttributeUpdates', 'ConditionExpression', () => music.update(song, undefined, { ...set, condition })],
    [
      'AttributeUpdates, Expected, ConditionalOperator',
      'UpdateExpression, ConditionExpression',
      () => music.update(song, 'SET price = price', { ...set, expected: price, ...and, condition }),
    ],
    [
      'AttributesToGet',
      'ProjectionExpression',
      () => music.get(song, { attributesToGet: ['price'], projection: 'price' }),
    ],
    [
      'AttributesToGet',
      'ProjectionExpression',
      () => music.batchGet([song], { attributesToGet: ['price'], projection: 'price' }),
    ],
    [
      'AttributesToGet',
      'FilterExpression',
      () => music.scan({ attributesToGet: ['price'], filter: condition }),
    ],
    ['ScanFilter', 'ProjectionExpression', () => music.scan({ scanFilter: price, projection: 'genre' })],
    [
      'AttributesToGet, ScanFilter, ConditionalOperator',
      'ProjectionExpression, FilterExpression',
      () =>
        music.scan({
          attributesToGet: ['price'],
          scanFilter: price,
          ...and,
          projection: 'genre',
          filter: condition,
          values: { ':unused': 1 },
        }),
    ],
    [
      'QueryFilter',
      'ProjectionExpression',
      () => music.query({ keyConditions: byArtist, queryFilter: price, projection: 'genre' }),
    ],
    [
      'AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions',
      'FilterExpression, KeyConditionExpression',
      () =>
        music.query({
          // @ts-expect-error: the types do not let them be mixed, either.
          keyConditions: byArtist,
          queryFilter: price,
          attributesToGet: ['price'],
          ...and,
          key: 'artist = :a',
          filter: condition,
          values: { ':a': artist },
        }),
    ],
  ]
  it.each(mixtures)('{%s} beside {%s}', async (legacy, expressions, call) => {
    expect(await failure(call())).toMatchObject({
      name: 'ValidationException',
      message: together(legacy, expressions),
    })
  })

  const wrong: [string, () => Promise<unknown>][] = [
    [without, () => music.put(song, and)],
    [without, () => music.delete(song, { expected: {}, ...and })],
    [without, () => music.update(song, undefined, { ...set, ...and })],
    [without, () => music.scan({ ...and, attributesToGet: ['genre', 'price'] })],
    [without, () => music.scan({ ...and, scanFilter: {} })],
    [without, () => music.query({ ...and, keyConditions: byArtist })],
    [without, () => music.query(and as never)],
    [two, () => music.put(song, { expected: price, ...and })],
    [two, () => music.query({ keyConditions: byArtist, queryFilter: price, ...and })],
    [
      'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
      () => music.query({ queryFilter: price } as never),
    ],
    ['Conditions can be of length 1 or 2 only', () => music.query({ keyConditions: {} })],
    ['Query key condition not supported', () => music.query({ keyConditions: { artist: is('LT', 'x') } })],
    [
      'Attempted conditional constraint is not an indexable operation',
      () => music.query({ keyConditions: { ...byArtist, songTitle: is('CONTAINS', 'x') } }),
    ],
    [
      'QueryFilter can only contain non-primary key attributes: Primary key attribute: songTitle',
      () => music.query({ keyConditions: byArtist, queryFilter: { songTitle: is('EQ', 'x') } }),
    ],
    [
      'Filter Expression can only contain non-primary key attributes: Primary key attribute: songTitle',
      () => music.query({ keyConditions: byArtist, filter: 'attribute_exists(songTitle)' }),
    ],
    [
      'Cannot specify the AttributesToGet when choosing to get only the Count',
      () => music.scan({ attributesToGet: ['price'], select: 'COUNT' }),
    ],
    [
      'Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES',
      () => music.query({ keyConditions: byArtist, attributesToGet: ['price'], select: 'ALL_ATTRIBUTES' }),
    ],
    [
      'Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES',
      () => music.query({ keyConditions: byArtist, projection: 'price', select: 'ALL_ATTRIBUTES' }),
    ],
    [
      `${invalid}Duplicate value in attribute name: price`,
      () => music.get(song, { attributesToGet: ['price', 'price'] }),
    ],
    [
      "1 validation error detected: Value '[]' at 'attributesToGet' failed to satisfy constraint: Member must have length greater than or equal to 1",
      () => music.scan({ attributesToGet: [] }),
    ],
    [
      "1 validation error detected: Value 'price' at 'attributesToGet' failed to satisfy constraint: Member must be a list",
      () => music.get(song, { attributesToGet: 'price' } as never),
    ],
    [
      "1 validation error detected: Value '5' at 'attributesToGet' failed to satisfy constraint: Member must be the name of an attribute",
      () => music.get(song, { attributesToGet: [5] } as never),
    ],
    [
      "1 validation error detected: Value null at 'queryFilter.price.member.comparisonOperator' failed to satisfy constraint: Member must not be null",
      () => music.query({ keyConditions: byArtist, queryFilter: { price: {} } } as never),
    ],
    [
      "1 validation error detected: Value '5' at 'expected.price.member' failed to satisfy constraint: Member must be an object",
      () => music.put(song, { expected: { price: 5 } } as never),
    ],
    [
      "1 validation error detected: Value null at 'attributeUpdates' failed to satisfy constraint: Member must be an object",
      () => music.update(song, undefined, { attributeUpdates: null } as never),
    ],
    [
      "1 validation error detected: Value '5' at 'scanFilter.price.member.attributeValueList' failed to satisfy constraint: Member must be a list",
      () =>
        music.scan({ scanFilter: { price: { comparisonOperator: 'EQ', attributeValueList: 5 } } } as never),
    ],
    [
      `${invalid}Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: price`,
      () => music.put(song, { expected: { price: { comparisonOperator: 'EQ' } } }),
    ],
    [
      `${invalid}Cannot update attribute songTitle. This attribute is part of the key`,
      () => music.update(song, undefined, { attributeUpdates: { songTitle: { value: 'x' } } }),
    ],
    [
      'Type mismatch for attribute to update',
      () => music.update(song, undefined, { attributeUpdates: { genre: { action: 'ADD', value: 1 } } }),
    ],
    [
      'ExpressionAttributeNames can only be specified when using expressions',
      () => music.get(song, { attributesToGet: ['price'], names: { '#p': 'price' } }),
    ],
    [
      'ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null',
      () => music.put(song, { expected: price, values: { ':p': 1 } }),
    ],
  ]
  it.each(wrong)('%s (%#)', async (message, call) => {
    expect(await failure(call())).toMatchObject({ name: 'ValidationException', message })
    expect(await music.get(song)).toEqual(songs[0])
  })

  it.each<[string, () => Promise<unknown>]>([
    [
      "expected.price.member has no option named 'Value'; did you mean 'value'?",
      () => music.put(song, { expected: { price: { Value: 1 } } } as never),
    ],
    [
      "query has no option named 'scanFilter'; it takes",
      () => music.query({ keyConditions: byArtist, scanFilter: price } as never),
    ],
    ["put has no option named 'attributeUpdates'; it takes", () => music.put(song, set as never)],
    [
      "expected.price.member: option 'exists' is 'no'",
      () => music.put(song, { expected: { price: { exists: 'no' } } } as never),
    ],
  ])('%s', async (message, call) => {
    expect(await failure(call())).toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    })
  })
})
