import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Database, type DatabaseStats } from '../../lib/index.ts'

it('a compaction tells what it has left', async () => {
  const MiB = 2 ** 20
  const db = await Database.open(':memory:', { compression: 'none', compactionBytesPerSecond: 8 * MiB })
  for (let table = 0; table < 2; table++) {
    for (let i = 0; i < 4000; i++) db.putSync(`key ${i}`, `${table}`.repeat(500))
    await db.flush()
  }
  expect(db.stats().compaction.jobs).toEqual([])
  const compacting = db.compact()
  const seen: DatabaseStats['compaction']['jobs'][number][] = []
  const begun = () => seen.some(({ inputBytes, remainingBytes }) => remainingBytes < inputBytes)
  while (!begun()) {
    seen.push(...db.stats().compaction.jobs)
    await sleep(1)
  }
  await compacting
  for (const job of seen) {
    expect(job).toMatchObject({ reason: 'manual', level: 0, inputFiles: 2 })
    expect(job.inputBytes).toBeGreaterThan(3 * MiB)
    expect(job.remainingBytes).toBeGreaterThanOrEqual(0)
  }
  const left = seen.map(({ remainingBytes }) => remainingBytes)
  expect(left).toEqual([...left].sort((a, b) => b - a))
  expect(db.stats().compaction.jobs).toEqual([])
  await db.close()
})
