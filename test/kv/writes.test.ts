import { describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'

const bad = (code: string) => expect.objectContaining({ name: 'BurrowError', code })

describe('write batches', () => {
  it('are atomic, ordered, and used once', async () => {
    await using db = await Database.open(':memory:')
    db.putSync('gone', '1')
    db.putSync('r1', '1')
    db.putSync('r2', '1')
    const batch = db
      .writeBatch()
      .put('a', '1')
      .put('a', '2')
      .delete('gone')
      .deleteRange({ prefix: 'r' })
      .put('r3', '3')
    expect(batch.length).toBe(5)
    expect(batch.byteLength).toBeGreaterThan(30)
    await batch.commit()
    expect(await db.entries().all()).toEqual([
      ['a', '2'],
      ['r3', '3'],
    ])
    await expect(batch.commit()).rejects.toThrow(bad('BURROW_INVALID_ARGUMENT'))
    expect(() => batch.put('b', '1')).toThrow(bad('BURROW_INVALID_ARGUMENT'))
    batch.clear().put('b', '1').commitSync({ sync: false })
    expect(db.getSync('b')).toBe('1')
    db.writeBatch().commitSync()
    await db.writeBatch().commit()
  })

  it('take ranges without an end, of keys that come later too', async () => {
    await using db = await Database.open(':memory:')
    db.putSync('b', '1')
    const highest = new Uint8Array(65535).fill(0xff)
    const batch = db.writeBatch().put('z', '1').deleteRange({ gte: 'b' }).put('c', '1')
    db.putSync('zz', '1')
    db.putSync(highest, '1')
    await batch.commit()
    expect(await db.keys().all()).toEqual(['c'])
    await db.clear()
    await db.clear()
    expect(await db.keys().all()).toEqual([])
  })

  it('name the bad operation', async () => {
    await using db = await Database.open(':memory:')
    const call = (operations: unknown) => db.batch(operations as [])
    for (const wrong of [
      null,
      'x',
      {},
      [null],
      [{}],
      [{ type: 'del', key: 'a' }],
      [{ type: 'put', key: 'a' }],
    ]) {
      await expect(call(wrong)).rejects.toThrow(bad('BURROW_INVALID_ARGUMENT'))
    }
    await expect(call([{ type: 'put', key: 'a', value: 'b' }, { type: 'x' }])).rejects.toThrow(/operation 1/)
    expect(db.hasSync('a')).toBe(false)
    await db.batch([
      { type: 'put', key: 'j', value: { a: 1 } as unknown as string, valueEncoding: 'json' },
      { type: 'delete', key: 'absent' },
    ])
    expect(db.getSync('j')).toBe('{"a":1}')
  })

  it('may be larger than a memtable', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', { env, memtableSize: 4096 })
    for (const sync of [true, false]) {
      const batch = db.writeBatch()
      for (let i = 0; i < 2000; i++) batch.put(`${sync} ${i}`, 'v'.repeat(50))
      await batch.commit({ sync })
      db.putSync('between', 'v')
    }
    db.batchSync(
      Array.from({ length: 2000 }, (_, i) => ({ type: 'put', key: `s${i}`, value: 'v'.repeat(50) }) as const),
    )
    expect((await db.keys().all()).length).toBe(6001)
    await db.close()
    const again = await Database.open('db', { env })
    expect((await again.keys().all()).length).toBe(6001)
    await again.close()
  })
})

describe('asynchronous writes', () => {
  it('are visible at once and survive a power cut once resolved', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const memory = native.memoryEnv()
      const db = await Database.open('db', { env: memory, memtableSize: 4096 })
      const resolved = new Set<string>()
      const issued: string[] = []
      for (let i = 0; i < 300; i++) {
        const key = `k${i}`
        issued.push(key)
        void db.put(key, 'v'.repeat(60)).then(() => resolved.add(key))
        expect(db.hasSync(key)).toBe(true)
        if (i % 40 === seed) await new Promise((resolve) => setImmediate(resolve))
      }
      const promised = [...resolved]
      const clone = memory.crashClone!('power', seed)
      const again = await Database.open('db', { env: clone })
      for (const key of promised) expect(again.hasSync(key), `seed ${seed} ${key}`).toBe(true)
      // What survives is a prefix of what was written.
      const count = (await again.keys().all()).length
      for (const key of issued.slice(0, count)) expect(again.hasSync(key)).toBe(true)
      await again.close()
      await db.close()
    }
  })

  it('stay within bounds when promises are ignored', async () => {
    const db = await Database.open(':memory:', {
      memtableSize: 64 * 1024,
      maxMemtables: 2,
      syncWrites: false,
    })
    let last: Promise<void> = Promise.resolve()
    let most = 0
    for (let i = 0; i < 20_000; i++) {
      last = db.put(`k${i}`, 'v'.repeat(100))
      if (i % 500 === 0) most = Math.max(most, db.stats().memtables.bytes)
    }
    expect(most).toBeLessThan(2 * 64 * 1024 * 1.7 + 64 * 1024)
    await last
    expect((await db.keys().all()).length).toBe(20_000)
    await db.close()
  })

  it('mix with synchronous ones in their order', async () => {
    await using db = await Database.open(':memory:', { memtableSize: 8192 })
    const promises: Promise<void>[] = []
    for (let i = 0; i < 3000; i++) {
      if (i % 3 === 0) db.putSync('k', `${i}`, { sync: i % 2 === 0 })
      else promises.push(db.put('k', `${i}`, { sync: i % 5 === 0, wal: i % 7 === 0 || i % 5 === 0 }))
      if (i % 100 === 0) await promises.at(-1)
      expect(db.getSync('k')).toBe(`${i}`)
    }
    await Promise.all(promises)
    await db.sync()
  })
})

describe('the event loop', () => {
  const calls: Record<string, (db: Database) => Promise<unknown>> = {
    get: (db) => db.get('k'),
    'put sync:false': (db) => db.put('k', 'v', { sync: false }),
    'put sync:true': (db) => db.put('k', 'v', { sync: true }),
    has: (db) => db.has('k'),
    getMany: (db) => db.getMany(['k', 'l']),
    batch: (db) => db.batch([{ type: 'put', key: 'k', value: 'v' }], { sync: false }),
  }
  for (const [name, call] of Object.entries(calls)) {
    it(`turns beside while (!stop) await db.${name}`, async () => {
      await using db = await Database.open(':memory:')
      db.putSync('k', 'v')
      let stop = false
      let ticks = 0
      const timer = setInterval(() => ticks++, 5)
      setTimeout(() => {
        stop = true
      }, 100)
      const began = performance.now()
      let count = 0
      while (!stop) {
        await call(db)
        count++
      }
      clearInterval(timer)
      expect(performance.now() - began).toBeLessThan(1000)
      expect(ticks).toBeGreaterThan(1)
      expect(count).toBeGreaterThan(100)
    })
  }
})

describe('maintenance', () => {
  it('flushes, compacts, pauses, and says how it goes', async () => {
    await using db = await Database.open(':memory:', { memtableSize: 16 * 1024, l0CompactionTrigger: 2 })
    const events: string[] = []
    db.on('compaction', ({ phase, kind }) => events.push(`${kind} ${phase}`))
    for (let i = 0; i < 5000; i++) db.putSync(`k${i % 1000}`, `${i}`.repeat(20))
    await db.flush()
    const progress: number[] = []
    await db.compact(undefined, { onProgress: ({ compactions }) => progress.push(compactions) })
    await new Promise((resolve) => setTimeout(resolve, 5))
    const levels = db.levels()
    expect(levels.at(-1)!.files.length).toBeGreaterThan(0)
    expect(levels[0]!.files.length).toBe(0)
    expect(events).toContain('merge end')
    for (let i = 0; i < 1000; i++) expect(db.getSync(`k${i}`)).toBe(`${4000 + i}`.repeat(20))
    await db.deleteRange({ gte: 'k', lt: 'l' })
    await db.compact()
    expect(db.levels().flatMap(({ files }) => files)).toEqual([])
    await db.pauseCompaction()
    for (let i = 0; i < 5000; i++) db.putSync(`k${i % 1000}`, `${i}`.repeat(20))
    await db.flush()
    expect(db.levels()[0]!.files.length).toBeGreaterThan(4)
    await db.resumeCompaction()
    const { amplification, compaction, flush } = db.stats()
    expect(flush.count).toBeGreaterThan(2)
    expect(compaction.count).toBeGreaterThan(1)
    expect(amplification.write).toBeGreaterThan(0.5)
    expect(await db.approximateSize({ gte: 'k' })).toBeGreaterThan(0)
    const given = new AbortController()
    given.abort(new Error('enough'))
    await expect(db.compact({}, { signal: given.signal })).rejects.toThrow(bad('BURROW_ABORTED'))
  })

  it('deletes what is obsolete', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', { env, memtableSize: 8192 })
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 300; i++) db.putSync(`k${i}`, `${round} ${'x'.repeat(60)}`)
    }
    await db.compact()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const live = db.levels().flatMap(({ files }) => files.map(({ number }) => number))
    const names = env.list('db').filter((name) => name.endsWith('.sst'))
    expect(names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b)).toEqual(
      live.sort((a, b) => a - b),
    )
    expect(env.list('db').filter((name) => name.endsWith('.wal')).length).toBeLessThanOrEqual(3)
    await db.close()
  })

  it('stalls are graded and seen', async () => {
    const options = {
      memtableSize: 4096,
      l0CompactionTrigger: 1,
      l0SlowdownTrigger: 1,
      l0StopTrigger: 2,
    } as const
    await using db = await Database.open(':memory:', { ...options, syncWrites: false })
    const states: string[] = []
    db.on('stall', ({ state }) => states.push(state))
    for (let i = 0; i < 2000; i++) db.putSync(`k${i}`, 'v'.repeat(50))
    for (let i = 0; i < 2000; i++) void db.put(`a${i}`, 'v'.repeat(50))
    await db.put('last', 'v')
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(db.stats().stalls.count).toBeGreaterThan(0)
    expect(states).toContain('slowdown')
    expect((await db.keys().all()).length).toBe(4001)
  })
})
