import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Database, presets } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'

const bad = (code: string) => expect.objectContaining({ name: 'BurrowError', code })
const closed = bad('BURROW_CLOSED')

describe('close', () => {
  it('finishes what was called before and refuses what comes after', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', { env, memtableSize: 64 * 1024 })
    const operations: Promise<unknown>[] = []
    for (let i = 0; i < 1000; i++) {
      operations.push(i % 3 === 0 ? db.get(`k${i}`) : db.put(`k${i}`, 'v'.repeat(200), { sync: i % 2 === 0 }))
    }
    const closing = db.close()
    expect(db.status).toBe('closing')
    expect(db.close()).toBe(closing)
    await expect(db.put('late', 'v')).rejects.toThrow(closed)
    expect(() => db.putSync('late', 'v')).toThrow(closed)
    await Promise.all(operations)
    await closing
    expect(db.status).toBe('closed')
    for (const call of [
      () => db.getSync('k'),
      () => db.entries(),
      () => db.snapshot(),
      () => db.stats(),
      () => db.levels(),
      () => db.writeBatch().put('a', 'b').commitSync(),
      () => db.batchSync([]),
    ]) {
      expect(call).toThrow(closed)
    }
    for (const call of [
      () => db.get('k'),
      () => db.has('k'),
      () => db.getMany(['k']),
      () => db.delete('k'),
      () => db.deleteRange({ gte: 'a' }),
      () => db.batch([{ type: 'put', key: 'k', value: 'v' }]),
      () => db.sync(),
      () => db.flush(),
      () => db.compact(),
      () => db.clear(),
      () => db.approximateSize({}),
    ]) {
      await expect(call()).rejects.toThrow(closed)
    }
    const again = await Database.open('db', { env })
    expect(again.recovery).toMatchObject({ clean: true, records: 0, bytesCut: 0 })
    expect(again.hasSync('late')).toBe(false)
    expect((await again.keys().all()).length).toBe(666)
    await again.close()
  })

  it('closes iterators and snapshots', async () => {
    const db = await Database.open(':memory:')
    for (let i = 0; i < 500; i++) db.putSync(`k${i}`, 'v')
    const iterator = db.entries()
    expect(iterator.nextSync(3).length).toBe(3)
    const pending = iterator.next(400)
    const snapshot = db.snapshot()
    const closing = db.close()
    await pending.catch((error) => expect(error).toEqual(closed))
    await closing
    await expect(iterator.next()).rejects.toThrow(closed)
    expect(() => snapshot.getSync('k1')).toThrow(closed)
    await expect(snapshot.get('k1')).rejects.toThrow(closed)
    expect(() => snapshot.entries()).toThrow(closed)
    await iterator.close()
    snapshot.close()
  })

  it('works with await using', async () => {
    const env = native.memoryEnv()
    {
      await using db = await Database.open('db', { env })
      db.putSync('k', 'v')
    }
    await using db = await Database.open('db', { env })
    expect(db.getSync('k')).toBe('v')
  })

  it('leaves no preallocated space and no log but the last', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'burrow-close-'))
    const db = await Database.open(directory)
    for (let i = 0; i < 100; i++) await db.put(`k${i}`, 'v')
    await db.close()
    const env = native.posixEnv()
    const names = env.list(directory)
    expect(names.filter((name) => name.endsWith('.wal')).length).toBe(1)
    expect(names.filter((name) => name.startsWith('MANIFEST')).length).toBe(1)
    const bytes = names.reduce((sum, name) => sum + env.fileSize(join(directory, name)), 0)
    expect(bytes).toBeLessThan(20_000)
    rmSync(directory, { recursive: true })
  })
})

describe('open', () => {
  it('is exclusive, also in one process', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', { env })
    await expect(Database.open('db', { env })).rejects.toThrow(bad('BURROW_LOCKED'))
    await expect(Database.destroy('db', { env })).rejects.toThrow(bad('BURROW_LOCKED'))
    await db.close()
    await (await Database.open('db', { env })).close()
    await expect(Database.open('db', { env, errorIfExists: true })).rejects.toThrow(bad('BURROW_EXISTS'))
    expect(await Database.exists('db', { env })).toBe(true)
    await Database.destroy('db', { env })
    expect(await Database.exists('db', { env })).toBe(false)
    expect(env.exists('db')).toBe(false)
  })

  it('takes every preset', async () => {
    for (const preset of Object.values(presets)) {
      const options = { ...preset, memtableSize: 1 << 20 }
      const missing = [preset.compression ?? []].flat().some((codec) => !native.codecs.includes(codec))
      if (missing) {
        await expect(Database.open(':memory:', options)).rejects.toThrow(bad('BURROW_UNSUPPORTED'))
        continue
      }
      await using db = await Database.open(':memory:', options)
      await db.put('k', 'v')
      expect(await db.get('k')).toBe('v')
    }
  })

  it('read-only works beside a running writer and changes nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'burrow-read-only-'))
    const db = await Database.open(directory, { memtableSize: 4096 })
    for (let i = 0; i < 500; i++) db.putSync(`k${i}`, `v${i}`)
    const reader = await Database.open(directory, { readOnly: true })
    expect(reader.status).toBe('read-only')
    for (let i = 0; i < 500; i++) expect(reader.getSync(`k${i}`)).toBe(`v${i}`)
    expect(await reader.get('k7')).toBe('v7')
    expect((await reader.entries().all()).length).toBe(500)
    for (const call of [
      () => reader.put('a', 'b'),
      () => reader.flush(),
      () => reader.compact(),
      () => reader.clear(),
    ]) {
      await expect(call()).rejects.toThrow(bad('BURROW_READ_ONLY'))
    }
    expect(() => reader.putSync('a', 'b')).toThrow(bad('BURROW_READ_ONLY'))
    using snapshot = reader.snapshot()
    expect(snapshot.getSync('k1')).toBe('v1')
    expect(reader.stats().levels.length).toBeGreaterThan(0)
    await reader.close()
    await db.close()
    rmSync(directory, { recursive: true })
  })

  it('tells of damage without changing anything', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', { env })
    db.putSync('k', 'v')
    await db.flush()
    await db.close()
    const before = env.list('db').sort()
    const table = before.find((name) => name.endsWith('.sst'))!
    env.rename(`db/${table}`, 'db/elsewhere')
    await expect(Database.open('db', { env })).rejects.toThrow(bad('BURROW_CORRUPTION'))
    env.rename('db/elsewhere', `db/${table}`)
    env.rename('db/CURRENT', 'db/elsewhere')
    await expect(Database.open('db', { env })).rejects.toThrow(bad('BURROW_CORRUPTION'))
    env.rename('db/elsewhere', 'db/CURRENT')
    const wal = before.find((name) => name.endsWith('.wal'))!
    env.rename(`db/${wal}`, 'db/elsewhere')
    await expect(Database.open('db', { env })).rejects.toThrow(bad('BURROW_CORRUPTION'))
    env.rename('db/elsewhere', `db/${wal}`)
    expect(env.list('db').sort()).toEqual(before)
    const again = await Database.open('db', { env })
    expect(again.getSync('k')).toBe('v')
    await again.close()
  })

  it('reports its events through onEvent', async () => {
    const seen: string[] = []
    const db = await Database.open(':memory:', { onEvent: (name) => seen.push(name) })
    await db.close()
    expect(seen).toContain('recovery')
    expect(seen).toContain('manifestWritten')
  })
})

describe('failures of the file system', () => {
  it('a directory deleted under us is an I/O error, or no matter', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'burrow-deleted-'))
    const db = await Database.open(directory, { memtableSize: 4096 })
    db.putSync('k', 'v')
    rmSync(directory, { recursive: true })
    expect(db.getSync('k')).toBe('v')
    expect(() => {
      for (let i = 0; i < 5000; i++) db.putSync(`k${i}`, 'v'.repeat(50))
    }).toThrow(bad('BURROW_IO'))
    expect(db.stats().disk.bytes).toBeGreaterThanOrEqual(0)
    await db.close()
  })

  it('a failed log sync makes it read-only; reads go on at what was acknowledged', async () => {
    const memory = native.memoryEnv()
    const env = native.faultEnv(memory)
    const db = await Database.open('db', { env })
    await db.put('good', 'v')
    env.addRule!({ operations: ['sync'], pathContains: '.wal', effect: 'error', repeat: true })
    await expect(db.put('lost', 'v')).rejects.toThrow(bad('BURROW_IO'))
    await expect(db.put('later', 'v')).rejects.toThrow(bad('BURROW_READ_ONLY'))
    expect(() => db.putSync('later', 'v')).toThrow(bad('BURROW_READ_ONLY'))
    expect(db.status).toBe('read-only')
    expect(db.health().status).toBe('unhealthy')
    expect(db.getSync('good')).toBe('v')
    expect(db.getSync('lost')).toBe(undefined)
    await expect(db.flush()).rejects.toThrow(bad('BURROW_READ_ONLY'))
    env.clearRules!()
    await db.close()
    const again = await Database.open('db', { env: memory })
    expect(again.getSync('good')).toBe('v')
    await again.close()
  })

  it('a failed manifest write makes it read-only and loses nothing', async () => {
    const memory = native.memoryEnv()
    const env = native.faultEnv(memory)
    const db = await Database.open('db', { env, memtableSize: 4096 })
    const errors: string[] = []
    db.on('backgroundError', ({ operation }) => errors.push(operation))
    env.addRule!({ operations: ['sync', 'write'], pathContains: 'MANIFEST', effect: 'error', repeat: true })
    let written = 0
    expect(() => {
      for (; written < 5000; written++) db.putSync(`k${written}`, 'v'.repeat(50))
    }).toThrow(bad('BURROW_READ_ONLY'))
    expect(db.status).toBe('read-only')
    for (let i = 0; i < written; i++) expect(db.hasSync(`k${i}`)).toBe(true)
    env.clearRules!()
    await db.close()
    expect(errors).toContain('manifest')
    const again = await Database.open('db', { env: memory })
    expect((await again.keys().all()).length).toBe(written)
    await again.close()
  })

  it('a full disk stops writes with BURROW_NO_SPACE and lets them go on', async () => {
    const memory = native.memoryEnv()
    const db = await Database.open('db', { env: memory, memtableSize: 16384 })
    for (let i = 0; i < 200; i++) db.putSync(`a${i}`, 'v'.repeat(100))
    memory.setCapacity!(150_000)
    let written = 0
    expect(() => {
      for (; written < 20_000; written++) db.putSync(`b${written}`, `${written}`.repeat(50))
    }).toThrow(bad('BURROW_NO_SPACE'))
    expect(db.status).toBe('open')
    memory.setCapacity!(0)
    await new Promise((resolve) => setTimeout(resolve, 200))
    for (let i = 0; i < 500; i++) db.putSync(`c${i}`, 'v')
    await db.flush()
    for (let i = 0; i < written; i++) expect(db.hasSync(`b${i}`)).toBe(true)
    await db.close()
    const again = await Database.open('db', { env: memory })
    expect((await again.keys().all()).length).toBe(200 + written + 500)
    await again.close()
  })
})
