import { setTimeout as sleep } from 'node:timers/promises'
import { Database, isBurrowError } from '../../lib/index.ts'
import { type FaultRule, type NativeEnv, native } from '../../lib/native.ts'
import { lastApplied, write } from './transactions.js'

const options = {
  memtableSize: 8192,
  targetFileSize: 8192,
  l0CompactionTrigger: 2,
  manifestRollSize: 2048,
} as const
const transactions = 160
const longestMs = 30_000
const faults: readonly Pick<FaultRule, 'effect' | 'errno'>[] = [
  { effect: 'error', errno: 'EIO' },
  { effect: 'error', errno: 'ENOSPC' },
  { effect: 'short', errno: 'EIO' },
  { effect: 'short', errno: 'ENOSPC' },
]
const expectedCodes = ['BURROW_IO', 'BURROW_NO_SPACE', 'BURROW_READ_ONLY']

/**
 * Fails each operation of a small workload once, in turn, or every `step`th. Writing goes on where that is allowed; what
 * was acknowledged is there after opening again, and every error says what it is.
 */
export async function failOperations(step: number): Promise<number> {
  const counted = native.faultEnv(native.memoryEnv())
  await new Workload(counted).run()
  const { total } = counted.operations!()
  let cases = 0
  const warnings: Error[] = []
  // How Node tells of an error that a native callback had nobody to give to.
  const warned = (warning: Error) => warnings.push(warning)
  process.on('warning', warned)
  for (const fault of faults) {
    // Offset, so that a step larger than one does not meet the same operations with each fault.
    for (let after = 1 + (cases % step); after <= total; after += step, cases++) {
      const what = `${fault.effect} ${fault.errno} in operation ${after} of ${total}`
      await within(longestMs, what, failOne({ ...fault, after }))
    }
  }
  process.off('warning', warned)
  if (warnings.length > 0) throw new Error(`an error went uncaught: ${warnings[0]!.message}`)
  return cases
}

async function failOne(rule: FaultRule): Promise<void> {
  const memory = native.memoryEnv()
  const env = native.faultEnv(memory)
  env.addRule!(rule)
  const workload = new Workload(env)
  await workload.run()
  for (const error of workload.errors) {
    if (!isBurrowError(error) || !expectedCodes.includes(error.code)) {
      throw new Error(`an error is no answer: ${String(error)}`, { cause: error })
    }
  }
  const db = await Database.open('db', { ...options, env: memory })
  const last = lastApplied(db)
  if (last < workload.acknowledged)
    throw new Error(`${workload.acknowledged} was acknowledged; the last one found is ${last}`)
  write(db, last + 1, undefined, true)
  await db.flush()
  await db.close()
  const again = await Database.open('db', { ...options, env: memory })
  if (lastApplied(again) !== last + 1) throw new Error('what was written after opening again is lost')
  if (!again.recovery.clean) throw new Error('the database was not closed cleanly after opening again')
  await again.close()
}

class Workload {
  readonly #env: NativeEnv
  readonly errors: unknown[] = []
  acknowledged = -1

  constructor(env: NativeEnv) {
    this.#env = env
  }

  async run(): Promise<void> {
    const db = await this.#try(() => Database.open('db', { ...options, env: this.#env }))
    if (db === undefined) return
    for (let t = 0; t < transactions; t++) {
      if (!(await this.#write(db, t))) break
      if (t === 70) await this.#try(() => db.flush())
    }
    await this.#try(() => db.compact())
    if (this.acknowledged >= 0) await this.#try(async () => lastApplied(db))
    await this.#try(() => db.close())
  }

  /** False when the database takes no writes any more. */
  async #write(db: Database, t: number): Promise<boolean> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const before = this.errors.length
      await this.#try(async () => {
        if (t % 2 === 0) write(db, t, { sync: t % 4 === 0 }, true)
        else await write(db, t, { sync: t % 4 === 1 }, false)
      })
      if (this.errors.length === before) {
        this.acknowledged = t
        return true
      }
      const error = this.errors.at(-1)
      if (!isBurrowError(error) || error.code !== 'BURROW_NO_SPACE')
        return db.status !== 'read-only' && this.#write(db, t)
      await sleep(5)
    }
    throw new Error(
      `there was space again, but transaction ${t} never got through: ${String(this.errors.at(-1))}`,
    )
  }

  async #try<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run()
    } catch (error) {
      this.errors.push(error)
      return undefined
    }
  }
}

async function within(milliseconds: number, what: string, work: Promise<void>): Promise<void> {
  const timeout = AbortSignal.timeout(milliseconds)
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`nothing happened for ${milliseconds} ms`)))
  })
  try {
    await Promise.race([work, late])
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error })
  }
}
