import { Database, type DatabaseOptions } from '../../lib/index.ts'
import { type NativeEnv, native } from '../../lib/native.ts'
import { Random } from '../model/random.ts'

export const tiny = {
  memtableSize: 4096,
  targetFileSize: 4096,
  l0CompactionTrigger: 2,
  compression: 'none',
} as const

/** Everything in it, in order. */
export function contents(db: Database): string {
  return JSON.stringify([...db.entries()])
}

/** Opens a copy, and returns what is in it; changes nothing that a second look would miss. */
export async function contentsOf(path: string, options: DatabaseOptions): Promise<string> {
  const db = await Database.open(path, { ...options, createIfMissing: false })
  try {
    return contents(db)
  } finally {
    await db.close()
  }
}

/** Writes at random, with deletions and ranges; values have the same size, so that tables of two histories look alike. */
export async function writeSome(db: Database, random: Random, count: number): Promise<void> {
  const pending: Promise<void>[] = []
  for (let i = 0; i < count; i++) {
    const key = `k${String(random.below(400)).padStart(4, '0')}`
    const what = random.below(20)
    const sync = random.chance(0.1)
    if (what === 0) db.deleteSync(key, { sync })
    else if (what === 1) db.deleteRangeSync({ gte: key, lt: `${key}5` }, { sync })
    else if (what < 10) db.putSync(key, String(random.uint32()).padStart(40, '0'), { sync })
    else pending.push(db.put(key, String(random.uint32()).padStart(40, '0'), { sync }))
  }
  await Promise.all(pending)
}

/**
 * A history of writes, backups with retention, and restores of older backups from which it goes on in another direction,
 * into one directory of backups. Each backup that must be there restores what was in the database when it was made.
 */
export async function backUpAtRandom(
  seed: number,
  steps: number,
): Promise<{ backups: number; restores: number }> {
  const random = new Random(seed)
  const env = native.memoryEnv()
  const options = { ...tiny, memtableSize: random.pick([4096, 16384]), env }
  const made = new Map<number, string>()
  let [backups, restores, generation] = [0, 0, 0]
  let db = await Database.open('/db0', options)
  try {
    for (let step = 0; step < steps; step++) {
      await writeSome(db, random, random.between(0, 150))
      const compaction = random.chance(0.3) ? db.compact() : undefined
      // Only what retention keeps goes on to be there.
      const keep = random.chance(0.4) ? { count: random.between(1, 4) } : {}
      const verify = random.chance(0.5)
      const expected = contents(db)
      const report = await db.backup('/backups', { keep, verify })
      made.set(report.id, expected)
      backups++
      for (const id of report.removed) made.delete(id)
      if (keep.count !== undefined && made.size > keep.count) throw new Error(`${made.size} backups are left`)
      await compaction
      if (random.chance(0.4)) {
        const id = random.pick([...made.keys()])
        generation++
        await Database.restore('/backups', `/db${generation}`, { id, env })
        restores++
        await db.close()
        db = await Database.open(`/db${generation}`, options)
        if (contents(db) !== made.get(id)) throw new Error(`backup ${id} restored something else`)
      }
    }
    await db.close()
    await checkAll(env, made, options)
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
  }
  return { backups, restores }
}

/** Every backup is listed, verifies, and restores what it should. */
async function checkAll(
  env: NativeEnv,
  made: ReadonlyMap<number, string>,
  options: DatabaseOptions,
): Promise<void> {
  const list = await Database.listBackups('/backups', { env })
  const ids = list.map(({ id }) => id)
  if (String(ids) !== String([...made.keys()])) throw new Error(`listed: ${ids}; made: ${[...made.keys()]}`)
  const { ok, problems } = await Database.verifyBackups('/backups', { env })
  if (!ok) throw new Error(JSON.stringify(problems))
  for (const [id, expected] of made) {
    await Database.restore('/backups', `/check${id}`, { id, env })
    if ((await contentsOf(`/check${id}`, options)) !== expected) throw new Error(`backup ${id} differs`)
    await Database.destroy(`/check${id}`, { env })
  }
}
