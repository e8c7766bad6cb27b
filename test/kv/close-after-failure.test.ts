import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'

it('close settles writes whose log is being synced although the manifest has failed', async () => {
  const env = native.faultEnv(native.memoryEnv())
  const db = await Database.open('db', { env })
  env.addRule!({
    operations: ['sync'],
    pathContains: '.wal',
    effect: 'delay',
    delayMicros: 500_000,
    repeat: true,
  })
  env.addRule!({
    operations: ['write'],
    pathContains: 'MANIFEST',
    effect: 'error',
    delayMicros: 250_000,
    repeat: true,
  })
  let settled = 0
  // The rotation asks for another log, which the manifest has to name.
  db.putSync('before', 'value', { sync: false })
  const flush = db.flush()
  flush.catch(() => {})
  const write = db.put('key', 'value', { sync: true }).finally(() => settled++)
  while (db.status === 'open') await sleep(5)
  expect(settled).toBe(0)
  await db.close()
  await expect(flush).rejects.toMatchObject({ code: 'BURROW_READ_ONLY' })
  await Promise.race([write, sleep(5000)])
  expect(settled).toBe(1)
  await write
})

it('a job that ends together with the failure of the manifest does not hide it', async () => {
  const env = native.faultEnv(native.memoryEnv())
  const db = await Database.open('db', { env })
  const failures: string[] = []
  db.on('backgroundError', ({ operation, error }) => failures.push(`${operation} ${error.code}`))
  const slow = { pathContains: 'MANIFEST', effect: 'error', delayMicros: 100_000, repeat: true } as const
  env.addRule!({ ...slow, operations: ['write'] })
  env.addRule!({ operations: ['sync'], pathContains: '.sst', effect: 'delay', delayMicros: 200_000 })
  db.putSync('key', 'value')
  const flush = db.flush()
  flush.catch(() => {})
  await sleep(20)
  // Both jobs end before the event loop turns again.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
  await expect(flush).rejects.toMatchObject({ code: 'BURROW_READ_ONLY' })
  expect(db.getSync('key')).toBe('value')
  await db.close()
  expect(failures).toEqual(['manifest BURROW_IO'])
})
