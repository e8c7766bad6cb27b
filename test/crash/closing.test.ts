import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'

it('whatever is under way when the database is closed comes to an end', async () => {
  for (let round = 0; round < 20; round++) {
    const db = await Database.open(':memory:', { memtableSize: 4096, syncWrites: round % 2 === 0 })
    for (let i = 0; i < 100; i++) db.putSync(`key-${i}`, `value ${i}`.repeat(5))
    const calls = {
      // Still at its flush when close stops compactions.
      compact: db.compact(),
      flush: db.flush(),
      pause: db.pauseCompaction(),
      sync: db.sync(),
      put: db.put('key', 'value'),
      scan: db.entries().all(),
      clear: round % 3 === 0 ? db.clear() : undefined,
    }
    if (round % 4 === 0) await sleep(round / 10)
    calls.compact.catch(() => {})
    calls.scan.catch(() => {})
    await db.close()
    for (const [name, call] of Object.entries(calls)) {
      const ending = call?.then(
        () => 'done',
        (error) => error.code,
      )
      const outcome = await Promise.race([ending ?? 'done', sleep(2000, 'never')])
      const mayBeGivenUp = name === 'compact' || name === 'scan'
      expect(mayBeGivenUp ? ['done', 'BURROW_CLOSED'] : ['done'], `${name} in round ${round}`).toContain(
        outcome,
      )
    }
  }
})
