import { expect, test } from 'vitest'
import { type BackupSchedule, Database, type EventMap } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'
import { contentsOf } from './backup-model.ts'

const everyMs = 1000

async function backups(db: Database, count: number): Promise<void> {
  while (db.stats().backups!.count < count) await new Promise((resolve) => setTimeout(resolve, 20))
}

test('backups come by themselves, and retention with them', async () => {
  const env = native.memoryEnv()
  const schedule = { directory: '/backups', everyMs, keep: { count: 1 } }
  const db = await Database.open('/db', { env, backup: schedule })
  expect(db.options.backup).toMatchObject(schedule)
  db.putSync('a', '1')
  await backups(db, 2)
  const { backups: stats } = db.stats()
  expect(stats).toMatchObject({ failures: 0, lastError: null })
  expect(stats!.lastAt).toBeGreaterThan(0)
  expect((await Database.listBackups('/backups', { env })).length).toBe(1)
  await db.close()
  await Database.restore('/backups', '/r', { env })
  expect(await contentsOf('/r', { env })).toBe('[["a","1"]]')
})

test('the period goes on from the last backup in the directory', async () => {
  const env = native.memoryEnv()
  const day = { directory: '/backups', everyMs: 86_400_000 }
  const first = await Database.open('/db', { env, backup: day })
  await backups(first, 1)
  await first.close()
  const second = await Database.open('/db', { env, backup: day })
  expect(second.stats().backups).toMatchObject({ count: 0, lastId: 1 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(second.stats().backups).toMatchObject({ count: 0, running: 0 })
  await second.close()
})

test('a failure is an event and shows in health; the next one may work', async () => {
  const env = native.faultEnv(native.memoryEnv())
  env.addRule!({ pathContains: '/backups', effect: 'error', repeat: true })
  const events: EventMap['backgroundError'][] = []
  const db = await Database.open('/db', {
    env,
    backup: { directory: '/backups', everyMs },
    onEvent: (name, payload) => {
      if (name === 'backgroundError') events.push(payload as EventMap['backgroundError'])
    },
  })
  db.putSync('a', '1')
  while (db.stats().backups!.failures === 0 || events.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(events[0]).toMatchObject({ operation: 'backup', readOnly: false, error: { code: 'BURROW_IO' } })
  expect(db.stats().backups!.lastError).toContain('BURROW_IO')
  const health = db.health()
  expect([...health.warnings, ...health.errors].map(({ code }) => code).join()).toContain('backup')
  expect(db.status).toBe('open')
  env.clearRules!()
  await backups(db, 1)
  expect(db.stats().backups).toMatchObject({ lastError: null, lastId: 1 })
  expect(
    db
      .health()
      .warnings.map(({ code }) => code)
      .join(),
  ).not.toContain('backup')
  await db.close()
})

test('one that is due while another runs is left out; close ends the one that runs', async () => {
  const env = native.faultEnv(native.memoryEnv())
  const db = await Database.open('/db', { env, backup: { directory: '/backups', everyMs } })
  db.putSync('a', '1')
  env.addRule!({
    operations: ['sync'],
    pathContains: '/backups/shared',
    effect: 'delay',
    delayMicros: 2_500_000,
    repeat: true,
  })
  while (db.stats().backups!.skipped === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(db.stats().backups!.running).toBe(1)
  await db.close()
  expect(db.status).toBe('closed')
})

test('it is checked', async () => {
  const bad: unknown[] = [
    7,
    {},
    { directory: '', everyMs },
    { directory: '/b', everyMs: 10 },
    { directory: '/b', everyMs: 2 ** 31 },
    { directory: '/b', everyMs, kep: {} },
    { directory: '/b', everyMs, keep: { count: 0 } },
    { directory: '/b', everyMs, keep: { age: 1 } },
    { directory: '/b', everyMs, bytesPerSecond: -1 },
  ]
  const env = native.memoryEnv()
  for (const backup of bad) {
    await expect(Database.open('/db', { env, backup: backup as BackupSchedule })).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining('backup'),
    })
  }
  const db = await Database.open('/db', { env })
  await db.close()
  await expect(
    Database.open('/db', { env, readOnly: true, backup: { directory: '/b', everyMs } }),
  ).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
})
