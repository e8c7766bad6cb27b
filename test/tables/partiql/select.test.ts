import { describe, expect, test } from 'vitest'
import type { AttributeValue } from '../../../lib/tables/value.ts'
import { openShop, selectAll } from './shop.ts'

async function openFilled() {
  const tables = await openShop()
  const orders = tables.table('orders')
  for (const pk of ['a', 'b', 'c']) {
    for (let sk = 1; sk <= 5; sk++) {
      await orders.put({
        pk,
        sk,
        total: 10 - sk,
        city: sk % 2 === 0 ? 'Oslo' : 'Rome',
        age: sk,
        name: `${pk}${sk}`,
      })
    }
  }
  return tables
}

const keysOf = (items: readonly Record<string, unknown>[]) =>
  items.map(({ pk, sk }) => `${pk}${sk}`).join(' ')

describe('which rows are found', () => {
  test.each([
    ["pk = 'a'", 'a1 a2 a3 a4 a5'],
    ["pk = 'a' AND sk = 3", 'a3'],
    ["pk = 'a' AND sk IN [4, 2, 9, 2]", 'a4 a2'],
    ["pk IN ['c', 'a', 'x'] AND sk = 1", 'c1 a1'],
    ["pk IN ['c', 'a'] AND sk > 4", 'c5 a5'],
    ["pk = 'a' AND sk > 2 AND sk < 4", 'a3'],
    ["pk = 'a' AND sk >= 2 AND 4 > sk AND total <> 7", 'a2'],
    ["pk = 'a' AND sk > 4 AND sk < 2", ''],
    ["pk = 'a' AND sk BETWEEN 2 AND 3", 'a2 a3'],
    ["pk = 'a' AND NOT (sk BETWEEN 2 AND 3)", 'a1 a4 a5'],
    ["pk = 'a' AND pk = 'b'", ''],
    ["(pk = 'a' AND sk = 1) OR (pk = 'b' AND sk = 2)", 'a1 b2'],
    ["pk = 'a' AND (sk = 1 OR total = 5)", 'a1 a5'],
    ["pk = 'a' AND city = 'Oslo'", 'a2 a4'],
    ["pk = 'a' AND contains(city, 'sl') AND begins_with(name, 'a4')", 'a4'],
    ["pk = 'a' AND size(name) = 2 AND attribute_type(total, 'N') AND sk > 4", 'a5'],
    ["pk = 'a' AND nope IS MISSING AND total IS NOT NULL AND city IS STRING AND sk = 1", 'a1'],
    ["pk = 'a' AND (attribute_exists(nope) = false) AND sk = 1", 'a1'],
    ["pk = 'a' AND sk = age AND total > sk", 'a1 a2 a3 a4'],
  ])('%s', async (where, expected) => {
    const tables = await openFilled()
    const { items } = await tables.execute(`SELECT * FROM orders WHERE ${where}`)
    expect(keysOf(items)).toBe(expected)
  })

  test('a scan finds what no key leads to', async () => {
    const tables = await openFilled()
    const { items, scannedCount } = await tables.execute(
      "SELECT pk, sk FROM orders WHERE total = 9 OR name = 'b3'",
    )
    expect(keysOf(items).split(' ').sort()).toEqual(['a1', 'b1', 'b3', 'c1'])
    expect(scannedCount).toBe(15)
  })

  test('parameters stand wherever a value can', async () => {
    const tables = await openFilled()
    const find = async (where: string, parameters: never[] | unknown[]) =>
      keysOf((await tables.execute(`SELECT * FROM orders WHERE ${where}`, parameters as never[])).items)
    expect(await find('pk = ? AND sk BETWEEN ? AND ?', ['a', 2, 3n])).toBe('a2 a3')
    expect(await find('pk IN ? AND sk IN [?, 2]', [['b', 'a'], 1])).toBe('b1 b2 a1 a2')
    expect(await find('pk = ? AND name IN (?, ?) AND NOT city = ?', ['a', 'a1', 'a2', 'Rome'])).toBe('a2')
    expect(
      (await tables.execute("SELECT pk FROM orders WHERE pk = 'a' LIMIT ? OFFSET ?", [1, 4])).items,
    ).toHaveLength(1)
  })
})

describe('columns', () => {
  test('are called by the end of their path, and left out where the row has none', async () => {
    const tables = await openShop()
    await tables.table('users').put({ pk: 'a', m: { k: ['x', 'y'], 'a b': 1 }, l: [{ n: 1 }] })
    await tables.table('users').put({ pk: 'b' })
    const { items } = await tables.execute(
      `SELECT pk, m.k[1], m."a b", m.k, l[0].n, m['nope'] FROM users WHERE pk IN ['a', 'b']`,
    )
    expect(items).toEqual([{ pk: 'a', 'k[1]': 'y', 'a b': 1, k: ['x', 'y'], n: 1 }, { pk: 'b' }])
  })

  test('an attribute named __proto__ is one like others', async () => {
    const tables = await openShop()
    const item = JSON.parse('{"pk": "a", "__proto__": {"x": 1}}')
    await tables.execute('INSERT INTO users VALUE ?', [item])
    const { items } = await tables.execute(
      `SELECT "__proto__" FROM users WHERE pk = 'a' AND "__proto__".x = 1`,
    )
    expect(Object.entries(items[0]!)).toEqual([['__proto__', { x: 1 }]])
    expect(Object.getPrototypeOf(items[0])).toBe(Object.prototype)
  })
})

describe('order', () => {
  test.each([
    ["pk = 'a' ORDER BY sk DESC", 'a5 a4 a3 a2 a1'],
    ["pk = 'a' AND sk IN [2, 5, 3] ORDER BY sk", 'a2 a3 a5'],
    ["pk = 'a' AND sk IN [2, 5, 3] ORDER BY sk DESC", 'a5 a3 a2'],
    ["pk IN ['a', 'c'] AND sk > 3 ORDER BY pk DESC, sk", 'c4 c5 a4 a5'],
    ["pk IN ['c', 'a'] AND sk > 3 ORDER BY pk, sk DESC", 'a5 a4 c5 c4'],
  ])('%s', async (where, expected) => {
    const tables = await openFilled()
    expect(keysOf((await tables.execute(`SELECT * FROM orders WHERE ${where}`)).items)).toBe(expected)
  })
})

describe('indexes', () => {
  test('global ones by their own key, with all conditions', async () => {
    const tables = await openFilled()
    const find = async (where: string) =>
      keysOf((await tables.execute(`SELECT * FROM "orders"."by-city" WHERE ${where}`)).items)
    expect(await find("city = 'Oslo' AND age = 2")).toBe('a2 b2 c2')
    expect(await find("city = 'Rome' AND age BETWEEN 2 AND 4 ORDER BY age DESC")).toBe('c3 b3 a3')
    expect(await find("city IN ['Oslo', 'Rome'] AND age > 4 AND name <> 'b5'")).toBe('a5 c5')
    expect((await find("name = 'b3'")).split(' ')).toEqual(['b3'])
  })

  test('a local index gives what it has not from the table', async () => {
    const tables = await openFilled()
    const { items } = await tables.execute(`SELECT name FROM orders."by-total" WHERE pk = 'a' AND total < 7`)
    expect(items).toEqual([{ name: 'a5' }, { name: 'a4' }])
    const { items: keys } = await tables.execute(
      `SELECT * FROM orders."by-total" WHERE pk = 'a' AND total = 5`,
    )
    expect(keys).toEqual([{ pk: 'a', sk: 5, total: 5 }])
    const { items: tested } = await tables.execute(
      `SELECT * FROM orders."by-total" WHERE pk = 'a' AND total > 1 AND name = 'a5'`,
    )
    expect(tested).toEqual(keys)
  })

  test('a global index refuses what it has not, and consistent reads', async () => {
    const tables = await openFilled()
    await expect(
      tables.execute(`SELECT total FROM orders."by-city-keys" WHERE city = 'Oslo'`),
    ).rejects.toThrow('Global secondary index by-city-keys does not project [total]')
    await expect(
      tables.execute(`SELECT * FROM orders."by-city" WHERE city = 'Oslo'`, [], { consistent: true }),
    ).rejects.toThrow(/onsistent read/)
    expect(
      (await tables.execute(`SELECT * FROM orders WHERE pk = 'a'`, [], { consistent: true })).count,
    ).toBe(5)
  })
})

describe('LIMIT and OFFSET', () => {
  test.each([
    ["pk = 'a' LIMIT 2", 'a1 a2'],
    ["pk = 'a' LIMIT 2 OFFSET 1", 'a2 a3'],
    ["pk = 'a' LIMIT 9 OFFSET 4", 'a5'],
    ["pk = 'a' OFFSET 9", ''],
    ["pk = 'a' LIMIT 0", ''],
    ["pk = 'a' AND city = 'Rome' LIMIT 2 OFFSET 1", 'a3 a5'],
    ["pk IN ['b', 'a'] LIMIT 3 OFFSET 4", 'b5 a1 a2'],
    ["pk IN ['b', 'a'] AND sk IN [1, 2] LIMIT 2 OFFSET 1", 'b2 a1'],
  ])('%s', async (where, expected) => {
    const tables = await openFilled()
    const result = await tables.execute(`SELECT * FROM orders WHERE ${where}`)
    expect(keysOf(result.items)).toBe(expected)
    expect(result.nextToken).toBeUndefined()
  })

  test('count results, not rows read, also over pages', async () => {
    const tables = await openFilled()
    const statement = "SELECT * FROM orders WHERE city = 'Rome' LIMIT 5 OFFSET 2"
    const whole = await tables.execute(statement)
    expect(whole.items).toHaveLength(5)
    for (const limit of [1, 2, 3, 7]) {
      const { items, pages } = await selectAll(tables, statement, [], { limit })
      expect(items).toEqual(whole.items)
      expect(pages).toBeGreaterThan(1)
    }
  })

  test.each(['LIMIT -1', 'LIMIT 1.5', "LIMIT 'x'", 'LIMIT pk', 'OFFSET -1'])(
    '%s is refused',
    async (clause) => {
      const tables = await openShop()
      await expect(tables.execute(`SELECT * FROM users ${clause}`)).rejects.toThrow(
        'must be a whole number from 0 up at 1:',
      )
    },
  )
})

describe('pages', () => {
  test('the option limit counts rows read; tokens go on behind them', async () => {
    const tables = await openFilled()
    const first = await tables.execute("SELECT * FROM orders WHERE pk IN ['a', 'b'] AND city = 'Oslo'", [], {
      limit: 3,
    })
    expect(keysOf(first.items)).toBe('a2')
    expect(first).toMatchObject({ count: 1, scannedCount: 3, lastKey: { pk: 'a', sk: 3 } })
    for (const where of [
      "pk IN ['c', 'a'] AND city = 'Oslo'",
      "pk = 'a' ORDER BY sk DESC",
      "pk IN ['a', 'b', 'x'] AND sk IN [1, 2]",
      'age > 2',
    ]) {
      const statement = `SELECT pk, sk FROM orders WHERE ${where}`
      const whole = await tables.execute(statement)
      for (const limit of [1, 2, 4]) {
        expect((await selectAll(tables, statement, [], { limit })).items).toEqual(whole.items)
      }
    }
  })

  test('a page ends at 1 MiB, LIMIT or not', async () => {
    const tables = await openShop()
    const text = 'x'.repeat(100_000)
    for (let sk = 0; sk < 25; sk++) await tables.table('orders').put({ pk: sk < 15 ? 'a' : 'b', sk, text })
    const first = await tables.execute("SELECT sk FROM orders WHERE pk = 'a'")
    expect(first.items).toHaveLength(11)
    expect(first.nextToken).toBeDefined()
    expect((await tables.execute("SELECT sk FROM orders WHERE pk = 'a' LIMIT 14")).items).toHaveLength(14)
    expect((await tables.execute('SELECT sk FROM orders WHERE sk > 20 LIMIT 2')).items).toHaveLength(2)
    const large = await tables.execute("SELECT * FROM orders WHERE pk = 'a' LIMIT 14")
    expect(large.items.length).toBeLessThan(13)
    expect((await selectAll(tables, "SELECT * FROM orders WHERE pk = 'a' LIMIT 14")).items).toHaveLength(14)
    const both = await selectAll(tables, "SELECT * FROM orders WHERE pk IN ['a', 'b']")
    expect(both.items.map(({ sk }) => sk)).toEqual(Array.from({ length: 25 }, (_, sk) => sk))
    expect(both.pages).toBe(2)
  })

  test('a token is good for its own request only', async () => {
    const tables = await openFilled()
    const statement = 'SELECT * FROM orders WHERE pk = ?'
    const { nextToken } = await tables.execute(statement, ['a'], { limit: 1 })
    const go = (text: string, parameters: string[], token: unknown) =>
      tables.execute(text, parameters, { nextToken: token as string })
    await expect(go(statement, ['b'], nextToken)).rejects.toThrow('NextToken does not match request')
    await expect(go('SELECT pk FROM orders WHERE pk = ?', ['a'], nextToken)).rejects.toThrow(
      'NextToken does not match request',
    )
    for (const wrong of ['', 'abc', `${nextToken}x`, nextToken!.slice(2), nextToken!.toUpperCase(), 5]) {
      await expect(go(statement, ['a'], wrong)).rejects.toThrow('Invalid NextToken')
    }
    await expect(go("DELETE FROM orders WHERE pk = 'a' AND sk = 1", [], nextToken)).rejects.toThrow(
      'NextToken does not match',
    )
    await tables.drop('orders')
    await expect(go(statement, ['a'], nextToken)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    expect((await go(statement, ['a'], undefined).catch((error) => error)).name).toBe(
      'ResourceNotFoundException',
    )
  })
})

describe('what is refused when values are known', () => {
  test.each([
    ['pk = 5', "Key attribute's data type should match its data type in table's schema: Key pk"],
    [
      "pk = 'a' AND sk IN [1, 'x']",
      "Key attribute's data type should match its data type in table's schema: Key sk",
    ],
    [
      "pk = 'a' AND sk > 'x'",
      "Key attribute's data type should match its data type in table's schema: Key sk",
    ],
    ["pk = 'a' AND begins_with(sk, 'x')", 'operator or function: begins_with, operand type: N'],
    ["pk = ''", 'cannot contain an empty string value. Key: pk'],
    ["pk = 'a' AND sk BETWEEN 5 AND 1", 'upper bound to be greater than or equal to lower bound'],
    [
      "pk = 'a' AND total < true",
      'Incorrect operand type for operator or function; operator or function: <, operand type: BOOL',
    ],
    ["pk = 'a' AND attribute_type(total, 'X')", 'Invalid attribute type name found; type: X'],
    [
      "pk = 'a' AND attribute_exists('x')",
      'Operator or function requires a document path; operator or function: attribute_exists',
    ],
    [
      "pk = 'a' AND attribute_exists()",
      'Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 0',
    ],
    ["pk = 'a' AND nope(total)", 'Unrecognized function: nope at 1:41:4'],
    ["pk = 'a' AND total IS DATE", 'Unsupported data type for IS operator: DATE'],
    ["pk = 'a' AND total = MISSING", 'MISSING must be compared using IS operator'],
    ["pk = 'a' AND total + 1 = 2", 'Unsupported operator in Condition Expression. Operator: +'],
    ["pk = 'a' AND total", 'WHERE clause must contain an expression that resolves to a boolean'],
    ["pk = 'a' AND total IN []", 'IN operator must have a left hand argument'],
    [
      `pk = 'a' AND total IN [${Array.from({ length: 101 }, (_, n) => n)}]`,
      'The IN operator is provided with too many operands; number of operands: 101',
    ],
    [
      `pk = 'a' AND sk IN [${Array.from({ length: 51 }, (_, n) => n)}]`,
      'Too many decomposed read operations for a given query.',
    ],
    ["pk = 'a' AND s = <<1, 1.0>>", 'contains duplicates'],
    ["pk = 'a' AND s = <<>>", 'Empty bags are not supported'],
    ["pk = 'a' AND s = <<1, 'x'>>", 'DynamoDB only supports either numbers or strings in bags'],
    [
      "pk = 'a' AND n = 1e126",
      'Number overflow. Attempting to store a number with magnitude larger than supported range under root',
    ],
    [
      "pk = 'a' AND n = [1, 1e-131]",
      'Number underflow. Attempting to store a number with magnitude smaller than supported range under root[1]',
    ],
    [
      "pk = 'a' AND EXISTS(SELECT * FROM users WHERE pk = 'a')",
      'EXISTS can only be used in ExecuteTransaction write requests.',
    ],
    ['pk = ?', "Number of parameters in request and statement don't match."],
  ])('%s', async (where, message) => {
    const tables = await openShop()
    await expect(tables.execute(`SELECT * FROM orders WHERE ${where}`)).rejects.toMatchObject({
      name: 'ValidationException',
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    })
  })

  test('a parameter is checked before the statement is read', async () => {
    const tables = await openShop()
    await expect(tables.execute('SELECT', [new Set() as never])).rejects.toThrow(/empty/)
    await expect(tables.execute('SELECT', [undefined as never])).rejects.toMatchObject({
      name: 'ValidationException',
    })
    await expect(tables.execute('SELECT * FROM users', 'x' as never)).rejects.toThrow('must be an array')
    await expect(tables.execute(5 as never)).rejects.toThrow('A statement must be a string')
    await expect(tables.execute(' ')).rejects.toThrow('Statement cannot be empty')
    await expect(tables.execute(`SELECT ${'x'.repeat(8192)}`)).rejects.toThrow(
      'Statement too long: 8199 chars (max 8192)',
    )
    await expect(tables.execute('SELECT * FROM nope')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await expect(tables.execute('SELECT * FROM users', [], { nope: 1 } as never)).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
    await expect(tables.execute('SELECT * FROM users', [], { limit: 0 })).rejects.toThrow("'limit'")
  })
})

test('items that have expired are out of sight, where the table says so', async () => {
  const tables = await openShop()
  await tables.create({
    name: 'sessions',
    partitionKey: { name: 'pk', type: 'S' },
    ttl: { attribute: 'expires', hideExpired: true },
  })
  for (const [pk, expires] of Object.entries({ old: 1_000, young: 4_000_000_000 })) {
    await tables.table('sessions').put({ pk, expires })
  }
  const find = async (where: string) =>
    (await tables.execute(`SELECT pk FROM sessions ${where}`)).items.map(({ pk }) => pk)
  expect(await find('')).toEqual(['young'])
  expect(await find("WHERE pk IN ['old', 'young']")).toEqual(['young'])
  const { responses } = await tables.batchExecute([{ statement: "SELECT * FROM sessions WHERE pk = 'old'" }])
  expect(responses).toEqual([{ table: 'sessions' }])
  expect(await tables.executeTransaction([{ statement: "SELECT * FROM sessions WHERE pk = 'old'" }])).toEqual(
    {
      responses: [{}],
    },
  )
  await expect(tables.execute("UPDATE sessions SET n = 1 WHERE pk = 'old'")).rejects.toMatchObject({
    name: 'ConditionalCheckFailedException',
  })
  await tables.execute("INSERT INTO sessions VALUE {'pk': 'old', 'n': 2}")
  expect(await find("WHERE pk = 'old' AND n = 2")).toEqual(['old'])
})

test('sets, lists and maps are compared by what they hold', async () => {
  const tables = await openShop()
  const item = {
    pk: 'a',
    s: new Set(['x', 'y']),
    l: [1, 2],
    m: { x: 1, y: 2 },
    b: new Uint8Array([1, 2]),
    n: null,
  }
  await tables.table('users').put(item)
  const finds = async (where: string, ...parameters: never[]) =>
    (await tables.execute(`SELECT pk FROM users WHERE pk = 'a' AND ${where}`, parameters)).count === 1
  expect(await finds("s = <<'y', 'x'>>")).toBe(true)
  expect(await finds("s <> <<'y', 'x'>>")).toBe(false)
  expect(await finds('l = [1, 2]')).toBe(true)
  expect(await finds('l = [2, 1]')).toBe(false)
  expect(await finds("m = {'y': 2, 'x': 1}")).toBe(true)
  expect(await finds('n = NULL AND n IS NULL AND NOT n IS MISSING')).toBe(true)
  expect(
    await finds('b = ? AND b < ?', Buffer.from([1, 2]) as never, new Uint16Array([0x303]) as never),
  ).toBe(true)
})

test('a parameter as deep as values can be is part of a token, and of a request under a client token', async () => {
  const tables = await openShop()
  let deep: AttributeValue = 1
  for (let level = 1; level < 32; level++) deep = [deep]
  for (const pk of ['a', 'b']) await tables.table('users').put({ pk })
  const { items } = await selectAll(tables, 'SELECT pk FROM users WHERE NOT pk = ?', [deep], { limit: 1 })
  expect(items).toHaveLength(2)
  const statement = "UPDATE users SET deep = ? WHERE pk = 'a'"
  await tables.executeTransaction([{ statement, parameters: [deep] }], { clientRequestToken: 'deep' })
  expect(await tables.table('users').get({ pk: 'a' })).toEqual({ pk: 'a', deep })
})
