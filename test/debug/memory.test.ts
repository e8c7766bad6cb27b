import { expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { turn } from './recording-logger.ts'

it('db.debug.memory() has owners, peaks and growth', async () => {
  const db = await Database.open(':memory:', { memtableSize: 1 << 20, blockCacheSize: 1 << 20 })
  const first = db.debug.memory()
  expect(first.growth.sinceLastBytes).toBe(first.growth.sinceOpenBytes)
  for (let i = 0; i < 5000; i++) db.putSync(`key${i}`, 'x'.repeat(100), { sync: false })
  const full = db.debug.memory()
  expect(full.byOwner['activeMemtable']).toBeGreaterThan(500_000)
  expect(full.totalBytes).toBe(Object.values(full.byOwner).reduce((sum, bytes) => sum + bytes, 0))
  expect(full.growth).toEqual({
    sinceOpenBytes: full.totalBytes - first.totalBytes + first.growth.sinceOpenBytes,
    sinceLastBytes: full.totalBytes - first.totalBytes,
    sinceLastMs: expect.any(Number),
  })
  expect(full.process.rss).toBeGreaterThan(full.totalBytes)
  await db.flush()
  await turn()
  for (let i = 0; i < 5000; i += 100) db.getSync(`key${i}`)
  const flushed = db.debug.memory()
  expect(flushed.byOwner['activeMemtable']).toBeLessThan(100_000)
  expect(flushed.byOwner['immutableMemtables']).toBe(0)
  expect(flushed.byOwner['blockCache']).toBeGreaterThan(0)
  expect(flushed.byOwner['openTables']).toBeGreaterThan(0)
  expect(flushed.growth.sinceLastBytes).toBeLessThan(0)
  expect(flushed.peakBytes).toBeGreaterThanOrEqual(full.totalBytes)
  expect(flushed.peakByOwner['activeMemtable']).toBeGreaterThanOrEqual(full.byOwner['activeMemtable']!)
  expect(db.stats().memory.byOwner).toEqual(db.debug.memory().byOwner)
  await db.close()
  expect(() => db.debug.memory()).toThrow(expect.objectContaining({ code: 'BURROW_CLOSED' }))
})

it('peaks are seen though nobody asked meanwhile', async () => {
  const db = await Database.open(':memory:', { memtableSize: 1 << 20 })
  for (let i = 0; i < 5000; i++) db.putSync(`key${i}`, 'x'.repeat(100), { sync: false })
  await db.flush()
  await turn()
  const { peakByOwner, peakBytes, totalBytes } = db.debug.memory()
  expect(totalBytes).toBeLessThan(100_000)
  expect(peakByOwner['immutableMemtables']).toBeGreaterThan(500_000)
  expect(peakBytes).toBeGreaterThan(500_000)
  await db.close()
})

it('db.debug.history() has the jobs that are over, the newest first', async () => {
  const db = await Database.open(':memory:')
  for (const round of ['1', '2']) {
    await db.put('a', round)
    await db.flush()
  }
  await db.compact()
  await turn()
  const history = db.debug.history()
  expect(history.map(({ kind }) => kind)).toEqual(['compaction', 'flush', 'flush'])
  expect(history[0]).toMatchObject({
    reason: 'manual',
    inputLevels: [0],
    inputs: 2,
    outputs: 1,
    recordsDropped: 1,
    error: null,
    at: expect.any(Number),
  })
  expect(history[1]).toMatchObject({
    reason: 'manual',
    files: 1,
    error: null,
    durationMs: expect.any(Number),
  })
  expect(JSON.parse(JSON.stringify(history))).toEqual(history)
  await db.close()
})

it('stalls are in the history, with how long they lasted', async () => {
  const db = await Database.open(':memory:', {
    memtableSize: 4096,
    l0CompactionTrigger: 1,
    l0SlowdownTrigger: 2,
    l0StopTrigger: 100,
  })
  await db.pauseCompaction()
  for (let round = 0; round < 3; round++) {
    await db.put(`a${round}`, '1')
    await db.flush()
  }
  await db.resumeCompaction()
  await db.compact()
  await turn()
  expect(db.debug.history().filter(({ kind }) => kind === 'stall')).toEqual([
    expect.objectContaining({ state: 'slowdown', reason: 'l0-tables', durationMs: expect.any(Number) }),
  ])
  await db.close()
})
