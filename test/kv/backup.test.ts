import { describe, expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { tableName } from '../../lib/kv/backup-layout.ts'
import { overdue } from '../../lib/kv/backup-retention.ts'
import { native } from '../../lib/native.ts'
import { Random, testSeed } from '../model/random.ts'
import { backUpAtRandom, contents, contentsOf, tiny, writeSome } from './backup-model.ts'

const seed = testSeed()

function flip(env: ReturnType<typeof native.memoryEnv>, path: string): void {
  // There is no way to write through the Env from here: a file cut off by renaming another over it is damage, too.
  env.rename(`${path}`, `${path}.aside`)
}

async function fresh() {
  const env = native.memoryEnv()
  const options = { ...tiny, env }
  const db = await Database.open('/db', options)
  const random = new Random(7)
  await writeSome(db, random, 300)
  await db.compact()
  return { db, env, options, random }
}

test(`histories with restores restore what was backed up, BURROW_TEST_SEED=${seed}`, async () => {
  for (let run = 0; run < 6; run++) await backUpAtRandom(seed + run, 12)
})

describe('a backup', () => {
  test('copies only tables that no earlier one has', async () => {
    const { db, random } = await fresh()
    const first = await db.backup('/backups')
    expect(first).toMatchObject({ id: 1, sharedFiles: 0, removed: [], path: '/backups' })
    expect(first.copiedFiles).toBe(first.files)
    expect(first.copiedBytes).toBe(first.bytes)
    const again = await db.backup('/backups')
    expect(again).toMatchObject({ id: 2, copiedFiles: 0, copiedBytes: 0, sharedFiles: first.files })
    expect(again.sequence).toBe(first.sequence)
    await writeSome(db, random, 5)
    const third = await db.backup('/backups')
    expect(third.sequence).toBe(first.sequence + 5)
    expect(third.sharedFiles + third.copiedFiles).toBe(third.files)
    expect(third.copiedFiles).toBeGreaterThan(0)
    await db.close()
  })

  test('shares tables after opening again, and after a restore', async () => {
    const { db, env, options } = await fresh()
    const first = await db.backup('/backups')
    await db.close()
    const reopened = await Database.open('/db', options)
    expect(await reopened.backup('/backups')).toMatchObject({ copiedFiles: 0, sharedFiles: first.files })
    await reopened.close()
    await Database.restore('/backups', '/restored', { id: 1, env })
    const restored = await Database.open('/restored', options)
    expect(await restored.backup('/backups')).toMatchObject({ id: 3, copiedFiles: 0 })
    await restored.close()
  })

  test('keeps two tables apart that differ in nothing but their content', async () => {
    const env = native.memoryEnv()
    const options = { ...tiny, env, memtableSize: 65536 }
    const base = await Database.open('/db', options)
    await base.backup('/backups')
    await base.close()
    for (const side of ['x', 'y']) {
      await Database.restore('/backups', `/${side}`, { id: 1, env })
      const db = await Database.open(`/${side}`, options)
      db.putSync('key', side.repeat(100))
      await db.backup('/backups')
      await db.close()
    }
    const [first, second] = env.list('/backups/shared').sort()
    expect(first!.slice(0, -12)).toBe(second!.slice(0, -12))
    expect(first).not.toBe(second)
    for (const [id, side] of [
      [2, 'x'],
      [3, 'y'],
    ] as const) {
      await Database.restore('/backups', `/r${side}`, { id, env })
      expect(await contentsOf(`/r${side}`, options)).toBe(JSON.stringify([['key', side.repeat(100)]]))
    }
  })

  test('has what was written before the call, while writing goes on', async () => {
    const { db, env, options, random } = await fresh()
    const before = contents(db)
    const [sequence, backup] = [db.stats(), db.backup('/backups')]
    expect(sequence.backups).toMatchObject({ running: 0 })
    for (let i = 0; i < 10; i++) await writeSome(db, random, 20)
    await backup
    await db.close()
    await Database.restore('/backups', '/restored', { env })
    const found = await contentsOf('/restored', options)
    expect(found.length).toBeGreaterThan(before.length / 2)
  })

  test('of an empty database is one, too', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('/db', { env })
    expect(await db.backup('/backups')).toMatchObject({ id: 1, files: 0, bytes: 0 })
    await db.close()
    expect(await Database.restore('/backups', '/restored', { env })).toMatchObject({ id: 1, files: 0 })
    expect(await contentsOf('/restored', { env })).toBe('[]')
    expect(await Database.verifyBackups('/backups', { env })).toMatchObject({
      ok: true,
      backups: [1],
      files: 0,
    })
  })

  test('includes writes without a log', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('/db', { env })
    db.putSync('a', '1', { wal: false })
    await db.backup('/backups')
    await db.close()
    await Database.restore('/backups', '/restored', { env })
    expect(await contentsOf('/restored', { env })).toBe('[["a","1"]]')
  })

  test('refuses a second one into the same directory at the same time', async () => {
    const { db } = await fresh()
    const both = await Promise.allSettled([db.backup('/backups'), db.backup('/backups'), db.backup('/other')])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await expect(
      Promise.resolve(both[1]).then((one) => Promise.reject(one.status === 'rejected' && one.reason)),
    ).rejects.toMatchObject({
      code: 'BURROW_LOCKED',
    })
    expect(await db.backup('/backups')).toMatchObject({ id: 2 })
    await db.close()
  })

  test('refuses a directory with backups of another database, a database, and a file', async () => {
    const { db, env } = await fresh()
    await db.backup('/backups')
    const other = await Database.open('/other', { env })
    await expect(other.backup('/backups')).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining('another database'),
    })
    await expect(other.backup('/db')).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    await expect(other.backup('/other/CURRENT')).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    await other.close()
    expect(await db.backup('/backups')).toMatchObject({ id: 2 })
    await db.close()
  })

  test('checks its arguments', async () => {
    const { db } = await fresh()
    const bad: [unknown, unknown][] = [
      ['', undefined],
      [7, undefined],
      ['/b', { kep: {} }],
      ['/b', { keep: { count: 0 } }],
      ['/b', { keep: { age: 1 } }],
      ['/b', { verify: 1 }],
      ['/b', { signal: {} }],
      ['/b', { onProgress: 1 }],
      ['/b', { bytesPerSecond: -1 }],
    ]
    for (const [directory, options] of bad) {
      await expect(db.backup(directory as string, options as object)).rejects.toMatchObject({
        code: 'BURROW_INVALID_ARGUMENT',
      })
    }
    await db.close()
    await expect(db.backup('/b')).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
    const memory = await Database.open(':memory:')
    await expect(memory.backup('/b')).rejects.toMatchObject({ code: 'BURROW_UNSUPPORTED' })
    await memory.close()
  })

  test('of a database that was opened read-only is refused', async () => {
    const { db, env } = await fresh()
    await db.close()
    const reader = await Database.open('/db', { env, readOnly: true })
    await expect(reader.backup('/backups')).rejects.toMatchObject({ code: 'BURROW_READ_ONLY' })
    expect(reader.stats().backups).toBeNull()
    await reader.close()
  })

  test('tells how far it is; what the function throws ends it, and nothing is left', async () => {
    const { db, env, random } = await fresh()
    const seen: number[] = []
    const report = await db.backup('/backups', {
      onProgress: ({ bytes, files, totalBytes, totalFiles }) => {
        expect(bytes).toBeLessThanOrEqual(totalBytes)
        expect(files).toBeLessThanOrEqual(totalFiles)
        seen.push(files)
      },
    })
    expect(seen.at(-1)).toBe(report.files)
    await writeSome(db, random, 300)
    const stop = () => {
      throw new Error('enough')
    }
    await expect(db.backup('/backups', { onProgress: stop })).rejects.toThrow('enough')
    expect(env.list('/backups').sort()).toEqual(['000001', 'LOCK', 'shared'])
    await db.close()
  })

  test('can be given up, and close gives it up', async () => {
    const { db, env } = await fresh()
    const controller = new AbortController()
    const stopped = db.backup('/backups', { signal: controller.signal, onProgress: () => controller.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
    await expect(db.backup('/backups', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'BURROW_ABORTED',
    })
    const running = expect(db.backup('/backups')).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
    await db.close()
    await running
    expect(await Database.listBackups('/backups', { env })).toEqual([])
  })
})

describe('retention', () => {
  const whole = (id: number, createdAt: number) => ({ id, stored: { createdAt } }) as never
  const damaged = (id: number) => ({ id }) as never

  test('by count and by age; never the newest', () => {
    const backups = [whole(1, 100), whole(2, 200), whole(3, 300)]
    expect(overdue(backups, {}, 1000)).toEqual([])
    expect(overdue(backups, { count: 2 }, 1000)).toEqual([1])
    expect(overdue(backups, { count: 9 }, 1000)).toEqual([])
    expect(overdue(backups, { ageMs: 750 }, 1000)).toEqual([1, 2])
    expect(overdue(backups, { ageMs: 0 }, 1000)).toEqual([1, 2])
    expect(overdue(backups, { count: 1, ageMs: 1e9 }, 1000)).toEqual([1, 2])
  })

  test('damaged ones stay until newer whole ones would go', () => {
    expect(overdue([damaged(1), whole(2, 200), damaged(3)], { count: 1 }, 1000)).toEqual([1])
    expect(overdue([damaged(1), whole(2, 200), whole(3, 900)], { ageMs: 500 }, 1000)).toEqual([1, 2])
    expect(overdue([damaged(1), damaged(2)], { count: 1, ageMs: 1 }, 1000)).toEqual([])
  })

  test('takes away tables that no backup needs, and only these', async () => {
    const { db, env, random } = await fresh()
    await db.backup('/backups')
    await writeSome(db, random, 400)
    await db.compact()
    const last = await db.backup('/backups', { keep: { count: 1 } })
    expect(last.removed).toEqual([1])
    expect(env.list('/backups/shared')).toHaveLength(last.files)
    expect(await Database.verifyBackups('/backups', { env })).toMatchObject({ ok: true, backups: [2] })
    await db.close()
  })
})

describe('damage', () => {
  async function two() {
    const { db, env, options, random } = await fresh()
    await db.backup('/backups')
    const first = contents(db)
    await writeSome(db, random, 200)
    await db.compact()
    await db.backup('/backups')
    const second = contents(db)
    await db.close()
    return { env, options, first, second }
  }

  test('of one description leaves the others usable, and their tables in place', async () => {
    const { env, options, first } = await two()
    flip(env, '/backups/000002/MANIFEST-000001')
    const list = await Database.listBackups('/backups', { env })
    expect(list[0]).toMatchObject({ id: 1, damage: null })
    expect(list[1]).toMatchObject({
      id: 2,
      createdAt: null,
      files: null,
      damage: expect.stringContaining('000002'),
    })
    await expect(Database.restore('/backups', '/r', { env })).rejects.toMatchObject({
      message: expect.stringContaining('Whole ones are: 1'),
    })
    expect(env.exists('/r')).toBe(false)
    const report = await Database.verifyBackups('/backups', { env })
    expect(report).toMatchObject({ ok: false, backups: [1, 2], problems: [{ id: 2 }] })
    const tables = env.list('/backups/shared').length
    const db = await Database.open('/db', options)
    expect(await db.backup('/backups', { keep: { count: 5 } })).toMatchObject({ id: 3, removed: [] })
    await db.close()
    expect(env.list('/backups/shared').length).toBeGreaterThanOrEqual(tables)
    await Database.restore('/backups', '/r', { env, id: 1 })
    expect(await contentsOf('/r', options)).toBe(first)
  })

  test('of a table is named, by verify for each backup that needs it, and by restore, which leaves nothing', async () => {
    const { env } = await two()
    const [table] = env.list('/backups/shared')
    env.remove(`/backups/shared/${table}`)
    const report = await Database.verifyBackups('/backups', { env })
    expect(report.ok).toBe(false)
    expect(report.problems[0]).toMatchObject({ file: `/backups/shared/${table}`, problem: 'it is missing' })
    for (const { id } of report.problems) {
      await expect(Database.restore('/backups', '/deep/r', { env, id })).rejects.toMatchObject({
        code: 'BURROW_CORRUPTION',
        context: { file: `/backups/shared/${table}` },
      })
    }
    expect(env.exists('/deep/r')).toBe(false)
  })

  test('of a table is repaired by the next backup, when the database still has it', async () => {
    const { env, options, second } = await two()
    for (const name of env.list('/backups/shared')) env.remove(`/backups/shared/${name}`)
    const db = await Database.open('/db', options)
    await db.backup('/backups')
    await db.close()
    await Database.restore('/backups', '/r', { env, id: 2 })
    expect(await contentsOf('/r', options)).toBe(second)
  })
})

describe('restore', () => {
  test('refuses a directory with a database, a file, and what is no backup', async () => {
    const { db, env } = await fresh()
    await db.backup('/backups')
    const before = contents(db)
    await expect(Database.restore('/backups', '/db', { env })).rejects.toMatchObject({
      code: 'BURROW_EXISTS',
    })
    expect(contents(db)).toBe(before)
    await expect(Database.restore('/backups', '/db/CURRENT', { env })).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
    for (const from of ['/nothing', '/db', '/backups/shared']) {
      await expect(Database.restore(from, '/r', { env })).rejects.toMatchObject({ code: 'BURROW_NOT_FOUND' })
    }
    await expect(Database.restore('/backups', '/r', { env, id: 5 })).rejects.toMatchObject({
      code: 'BURROW_NOT_FOUND',
      message: expect.stringContaining('1; choose'),
    })
    for (const id of [0, -1, 1.5, '1']) {
      await expect(Database.restore('/backups', '/r', { env, id: id as number })).rejects.toMatchObject({
        code: 'BURROW_INVALID_ARGUMENT',
      })
    }
    expect(env.exists('/r')).toBe(false)
    await db.close()
  })

  test('can be given up; then nothing is left', async () => {
    const { db, env, options } = await fresh()
    await db.backup('/backups')
    const expected = contents(db)
    await db.close()
    const controller = new AbortController()
    const stopped = Database.restore('/backups', '/r', {
      env,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    await expect(stopped).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
    expect(env.exists('/r')).toBe(false)
    env.createDirs('/r')
    await Database.restore('/backups', '/r', { env })
    expect(await contentsOf('/r', options)).toBe(expected)
  })
})

test('the name of a table in shared/ is fixed', () => {
  const table = { number: 12, size: 3456, crc32c: 0xabc } as Parameters<typeof tableName>[1]
  expect(tableName('00112233445566778899aabbccddeeff', table)).toBe(
    '00112233445566778899aabbccddeeff-000012-3456-00000abc.sst',
  )
})
