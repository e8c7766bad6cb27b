import { writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { Database } from '../../lib/index.ts'
import { type NativeEnv, native } from '../../lib/native.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { testSeed } from '../model/random.ts'
import { repairOnce } from './repairing.ts'

const seed = testSeed()

const small = { memtableSize: 4096, targetFileSize: 4096, l0CompactionTrigger: 2, blockSize: 1024 } as const

/** A database with tables in several levels and writes in a log, as a killed process leaves it; and what it holds. */
async function makeDatabase(): Promise<{ env: NativeEnv; content: Map<string, string> }> {
  const env = native.memoryEnv()
  const db = await Database.open('db', { ...small, env })
  const content = new Map<string, string>()
  for (let i = 0; i < 600; i++) {
    const key = `k${String((i * 37) % 200).padStart(3, '0')}`
    db.putSync(key, `${i}-${'x'.repeat(30)}`)
    content.set(key, `${i}-${'x'.repeat(30)}`)
    if (i % 10 === 9) {
      db.deleteSync(key)
      content.delete(key)
    }
  }
  await db.flush()
  await db.pauseCompaction()
  // Whoever loses the manifest as well gets back what a compaction removed whose inputs still lie about.
  const tables = () => env.list('db').filter((name) => name.endsWith('.sst')).length
  await vi.waitFor(() => expect(tables()).toBe(db.levels().flatMap((level) => level.files).length))
  db.putSync('k000', 'last')
  content.set('k000', 'last')
  const copy = env.crashClone!('kill', 1)
  await db.close()
  return { env: copy, content }
}

async function contentOf(env: NativeEnv): Promise<Map<string, string>> {
  const db = await Database.open('db', { ...small, env })
  const content = new Map(db.entries())
  await db.close()
  return content
}

const manifestOf = (env: NativeEnv) => env.list('db').find((name) => name.startsWith('MANIFEST'))!

describe('repairs a database', () => {
  it('that is sound by changing nothing', async () => {
    const { env } = await makeDatabase()
    const before = env.list('db').sort()
    const report = await Database.repair('db', { env })
    expect(report).toMatchObject({ sound: true, damaged: [], manifest: 'whole', filesMoved: [] })
    expect(env.list('db').sort()).toEqual(before)
  })

  it('without bringing back what tables hold that an older manifest has named and dropped', async () => {
    using folder = new TemporaryFolder()
    const directory = folder.join('db')
    const env = native.faultEnv(native.posixEnv())
    // Nothing that is obsolete goes away.
    env.addRule!({ operations: ['remove'], effect: 'error', repeat: true })
    for (const change of [(db: Database) => db.put('k', 'old'), (db: Database) => db.delete('k')]) {
      // Opening begins a new manifest, which names only what is live by then.
      const db = await Database.open(directory, { ...small, env })
      await change(db)
      await db.put('other', 'value')
      await db.flush()
      await db.compact()
      await db.close()
    }
    await (await Database.open(directory, { ...small, env })).close()
    writeFileSync(folder.join('db/CURRENT'), 'MANIFEST-999999\n')
    expect(await Database.repair(directory)).toMatchObject({ manifest: 'partial', tablesKept: 1 })
    await using db = await Database.open(directory)
    expect(await db.entries().all()).toEqual([['other', 'value']])
  })

  it('without CURRENT', async () => {
    const { content, env } = await makeDatabase()
    env.remove('db/CURRENT')
    await expect(Database.open('db', { env })).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
    const report = await Database.repair('db', { env })
    expect(report).toMatchObject({ sound: false, manifest: 'whole' })
    expect(report.damaged).toMatchObject([{ file: 'CURRENT', missing: true }])
    expect(await contentOf(env)).toEqual(content)
  })

  it('without a manifest', async () => {
    const { content, env } = await makeDatabase()
    const manifest = manifestOf(env)
    env.remove(`db/${manifest}`)
    const report = await Database.repair('db', { env })
    expect(report).toMatchObject({ sound: false, manifest: 'lost' })
    expect(report.damaged).toMatchObject([{ file: manifest, missing: true }])
    expect(await contentOf(env)).toEqual(content)
  })
})

describe('random damage', () => {
  it(`is repaired (seed ${seed})`, async () => {
    using folder = new TemporaryFolder()
    for (let round = 0; round < 12; round++) await repairOnce(seed + round, folder.join('db'))
  })
})

describe('a repair that fails or is interrupted', () => {
  /** A lost manifest and a lost table: everything is ordered, merged and written anew. */
  async function ruin(): Promise<{ env: NativeEnv; content: Map<string, string> }> {
    const { content, env } = await makeDatabase()
    env.remove(`db/${manifestOf(env)}`)
    // Else a cut of the power could bring back what compactions have removed.
    env.syncDir('db')
    return { env, content }
  }

  it('is run again, whichever operation failed', async () => {
    const counted = native.faultEnv((await ruin()).env)
    await Database.repair('db', { env: counted })
    const { total } = counted.operations!()
    expect(total).toBeGreaterThan(50)
    for (let at = 1; at <= total; at += at < 40 || at > total - 60 ? 1 : 9) {
      for (const repeat of [false, true]) {
        const { content, env } = await ruin()
        const files = native.faultEnv(env)
        files.addRule!({ effect: 'error', after: at, repeat })
        await Database.repair('db', { env: files }).catch((error: Error) => {
          expect(error, `operation ${at}`).toMatchObject({ code: 'BURROW_IO' })
        })
        await Database.repair('db', { env })
        expect(await contentOf(env), `operation ${at}`).toEqual(content)
      }
    }
  })

  it('is run again after a cut of the power', async () => {
    const counted = native.faultEnv((await ruin()).env)
    await Database.repair('db', { env: counted })
    const { total } = counted.operations!()
    for (let at = 1; at <= total; at += at < 40 || at > total - 60 ? 2 : 13) {
      const { content, env } = await ruin()
      const files = native.faultEnv(env)
      files.addRule!({ effect: 'error', after: at, repeat: true })
      await Database.repair('db', { env: files }).catch(() => {})
      for (const mode of ['kill', 'power'] as const) {
        const copy = env.crashClone!(mode, at)
        await Database.repair('db', { env: copy })
        expect(await contentOf(copy), `operation ${at}, ${mode}`).toEqual(content)
      }
    }
  })

  it('is given up when its signal fires, and nothing is changed', async () => {
    const { env } = await ruin()
    const before = env.list('db').sort()
    const stop = new AbortController()
    const repairing = Database.repair('db', { env, signal: stop.signal, onProgress: () => stop.abort() })
    await expect(repairing).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
    expect(
      env
        .list('db')
        .filter((name) => name !== 'LOCK')
        .sort(),
    ).toEqual(before.filter((name) => name !== 'LOCK'))
  })
})

describe('refuses', () => {
  it('a database that is open, a directory without one, and options that do not exist', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', { env })
    await expect(Database.repair('db', { env })).rejects.toMatchObject({ code: 'BURROW_LOCKED' })
    await expect(Database.repair('db', { env, dryRun: true })).rejects.toMatchObject({
      code: 'BURROW_LOCKED',
    })
    await db.close()
    await expect(Database.repair('elsewhere', { env })).rejects.toMatchObject({ code: 'BURROW_NOT_FOUND' })
    const wrong = { env, dryrun: true } as object
    await expect(Database.repair('db', wrong)).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
  })
})
