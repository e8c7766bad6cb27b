import { describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { type NativeEnv, native } from '../../lib/native.ts'

const options = {
  memtableSize: 4096,
  l0CompactionTrigger: 2,
  blockCacheSize: 1 << 20,
  manifestRollSize: 1024,
} as const

interface Outcome {
  /** Writes whose call returned: they must survive. */
  readonly acknowledged: Map<string, string>
  /** Writes that failed: each is there or not. */
  readonly unsure: Map<string, string>
}

/** Opens, writes, flushes, compacts, closes; stops at the first failure. */
async function run(env: NativeEnv, round: number): Promise<Outcome> {
  const acknowledged = new Map<string, string>()
  const unsure = new Map<string, string>()
  let db: Database | undefined
  try {
    db = await Database.open('db', { ...options, env })
    for (let i = 0; i < 120; i++) {
      const [key, value] = [`k${i % 40}`, `${round}.${i} ${'x'.repeat(40)}`]
      unsure.set(key, value)
      if (i % 2 === 0) db.putSync(key, value)
      else await db.put(key, value)
      unsure.delete(key)
      acknowledged.set(key, value)
      if (i === 60) await db.flush()
    }
    await db.compact()
  } catch {
    // The fault that was asked for.
  }
  await db?.close().catch(() => {})
  return { acknowledged, unsure }
}

function check(db: Database, { acknowledged, unsure }: Outcome, what: string): void {
  for (const [key, value] of acknowledged) {
    const found = db.getSync(key)
    if (found !== unsure.get(key)) expect(found, `${what} ${key}`).toBe(value)
  }
}

describe('from any operation on, the disk fails, then the power is cut', () => {
  it('and everything acknowledged is there again', async () => {
    const counted = native.faultEnv(native.memoryEnv())
    await run(counted, 0)
    const { total } = counted.operations!()
    expect(total).toBeGreaterThan(100)
    for (let at = 1; at <= total; at += at < 60 ? 1 : 7) {
      for (const mode of ['power', 'kill'] as const) {
        const memory = native.memoryEnv()
        const env = native.faultEnv(memory)
        env.addRule!({ effect: 'error', after: at, repeat: true })
        const outcome = await run(env, at)
        const what = `operation ${at}, ${mode}`
        const clone = memory.crashClone!(mode, at)
        const db = await Database.open('db', { ...options, env: clone }).catch((error: Error) => {
          throw new Error(`${what}: ${error.message}`)
        })
        check(db, outcome, what)
        await db.close()
      }
    }
  })

  it('a single failed operation loses nothing either, without a crash', async () => {
    const counted = native.faultEnv(native.memoryEnv())
    await run(counted, 0)
    const { total } = counted.operations!()
    for (const errno of ['EIO', 'ENOSPC']) {
      for (let at = 1; at <= total; at += at < 40 ? 1 : 5) {
        const memory = native.memoryEnv()
        const env = native.faultEnv(memory)
        env.addRule!({ effect: 'error', errno, after: at })
        const outcome = await run(env, at)
        const what = `${errno} in operation ${at}`
        const db = await Database.open('db', { ...options, env: memory }).catch((error: Error) => {
          throw new Error(`${what}: ${error.message}`)
        })
        check(db, outcome, what)
        await db.close()
      }
    }
  })
})
