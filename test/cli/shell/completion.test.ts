import { expect, test } from 'vitest'
import { Completer } from '../../../lib/cli/shell/completion.ts'
import { Tables } from '../../../lib/tables.ts'

test('completes commands, keywords, and the names of tables, indexes and attributes', async () => {
  await using tables = await Tables.open(':memory:')
  const id = { name: 'id', type: 'S' } as const
  const city = { name: 'city', type: 'S' } as const
  await tables.create({
    name: 'users',
    partitionKey: id,
    globalIndexes: [{ name: 'byCity', partitionKey: city }],
  })
  await tables.create({ name: 'my-table', partitionKey: { name: 'other', type: 'S' } })
  await tables.table('users').put({ id: 'a', nickname: 'x', 'e-mail': 'y' })
  const completer = new Completer(tables)
  const complete = async (line: string, before = '') => (await completer.complete(line, before))[0]

  expect(await complete('.f')).toEqual(['.format'])
  expect(await complete('.format js')).toEqual(['json', 'jsonl'])
  expect(await complete('.schema us')).toEqual(['users'])
  expect(await complete('.nothing x')).toEqual([])
  expect(await complete('SEL')).toEqual(['SELECT'])
  expect(await complete('sel')).toEqual(['select'])
  expect(await complete('SELECT * FROM ')).toEqual(['"my-table"', 'users'])
  expect(await complete('SELECT * FROM "m')).toEqual(['"my-table"'])
  expect(await complete('us', 'SELECT *\nFROM')).toEqual(['users'])
  expect(await complete('SELECT * FROM users.')).toEqual(['byCity'])
  expect(await complete('SELECT * FROM "users"."b')).toEqual(['"byCity"'])
  expect(await complete('SELECT * FROM users WHERE nic')).toEqual(['nickname'])
  expect(await complete('SELECT * FROM users WHERE "e')).toEqual(['"e-mail"'])
  expect(await complete('SELECT * FROM users WHERE ')).toEqual(['city', '"e-mail"', 'id', 'nickname'])
  expect(await complete('SELECT * FROM users WHERE ot')).toEqual([])
  expect(await complete('SELECT oth')).toEqual(['other'])
  expect(await complete('SELECT * FROM users WHERE begins')).toEqual(['begins_with'])
})
