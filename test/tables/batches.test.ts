import { describe, expect, it } from 'vitest'
import type { Tables } from '../../lib/tables.ts'
import { failure, openTables } from './open-tables.ts'

async function makeTables(): Promise<Tables> {
  const tables = await openTables()
  await tables.create({ name: 'left', partitionKey: { name: 'id', type: 'N' } })
  await tables.create({
    name: 'right',
    partitionKey: { name: 'id', type: 'N' },
    globalIndexes: [{ name: 'by-x', partitionKey: { name: 'x', type: 'S' } }],
  })
  return tables
}

const ids = (count: number, from = 0) => Array.from({ length: count }, (_, n) => ({ id: from + n }))

describe('batches', () => {
  it('put and delete in one table, or in several at once', async () => {
    const tables = await makeTables()
    const [left, right] = [tables.table('left'), tables.table('right')]
    expect(await left.batchWrite({ put: ids(25) })).toEqual({ unprocessedItems: {} })
    expect(await left.batchWrite({ put: ids(3, 30), delete: ids(5) }, { sync: false })).toEqual({
      unprocessedItems: {},
    })
    const both = {
      left: { delete: ids(5, 5) },
      right: { put: ids(4).map((item) => ({ ...item, x: 'x' })), delete: ids(1, 9) },
    }
    expect(await tables.batchWrite(both)).toEqual({ unprocessedItems: {} })
    const found = await tables.batchGet({
      left: { keys: ids(14) },
      right: { keys: ids(3, 2), projection: 'x' },
    })
    expect(found).toEqual({
      items: { left: ids(4, 10), right: [{ x: 'x' }, { x: 'x' }] },
      unprocessedKeys: {},
    })
    expect(
      await right.batchGet(ids(2), { projection: '#i', names: { '#i': 'id' }, consistent: true }),
    ).toEqual({ items: ids(2), unprocessedKeys: [] })
    expect((await tables.verify('right')).indexRows).toEqual({ 'by-x': 4 })
  })

  it('get up to 16 MiB at once', async () => {
    const tables = await makeTables()
    const t = tables.table('left')
    const text = 'x'.repeat(409_000)
    for (let from = 0; from < 50; from += 25)
      await t.batchWrite({ put: ids(25, from).map((item) => ({ ...item, text })) }, { sync: false })
    const { items, unprocessedKeys } = await t.batchGet(ids(50))
    expect(items.length).toBe(41)
    expect(unprocessedKeys).toEqual(ids(9, 41))
    const some = await tables.batchGet({ left: { keys: ids(50), projection: 'id', consistent: true } })
    expect(some.items['left']).toHaveLength(41)
    expect(some.unprocessedKeys).toEqual({ left: { keys: ids(9, 41), projection: 'id', consistent: true } })
    expect((await tables.batchGet(some.unprocessedKeys)).items['left']).toEqual(ids(9, 41))
  })

  const bad: [string, (tables: Tables) => Promise<unknown>, string][] = [
    [
      '101 keys',
      (tables) => tables.table('left').batchGet(ids(101)),
      "at 'requestItems.left.member.keys' failed to satisfy constraint: Member must have length less than or equal to 100",
    ],
    [
      '101 keys of two tables',
      (tables) => tables.batchGet({ left: { keys: ids(51) }, right: { keys: ids(50) } }),
      'Too many items requested for the BatchGetItem call',
    ],
    [
      'one key twice',
      (tables) => tables.table('left').batchGet([{ id: 1 }, { id: 1n }]),
      'Provided list of item keys contains duplicates',
    ],
    [
      'no key',
      (tables) => tables.table('left').batchGet([]),
      "1 validation error detected: Value '[]' at 'requestItems.left.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    ['no table', (tables) => tables.batchGet({}), 'have length greater than or equal to 1'],
    [
      'a bad key',
      (tables) => tables.table('left').batchGet([{ id: 'x' }]),
      'The provided key element does not match the schema',
    ],
    [
      '26 writes',
      (tables) => tables.table('left').batchWrite({ put: ids(20), delete: ids(6, 20) }),
      'Too many items requested for the BatchWriteItem call',
    ],
    [
      'one item twice',
      (tables) => tables.table('left').batchWrite({ put: ids(1), delete: ids(1) }),
      'Provided list of item keys contains duplicates',
    ],
    ['no write', (tables) => tables.table('left').batchWrite({}), 'have length greater than or equal to 1'],
    [
      'a bad item',
      (tables) => tables.table('left').batchWrite({ put: [{ id: 1 }, { no: 1 }] }),
      'One or more parameter values were invalid: Missing the key id in the item',
    ],
    ['no request', (tables) => tables.batchWrite(undefined as never), 'be an object'],
  ]
  it.each(bad)('with %s are refused as a whole', async (_, call, message) => {
    const tables = await makeTables()
    const error = await failure(call(tables))
    expect(error).toMatchObject({ name: 'ValidationException' })
    expect(error.message).toContain(message)
    expect(await tables.describe('left')).toMatchObject({ itemCount: 0 })
  })

  it('name a table that does not exist, and options that do not', async () => {
    const tables = await makeTables()
    expect(await failure(tables.batchWrite({ left: { put: ids(1) }, none: { put: ids(1) } }))).toMatchObject({
      name: 'ResourceNotFoundException',
    })
    expect(await tables.table('left').get({ id: 0 })).toBeUndefined()
    expect(await failure(tables.table('left').batchWrite({ puts: [] } as never))).toMatchObject({
      message: "batchWrite has no option named 'puts'; did you mean 'put'?",
    })
  })
})
