import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'

/** The rotation that room for writers waits for is made from the event loop, where an error would have no catcher. */
it('a log that fails while it is sealed for waiting writers rejects them and nothing else', async () => {
  const uncaught: Error[] = []
  const listen = (error: Error) => uncaught.push(error)
  process.on('warning', listen)
  const env = native.faultEnv(native.memoryEnv())
  const memtableSize = 16 * 1024
  const db = await Database.open('db', { env, memtableSize, maxMemtables: 2, syncWrites: false })
  // The first memtable takes its time to be flushed; when the second one is full, writers are held back.
  env.addRule!({
    operations: ['sync'],
    pathContains: '.sst',
    effect: 'delay',
    delayMicros: 200_000,
    repeat: true,
  })
  const writes: Promise<void>[] = []
  const put = () => writes.push(db.put(`key-${writes.length}`, 'v'.repeat(100)))
  const full = () => db.stats().memtables.immutable === 1 && db.stats().memtables.active > memtableSize
  while (!full()) put()
  for (let i = 0; i < 5; i++) put()
  await Promise.resolve()
  env.addRule!({ operations: ['write'], pathContains: '.wal', effect: 'error', repeat: true })
  const outcomes = await Promise.allSettled(writes)
  await sleep(20)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'BURROW_IO' })
  }
  expect(db.status).toBe('read-only')
  await expect(db.put('key', 'value')).rejects.toMatchObject({ code: 'BURROW_READ_ONLY' })
  await db.close()
  process.off('warning', listen)
  expect(uncaught).toEqual([])
})
