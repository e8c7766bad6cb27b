import { expect } from 'vitest'
import { Database } from '../../lib/index.ts'
import { verifyDirectory } from '../../lib/kv/verify.ts'
import { native } from '../../lib/native.ts'

/** What a crash at any moment leaves is no damage: verifies `count` wrecks of a database that is written on. */
export async function verifyWrecks(count: number, seed: number): Promise<{ torn: number }> {
  const env = native.memoryEnv()
  const options = { memtableSize: 8192, l0CompactionTrigger: 2, manifestRollSize: 4096, syncWrites: false }
  const db = await Database.open('db', { env, ...options })
  let torn = 0
  for (let round = 0; round < count; round++) {
    for (let i = 0; i <= (seed + round) % 40; i++) {
      db.putSync(`k${(round * 7 + i) % 500}`, 'v'.repeat(i * 20), { sync: (round + i) % 9 === 0 })
    }
    if (round % 3 === 0) await new Promise((turn) => setImmediate(turn))
    const mode = round % 2 === 0 ? 'power' : 'kill'
    const wreck = env.crashClone!(mode, seed + round)
    const { notes, problems } = await verifyDirectory('db', { env: wreck })
    expect(problems, `${mode}, seed ${seed + round}, round ${round}`).toEqual([])
    if (notes.some((note) => note.includes('torn tail'))) torn++
  }
  await db.close()
  return { torn }
}
