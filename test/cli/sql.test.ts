import { afterAll, beforeAll, expect, test } from 'vitest'
import { Tables } from '../../lib/tables.ts'
import { TemporaryFolder } from './burrow.ts'
import { burrowHere, burrowJsonHere } from './in-process.ts'

const folder = new TemporaryFolder()
const db = folder.join('db')
afterAll(() => folder[Symbol.dispose]())

beforeAll(async () => {
  await using tables = await Tables.open(db)
  await tables.create({
    name: 'events',
    partitionKey: { name: 'device', type: 'S' },
    sortKey: { name: 'at', type: 'N' },
  })
  const events = tables.table('events')
  await events.put({ device: 'a', at: 1, text: 'a "quoted", 漢字', tags: ['x', 'y'] })
  await events.put({ device: 'a', at: 2, raw: new Uint8Array([1, 2, 3]), map: { deep: null } })
  for (let at = 3; at <= 300; at++) await events.put({ device: 'a', at }, { sync: false })
})

const both = 'SELECT * FROM events WHERE device = ? AND at <= ?'

test('every format', async () => {
  const sql = async (...args: string[]) => (await burrowHere(['sql', db, both, '"a"', '2', ...args])).stdout
  expect(await sql()).toBe(
    [
      'device  at  text              tags       raw        map',
      '------  --  ----------------  ---------  ---------  -------------',
      'a        1  a "quoted", 漢字  ["x","y"]  -          -',
      'a        2  -                 -          <3 bytes>  {"deep":null}',
      '',
      '2 rows\n',
    ].join('\n'),
  )
  const rows = [
    { device: 'a', at: 1, text: 'a "quoted", 漢字', tags: ['x', 'y'] },
    { device: 'a', at: 2, raw: 'AQID', map: { deep: null } },
  ]
  expect(JSON.parse(await sql('--format', 'json'))).toEqual(rows)
  expect(await sql('--json')).toBe(await sql('--format', 'json'))
  expect(await sql('--jsonl')).toBe(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  expect(await sql('--format', 'csv')).toBe(
    'at,device,map,raw,tags,text\n1,a,,,"[""x"",""y""]","a ""quoted"", 漢字"\n2,a,"{""deep"":null}",AQID,,\n',
  )
  expect(await sql('--format', 'compact')).toBe(
    '[1] device="a", at=1, text="a \\"quoted\\", 漢字", tags=[2 items]\n[2] device="a", at=2, raw=<3 bytes>, map={1 field}\n',
  )
})

test('limits count rows, whatever the condition reads', async () => {
  const limited = (...args: string[]) => burrowHere(['sql', db, ...args, '--jsonl'])
  const found = await limited('SELECT at FROM events WHERE at >= 250', '--limit', '3')
  expect(found.stdout).toBe('{"at":250}\n{"at":251}\n{"at":252}\n')
  expect((await limited('SELECT at FROM events', '--limit', '0')).stdout).toBe('')
  const all = await burrowHere(['sql', db, 'SELECT at FROM events WHERE at > 298'])
  expect(all.stdout).toMatch(/\n2 rows, 300 scanned\n$/)
  const some = await burrowHere(['sql', db, 'SELECT at FROM events', '--limit', '2'])
  expect(some.stdout).toMatch(/\n2 rows; there may be more\n$/)
})

test('statements that write', async () => {
  const sql = async (statement: string, ...args: string[]) =>
    (await burrowHere(['sql', db, statement, ...args])).stdout
  expect(await sql("INSERT INTO events VALUE {'device': 'b', 'at': 1, 'n': ?}", '1.5')).toBe(
    'Item inserted\n',
  )
  const update = "UPDATE events SET n = n + 1 WHERE device = 'b' AND at = 1 RETURNING ALL NEW *"
  expect(await burrowJsonHere(['sql', db, update])).toEqual([{ device: 'b', at: 1, n: 2.5 }])
  expect(await sql("DELETE FROM events WHERE device = 'b' AND at = 1")).toBe('Item deleted\n')
  expect(await burrowJsonHere(['sql', db, "SELECT * FROM events WHERE device = 'b'"])).toEqual([])
})

test('explain, parameters in DynamoDB JSON, and what fails', async () => {
  expect((await burrowHere(['sql', db, both, '--explain'])).stdout).toMatch(/^query events\n {2}key: /)
  expect(await burrowJsonHere(['sql', db, both, '--explain'])).toMatchObject({
    operation: 'query',
    table: 'events',
  })
  expect(await burrowJsonHere(['sql', db, both, '{"S":"a"}', '{"N":"1"}', '--dynamodb-json'])).toMatchObject([
    { at: { N: '1' }, tags: { L: [{ S: 'x' }, { S: 'y' }] } },
  ])
  expect(await burrowHere(['sql', db, 'SELECT * FROM nobody'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^burrow: BURROW_NOT_FOUND ResourceNotFoundException: /),
  })
  expect(await burrowHere(['sql', db, 'SELECT * events'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/ValidationException: .* at 1:10:6\n$/),
  })
  expect(await burrowHere(['sql', db, both, 'a', '2'])).toMatchObject({ code: 2 })
})
