import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { Random, testSeed } from '../model/random.ts'
import { contents, contentsOf, tiny, writeSome } from './backup-model.ts'

const seed = testSeed()

async function fresh() {
  const env = native.memoryEnv()
  const options = { ...tiny, env }
  const db = await Database.open('/db', options)
  await writeSome(db, new Random(11), 300)
  return { db, env, options }
}

describe('a checkpoint', () => {
  test('is a database with everything written before; the newest writes come from a log', async () => {
    const env = native.faultEnv(native.memoryEnv())
    const options = { ...tiny, env }
    const db = await Database.open('/db', options)
    await writeSome(db, new Random(11), 300)
    await db.flush()
    // A checkpoint that waited for a flush would wait for this.
    env.addRule!({
      operations: ['create'],
      pathContains: '/db/',
      effect: 'delay',
      delayMicros: 200_000,
      repeat: true,
    })
    await db.pauseCompaction()
    db.putSync('last', 'one', { sync: false })
    const expected = contents(db)
    const report = await db.checkpoint('/copy')
    expect(report).toMatchObject({ path: '/copy', copied: 0 })
    expect(report.linked).toBe(report.files)
    expect(report.sequence).toBe(301)
    expect(env.list('/copy').some((name) => name.endsWith('.wal'))).toBe(true)
    env.clearRules!()
    db.putSync('last', 'two')
    await db.close()
    await Database.destroy('/db', { env })
    expect(await contentsOf('/copy', options)).toBe(expected)
    // A second open finds what the first one flushed.
    expect(await contentsOf('/copy', options)).toBe(expected)
  })

  test('of an empty database, and one right after another', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('/db', { env })
    expect(await db.checkpoint('/a')).toMatchObject({ files: 0, bytes: 0, sequence: 0 })
    db.putSync('k', 'v')
    await Promise.all([db.checkpoint('/b'), db.checkpoint('/c')])
    await db.close()
    expect(await contentsOf('/a', { env })).toBe('[]')
    expect(await contentsOf('/b', { env })).toBe('[["k","v"]]')
    expect(await contentsOf('/c', { env })).toBe('[["k","v"]]')
  })

  test('includes writes without a log, and none behind one that it lacks', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('/db', { env })
    db.putSync('a', '1', { wal: false })
    db.putSync('b', '2')
    await db.checkpoint('/copy')
    await db.put('c', '3', { wal: false })
    await db.checkpoint('/again')
    db.putSync('d', '4')
    await db.checkpoint('/logged')
    await db.close()
    expect(env.list('/copy').some((name) => name.endsWith('.wal'))).toBe(false)
    expect(await contentsOf('/copy', { env })).toBe('[["a","1"],["b","2"]]')
    expect(await contentsOf('/again', { env })).toBe('[["a","1"],["b","2"],["c","3"]]')
    expect(await contentsOf('/logged', { env })).toBe('[["a","1"],["b","2"],["c","3"],["d","4"]]')
  })

  test(`is a prefix of the writes while writing, compacting and deleting go on, BURROW_TEST_SEED=${seed}`, async () => {
    const random = new Random(seed)
    const env = native.memoryEnv()
    const options = { ...tiny, env }
    const db = await Database.open('/db', options)
    let next = 0
    const write = (wal: boolean) =>
      db.putSync(`n${String(next).padStart(6, '0')}`, String(next++), { sync: false, wal })
    for (let round = 0; round < 25; round++) {
      for (let i = random.below(200); i > 0; i--) write(random.chance(0.9) || round % 3 > 0)
      const compaction = random.chance(0.5) ? db.compact() : undefined
      const before = next
      const checkpoint = db.checkpoint(`/c${round}`)
      for (let i = random.below(200); i > 0; i--) {
        write(true)
        if (random.chance(0.05)) await new Promise((resolve) => setImmediate(resolve))
      }
      await checkpoint
      await compaction
      const copy = await Database.open(`/c${round}`, { ...options, createIfMissing: false })
      const found = copy.values().nextSync(1e6)
      await copy.close()
      expect(found.length).toBeGreaterThanOrEqual(before)
      expect(found).toEqual(Array.from({ length: found.length }, (_, i) => String(i)))
      await Database.destroy(`/c${round}`, { env })
    }
    await db.close()
    // Deletions that had to wait were made up for.
    const tables = env.list('/db').filter((name) => name.endsWith('.sst'))
    const again = await Database.open('/db', options)
    expect(tables).toHaveLength(again.levels().flatMap(({ files }) => files).length)
    await again.close()
  })

  test('needs a directory of its own', async () => {
    const { db, env, options } = await fresh()
    env.createDirs('/empty')
    await db.checkpoint('/empty')
    for (const target of ['/empty', '/db', '/']) {
      await expect(db.checkpoint(target)).rejects.toMatchObject({ code: 'BURROW_EXISTS' })
    }
    await expect(db.checkpoint('/db/CURRENT')).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    for (const target of ['', 7, undefined]) {
      await expect(db.checkpoint(target as string)).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    }
    await expect(db.checkpoint('/x', { sgnal: 1 } as object)).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
    await expect(db.checkpoint('/x', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'BURROW_ABORTED',
    })
    expect(env.exists('/x')).toBe(false)
    const both = await Promise.allSettled([db.checkpoint('/x'), db.checkpoint('/x')])
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const expected = contents(db)
    await db.close()
    expect(await contentsOf('/x', options)).toBe(expected)
    await expect(db.checkpoint('/y')).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
  })

  test('is refused in memory without files, and by a database that was opened read-only', async () => {
    const memory = await Database.open(':memory:')
    await expect(memory.checkpoint('/x')).rejects.toMatchObject({ code: 'BURROW_UNSUPPORTED' })
    await memory.close()
    const { db, env } = await fresh()
    await db.close()
    const reader = await Database.open('/db', { env, readOnly: true })
    await expect(reader.checkpoint('/x')).rejects.toMatchObject({ code: 'BURROW_READ_ONLY' })
    await reader.close()
  })

  test('shares its bytes with the database on one file system', async () => {
    using folder = new TemporaryFolder()
    const db = await Database.open(folder.join('db'), tiny)
    await writeSome(db, new Random(3), 300)
    const expected = contents(db)
    const report = await db.checkpoint(folder.join('deep/copy'))
    expect(report.copied).toBe(0)
    const [{ files }] = db.levels() as [ReturnType<typeof db.levels>[0]]
    for (const { number } of files) {
      const name = `${String(number).padStart(6, '0')}.sst`
      if (existsSync(folder.join(`deep/copy/${name}`))) {
        expect(statSync(folder.join(`deep/copy/${name}`)).ino).toBe(statSync(folder.join(`db/${name}`)).ino)
      }
    }
    await db.close()
    expect(await contentsOf(folder.join('deep/copy'), tiny)).toBe(expected)
  })

  const shm = '/dev/shm'
  test.skipIf(!existsSync(shm))('copies where there can be no link', async () => {
    using folder = new TemporaryFolder()
    const other = mkdtempSync(join(shm, 'burrowdb-test-'))
    try {
      mkdirSync(folder.join('x'))
      if (statSync(other).dev === statSync(folder.join('x')).dev) return
      const db = await Database.open(folder.join('db'), tiny)
      await writeSome(db, new Random(3), 300)
      const expected = contents(db)
      const report = await db.checkpoint(join(other, 'copy'))
      expect(report).toMatchObject({ linked: 0, copied: report.files })
      await db.close()
      expect(await contentsOf(join(other, 'copy'), tiny)).toBe(expected)
    } finally {
      rmSync(other, { recursive: true })
    }
  })
})
