import { Database, isBurrowError } from '../../lib/index.ts'
import { type FaultRule, type NativeEnv, native } from '../../lib/native.ts'
import { Random } from '../model/random.ts'
import { contents, contentsOf, tiny, writeSome } from './backup-model.ts'

const faults: readonly Pick<FaultRule, 'effect' | 'errno'>[] = [
  { effect: 'error', errno: 'EIO' },
  { effect: 'error', errno: 'ENOSPC' },
  { effect: 'short', errno: 'EIO' },
  { effect: 'error', errno: 'EACCES' },
]

/** One call whose operations fail in turn. */
interface Scenario {
  /** Everything up to the call, on a sound file system; what the call needs. */
  prepare(env: NativeEnv): Promise<Database | undefined>
  act(env: NativeEnv, db: Database | undefined): Promise<unknown>
  /** Throws when something is left that should not be, or lost. `failed`: the call rejected. */
  check(env: NativeEnv, failed: boolean, expected: string): Promise<void>
}

const options = { ...tiny, maxBackgroundJobs: 1 }

async function filled(env: NativeEnv, backups: number): Promise<Database> {
  const db = await Database.open('/db', { ...options, env })
  const random = new Random(5)
  await writeSome(db, random, 120)
  await db.flush()
  await db.pauseCompaction()
  for (let i = 0; i < backups; i++) await db.backup('/backups')
  await writeSome(db, random, 40)
  return db
}

/** The first backup is what it was before the second was tried; a third one works. */
async function checkBackups(env: NativeEnv, failed: boolean, expected: string): Promise<void> {
  const list = await Database.listBackups('/backups', { env })
  const whole = list.filter(({ damage }) => damage === null)
  if (whole.length !== list.length) throw new Error(`damaged: ${JSON.stringify(list)}`)
  if (list.length === 0) throw new Error('the first backup is lost')
  if (!failed && list.length !== 2 && list[0]?.id !== 2)
    throw new Error('the backup resolved but is not there')
  const { ok, problems } = await Database.verifyBackups('/backups', { env })
  if (!ok) throw new Error(JSON.stringify(problems))
  if (!failed) {
    await Database.restore('/backups', '/r2', { env })
    if ((await contentsOf('/r2', { env })) !== expected) throw new Error('the backup has something else')
  }
  const db = await Database.open('/db', { ...options, env })
  const now = contents(db)
  await db.backup('/backups')
  await db.close()
  await Database.restore('/backups', '/r3', { env })
  if ((await contentsOf('/r3', { env })) !== now) throw new Error('the next backup has something else')
  const left = env.list('/backups/shared').filter((name) => name.endsWith('.tmp'))
  if (left.length > 0) throw new Error(`left behind: ${left}`)
}

async function checkCopy(
  env: NativeEnv,
  path: string,
  failed: boolean,
  expected: string,
  again: () => Promise<unknown>,
) {
  if (failed) {
    if (env.exists(`${path}/CURRENT`)) throw new Error('what failed left a database')
    if (env.exists(path) && env.list(path).length > 0) {
      throw new Error(`what failed left ${env.list(path)}`)
    }
    await again()
  }
  if ((await contentsOf(path, { env })) !== expected) throw new Error(`${path} has something else`)
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  backup: {
    prepare: (env) => filled(env, 1),
    act: (_, db) => db!.backup('/backups'),
    check: checkBackups,
  },
  'backup with retention': {
    prepare: (env) => filled(env, 1),
    act: (_, db) => db!.backup('/backups', { keep: { count: 1 }, verify: false }),
    check: checkBackups,
  },
  checkpoint: {
    prepare: (env) => filled(env, 0),
    act: (_, db) => db!.checkpoint('/new/copy'),
    check: (env, failed, expected) =>
      checkCopy(env, '/new/copy', failed, expected, async () => {
        const db = await Database.open('/db', { ...options, env })
        await db.checkpoint('/new/copy')
        await db.close()
      }),
  },
  restore: {
    prepare: async (env) => {
      const db = await filled(env, 0)
      await db.backup('/backups')
      await db.close()
      return undefined
    },
    act: (env) => Database.restore('/backups', '/new/r', { env }),
    check: (env, failed, expected) =>
      checkCopy(env, '/new/r', failed, expected, () => Database.restore('/backups', '/new/r', { env })),
  },
}

/** Fails every `step`th operation of the call in turn, in every way. How many cases there were. */
export async function failEach(name: string, step: number): Promise<number> {
  const scenario = scenarios[name]!
  const counted = native.faultEnv(native.memoryEnv())
  const prepared = await scenario.prepare(counted)
  const before = counted.operations!().total
  await scenario.act(counted, prepared)
  const total = counted.operations!().total - before
  await prepared?.close()
  let cases = 0
  for (const fault of faults) {
    for (let after = 1 + (cases % step); after <= total; after += step, cases++) {
      try {
        await failOne(scenario, { ...fault, after })
      } catch (error) {
        const what = `${name}: ${fault.effect} ${fault.errno} in operation ${after} of ${total}`
        throw new Error(`${what}: ${(error as Error).message}`, { cause: error })
      }
    }
  }
  return cases
}

async function failOne(scenario: Scenario, rule: FaultRule): Promise<void> {
  const memory = native.memoryEnv()
  const env = native.faultEnv(memory)
  const db = await scenario.prepare(env)
  const expected = db === undefined ? await expectedOf(memory) : contents(db)
  env.addRule!(rule)
  let failure: unknown
  try {
    await scenario.act(env, db)
  } catch (error) {
    failure = error
  }
  env.clearRules!()
  if (failure !== undefined && !isBurrowError(failure)) throw failure
  await db?.close()
  await scenario.check(memory, failure !== undefined, expected)
}

async function expectedOf(memory: NativeEnv): Promise<string> {
  return await contentsOf('/db', { env: memory })
}

/** Cuts the power at random moments of backups, checkpoints and restores. What resolved before is there after. */
export async function cutPowerOfBackups(cuts: number, seed: number): Promise<void> {
  const random = new Random(seed)
  for (let cut = 0; cut < cuts; cut++) {
    try {
      await cutOnce(new Random(random.uint32()))
    } catch (error) {
      throw new Error(`seed ${seed}, cut ${cut}: ${(error as Error).message}`, { cause: error })
    }
  }
}

async function cutOnce(random: Random): Promise<void> {
  const env = native.memoryEnv()
  const db = await Database.open('/db', { ...options, env })
  const made = new Map<number, string>()
  const copies = new Map<string, string>()
  let wreck: NativeEnv | undefined
  const known = { made: new Map(made), copies: new Map(copies) }
  const crash = () => {
    wreck = env.crashClone!('power', random.uint32())
    known.made = new Map(made)
    known.copies = new Map(copies)
  }
  for (let round = 0; round < 4 && wreck === undefined; round++) {
    await writeSome(db, random, random.between(1, 80))
    const expected = contents(db)
    const turns = random.below(60)
    const watch = (async () => {
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
      if (random.chance(0.5)) crash()
    })()
    const what = random.below(3)
    if (what === 0) copies.set(await db.checkpoint(`/copy${round}`).then(({ path }) => path), expected)
    else if (what === 1 || made.size === 0) {
      const { id, removed } = await db.backup('/backups', random.chance(0.5) ? { keep: { count: 1 } } : {})
      made.set(id, expected)
      for (const old of removed) made.delete(old)
    } else {
      const [id, content] = [...made].at(-1)!
      await Database.restore('/backups', `/restored${round}`, { id, env })
      copies.set(`/restored${round}`, content)
    }
    await watch
  }
  if (wreck === undefined) crash()
  await db.close()
  for (const [path, expected] of known.copies) {
    if ((await contentsOf(path, { env: wreck! })) !== expected) throw new Error(`${path} has something else`)
  }
  if (known.made.size === 0) return
  const there = new Set((await Database.listBackups('/backups', { env: wreck! })).map(({ id }) => id))
  const { ok, problems } = await Database.verifyBackups('/backups', { env: wreck! })
  if (!ok) throw new Error(JSON.stringify(problems))
  const newest = Math.max(...known.made.keys())
  for (const [id, expected] of known.made) {
    // Retention that was under way may have taken away an older one.
    if (!there.has(id) && id < Math.max(...there)) continue
    if (!there.has(id)) throw new Error(`backup ${id} of ${newest} is lost`)
    await Database.restore('/backups', `/check${id}`, { env: wreck!, id })
    if ((await contentsOf(`/check${id}`, { env: wreck! })) !== expected)
      throw new Error(`backup ${id} differs`)
  }
}
