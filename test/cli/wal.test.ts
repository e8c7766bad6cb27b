import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'
import { copyDirectory } from '../kv/wreck.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

interface Listed {
  readonly file: string
  readonly records: number
  readonly end: string
  readonly endOffset: number
  readonly cutAt: number | null
  readonly firstSequence: number | null
  readonly lastSequence: number | null
}

/** Two logs with records, the first sealed, as a killed process leaves them; synced, and one record over many blocks. */
async function crashed(folder: TemporaryFolder): Promise<string> {
  const env = native.faultEnv(native.posixEnv())
  const db = await Database.open(folder.join('live'), { env })
  for (let i = 0; i < 20; i++) db.putSync(`first ${i}`, 'x'.repeat(50))
  db.putSync('large', 'y'.repeat(100_000))
  for (let i = 20; i < 25; i++) db.putSync(`first ${i}`, 'x'.repeat(50), { sync: true })
  env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
  await db.flush().catch(() => undefined)
  for (let i = 0; i < 10; i++) db.putSync(`second ${i}`, 'x', { sync: true })
  const path = folder.join('crashed')
  copyDirectory(db.path, path)
  env.clearRules!()
  await db.close()
  return path
}

async function listed(path: string): Promise<Listed[]> {
  return (await burrowJson(['wal', 'list', path])) as Listed[]
}

function garble(file: string, text: string): number {
  const bytes = readFileSync(file)
  const at = bytes.indexOf(text)
  bytes[at]! ^= 0xff
  writeFileSync(file, bytes)
  return at
}

describe('list, dump, verify, estimate', () => {
  test('say what stands in the logs', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const before = readdirSync(path).sort()
    const logs = await listed(path)
    expect(logs).toMatchObject([
      { named: true, records: 26, firstSequence: 1, lastSequence: 26, end: 'sealed', damage: null },
      { named: true, records: 10, firstSequence: 27, lastSequence: 36, end: 'clean', damage: null },
      { named: true, records: 0, firstSequence: null, lastSequence: null, end: 'clean' },
    ])
    const text = (await burrow(['wal', 'list', path])).stdout
    expect(text).toContain('26 records  sequence numbers 1-26  synced to ')
    expect(text.trim().split('\n')).toHaveLength(3)
    expect((await burrow(['wal', 'dump', path])).stdout).toBe((await burrow(['dump-wal', path])).stdout)
    expect(await burrowJson(['wal', 'verify', path])).toEqual({ ok: true, logs: 3, problems: [] })
    const estimate = await burrowJson(['wal', 'estimate', path])
    expect(estimate).toMatchObject({ logs: 3, records: 36, measured: { records: 10 } })
    expect((estimate as { seconds: number }).seconds).toBeGreaterThan(0)
    expect((await burrow(['wal', 'estimate', path])).stdout).toMatch(
      /^3 logs, 36 records, .* to replay: about [\d.]+ s\nmeasured by replaying .*\.wal into memory: 10 records/,
    )
    expect(readdirSync(path).sort()).toEqual(before)
    await (await Database.open(path)).close()
    expect(await burrowJson(['wal', 'estimate', path])).toMatchObject({
      records: 0,
      seconds: 0,
      measured: null,
    })
  })

  test('say what is damaged', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const [first] = await listed(path)
    const at = garble(join(path, first!.file), 'first 7')
    const { code, stdout } = await burrow(['wal', 'verify', path])
    expect(code).toBe(1)
    expect(stdout).toMatch(
      new RegExp(`^damaged: BURROW_CORRUPTION .*${first!.file}.*\ndamaged: 3 logs, 35 records\n$`),
    )
    const [damaged] = await listed(path)
    expect(damaged).toMatchObject({ end: 'damaged', records: 25, damage: { code: 'BURROW_CORRUPTION' } })
    expect(damaged!.cutAt).toBe(at - 7 - 12 - 19)
    expect((await burrow(['wal', 'list', path])).stdout).toContain(`can be cut at ${damaged!.cutAt}`)
    expect((await burrow(['wal', 'list', folder.join('none')])).code).toBe(1)
  })
})

describe('compact', () => {
  test('leaves nothing to replay, unless there is little', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const kept = { records: 36 }
    const damaged = folder.join('damaged')
    copyDirectory(path, damaged)
    garble(join(damaged, (await listed(path))[0]!.file), 'first 7')
    const refused = await burrow(['wal', 'compact', damaged, '--keep', '36'])
    expect(refused.stderr).toMatch(/^burrow: BURROW_CORRUPTION /)
    expect((await burrow(['wal', 'compact', folder.path])).stderr).toMatch(/^burrow: BURROW_NOT_FOUND /)
    expect(await burrowJson(['wal', 'compact', path, '--keep', '36'])).toMatchObject({
      before: kept,
      after: kept,
    })
    expect((await burrow(['wal', 'compact', path, '--keep', '35'])).stdout).toMatch(
      /^3 logs, 36 records, .* -> 1 log, 0 records, .*\n$/,
    )
    expect(await burrowJson(['get', path, 'second 9'])).toBeDefined()
    expect((await burrow(['wal', 'compact', path, '--keep', 'few'])).code).toBe(2)
  })
})

describe('truncate', () => {
  test('cuts a damaged log, keeps the whole one, and the database opens with what is left', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const [first] = await listed(path)
    const file = join(path, first!.file)
    garble(file, 'first 22')
    await expect(Database.open(path)).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
    const cutAt = (await listed(path))[0]!.cutAt!
    const damaged = readFileSync(file)
    const truncate = ['wal', 'truncate', path, first!.file]

    const off = await burrow([...truncate, '--at', String(cutAt - 1), '--confirm', 'x'])
    expect(off.code).toBe(1)
    expect(off.stderr).toMatch(new RegExp(`^burrow: BURROW_INVALID_ARGUMENT .* or ${cutAt}\n`))
    const asked = await burrow([...truncate, '--at', String(cutAt)])
    expect(asked.code).toBe(2)
    expect(asked.stdout).toMatch(
      /would be cut\nlost: the writes behind sequence number 23, up to 26; 2 of them could be read\n/,
    )
    const words = `cut ${first!.file} at ${cutAt}`
    expect(asked.stderr).toContain(`--confirm '${words}'`)
    expect(readFileSync(file)).toEqual(damaged)

    const done = await burrowJson([...truncate, '--at', String(cutAt), '--confirm', words])
    expect(done).toMatchObject({ confirmed: true, lastKept: 23, nextSequence: 27, recordsCut: 2 })
    expect(readFileSync(join(path, 'lost', first!.file))).toEqual(damaged)
    expect(await listed(path)).toMatchObject([{ records: 23, end: 'sealed' }, { records: 10 }, {}])
    expect((await burrow(['verify', path])).code).toBe(0)
    const db = await Database.open(path)
    expect(db.getSync('first 21')).toBe('x'.repeat(50))
    expect(db.getSync('large')).toHaveLength(100_000)
    expect(db.getSync('first 22')).toBeUndefined()
    expect(db.getSync('second 9')).toBe('x')
    const locked = await burrow([...truncate, '--at', String(cutAt), '--confirm', words])
    expect(locked.stderr).toMatch(/BURROW_LOCKED/)
    await db.close()
  })

  test('cuts at every boundary, also the log of a database that was closed', async () => {
    using folder = new TemporaryFolder()
    const path = await crashed(folder)
    const [first] = await listed(path)
    const dump = (await burrowJson(['dump-wal', path, first!.file])) as { records: { offset: number }[] }[]
    const { truncateLog } = await import('../../lib/kv/wal-tools.ts')
    const number = Number.parseInt(first!.file, 10)
    for (const count of [0, 1, 19, 20, 21, 25]) {
      const { offset } = dump[0]!.records[count]!
      const copy = folder.join(`copy${count}`)
      copyDirectory(path, copy)
      const report = await truncateLog(copy, number, offset)
      expect(report).toMatchObject({ lastKept: count === 0 ? null : count, recordsCut: 26 - count })
      const db = await Database.open(copy)
      expect((await db.keys().all()).length).toBe(count + 10)
      await db.close()
    }
    // Its writes cannot become tables, so closing leaves them in the log and says how long that is.
    const env = native.faultEnv(native.posixEnv())
    const db = await Database.open(folder.join('closed'), { env })
    db.putSync('a', '1')
    db.putSync('b', '2')
    env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
    await db.close()
    const reader = await Database.open(db.path, { readOnly: true })
    expect(reader.recovery.clean).toBe(true)
    await reader.close()
    const log = (await listed(db.path)).find(({ records }) => records === 2)!
    const records = (await burrowJson(['dump-wal', db.path, log.file])) as typeof dump
    await truncateLog(db.path, Number.parseInt(log.file, 10), records[0]!.records[1]!.offset)
    const again = await Database.open(db.path)
    expect(await again.keys().all()).toEqual(['a'])
    await again.close()
  })
})
