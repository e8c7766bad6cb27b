import { describe, expect, test } from 'vitest'
import type { Tables } from '../../../lib/tables/tables.ts'
import { openShop } from './shop.ts'

async function openFilled(): Promise<Tables> {
  const tables = await openShop()
  for (const pk of ['a', 'b']) await tables.table('users').put({ pk, n: 1 })
  return tables
}
const texts = (...statements: string[]) => statements.map((statement) => ({ statement }))

describe('batchExecute', () => {
  test('reads', async () => {
    const tables = await openFilled()
    const { responses } = await tables.batchExecute([
      { statement: 'SELECT * FROM users WHERE pk = ?', parameters: ['b'], consistent: true },
      { statement: "SELECT n FROM users WHERE pk IN ['a'] AND 'a' = pk" },
      { statement: "SELECT * FROM users WHERE pk = 'x'" },
      { statement: 'SELECT * FROM users WHERE n = 1' },
      { statement: "SELECT * FROM users WHERE pk = 'a' AND n = 1" },
      { statement: "SELECT * FROM users WHERE pk = 'a' AND pk = 'b'" },
      { statement: "SELECT * FROM users WHERE pk IN ['a', 'b']" },
      { statement: 'SELECT * FROM orders."by-city" WHERE city = \'x\'' },
      { statement: "SELECT * FROM nope WHERE pk = 'a'" },
      { statement: 'SLECT' },
      { statement: 'SELECT * FROM users WHERE pk = ?' },
    ])
    const keyed =
      'Select statements within BatchExecuteStatement must specify the primary key in the where clause.'
    expect(responses).toEqual([
      { table: 'users', item: { pk: 'b', n: 1 } },
      { table: 'users', item: { n: 1 } },
      { table: 'users' },
      ...Array.from({ length: 5 }, () => ({ error: { code: 'ValidationError', message: keyed } })),
      { error: { code: 'ResourceNotFound', message: expect.stringContaining('nope') } },
      { error: { code: 'ValidationError', message: expect.stringContaining('Expected data manipulation') } },
      { error: { code: 'ValidationError', message: expect.stringContaining('Number of parameters') } },
    ])
  })

  test('writes, each by itself', async () => {
    const tables = await openFilled()
    const { responses } = await tables.batchExecute([
      { statement: "INSERT INTO users VALUE {'pk': 'a'}" },
      { statement: "INSERT INTO users VALUE {'pk': 'c'}" },
      {
        statement: "UPDATE users SET n = 2 WHERE pk = 'a' AND n = 5",
        returnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
      { statement: "UPDATE users SET n = n + 1 WHERE pk = 'b' RETURNING ALL NEW *" },
      { statement: "UPDATE users SET n = n + 1 WHERE pk = 'b' RETURNING MODIFIED NEW *" },
      { statement: "DELETE FROM users WHERE pk = 'a' RETURNING MODIFIED OLD *" },
      { statement: "DELETE FROM users WHERE pk = 'a' RETURNING ALL OLD *" },
      { statement: "EXISTS(SELECT * FROM users WHERE pk = 'a' AND n = 1)" },
    ])
    expect(responses).toEqual([
      { table: 'users', error: { code: 'DuplicateItem', message: 'Duplicate primary key exists in table' } },
      { table: 'users' },
      {
        table: 'users',
        error: {
          code: 'ConditionalCheckFailed',
          message: 'The conditional request failed',
          item: { pk: 'a', n: 1 },
        },
      },
      { table: 'users', item: { pk: 'b', n: 2 } },
      { table: 'users', item: { n: 3 } },
      { error: { code: 'ValidationError', message: expect.stringContaining('Only RETURNING ALL OLD *') } },
      { table: 'users', item: { pk: 'a', n: 1 } },
      { error: { code: 'ValidationError', message: expect.stringContaining('EXISTS can only be used in') } },
    ])
  })

  test('not reads and writes together, and 1 to 25 of them', async () => {
    const tables = await openFilled()
    await expect(
      tables.batchExecute(texts("SELECT * FROM users WHERE pk = 'a'", "DELETE FROM users WHERE pk = 'a'")),
    ).rejects.toThrow('does not support both read and write operations')
    expect(await tables.table('users').get({ pk: 'a' })).toBeDefined()
    await expect(tables.batchExecute([])).rejects.toThrow('length greater than or equal to 1')
    const many = Array.from({ length: 26 }, () => "SELECT * FROM users WHERE pk = 'a'")
    await expect(tables.batchExecute(texts(...many))).rejects.toThrow('length less than or equal to 25')
    expect((await tables.batchExecute(texts(...many.slice(1)))).responses).toHaveLength(25)
    await expect(tables.batchExecute([{ statment: 'x' } as never])).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
  })
})

describe('executeTransaction', () => {
  test('reads, at one moment', async () => {
    const tables = await openFilled()
    const result = await tables.executeTransaction([
      { statement: 'SELECT n FROM users WHERE pk = ?', parameters: ['b'] },
      { statement: "SELECT * FROM users WHERE pk = 'x'" },
      { statement: "SELECT * FROM users WHERE pk IN ['a'] AND pk = 'a'" },
    ])
    expect(result).toEqual({ responses: [{ item: { n: 1 } }, {}, { item: { pk: 'a', n: 1 } }] })
  })

  test('writes, all of them', async () => {
    const tables = await openFilled()
    const result = await tables.executeTransaction([
      { statement: "INSERT INTO users VALUE {'pk': 'c', 'n': ?}", parameters: [7] },
      { statement: "UPDATE users SET n = n + 1 WHERE pk = 'a' AND n = 1" },
      { statement: "EXISTS(SELECT * FROM users WHERE pk = 'b' AND n = ?)", parameters: [1] },
      { statement: "DELETE FROM users WHERE pk = 'x' AND n = 5" },
      { statement: "INSERT INTO orders VALUE {'pk': 'a', 'sk': 1}" },
    ])
    expect(result).toEqual({ responses: [] })
    const { items } = await tables.execute("SELECT n FROM users WHERE pk IN ['a', 'b', 'c']")
    expect(items).toEqual([{ n: 2 }, { n: 1 }, { n: 7 }])
  })

  test('or none, with a reason for each', async () => {
    const tables = await openFilled()
    const made = tables.executeTransaction([
      { statement: "INSERT INTO users VALUE {'pk': 'c'}" },
      { statement: "INSERT INTO users VALUE {'pk': 'a'}", returnValuesOnConditionCheckFailure: 'ALL_OLD' },
      { statement: "EXISTS(SELECT * FROM users WHERE pk = 'b' AND n IS MISSING)" },
      { statement: "EXISTS(SELECT * FROM users WHERE pk = 'x' AND n IS MISSING)" },
      { statement: "UPDATE users SET x.y = 1 WHERE pk = 'y'" },
      { statement: "UPDATE orders SET x.y = 1 WHERE pk = 'y' AND sk = 1" },
    ])
    await expect(made).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      message: expect.stringContaining(
        '[None, DuplicateItem, ConditionalCheckFailed, ConditionalCheckFailed, ConditionalCheckFailed, ConditionalCheckFailed]',
      ),
      cancellationReasons: [
        { code: 'None' },
        { code: 'DuplicateItem', message: 'Duplicate primary key exists in table', item: { pk: 'a', n: 1 } },
        { code: 'ConditionalCheckFailed', message: 'The conditional request failed' },
        { code: 'ConditionalCheckFailed' },
        { code: 'ConditionalCheckFailed' },
        { code: 'ConditionalCheckFailed' },
      ],
    })
    expect(await tables.table('users').get({ pk: 'c' })).toBeUndefined()
  })

  test('a table that is not there cancels it', async () => {
    const tables = await openFilled()
    await expect(
      tables.executeTransaction(texts("DELETE FROM users WHERE pk = 'a'", "DELETE FROM nope WHERE pk = 'a'")),
    ).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      cancellationReasons: [{ code: 'None' }, { code: 'ResourceNotFound' }],
    })
    expect(await tables.table('users').get({ pk: 'a' })).toBeDefined()
  })

  test('a statement that does not name one item cancels it', async () => {
    const tables = await openFilled()
    const made = tables.executeTransaction(
      texts(
        "UPDATE orders SET n = 1 WHERE pk = 'a'",
        "UPDATE users SET n = 1 WHERE pk IN ['a']",
        "UPDATE users SET n = 1 WHERE pk = 'a' AND pk = 'b'",
        "DELETE FROM orders WHERE pk = 'a' AND sk = 'x'",
        "INSERT INTO orders VALUE {'pk': 'a'}",
        "DELETE FROM users WHERE pk = 'a'",
      ),
    )
    const wrong = { code: 'ValidationError' }
    await expect(made).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      cancellationReasons: [wrong, wrong, wrong, wrong, wrong, { code: 'None' }],
    })
    await expect(tables.executeTransaction(texts('SELECT * FROM users WHERE pk = 5'))).rejects.toMatchObject({
      cancellationReasons: [{ code: 'ValidationError' }],
    })
  })

  test('the same request under one token is done once', async () => {
    const tables = await openFilled()
    const once = () =>
      tables.executeTransaction(texts("UPDATE users SET n = n + 1 WHERE pk = 'a'"), {
        clientRequestToken: 'token',
      })
    await once()
    await once()
    expect(await tables.table('users').get({ pk: 'a' })).toEqual({ pk: 'a', n: 2 })
    await expect(
      tables.executeTransaction(texts("UPDATE users SET n = 9 WHERE pk = 'a'"), {
        clientRequestToken: 'token',
      }),
    ).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' })
  })

  const keyed =
    'Select statements within ExecuteTransaction must specify the primary key in the where clause.'
  test.each<[string[], string]>([
    [
      ["SELECT * FROM users WHERE pk = 'a'", "DELETE FROM users WHERE pk = 'a'"],
      'ExecuteTransaction API does not support both read and write operations in the same request.',
    ],
    [
      ["SELECT * FROM users WHERE pk = 'a' AND n = 1"],
      `Validation failed in TransactStatements[0]: ${keyed}`,
    ],
    [
      ["SELECT * FROM users WHERE pk = 'a'", 'SELECT * FROM users'],
      `Validation failed in TransactStatements[1]: ${keyed}`,
    ],
    [
      ['SELECT * FROM orders."by-city" WHERE city = \'a\''],
      'Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions.',
    ],
    [
      ["DELETE FROM users WHERE pk = 'a' RETURNING ALL OLD *"],
      'Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction.',
    ],
    [
      ["EXISTS(SELECT * FROM users WHERE pk = 'a')"],
      'Validation failed in TransactStatements[0]: EXISTS() must contain a single item read with additional condition',
    ],
    [
      ["UPDATE users SET n = 'a' + 1 WHERE pk = 'a'"],
      'Validation failed in TransactStatements[0]: Incorrect operand type',
    ],
    [['SELECT'], "Validation failed in TransactStatements[0]: Statement wasn't well formed"],
    [
      ["DELETE FROM users WHERE pk = 'a'", "UPDATE users SET n = 1 WHERE pk = 'a'"],
      'Transaction request cannot include multiple operations on one item',
    ],
    [
      ["SELECT * FROM users WHERE pk = 'a'", "SELECT n FROM users WHERE pk = 'a'"],
      'Transaction request cannot include multiple operations on one item',
    ],
    [[], 'length greater than or equal to 1'],
    [
      Array.from({ length: 101 }, (_, n) => `DELETE FROM users WHERE pk = '${n}'`),
      'length less than or equal to 100',
    ],
  ])('%j is refused', async (statements, message) => {
    const tables = await openFilled()
    await expect(tables.executeTransaction(texts(...statements))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    })
  })
})

test('explain reads nothing and says what would be', async () => {
  const tables = await openFilled()
  expect(
    await tables.explain(
      `SELECT name FROM orders."by-city" WHERE city = ? AND age > 5 AND name <> 'x' LIMIT 3`,
    ),
  ).toEqual({
    operation: 'query',
    table: 'orders',
    index: 'by-city',
    key: ['city = ?1', 'age > 5'],
    condition: "name <> 'x'",
    columns: ['name'],
    limit: '3',
    text: "query orders index by-city\n  key: city = ?1 AND age > 5\n  filter: name <> 'x'\n  columns: name\n  limit: 3",
  })
  await expect(tables.explain('SELECT * FROM nope')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
})
