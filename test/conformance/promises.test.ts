import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Database, type EventName, presets } from '../../lib/index.ts'

let path: string
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'burrow-promises-'))
})
afterEach(() => rmSync(path, { recursive: true, force: true }))

it('writes are seen by every read that begins after their call', async () => {
  const db = await Database.open(path, { memtableSize: 32 * 1024 })
  for (let i = 0; i < 2000; i++) {
    const key = `k${i % 50}`
    const value = `${i} ${'v'.repeat(100)}`
    const done = db.put(key, value, { sync: i % 100 === 0 })
    switch (i % 4) {
      case 0:
        expect(db.getSync(key)).toBe(value)
        break
      case 1:
        expect(await db.get(key)).toBe(value)
        break
      case 2:
        expect(db.entries({ gte: key, limit: 1 }).nextSync()).toEqual([[key, value]])
        break
      case 3: {
        using snapshot = db.snapshot()
        expect((await snapshot.getMany([key]))[0]).toBe(value)
      }
    }
    if (i % 100 === 0) await done
  }
  await db.close()
})

it('acknowledgements come in the order of the writes, synced or not', async () => {
  const db = await Database.open(path)
  const order: number[] = []
  const done: Promise<unknown>[] = []
  for (let i = 0; i < 400; i++) {
    const write =
      i % 5 === 4
        ? db.batch([{ type: 'put', key: `k${i}`, value: 'v' }], { sync: i % 2 === 0 })
        : db.put(`k${i}`, 'v', { sync: i % 3 === 0, ...(i % 3 === 1 ? { wal: false } : {}) })
    done.push(write.then(() => order.push(i)))
    if (i % 7 === 0) await Promise.resolve()
    if (i % 31 === 0) await sleep(1)
  }
  await Promise.all(done)
  expect(order).toEqual([...order].sort((a, b) => a - b))
  await db.close()
})

it('every event is told to those who listen', async () => {
  const seen = new Set<EventName>()
  const db = await Database.open(path, {
    memtableSize: 16 * 1024,
    l0CompactionTrigger: 2,
    l0SlowdownTrigger: 2,
    l0StopTrigger: 3,
    onEvent: (name) => seen.add(name),
  })
  const heard = new Set<EventName>()
  const names = [
    'flush',
    'compaction',
    'stall',
    'tableCreated',
    'tableDeleted',
    'walRotated',
    'manifestWritten',
  ] as const
  for (const name of names) db.on(name, () => heard.add(name))
  const ends = [db.on('flush', () => heard.add('recovery')), db.once('stall', () => {})]
  for (const end of ends) end()
  for (let i = 0; i < 6000; i++) {
    await db.put(`k${(i * 7919) % 3000}`, 'v'.repeat(60), { sync: false })
  }
  await db.flush()
  await db.compact()
  await sleep(20)
  expect([...heard].sort()).toEqual([...names].sort())
  expect(seen.has('recovery')).toBe(true)
  await db.close()
})

it('operations are counted exactly', async () => {
  const db = await Database.open(path, { syncWrites: false })
  for (let i = 0; i < 100; i++) {
    db.putSync(`a${i}`, 'v')
    await db.put(`b${i}`, 'v')
    db.getSync(`a${i}`)
    await db.get(`none${i}`)
    db.getManySync(['a1', 'a2'])
    await db.getMany(['a1', 'a2'])
    db.hasSync('a1')
    await db.has('a1')
    db.deleteSync(`a${i}`)
    await db.delete(`b${i}`)
    db.batchSync([{ type: 'put', key: 'c', value: 'v' }])
    await db.batch([{ type: 'delete', key: 'c' }])
    await db.writeBatch().put('d', 'v').commit()
    await db.deleteRange({ gte: 'x', lt: 'y' })
  }
  const { ops } = db.stats()
  expect(ops.put.count).toBe(200)
  expect(ops.delete.count).toBe(200)
  expect(ops.getMany.count).toBe(200)
  expect(ops.batch.count).toBe(300)
  expect(ops.deleteRange.count).toBe(100)
  expect(ops.get.count).toBe(400)
  await db.close()
})

it('defaults are the documented ones', async () => {
  const db = await Database.open(path)
  expect(db.options).toMatchObject({
    createIfMissing: true,
    errorIfExists: false,
    readOnly: false,
    recovery: 'strict',
    memtableSize: 64 * 2 ** 20,
    maxMemtables: 3,
    syncWrites: true,
    bloomBitsPerKey: 10,
    compactionStyle: 'leveled',
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  })
  expect(new Set(db.options.compression)).toEqual(new Set(['lz4']))
  expect(db.options.blockCacheSize).toBeLessThanOrEqual(512 * 2 ** 20)
  expect(Object.isFrozen(db.options)).toBe(true)
  expect(() => Object.assign(presets.default, { syncWrites: false })).toThrow(TypeError)
  await db.put('k', 'v')
  expect(db.stats().wal.syncs).toBeGreaterThan(0)
  await db.close()
  for (const [option, value, allowed] of [
    ['memtableSize', 4095, '4 KiB'],
    ['memtableSize', '64', '4 KiB'],
    ['blockSize', 5.5, '1 KiB'],
    ['compression', 'gzip', 'zstd'],
    ['recovery', 'maybe', 'strict'],
  ] as const) {
    await expect(Database.open(path, { [option]: value } as object)).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringMatching(new RegExp(`${option}.*${value}.*${allowed}`)),
      context: { option, value, allowed: expect.stringContaining(allowed) },
    })
  }
})

it('a compaction is given up whenever its signal says so', async () => {
  const db = await Database.open(path, { memtableSize: 256 * 1024, compactionBytesPerSecond: 1 << 20 })
  for (let i = 0; i < 20_000; i++) db.putSync(`k${(i * 7919) % 20_000}`, 'v'.repeat(60), { sync: false })
  for (const wait of [-1, 0, 1, 20, 100]) {
    db.putSync('one', 'more', { sync: false })
    const controller = new AbortController()
    const reason = new Error('mine')
    if (wait < 0) controller.abort(reason)
    const compacting = db.compact({}, { signal: controller.signal })
    if (wait > 0) setTimeout(() => controller.abort(reason), wait)
    else controller.abort(reason)
    await expect(compacting).rejects.toMatchObject({ code: 'BURROW_ABORTED', cause: reason })
  }
  expect(db.status).toBe('open')
  expect((await db.keys().all()).length).toBe(20_001)
  await db.close()
})

it('close waits for what was begun, is idempotent, and a forgotten database does no harm', async () => {
  const db = await Database.open(path)
  const closing = [db.close(), db.close()]
  expect(closing[0]).toBe(closing[1])
  await Promise.all(closing)
  await db.close()
  expect(() => db.on('flush', () => {})).not.toThrow()
  expect([db.status, db.path]).toEqual(['closed', path])
  expect(db.recovery.created).toBe(true)
  for (const preset of Object.values(presets)) {
    await using one = await Database.open(path, { ...preset })
    await one.put('k', 'v')
    expect(await one.get('k')).toBe('v')
  }
})
