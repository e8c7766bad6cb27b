import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { listLogs, truncateLog } from '../../lib/kv/wal-tools.ts'
import { native } from '../../lib/native.ts'

/** A database that was closed with its writes in a log, which is damaged in the middle. */
let folder: string
let damaged: string
let path: string
let number: number
let name: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'burrow-wal-tools-'))
  damaged = join(folder, 'damaged')
  const env = native.faultEnv(native.posixEnv())
  const db = await Database.open(join(folder, 'live'), { env })
  for (let i = 10; i < 20; i++) db.putSync(`k${i}`, `value ${i}`, { sync: true })
  env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
  await db.close()
  cpSync(db.path, damaged, { recursive: true })
  const log = (await listLogs(damaged)).find(({ records }) => records === 10)!
  number = log.number
  name = log.file.slice(damaged.length + 1)
  const bytes = readFileSync(log.file)
  bytes[bytes.indexOf('value 16')]! ^= 1
  writeFileSync(log.file, bytes)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let copies = 0
beforeEach(() => {
  path = join(folder, `copy${++copies}`)
})

const changes = ['create', 'write', 'sync', 'syncdir', 'rename', 'remove', 'truncate', 'mkdir', 'allocate']

it('a cut that fails on the way loses nothing and can be made again', async () => {
  const whole = readFileSync(join(damaged, name))
  const cutAt = (await listLogs(damaged)).find((log) => log.number === number)!.cutAt!
  let steps = 0
  for (let done = false; !done; steps++) {
    rmSync(path, { recursive: true, force: true })
    cpSync(damaged, path, { recursive: true })
    const env = native.faultEnv(native.posixEnv())
    env.addRule!({ operations: changes, after: steps + 1, repeat: true, effect: 'error' })
    done = await truncateLog(path, number, cutAt, { env }).then(
      () => true,
      () => false,
    )
    // The log is whole in its place, or in lost/.
    const kept = existsSync(join(path, 'lost')) ? readdirSync(join(path, 'lost')) : []
    const wholeCopies = [join(path, name), ...kept.map((file) => join(path, 'lost', file))].filter((file) =>
      readFileSync(file).equals(whole),
    )
    expect(wholeCopies.length, `step ${steps}`).toBeGreaterThan(0)
    if (!done) await truncateLog(path, number, cutAt)
    const db = await Database.open(path)
    expect(await db.keys().all(), `step ${steps}`).toEqual(['k10', 'k11', 'k12', 'k13', 'k14', 'k15'])
    await db.close()
  }
  expect(steps).toBeGreaterThan(5)
})

it('a log without a header, or that nothing names, is not cut', async () => {
  cpSync(damaged, path, { recursive: true })
  await expect(truncateLog(path, 4711, 56)).rejects.toMatchObject({ code: 'BURROW_NOT_FOUND' })
  const bytes = readFileSync(join(path, name))
  bytes[20]! ^= 1
  writeFileSync(join(path, name), bytes)
  const before = readdirSync(path)
  for (const offset of [0, 56]) {
    await expect(truncateLog(path, number, offset)).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
  }
  expect(readdirSync(path)).toEqual(before)
  expect((await listLogs(path)).find((log) => log.number === number)).toMatchObject({
    ...{ end: 'damaged', cutAt: null, records: 9 },
  })
})
