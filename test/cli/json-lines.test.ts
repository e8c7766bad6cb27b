import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

const lines = '{"key":"a","value":"1"}\n{"key":"b","value":{"base64":"/w=="}}\n{"key":"c","value":""}\n'

test('import from standard input and from a file, export to standard output and to a file', async () => {
  using folder = new TemporaryFolder()
  const [db, file] = [folder.join('db'), folder.join('data.jsonl')]
  expect(await burrow(['import', db], Buffer.from(lines))).toMatchObject({
    code: 0,
    stdout: '3 records, 85 B\n',
    stderr: '',
  })
  expect(await burrow(['export', db])).toMatchObject({ code: 0, stdout: lines, stderr: '' })
  expect(await burrowJson(['export', db, '--output', file])).toEqual({ records: 3, bytes: 85 })
  expect(readFileSync(file, 'utf8')).toBe(lines)
  expect(await burrowJson(['import', folder.join('copy'), file])).toEqual({ lines: 3, records: 3, bytes: 85 })
  expect((await burrow(['export', folder.join('copy'), '--gt', 'a', '--limit', '1'])).stdout).toBe(
    '{"key":"b","value":{"base64":"/w=="}}\n',
  )
  expect((await burrow(['export', db, '--hex', '--gte', '63', '--reverse'])).stdout).toBe(
    '{"key":"c","value":""}\n',
  )
})

test('export works beside a writer; import is refused with its pid', async () => {
  using folder = new TemporaryFolder()
  const db = await Database.open(folder.join('db'))
  await db.put('unflushed', 'yes')
  expect((await burrow(['export', folder.join('db')])).stdout).toBe('{"key":"unflushed","value":"yes"}\n')
  const { code, stderr } = await burrow(['import', folder.join('db'), '--json'], Buffer.from(lines))
  expect(code).toBe(1)
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: 'BURROW_LOCKED', context: { holderPid: process.pid } },
  })
  await db.close()
})

test('a bad line ends the import, which says what was done', async () => {
  using folder = new TemporaryFolder()
  const [db, file] = [folder.join('db'), folder.join('data.jsonl')]
  const many = Array.from({ length: 1500 }, (_, i) => `{"key":"k${i}","value":"x"}\n`).join('')
  writeFileSync(file, `${many}{"key":\n`)
  const { code, stderr, stdout } = await burrow(['import', db, file])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(
    /^burrow: BURROW_INVALID_ARGUMENT line 1501 is no record: it is not JSON: .*Lines 1 to 1000 are imported \(1000 records\)/,
  )
  expect((await burrow(['scan', db, '--keys'])).stdout.split('\n')).toHaveLength(1001)
})

test('what is not there, and what makes no sense', async () => {
  using folder = new TemporaryFolder()
  const none = folder.join('none')
  const notFound = { code: 1, stdout: '', stderr: expect.stringMatching(/^burrow: BURROW_NOT_FOUND /) }
  expect(await burrow(['export', none])).toMatchObject(notFound)
  expect(await burrow(['import', none, '--no-create'], Buffer.from(lines))).toMatchObject(notFound)
  expect(await burrow(['import', none, folder.join('no.jsonl')])).toMatchObject(notFound)
  expect(readdirSync(folder.path)).toEqual([])
  await burrow(['import', folder.join('db')], Buffer.from(lines))
  expect(await burrow(['export', folder.join('db'), '--json'])).toMatchObject({ code: 2, stdout: '' })
  expect(await burrow(['export', folder.join('db'), '--output', `${folder.path}/no/file`])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^burrow: BURROW_IO ENOENT/),
  })
  expect(readdirSync(folder.path)).toEqual(['db'])
})
