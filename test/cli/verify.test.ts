import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

async function closed(folder: TemporaryFolder): Promise<string> {
  const path = folder.join('db')
  const db = await Database.open(path)
  await db.pauseCompaction()
  for (const part of ['a', 'b']) {
    for (let i = 0; i < 50; i++) db.putSync(`${part}${i}`, 'value')
    await db.flush()
  }
  await db.close()
  return path
}

const tables = (path: string) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.sst'))
    .sort()

test('a sound database is sound, also beside the program that has it open', async () => {
  using folder = new TemporaryFolder()
  const path = await closed(folder)
  expect(await burrowJson(['verify', path])).toMatchObject({ ok: true, tables: 2, logs: 1, problems: [] })
  const { code, stderr, stdout } = await burrow(['verify', path])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^sound: 2 tables and 1 log, 100 records, .* in \d+\.\d s\n$/)
  const before = readdirSync(path)
  await burrow(['verify', path])
  expect(readdirSync(path)).toEqual(before)
  const [, second] = tables(path) as [string, string]
  expect(await burrowJson(['verify', path, '--table', second])).toMatchObject({ tables: 1, logs: 0 })
  const number = String(Number.parseInt(second, 10))
  expect(await burrowJson(['verify', path, '--table', number, '--table', tables(path)[0]!])).toMatchObject({
    tables: 2,
  })
  const db = await Database.open(path)
  db.putSync('c', 'd')
  expect(await burrowJson(['verify', path])).toMatchObject({ ok: true, records: 101 })
  await db.close()
})

test('damage is all told, with exit code 1', async () => {
  using folder = new TemporaryFolder()
  const path = await closed(folder)
  const [first, second] = tables(path) as [string, string]
  const bytes = readFileSync(join(path, first))
  bytes[10]! ^= 1
  writeFileSync(join(path, first), bytes)
  rmSync(join(path, second))
  const text = await burrow(['verify', path])
  expect(text.code).toBe(1)
  expect(text.stderr).toBe('')
  expect(text.stdout).toMatch(new RegExp(`damaged: BURROW_CORRUPTION .*${first}`))
  expect(text.stdout).toMatch(new RegExp(`damaged: BURROW_CORRUPTION .*${second}.*is missing`))
  expect(text.stdout).toMatch(/\n2 problems; read 0 tables and 1 log.*burrow repair --dry-run`\n$/)
  const json = await burrow(['verify', path, '--json'])
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems: [{}, {}] })
  const copy = folder.join('copy')
  cpSync(path, copy, { recursive: true })
  rmSync(join(copy, 'CURRENT'))
  expect((await burrow(['verify', copy])).stdout).toMatch(/CURRENT/)
})

test('what is no database, and no table, is an error', async () => {
  using folder = new TemporaryFolder()
  const path = await closed(folder)
  for (const args of [[folder.path], [folder.join('none')], [path, '--table', '4711']]) {
    const { code, stderr, stdout } = await burrow(['verify', ...args])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^burrow: BURROW_NOT_FOUND /)
  }
  expect((await burrow(['verify', path, '--table', 'x'])).code).toBe(2)
})
