import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type Item, Tables } from '../../../lib/tables.ts'
import { burrow, TemporaryFolder } from '../burrow.ts'
import { burrowHere, burrowJsonHere } from '../in-process.ts'

async function withTable(path: string, items: readonly Item[]): Promise<void> {
  await using tables = await Tables.open(path)
  await tables.create({ name: 'users', partitionKey: { name: 'id', type: 'S' } })
  await Promise.all(items.map((item) => tables.table('users').put(item, { sync: false })))
}

async function itemsOf(path: string): Promise<Item[]> {
  await using tables = await Tables.open(path, { readOnly: true })
  return (await tables.table('users').scanAll().toArray()).sort((a, b) =>
    (a['id'] as string) < (b['id'] as string) ? -1 : 1,
  )
}

const item = (at: number) => ({
  id: `user-${String(at).padStart(4, '0')}`,
  n: at / 8,
  tags: new Set(['a', 'b']),
  raw: new Uint8Array([at % 256]),
})
const many = Array.from({ length: 1500 }, (_, at) => item(at))

test('what is exported to a file, compressed or to a folder, is imported as it was', async () => {
  using folder = new TemporaryFolder()
  const [db, copy] = [folder.join('db'), folder.join('copy')]
  await withTable(db, many)
  await withTable(copy, [])
  const [file, packed, tree] = [folder.join('users.json'), folder.join('users.json.gz'), folder.join('tree')]
  expect(await burrowJsonHere(['table', 'export', db, 'users', '--output', file])).toMatchObject({
    items: 1500,
  })
  await burrowHere(['table', 'export', db, 'users', '--output', packed])
  expect(gunzipSync(readFileSync(packed))).toEqual(readFileSync(file))
  const [first = ''] = readFileSync(file, 'utf8').split('\n')
  expect(JSON.parse(first)).toEqual({
    Item: {
      id: { S: expect.any(String) },
      n: { N: expect.any(String) },
      tags: { SS: ['a', 'b'] },
      raw: { B: expect.any(String) },
    },
  })
  expect((await burrowHere(['table', 'export', db, 'users', '--folder', tree])).stdout).toMatch(
    /^1500 items, /,
  )
  for (const source of [file, packed, tree]) {
    expect(await burrowJsonHere(['table', 'import', copy, 'users', source])).toEqual({
      lines: 1500,
      items: 1500,
      bad: 0,
    })
    expect(await itemsOf(copy)).toEqual(many)
    await using tables = await Tables.open(copy)
    await tables.drop('users')
    await tables.create({ name: 'users', partitionKey: { name: 'id', type: 'S' } })
  }
})

test('through a pipe, in plain JSON', async () => {
  using folder = new TemporaryFolder()
  const [db, copy] = [folder.join('db'), folder.join('copy')]
  await withTable(db, [
    { id: 'a', n: 12345678901234567890n },
    { id: 'b', list: [1, null] },
  ])
  await withTable(copy, [])
  const { bytes, stderr } = await burrow(['table', 'export', db, 'users', '--plain', '--gzip'])
  expect(stderr).toBe('')
  expect(await burrow(['table', 'import', copy, 'users', '-', '--plain'], bytes)).toMatchObject({
    code: 0,
    stdout: '2 items\n',
  })
  expect(await itemsOf(copy)).toEqual(await itemsOf(db))
})

test("a folder of DynamoDB's export: its manifest says which files, and what they were", async () => {
  using folder = new TemporaryFolder()
  const [db, tree] = [folder.join('db'), folder.join('01693685827463-2d8752fd')]
  await withTable(db, [])
  mkdirSync(`${tree}/data`, { recursive: true })
  const lines: string[] = []
  for (const id of ['a', 'b']) {
    const data = gzipSync(`{"Item":{"id":{"S":"${id}"}}}\n`)
    writeFileSync(`${tree}/data/${id}.json.gz`, data)
    const md5Checksum = createHash('md5').update(data).digest('base64')
    lines.push(
      JSON.stringify({ itemCount: 1, md5Checksum, dataFileS3Key: `AWSDynamoDB/x/data/${id}.json.gz` }),
    )
  }
  writeFileSync(`${tree}/data/not-listed.json.gz`, 'no gzip')
  writeFileSync(`${tree}/manifest-files.json`, `${lines.join('\n')}\n`)
  expect(await burrowJsonHere(['table', 'import', db, 'users', tree])).toEqual({ lines: 2, items: 2, bad: 0 })
  writeFileSync(`${tree}/data/b.json.gz`, gzipSync('{"Item":{"id":{"S":"c"}}}\n'))
  expect(await burrowHere(['table', 'import', db, 'users', tree])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^burrow: BURROW_CORRUPTION .*b\.json\.gz is not what it was/),
  })
  expect(await itemsOf(db)).toEqual([{ id: 'a' }, { id: 'b' }])
})

test('a bad line ends the import, or is told and passed over', async () => {
  using folder = new TemporaryFolder()
  const [db, file] = [folder.join('db'), folder.join('bad.json')]
  await withTable(db, [])
  const good = Array.from({ length: 600 }, (_, at) => `{"Item":{"id":{"S":"${at}"}}}`)
  const bad = [
    '{"Item":',
    '{"id":{"S":"x"}}',
    '{"Item":{"n":{"N":"1"}}}',
    '{"Item":{"id":{"S":"x"},"n":{"N":"one"}}}',
  ]
  writeFileSync(file, `${[...good, '', ...bad, '{"Item":{"id":{"S":"last"}}}'].join('\n')}`)
  expect(await burrowHere(['table', 'import', db, 'users', file, '--json'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^\{"error":\{"code":"BURROW_INVALID_ARGUMENT","message":"line 602 of .*bad.json is no item/,
    ),
  })
  const { code, stderr, stdout } = await burrowHere(['table', 'import', db, 'users', file, '--skip-bad'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '601 items, 4 bad lines\n' })
  const told = stderr
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/of .*bad\.json: /, ''))
  expect(told).toEqual([
    expect.stringMatching(/^burrow: line 602 .*JSON/),
    'burrow: line 603 it must be {"Item": {…}} with an item in DynamoDB JSON',
    'burrow: line 604 One or more parameter values were invalid: Missing the key id in the item',
    expect.stringMatching(/^burrow: line 605 .*numeric value: one$/),
  ])
  expect(await itemsOf(db)).toHaveLength(601)
})

test('what is not there, and what makes no sense', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  await withTable(db, [])
  expect(await burrowHere(['table', 'import', db, 'users', folder.join('no.json')])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^burrow: BURROW_NOT_FOUND /),
  })
  expect(await burrowHere(['table', 'export', db, 'nobody'])).toMatchObject({ code: 1, stdout: '' })
  expect(await burrowHere(['table', 'export', db, 'users', '--json'])).toMatchObject({ code: 2 })
  expect(await burrowHere(['table', 'export', db, 'users', '--folder', folder.path])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^burrow: BURROW_IO EEXIST/),
  })
  expect(await burrowHere(['table', 'list', folder.join('none')])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^burrow: BURROW_NOT_FOUND /),
  })
})
