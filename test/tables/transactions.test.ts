import { afterEach, describe, expect, it, vi } from 'vitest'
import { Database } from '../../lib/index.ts'
import { holdOne, latchesOf } from '../../lib/kv/latches.ts'
import { native } from '../../lib/native.ts'
import { KeyCodec } from '../../lib/tables/key-codec.ts'
import { type TableError, Tables, type TransactWrite } from '../../lib/tables.ts'
import { failure, openTables } from './open-tables.ts'

async function makeTables(): Promise<Tables> {
  const tables = await openTables()
  await tables.create({ name: 'accounts', partitionKey: { name: 'id', type: 'S' } })
  await tables.create({
    name: 'events',
    partitionKey: { name: 'id', type: 'S' },
    sortKey: { name: 'n', type: 'N' },
    localIndexes: [{ name: 'by-kind', sortKey: { name: 'kind', type: 'S' } }],
  })
  await tables.table('accounts').batchWrite({
    put: [
      { id: 'a', money: 100 },
      { id: 'b', money: 0 },
    ],
  })
  return tables
}

function transfer(amount: number, n = 1): TransactWrite[] {
  const values = { ':m': amount }
  return [
    {
      update: {
        table: 'accounts',
        key: { id: 'a' },
        expression: 'SET money = money - :m',
        condition: 'money >= :m',
        values,
      },
    },
    { update: { table: 'accounts', key: { id: 'b' }, expression: 'SET money = money + :m', values } },
    {
      put: {
        table: 'events',
        item: { id: 'a', n, kind: 'transfer', amount },
        condition: 'attribute_not_exists(id)',
      },
    },
  ]
}

const money = async (tables: Tables) =>
  (
    await tables.transactGet([
      { table: 'accounts', key: { id: 'a' } },
      { table: 'accounts', key: { id: 'b' } },
    ])
  ).map((item) => item?.['money'])

describe('transactions', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('write all in several tables', async () => {
    const tables = await makeTables()
    await tables.transactWrite(transfer(30))
    expect(await money(tables)).toEqual([70, 30])
    expect(await tables.table('events').get({ id: 'a', n: 1 })).toMatchObject({ amount: 30 })
    await tables.transactWrite([
      {
        delete: {
          table: 'events',
          key: { id: 'a', n: 1 },
          condition: 'kind = :k',
          values: { ':k': 'transfer' },
        },
      },
      { check: { table: 'accounts', key: { id: 'b' }, condition: 'attribute_exists(id)' } },
    ])
    expect(await tables.table('events').get({ id: 'a', n: 1 })).toBeUndefined()
    expect(await tables.table('accounts').get({ id: 'b' })).toEqual({ id: 'b', money: 30 })
    expect((await tables.verify('events')).ok).toBe(true)
  })

  it('write nothing when one cannot be, and say why for each', async () => {
    const tables = await makeTables()
    await tables.table('events').put({ id: 'a', n: 1 })
    const operations: TransactWrite[] = [
      ...transfer(200),
      { check: { table: 'accounts', key: { id: 'c' }, condition: 'attribute_not_exists(id)' } },
      {
        update: { table: 'events', key: { id: 'x', n: 1 }, expression: 'SET kind = :k', values: { ':k': 5 } },
      },
    ]
    const [first] = operations as [{ update: object }]
    operations[0] = {
      update: { ...first.update, returnValuesOnConditionCheckFailure: 'ALL_OLD' },
    } as TransactWrite
    const error = (await failure(tables.transactWrite(operations))) as TableError
    expect(error).toMatchObject({
      name: 'TransactionCanceledException',
      code: 'BURROW_CONFLICT',
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None, ConditionalCheckFailed, None, ValidationError]',
    })
    expect(error.cancellationReasons).toEqual([
      {
        code: 'ConditionalCheckFailed',
        message: 'The conditional request failed',
        item: { id: 'a', money: 100 },
      },
      { code: 'None' },
      { code: 'ConditionalCheckFailed', message: 'The conditional request failed' },
      { code: 'None' },
      {
        code: 'ValidationError',
        message:
          'One or more parameter values were invalid: Type mismatch for Index Key kind Expected: S Actual: N IndexName: by-kind',
      },
    ])
    expect(await money(tables)).toEqual([100, 0])
    expect(await tables.describe('events')).toMatchObject({ itemCount: 1 })
  })

  it('read many items as they are at one moment', async () => {
    const tables = await makeTables()
    const seen = new Set<number>()
    let over = false
    const move = (async () => {
      for (let n = 1; n <= 60; n++) await tables.transactWrite(transfer(1, n), { sync: false })
      over = true
    })()
    while (!over) {
      const [a, b] = (await money(tables)) as number[]
      seen.add(a!)
      expect(a! + b!).toBe(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await move
    expect(seen.size).toBeGreaterThan(1)
  })

  it('get items in order, with projections, and nothing where there is none', async () => {
    const tables = await makeTables()
    expect(
      await tables.transactGet([
        { table: 'accounts', key: { id: 'b' }, projection: '#m', names: { '#m': 'money' } },
        { table: 'events', key: { id: 'b', n: 1 } },
        { table: 'accounts', key: { id: 'a' } },
      ]),
    ).toEqual([{ money: 0 }, undefined, { id: 'a', money: 100 }])
    expect(await failure(tables.transactGet([]))).toMatchObject({ name: 'ValidationException' })
    expect(await failure(tables.transactGet([{ table: 'none', key: { id: 'a' } }]))).toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  it('take placeholders for all operations together', async () => {
    const tables = await makeTables()
    const operations = [
      { update: { table: 'accounts', key: { id: 'a' }, expression: 'SET #m = #m - :m' } },
      {
        update: {
          table: 'accounts',
          key: { id: 'b' },
          expression: 'SET #m = #m + :m + :own',
          values: { ':own': 1 },
        },
      },
    ] as TransactWrite[]
    const wrong = [
      operations[0]!,
      { update: { table: 'accounts', key: { id: 'b' }, expression: 'SET #m = #m + :m' } },
    ]
    await tables.transactWrite(wrong, { names: { '#m': 'money' }, values: { ':m': 5 } })
    expect(await money(tables)).toEqual([95, 5])
    expect(
      await failure(tables.transactWrite(wrong, { names: { '#m': 'money' }, values: { ':m': 5, ':x': 1 } })),
    ).toMatchObject({
      name: 'ValidationException',
      message: 'Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}',
    })
  })

  it('are done once under a token', async () => {
    const tables = await makeTables()
    vi.useFakeTimers({ toFake: ['Date'] })
    const token = { clientRequestToken: 'once' }
    await tables.transactWrite(transfer(10), token)
    await tables.transactWrite(transfer(10), token)
    const turned = transfer(10)
    turned[0] = {
      update: Object.fromEntries(Object.entries((turned[0] as { update: object }).update).reverse()),
    } as TransactWrite
    await tables.transactWrite(turned, token)
    expect(await money(tables)).toEqual([90, 10])
    expect(await failure(tables.transactWrite(transfer(11), token))).toMatchObject({
      name: 'IdempotentParameterMismatchException',
      code: 'BURROW_INVALID_ARGUMENT',
    })
    // A transaction that was cancelled was not done.
    const other = { clientRequestToken: 'other' }
    expect(await failure(tables.transactWrite(transfer(500, 2), other))).toMatchObject({
      name: 'TransactionCanceledException',
    })
    await tables.table('accounts').put({ id: 'a', money: 1000 })
    await tables.transactWrite(transfer(500, 2), other)
    expect(await money(tables)).toEqual([500, 510])
    // Ten minutes later the token is forgotten.
    vi.setSystemTime(Date.now() + 10 * 60 * 1000 + 1)
    await tables.transactWrite(transfer(10, 3), token)
    expect(await money(tables)).toEqual([490, 520])
    await vi.waitFor(async () => {
      const tokens = tables.database.keys({ prefix: Buffer.of(0xff, 0x74), keyEncoding: 'buffer' })
      expect(await tokens.all()).toHaveLength(1)
    })
    for (const bad of ['', 'x'.repeat(37), 5])
      expect(
        await failure(tables.transactWrite(transfer(1, 4), { clientRequestToken: bad as string })),
      ).toMatchObject({ name: 'ValidationException' })
  })

  it('that come at the same time under one token are done once', async () => {
    const tables = await makeTables()
    await Promise.all(
      Array.from({ length: 20 }, () => tables.transactWrite(transfer(10), { clientRequestToken: 'same' })),
    )
    expect(await money(tables)).toEqual([90, 10])
  })

  it('have items of at most 4 MB together', async () => {
    const tables = await makeTables()
    const large = (n: number, bytes: number) => ({ id: `large${n}`, data: 'x'.repeat(bytes) })
    const puts = (count: number, bytes: number): TransactWrite[] =>
      Array.from({ length: count }, (_, n) => ({ put: { table: 'accounts', item: large(n, bytes) } }))
    await tables.transactWrite(puts(10, 390_000), {})
    const gets = Array.from({ length: 10 }, (_, n) => ({ table: 'accounts', key: { id: `large${n}` } }))
    expect(await tables.transactGet(gets)).toHaveLength(10)
    const tooLarge = { name: 'ValidationException', message: expect.stringContaining('4 MB') }
    expect(await failure(tables.transactWrite(puts(11, 390_000), {}))).toMatchObject(tooLarge)
    expect(await tables.table('accounts').get({ id: 'large10' })).toBeUndefined()
    await tables.table('accounts').put(large(10, 390_000))
    expect(
      await failure(tables.transactGet([...gets, { table: 'accounts', key: { id: 'large10' } }])),
    ).toMatchObject(tooLarge)
  })

  it('that were done before are durable when that is said', async () => {
    for (let round = 0; round < 20; round++) {
      const env = native.memoryEnv()
      const db = await Database.open('db', { env })
      const tables = await Tables.open(db)
      await tables.create({ name: 'accounts', partitionKey: { name: 'id', type: 'S' } })
      const write = () =>
        tables.transactWrite([{ put: { table: 'accounts', item: { id: 'a' } } }], {
          clientRequestToken: 'once',
        })
      const first = write()
      await write()
      const copy = await Database.open('db', { env: env.crashClone!('power', round) })
      const after = await Tables.open(copy)
      expect(await after.table('accounts').get({ id: 'a' })).toEqual({ id: 'a' })
      await first
      for (const each of [after, copy, tables, db]) await each.close()
    }
  })

  it('wait for others on their items, or say that there are some', async () => {
    const tables = await makeTables()
    const latches = latchesOf(tables.database)
    const accounts = await tables.describe('accounts')
    const holds = holdOne(KeyCodec.table(accounts.id, accounts).encode({ id: 'b' }), true)
    expect(latches.tryAcquire(holds)).toBe(true)
    const error = (await failure(tables.transactWrite(transfer(10), { onConflict: 'fail' }))) as TableError
    expect(error).toMatchObject({ name: 'TransactionCanceledException', retryable: true })
    expect(error.cancellationReasons).toEqual([
      { code: 'None' },
      { code: 'TransactionConflict', message: 'Transaction is ongoing for the item' },
      { code: 'None' },
    ])
    const waiting = tables.transactWrite(transfer(10))
    latches.release(holds)
    await waiting
    await tables.transactWrite(transfer(10, 2), { onConflict: 'fail' })
    expect(await money(tables)).toEqual([80, 20])
  })

  const many = (count: number): TransactWrite[] =>
    Array.from({ length: count }, (_, n) => ({ put: { table: 'accounts', item: { id: `id-${n}` } } }))

  it('have up to 100 operations', async () => {
    const tables = await makeTables()
    await tables.transactWrite(many(100))
    expect(await tables.describe('accounts')).toMatchObject({ itemCount: 102 })
  })

  const bad: [string, unknown, string][] = [
    ['101 operations', many(101), 'Member must have length less than or equal to 100'],
    ['no operation', [], 'Member must have length greater than or equal to 1'],
    [
      'two operations of one item',
      [...many(2), { delete: { table: 'accounts', key: { id: 'id-0' } } }],
      'Transaction request cannot include multiple operations on one item',
    ],
    [
      'two operations in one',
      [{ ...many(1)[0], delete: { table: 'accounts', key: { id: 'z' } } }],
      'TransactItems can only contain one of Check, Put, Update or Delete',
    ],
    [
      'an unknown operation',
      [{ puts: {} }],
      'TransactItems can only contain one of Check, Put, Update or Delete',
    ],
    [
      'a check without a condition',
      [{ check: { table: 'accounts', key: { id: 'a' } } }],
      'The ConditionExpression of a condition check must be given',
    ],
    [
      'an unknown field',
      [{ put: { table: 'accounts', item: { id: 'a' }, returnValues: 'NONE' } }],
      "transactWrite: put has no option named 'returnValues'",
    ],
    [
      'a malformed expression',
      [{ update: { table: 'accounts', key: { id: 'a' }, expression: 'SET' } }],
      'Invalid UpdateExpression',
    ],
    [
      'a bad key',
      [{ delete: { table: 'accounts', key: { id: 5 } } }],
      'The provided key element does not match the schema',
    ],
    ['nothing at all', undefined, 'be a list'],
    ['null', [null], 'be an object'],
  ]
  it.each(bad)('with %s are refused', async (_, operations, message) => {
    const tables = await makeTables()
    const error = await failure(tables.transactWrite(operations as TransactWrite[]))
    expect(error).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    expect(error.message).toContain(message)
    expect(await tables.describe('accounts')).toMatchObject({ itemCount: 2 })
  })
})
