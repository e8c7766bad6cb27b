import { describe, expect, test } from 'vitest'
import { openShop } from './shop.ts'

const run = async (statement: string, item?: object) => {
  const tables = await openShop()
  const users = tables.table('users')
  if (item !== undefined) await users.put({ pk: 'a', ...item })
  const result = await tables.execute(statement)
  return { result, after: await users.get({ pk: 'a' }) }
}

describe('INSERT', () => {
  test('writes all types of values', async () => {
    const { result, after } = await run(
      `INSERT INTO "users" VALUE {'pk': 'a', 'n': -1.5e3, 'big': 12345678901234567890, 'q': 'it''s', 'null': NULL, 'yes': true,
        'map': {'entry': 'value', 'two': 2}, 'list': [1, 'x', [<<4, 4.5>>]], 'set': <<'a', 'b'>>, "json": "text", 'empty': {}, 'none': []}`,
    )
    expect(result).toEqual({ items: [], count: 0 })
    expect(after).toEqual({
      pk: 'a',
      n: -1500,
      big: 12345678901234567890n,
      q: "it's",
      null: null,
      yes: true,
      map: { entry: 'value', two: 2 },
      list: [1, 'x', [new Set([4, 4.5])]],
      set: new Set(['a', 'b']),
      json: 'text',
      empty: {},
      none: [],
    })
  })

  test('takes parameters as values, inside them, and as the item', async () => {
    const tables = await openShop()
    const bytes = new Uint8Array([1, 2])
    await tables.execute("INSERT INTO users VALUE {'pk': ?, 'l': [?, 1], 's': ?, 'b': ?}", [
      'a',
      { x: 1n },
      new Set(['y']),
      bytes,
    ])
    bytes[0] = 9
    await tables.execute('INSERT INTO users VALUE ?', [{ pk: 'b', x: 1 }])
    const { items } = await tables.execute("SELECT * FROM users WHERE pk IN ['a', 'b']")
    expect(items).toEqual([
      { pk: 'a', l: [{ x: 1 }, 1], s: new Set(['y']), b: new Uint8Array([1, 2]) },
      { pk: 'b', x: 1 },
    ])
  })

  test('refuses an item that is there', async () => {
    const tables = await openShop()
    await tables.execute("INSERT INTO users VALUE {'pk': 'a', 'v': 1}")
    const again = tables.execute("INSERT INTO users VALUE {'pk': 'a', 'v': 2}")
    await expect(again).rejects.toMatchObject({
      name: 'DuplicateItemException',
      code: 'BURROW_EXISTS',
      message: 'Duplicate primary key exists in table',
    })
    expect((await again.catch((error) => error)).item).toBeUndefined()
    const told = tables.execute("INSERT INTO users VALUE {'pk': 'a'}", [], {
      returnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    await expect(told).rejects.toMatchObject({ item: { pk: 'a', v: 1 } })
    expect(await tables.table('users').get({ pk: 'a' })).toEqual({ pk: 'a', v: 1 })
    await tables.execute("DELETE FROM users WHERE pk = 'a'")
    await tables.execute("INSERT INTO users VALUE {'pk': 'a', 'v': 3}")
  })

  test.each([
    ["{'v': 1}", 'Missing the key pk in the item'],
    ["{'pk': 1}", 'Type mismatch for key pk'],
    ["{'pk': 'a', 'pk': 'b'}", 'Duplicate keys in tuple. Key: pk under root'],
    ["{'pk': 'a', 'x': y}", 'Unsupported data type: the attribute y under key root.x at 1:42:1'],
    ["{'pk': 'a', 'x': set_add(1, 2)}", 'Unsupported data type: set_add under key root.x'],
    ["{'pk': 'a', 'x': <<'a', 'a'>>}", 'Input collection [a, a] contains duplicates.'],
    ["{'pk': 'a', 'x': [1, {'y': 1e200}]}", 'under root.x[1].y'],
    [
      `{'pk': 'a', 'x': ${'['.repeat(32)}1${']'.repeat(32)}}`,
      `Nesting Levels have exceeded supported limits under root.x${'[0]'.repeat(32)}`,
    ],
    [`{'pk': 'a', 'x': ${'['.repeat(1000)}1${']'.repeat(1000)}}`, 'Nested deeper than'],
  ])('%s is refused', async (item, message) => {
    await expect(run(`INSERT INTO users VALUE ${item}`)).rejects.toThrow(message)
  })

  test('takes 31 levels inside an attribute', async () => {
    const { after } = await run(
      `INSERT INTO users VALUE {'pk': 'a', 'x': ${'['.repeat(31)}1${']'.repeat(31)}}`,
    )
    expect(JSON.stringify(after?.['x'])).toBe(`${'['.repeat(31)}1${']'.repeat(31)}`)
  })
})

describe('UPDATE', () => {
  test.each<[string, object, object]>([
    ['SET n = 1, m = {} SET l = [1, ?]'.replace(', ?', ''), { n: 0 }, { n: 1, m: {}, l: [1] }],
    ['SET n = n + 2 SET k = 10 - n', { n: 1 }, { n: 3, k: 9 }],
    ['SET n=n-1', { n: 5 }, { n: 4 }],
    ['SET n = n - - 2', { n: 1 }, { n: 3 }],
    [
      "SET m.x = 'y', l[1] = 'z' REMOVE l[0], m.old",
      { m: { old: 1 }, l: ['a', 'b', 'c'] },
      { m: { x: 'y' }, l: ['z', 'c'] },
    ],
    ['SET l = list_append(l, [3]), k = LIST_APPEND([0], l)', { l: [1, 2] }, { l: [1, 2, 3], k: [0, 1, 2] }],
    [
      "SET s = set_add(s, <<'b', 'c'>>) SET t = set_delete(t, <<1>>)",
      { s: new Set(['a', 'b']), t: new Set([1, 2]) },
      { s: new Set(['a', 'b', 'c']), t: new Set([2]) },
    ],
    ["SET s = set_add(s, <<'x'>>)", {}, { s: new Set(['x']) }],
    ["SET s = set_delete(s, <<'x'>>)", { s: new Set(['x']) }, {}],
    ['ADD n 5, k 1 SET c = if_not_exists(c, 0) + 1', { n: 1 }, { n: 6, k: 1, c: 1 }],
    ["DELETE s <<'a'>>", { s: new Set(['a', 'b']) }, { s: new Set(['b']) }],
    ["SET m['a b'] = 1", { m: {} }, { m: { 'a b': 1 } }],
    ['SET a = b REMOVE b', { b: [1] }, { a: [1] }],
  ])('%s', async (actions, before, expected) => {
    const { after, result } = await run(`UPDATE users ${actions} WHERE pk = 'a'`, before)
    expect(after).toEqual({ pk: 'a', ...expected })
    expect(result).toEqual({ items: [], count: 0 })
  })

  test.each<[string, object[]]>([
    ['ALL OLD', [{ pk: 'a', n: 1, keep: 2, l: [1, 2] }]],
    ['ALL NEW', [{ pk: 'a', n: 5, keep: 2, l: [1, 9], fresh: 3 }]],
    ['MODIFIED OLD', [{ n: 1, l: [2] }]],
    ['MODIFIED NEW', [{ n: 5, l: [9], fresh: 3 }]],
  ])('RETURNING %s *', async (returning, expected) => {
    const statement = `UPDATE users SET n = 5, l[1] = 9, fresh = 3 WHERE pk = 'a' RETURNING ${returning} *`
    const { result } = await run(statement, { n: 1, keep: 2, l: [1, 2] })
    expect(result).toEqual({ items: expected, count: 1 })
  })

  test('RETURNING MODIFIED gives no row where there is nothing to give', async () => {
    expect(
      (await run("UPDATE users REMOVE n WHERE pk = 'a' RETURNING MODIFIED NEW *", { n: 1 })).result.items,
    ).toEqual([])
    expect(
      (await run("UPDATE users SET n = 1 WHERE pk = 'a' RETURNING MODIFIED OLD *", {})).result.items,
    ).toEqual([])
  })

  test('FROM may come first', async () => {
    const { after } = await run("FROM users WHERE pk = 'a' AND n = 1 SET n = 2 REMOVE b", { n: 1, b: 1 })
    expect(after).toEqual({ pk: 'a', n: 2 })
  })

  test('is no upsert, and WHERE is its condition', async () => {
    const tables = await openShop()
    const users = tables.table('users')
    const update = (where: string) =>
      tables.execute(`UPDATE users SET n = 2 WHERE pk = 'a'${where}`, [], {
        returnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
    for (const where of ['', ' AND attribute_not_exists(pk)', ' AND n IS MISSING']) {
      await expect(update(where)).rejects.toMatchObject({
        name: 'ConditionalCheckFailedException',
        message: 'The conditional request failed',
      })
    }
    expect(await users.get({ pk: 'a' })).toBeUndefined()
    await users.put({ pk: 'a', n: 1, s: new Set(['x', 'y']) })
    await expect(update(' AND n > 1')).rejects.toMatchObject({ item: { pk: 'a', n: 1 } })
    await update(" AND n = 1 AND s = <<'y', 'x'>> AND pk = 'a'")
    expect(await users.get({ pk: 'a' })).toMatchObject({ n: 2 })
  })

  test.each<[string, string]>([
    [
      "SET n = 'x' + 1",
      'Incorrect operand type for operator or function; operator or function: +, operand type: S',
    ],
    ['SET n = n * 2', 'Unsupported operator in Update Expression. Operator: *'],
    ['SET pk = 1', 'Cannot update attribute pk. This attribute is part of the key'],
    ['SET n = 1, n = 2', 'Two document paths overlap'],
    ['SET x.y = 1', 'The document path provided in the update expression is invalid for update'],
    ['SET n = nope', 'The provided expression refers to an attribute that does not exist in the item'],
    ['SET n = foo(1)', 'Unrecognized function: foo at 1:22:3'],
    ['SET n = list_append(l)', 'number of operands: 1'],
    ['SET n = a = b', 'well formed'],
    [
      "SET t = set_add(s, <<'x'>>)",
      'The first argument to SET_ADD must equal the assignment value at 1:22:7',
    ],
    ["SET s = set_add(s, 'x')", 'The second argument to SET_ADD must be a value with type SET at 1:30:1'],
    ['SET s = set_delete(s)', 'SET_DELETE must have exactly two arguments at 1:22:10'],
    ["SET l = set_add(l, <<'x'>>)", 'An operand in the update expression has an incorrect data type'],
    ['ADD n m', 'ADD takes a path and a value'],
    ["ADD n 'x'", 'Incorrect operand type for operator or function; operator: ADD, operand type: STRING'],
    ['SET n = (a IS NULL)', 'IS operator is not supported in update expressions'],
    ['SET n = (a = 1)', 'only a value can be assigned'],
  ])('%s is refused', async (actions, message) => {
    await expect(run(`UPDATE users ${actions} WHERE pk = 'a'`, { n: 1, l: [] })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    })
  })

  test('one item only', async () => {
    const tables = await openShop()
    await tables.execute("INSERT INTO orders VALUE {'pk': 'a', 'sk': 1}")
    await expect(
      tables.execute("UPDATE orders SET n = 1 WHERE pk = 'a' AND sk = 1 AND pk = 'b'"),
    ).rejects.toThrow(
      'Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported',
    )
    await tables.execute("UPDATE orders SET n = 1 WHERE pk = 'a' AND sk = 1 AND pk = 'a'")
    await expect(tables.execute("UPDATE orders SET n = 1 WHERE pk = 'a' AND sk = 'x'")).rejects.toThrow(
      'The provided key element does not match the schema',
    )
  })
})

describe('DELETE', () => {
  test('with and without RETURNING, there or not', async () => {
    expect(await run("DELETE FROM users WHERE pk = 'a'", { n: 1 })).toEqual({
      result: { items: [], count: 0 },
      after: undefined,
    })
    expect(
      (await run("DELETE FROM users WHERE pk = 'a' RETURNING ALL OLD *", { n: 1 })).result.items,
    ).toEqual([{ pk: 'a', n: 1 }])
    expect((await run("DELETE FROM users WHERE pk = 'a' RETURNING ALL OLD *")).result.items).toEqual([])
  })

  test('WHERE is a condition on the item, if there is one', async () => {
    await run("DELETE FROM users WHERE pk = 'a' AND n = 1")
    await run("DELETE FROM users WHERE pk = 'a' AND n = 1", { n: 1 })
    await expect(run("DELETE FROM users WHERE pk = 'a' AND n = 1", { n: 2 })).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
  })
})

test('indexes follow', async () => {
  const tables = await openShop()
  const inOslo = async () =>
    (await tables.execute(`SELECT sk FROM orders."by-city" WHERE city = 'Oslo'`)).items
  await tables.execute("INSERT INTO orders VALUE {'pk': 'a', 'sk': 1, 'city': 'Oslo', 'age': 1}")
  expect(await inOslo()).toEqual([{ sk: 1 }])
  await tables.execute("UPDATE orders SET city = 'Rome' WHERE pk = 'a' AND sk = 1")
  expect(await inOslo()).toEqual([])
  await tables.execute("UPDATE orders SET city = 'Oslo' WHERE pk = 'a' AND sk = 1")
  await tables.execute("DELETE FROM orders WHERE pk = 'a' AND sk = 1")
  expect(await inOslo()).toEqual([])
})

test('statements at the same time do not lose one another', async () => {
  const tables = await openShop()
  await tables.execute("INSERT INTO users VALUE {'pk': 'a', 'n': 0}")
  const add = () =>
    tables.execute("UPDATE users SET n = n + 1 WHERE pk = 'a' AND n >= 0 RETURNING MODIFIED NEW *")
  const results = await Promise.all(Array.from({ length: 40 }, add))
  expect(new Set(results.map(({ items }) => items[0]?.['n'])).size).toBe(40)
  const inserts = Array.from({ length: 5 }, () => tables.execute("INSERT INTO users VALUE {'pk': 'b'}"))
  const settled = await Promise.allSettled(inserts)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})
