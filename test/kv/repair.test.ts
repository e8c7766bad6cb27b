import { describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { repairDatabase as repair } from '../../lib/kv/repair.ts'
import { type NativeEnv, native } from '../../lib/native.ts'

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
    const report = await repair('db', { env })
    expect(report).toMatchObject({ sound: true, damaged: [], manifest: 'whole', filesMoved: [] })
    expect(env.list('db').sort()).toEqual(before)
  })

  it('without CURRENT', async () => {
    const { content, env } = await makeDatabase()
    env.remove('db/CURRENT')
    await expect(Database.open('db', { env })).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
    const report = await repair('db', { env })
    expect(report).toMatchObject({ sound: false, manifest: 'whole' })
    expect(report.damaged).toMatchObject([{ file: 'CURRENT', missing: true }])
    expect(await contentOf(env)).toEqual(content)
  })

  it('without a manifest', async () => {
    const { content, env } = await makeDatabase()
    const manifest = manifestOf(env)
    env.remove(`db/${manifest}`)
    const report = await repair('db', { env })
    expect(report).toMatchObject({ sound: false, manifest: 'lost' })
    expect(report.damaged).toMatchObject([{ file: manifest, missing: true }])
    expect(await contentOf(env)).toEqual(content)
  })
})
