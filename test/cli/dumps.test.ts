import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { parseVersionEdit } from '../../lib/manifest/version-edit-text.ts'
import { copyDirectory } from '../kv/wreck.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

/** What a killed process leaves: a table with a to c, and a log with what came after. */
async function crashed(folder: TemporaryFolder): Promise<string> {
  const db = await Database.open(folder.join('live'))
  for (const key of ['a', 'b', 'c']) db.putSync(key, key.toUpperCase())
  db.deleteRangeSync({ gte: 'x', lt: 'z' })
  await db.flush()
  db.batchSync([
    { type: 'put', key: 'd', value: 'tab\t' },
    { type: 'delete', key: 'a' },
  ])
  db.deleteRangeSync({ gte: 'b', lt: 'c' })
  for (let i = 0; i < 20; i++) db.putSync(`later ${i}`, 'x')
  const path = folder.join('crashed')
  copyDirectory(db.path, path)
  await db.close()
  return path
}

function only(path: string, ending: string): string {
  const names = readdirSync(path).filter((name) => name.endsWith(ending))
  if (names.length === 0) throw new Error(`no ${ending} in ${path}`)
  return names[0]!
}

function garble(file: string, offset: number): void {
  const bytes = readFileSync(file)
  bytes[offset]! ^= 0xff
  writeFileSync(file, bytes)
}

describe('dump-wal', () => {
  test('prints every write of the logs that are live', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const logs = (await burrowJson(['dump-wal', path])) as { records: object[]; file: string }[]
    const records = logs.flatMap((log) => log.records)
    expect(records.slice(0, 3)).toEqual([
      { offset: expect.any(Number), sequence: 5, kind: 'put', key: 'd', value: 'tab\t' },
      { offset: expect.any(Number), sequence: 6, kind: 'delete', key: 'a' },
      { offset: expect.any(Number), sequence: 7, kind: 'rangeDelete', key: 'b', end: 'c' },
    ])
    expect(records).toHaveLength(23)
    const text = (await burrow(['dump-wal', path])).stdout
    expect(text).toContain('5\tput\td\ttab\\x09\n6\tdelete\ta\n7\trangeDelete\tb\tc\n8\tput\tlater 0\tx\n')
    const lines = (await burrow(['dump-wal', path, '--jsonl'])).stdout.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).sequence)).toEqual(
      Array.from({ length: 23 }, (_, i) => i + 5),
    )
    const named = logs.find((log) => log.records.length > 0)!.file
    expect(await burrowJson(['dump-wal', path, named])).toMatchObject([{ file: named }])
    expect(await burrowJson(['dump-wal', path, String(Number.parseInt(named, 10))])).toMatchObject([
      { file: named },
    ])
  })

  test('prints what stands before damage, says what is wrong and fails', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const logs = (await burrowJson(['dump-wal', path])) as { records: { offset: number }[]; file: string }[]
    const { file, records } = logs.find((log) => log.records.length > 0)!
    garble(join(path, file), records[5]!.offset + 30)
    const { code, stderr, stdout } = await burrow(['dump-wal', path])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^burrow: BURROW_CORRUPTION .*\.wal/)
    expect(stdout).toContain('\n5\tput\td\ttab')
    expect(stdout).not.toContain('later 19')
  })
})

describe('dump-table', () => {
  test('prints properties, range tombstones and records', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const table = only(path, '.sst')
    expect(await burrowJson(['dump-table', path, table])).toMatchObject({
      properties: {
        entries: 3,
        rangeTombstones: 1,
        codec: 'lz4',
        smallest: 'a',
        databaseId: expect.any(String),
      },
      rangeTombstones: [{ begin: 'x', end: 'z', sequences: [4] }],
      records: [
        { sequence: 1, kind: 'put', key: 'a', value: 'A' },
        { sequence: 2, kind: 'put', key: 'b', value: 'B' },
        { sequence: 3, kind: 'put', key: 'c', value: 'C' },
      ],
      truncated: false,
    })
    const short = await burrow(['dump-table', path, table, '--limit', '1'])
    expect(short.stdout).toMatch(
      /# codec: lz4\n(?:.*\n)*# range tombstone \[x … z\) at 4\n1\tput\ta\tA\n# more records/,
    )
    const all = await burrow(['dump-table', path, table, '--limit', 'all', '--jsonl'])
    expect(all.stdout.trim().split('\n')).toHaveLength(3)
  })

  test('prints what stands before damage, says what is wrong and fails', async () => {
    using folder = new TemporaryFolder()
    const path = folder.join('db')
    const db = await Database.open(path, { compression: 'none', memtableSize: 1 << 20 })
    for (let i = 0; i < 500; i++) db.putSync(String(i).padStart(4, '0'), 'x'.repeat(100), { sync: false })
    await db.close()
    const table = only(path, '.sst')
    garble(join(path, table), 20_000)
    const dumped = await burrow(['dump-table', path, table, '--jsonl'])
    expect(dumped.code).toBe(1)
    expect(dumped.stderr).toMatch(/^burrow: BURROW_CORRUPTION /)
    const keys = dumped.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).key as string)
    expect(keys.length).toBeGreaterThan(100)
    expect(keys.length).toBeLessThan(200)
    expect(keys).toEqual(Array.from(keys, (_, i) => String(i).padStart(4, '0')))
    garble(join(path, table), readFileSync(join(path, table)).length - 1)
    expect(await burrow(['dump-table', path, table])).toMatchObject({ code: 1, stdout: '' })
  })
})

describe('dump-manifest', () => {
  test('prints edits as text that parses back', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const { code, stdout } = await burrow(['dump-manifest', path])
    expect(code).toBe(0)
    const edits = stdout.split('\n\n').map(parseVersionEdit)
    expect(edits[0]).toMatchObject({ formatVersion: 1 })
    expect(edits.flatMap((edit) => edit.added ?? [])).toMatchObject([{ level: 0, table: { entries: 3 } }])
    const document = (await burrowJson(['dump-manifest', path])) as { edits: { text: string }[] }
    expect(document).toMatchObject({
      file: expect.stringMatching(/^MANIFEST-/),
      databaseId: edits[0]!.databaseId,
    })
    expect(document.edits.map(({ text }) => parseVersionEdit(text))).toEqual(edits.slice(0, -1))
    const lines = (await burrow(['dump-manifest', path, '--jsonl'])).stdout.trim().split('\n')
    expect(lines).toHaveLength(document.edits.length)
  })

  test('works when CURRENT is gone and tables are missing, where nothing else does', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    rmSync(join(path, 'CURRENT'))
    rmSync(join(path, only(path, '.sst')))
    expect(await burrow(['scan', path])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('burrow: BURROW_CORRUPTION '),
    })
    expect((await burrow(['dump-manifest', path])).stdout).toContain('add-table: L0 ')
    expect((await burrow(['dump-wal', path])).stdout).toContain('later 19')
  })

  test('prints what stands before damage', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const name = readdirSync(path).find((file) => file.startsWith('MANIFEST-'))!
    const { edits } = (await burrowJson(['dump-manifest', path])) as { edits: { offset: number }[] }
    expect(edits.length).toBeGreaterThan(2)
    garble(join(path, name), edits[1]!.offset + 20)
    const { code, stderr, stdout } = await burrow(['dump-manifest', path, name])
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('BURROW_CORRUPTION') })
    expect(stdout).toContain('format-version: 1')
    expect(stdout).not.toContain('add-table')
  })
})
