import { expect, test } from 'vitest'
import { Tables } from '../../../lib/tables.ts'
import { burrow, TemporaryFolder } from '../burrow.ts'
import { burrowHere, burrowJsonHere } from '../in-process.ts'

/** A database with one table, `users`. */
async function withUsers(path: string, sortKey?: { name: string; type: 'S' | 'N' | 'B' }): Promise<void> {
  await using tables = await Tables.open(path)
  await tables.create({
    name: 'users',
    partitionKey: { name: 'id', type: 'S' },
    ...(sortKey === undefined ? {} : { sortKey }),
  })
}

test('put, get, update and delete', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  await withUsers(db)
  const table = (verb: string, ...args: string[]) => burrowHere(['table', verb, db, 'users', ...args])
  const big = '{"id":"ada","n":12345678901234567890.123,"tags":["a"],"none":null}'
  expect(await table('put', big)).toMatchObject({ code: 0, stdout: '', stderr: '' })
  expect((await table('get', 'id=ada')).stdout).toBe(
    '{\n  "id": "ada",\n  "n": 12345678901234567890.123,\n  "tags": [\n    "a"\n  ],\n  "none": null\n}\n',
  )
  expect(
    (await table('get', '{"id":"ada"}', '--json', '--projection', 'n, #t', '--names', '{"#t":"tags"}'))
      .stdout,
  ).toBe('{"found":true,"item":{"n":12345678901234567890.123,"tags":["a"]}}\n')
  const set = ['SET age = :a ADD visits :one', 'id=ada', '--values', '{":a":36,":one":1}']
  expect(
    JSON.parse((await table('update', ...set, '--return-values', 'UPDATED_NEW', '--json')).stdout),
  ).toEqual({
    attributes: { age: 36, visits: 1 },
  })
  const gone = await burrowJsonHere(['table', 'delete', db, 'users', 'id=ada', '--return-values', 'ALL_OLD'])
  expect(gone).toMatchObject({ attributes: { id: 'ada', visits: 1 } })
  expect(await table('get', 'id=ada')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'burrow: there is no item {"id":"ada"} in users\n',
  })
  expect(await table('get', 'id=ada', '--json')).toMatchObject({
    code: 1,
    stdout: '{"found":false}\n',
    stderr: '',
  })
})

test('DynamoDB JSON goes in and out unharmed; an item can come from standard input', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  await withUsers(db)
  const item =
    '{"id":{"S":"a"},"b":{"B":"AP8="},"set":{"NS":["1","2.50"]},"l":{"L":[{"BOOL":true},{"NULL":true}]},"m":{"M":{"x":{"SS":["y"]}}}}'
  await burrow(['table', 'put', db, 'users', '--dynamodb-json'], Buffer.from(item))
  const found = await burrowHere([
    'table',
    'get',
    db,
    'users',
    '{"id":{"S":"a"}}',
    '--dynamodb-json',
    '--json',
  ])
  expect(found.stdout).toBe(`{"found":true,"item":${item.replace('2.50', '2.5')}}\n`)
  expect((await burrowHere(['table', 'scan', db, 'users'])).stdout).toBe(
    '{"id":"a","b":"AP8=","set":[1,2.5],"l":[true,null],"m":{"x":["y"]}}\n',
  )
})

test('keys take the types of the table', async () => {
  using folder = new TemporaryFolder()
  const [numbers, bytes] = [folder.join('numbers'), folder.join('bytes')]
  await withUsers(numbers, { name: 'at', type: 'N' })
  await burrowHere(['table', 'put', numbers, 'users', '{"id":"5","at":12345678901234567890}'])
  expect(
    await burrowJsonHere(['table', 'get', numbers, 'users', 'id=5', 'at=1.2345678901234567890e19']),
  ).toMatchObject({
    found: true,
  })
  await withUsers(bytes, { name: 'hash', type: 'B' })
  const put = ['table', 'put', bytes, 'users', '--dynamodb-json', '{"id":{"S":"a"},"hash":{"B":"AP8="}}']
  expect(await burrowHere(put)).toMatchObject({ code: 0 })
  const found = { found: true, item: { id: 'a', hash: 'AP8=' } }
  expect(await burrowJsonHere(['table', 'get', bytes, 'users', 'id=a', 'hash=AP8='])).toEqual(found)
  expect(await burrowJsonHere(['table', 'get', bytes, 'users', '{"id":"a","hash":"AP8="}'])).toEqual(found)
})

test("a condition that fails, and what DynamoDB refuses, come with DynamoDB's names", async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  await withUsers(db)
  const put = (...args: string[]) => burrowHere(['table', 'put', db, 'users', ...args])
  await put('{"id":"a"}')
  const failed = await put('{"id":"a","n":1}', '--condition', 'attribute_not_exists(id)')
  expect(failed).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'burrow: BURROW_CONFLICT ConditionalCheckFailedException: The conditional request failed\n',
  })
  const refused = await put('{"n":1}', '--json')
  expect(JSON.parse(refused.stderr)).toEqual({
    error: {
      code: 'BURROW_INVALID_ARGUMENT',
      name: 'ValidationException',
      message: 'One or more parameter values were invalid: Missing the key id in the item',
      retryable: false,
      context: {},
    },
  })
  expect(await put('{"id":')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^burrow: the item is not JSON/),
  })
  expect(await burrowHere(['table', 'get', db, 'users', 'ada'])).toMatchObject({ code: 2 })
  expect(await burrowHere(['table', 'get', db, 'nobody', 'id=a'])).toMatchObject({
    code: 1,
    stderr:
      'burrow: BURROW_NOT_FOUND ResourceNotFoundException: Requested resource not found: Table: nobody not found\n',
  })
})

test('reading goes on beside a writer; writing is refused with its pid', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  await withUsers(db)
  await using tables = await Tables.open(db)
  await tables.table('users').put({ id: 'unflushed' })
  expect((await burrow(['table', 'scan', db, 'users'])).stdout).toBe('{"id":"unflushed"}\n')
  expect((await burrow(['sql', db, 'SELECT id FROM users', '--jsonl'])).stdout).toBe('{"id":"unflushed"}\n')
  const { code, stderr } = await burrow(['table', 'put', db, 'users', '{"id":"x"}', '--json'])
  expect(code).toBe(1)
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: 'BURROW_LOCKED', context: { holderPid: process.pid } },
  })
})
