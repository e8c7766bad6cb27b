import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BurrowError, Database } from '../../lib/index.ts'

const failing = (code: string) => expect.objectContaining({ name: 'BurrowError', code })
const buffers = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

describe('in memory', () => {
  let db: Database
  beforeEach(async () => {
    db = await Database.open(':memory:', { syncWrites: false })
  })
  afterEach(async () => {
    await db.close()
  })

  it('a snapshot that is closed, or of another database, is refused', async () => {
    const other = await Database.open(':memory:')
    db.putSync('k', 'v')
    const foreign = other.snapshot()
    const mine = db.snapshot()
    db.putSync('k', 'w')
    expect(db.getSync('k', { snapshot: mine })).toBe('v')
    expect(db.entries({ snapshot: mine }).nextSync()).toEqual([['k', 'v']])
    const it = mine.entries()
    mine.close()
    expect(it.nextSync(5)).toEqual([['k', 'v']])
    for (const [snapshot, code] of [
      [mine, 'BURROW_CLOSED'],
      [foreign, 'BURROW_INVALID_ARGUMENT'],
    ] as const) {
      expect(() => db.getSync('k', { snapshot })).toThrow(failing(code))
      expect(() => db.getManySync(['k'], { snapshot })).toThrow(failing(code))
      expect(() => db.entries({ snapshot })).toThrow(failing(code))
      await expect(db.get('k', { snapshot })).rejects.toThrow(failing(code))
      await expect(db.getMany(['k'], { snapshot })).rejects.toThrow(failing(code))
      await expect(db.has('k', { snapshot })).rejects.toThrow(failing(code))
    }
    expect(() => mine.getSync('k')).toThrow(failing('BURROW_CLOSED'))
    expect(() => mine.hasSync('k')).toThrow(failing('BURROW_CLOSED'))
    expect(() => mine.getManySync(['k'])).toThrow(failing('BURROW_CLOSED'))
    expect(() => mine.keys()).toThrow(failing('BURROW_CLOSED'))
    await expect(mine.get('k')).rejects.toThrow(failing('BURROW_CLOSED'))
    await expect(mine.getMany(['k'])).rejects.toThrow(failing('BURROW_CLOSED'))
    mine.close()
    await other.close()
  })

  it('a batch that was refused can be committed again; one that is filled anew is another', async () => {
    const batch = db.writeBatch().put('a', '1')
    await expect(batch.commit({ sync: 'yes' } as never)).rejects.toThrow(failing('BURROW_INVALID_ARGUMENT'))
    expect(() => batch.commitSync({ ttlMs: 1 })).toThrow(failing('BURROW_UNSUPPORTED'))
    await batch.commit()
    expect(() => batch.commitSync()).toThrow(failing('BURROW_INVALID_ARGUMENT'))
    expect(db.getSync('a')).toBe('1')
    const first = batch.clear().put('a', '2').put('filler', 'x'.repeat(5000)).commit()
    batch.clear().put('b', 'y'.repeat(5000))
    await first
    const second = db.writeBatch().put('c', 'z'.repeat(5000))
    await batch.commit()
    await second.commit()
    expect(db.getManySync(['a', 'b', 'c']).map((value) => value?.slice(0, 2))).toEqual(['2', 'yy', 'zz'])
  })

  it('user code that runs in the middle of a call may use the database', async () => {
    const json = { keyEncoding: 'json', valueEncoding: 'json' } as const
    db.putSync('x' as never, 1 as never, json)
    db.putSync('y' as never, 2 as never, json)
    const key = {
      toJSON() {
        expect(db.getManySync(['q', 'x', 'y', 'z', 'w'].map((k) => k) as never, json)).toEqual([
          undefined,
          1,
          2,
          undefined,
          undefined,
        ])
        db.putSync('z', 'inner')
        db.batchSync([{ type: 'put', key: 'zz', value: 'inner' }])
        return 'y'
      },
    }
    expect(db.getManySync(['x', key] as never, json)).toEqual([1, 2])
    await db.batch([{ type: 'put', key: 'k', value: key, ...json } as never])
    expect(db.getSync('k' as never, json)).toBe('y')
    const batch = db.writeBatch()
    batch.put('first', '1')
    batch.put({ toJSON: () => batch.put('inside', '2') && 'outer' }, '3', { keyEncoding: 'json' })
    await batch.commit()
    expect(db.getManySync(['first', 'inside', '"outer"'])).toEqual(['1', '2', '3'])
  })

  it('errors of user code come through, and from promises by rejecting', async () => {
    const mine = new Error('mine')
    const options = {
      get sync(): boolean {
        throw mine
      },
    }
    expect(() => db.putSync('k', 'v', options)).toThrow(mine)
    await expect(db.put('k', 'v', options)).rejects.toBe(mine)
    await expect(db.writeBatch().put('k', 'v').commit(options)).rejects.toBe(mine)
    const value = {
      toJSON() {
        throw mine
      },
    }
    await expect(db.put('k', value as never, { valueEncoding: 'json' })).rejects.toMatchObject({
      cause: mine,
    })
    expect(db.keys().nextSync()).toEqual([])
  })

  it('inherited options count, own prototypes do no harm', async () => {
    const options = Object.create({ valueEncoding: 'buffer' }) as { valueEncoding: 'buffer' }
    db.putSync('__proto__', 'v')
    expect(db.getSync('__proto__', options)).toEqual(Buffer.from('v'))
    await db.put('json', JSON.parse('{"__proto__": {"polluted": true}}'), { valueEncoding: 'json' } as never)
    const read = db.getSync('json', { valueEncoding: 'json' }) as object
    expect((read as { polluted?: boolean }).polluted).toBe(undefined)
    expect(Object.keys(read)).toEqual(['__proto__'])
  })

  it('views that lie about their length are taken by their buffer', async () => {
    class Liar extends Uint8Array {
      override get length(): number {
        return 1 << 20
      }
      override get byteLength(): number {
        return 1 << 20
      }
    }
    const liar = new Liar(3)
    for (const write of [
      () => db.putSync('k', liar),
      () => db.batchSync([{ type: 'put', key: 'k', value: liar }]),
      () => db.writeBatch().put('k', liar).commitSync(),
    ]) {
      try {
        write()
      } catch (error) {
        expect(error).toEqual(failing('BURROW_INVALID_ARGUMENT'))
      }
      expect(db.getSync('k', { valueEncoding: 'buffer' })?.length ?? 3).toBe(3)
    }
  })

  it('every buffer that is handed out can be given away without taking others along', async () => {
    const [k, v] = [Buffer.from('k'), Buffer.from('v')]
    for (const size of [5, 3000, 40_000]) {
      for (let i = 0; i < 6; i++) db.putSync(`${size} ${i}`, Buffer.alloc(size, i))
    }
    for (const flushed of [false, true]) {
      if (flushed) await db.flush()
      for (const size of [5, 3000, 40_000]) {
        const names = Array.from({ length: 6 }, (_, i) => `${size} ${i}`)
        const range = { prefix: `${size} `, ...buffers }
        const reads: [string, () => Promise<Buffer[]> | Buffer[]][] = [
          ['getSync', () => names.map((name) => db.getSync(name, buffers)!)],
          ['get', () => Promise.all(names.map((name) => db.get(name, buffers) as Promise<Buffer>))],
          ['getManySync', () => db.getManySync(names, buffers) as Buffer[]],
          ['getMany', () => db.getMany(names, buffers) as Promise<Buffer[]>],
          ['values', () => [...db.values(range)]],
          ['values().all()', () => db.values(range).all()],
          [
            'entries().nextSync()',
            () =>
              db
                .entries(range)
                .nextSync(6)
                .map(([, value]) => value),
          ],
          ['entries().next()', async () => (await db.entries(range).next(6)).map(([, value]) => value)],
        ]
        for (const [name, read] of reads) {
          const values = await read()
          const { port1, port2 } = new MessageChannel()
          try {
            port1.postMessage(null, [values[0]!.buffer as ArrayBuffer])
          } catch (error) {
            expect(error).toMatchObject({ name: 'DataCloneError' })
          }
          port1.close()
          port2.close()
          for (const [i, value] of values.entries()) {
            if (i === 0) continue
            expect(
              [value.length, value[0], value.at(-1)],
              `${name} of ${size} bytes, flushed: ${flushed}`,
            ).toEqual([size, i, i])
            value.fill(0xee)
          }
          expect((db.getSync(`${size} 1`, buffers) as Buffer)[0]).toBe(1)
        }
      }
    }
    db.putSync(k, v)
    k.fill(0)
    v.fill(0)
    expect(db.getSync('k')).toBe('v')
  })

  it('asynchronous calls return promises and turn the event loop, whatever they are asked', async () => {
    const json = await Database.open(':memory:', { valueEncoding: 'json', syncWrites: false })
    db.putSync('k', 'v')
    json.putSync('k', { a: 1 } as never)
    const snapshot = db.snapshot()
    const calls: Record<string, () => Promise<unknown>> = {
      get: () => db.get('k'),
      'get of nothing': () => db.get('none'),
      'get json': () => json.get('k'),
      'get buffer': () => db.get('k', buffers),
      'get of a bad key': () => db.get(''),
      has: () => db.has('k'),
      getMany: () => db.getMany(['k', 'none']),
      'getMany of nothing': () => db.getMany([]),
      'snapshot get': () => snapshot.get('k'),
      put: () => db.put('k', 'v'),
      'put of a bad value': () => db.put('k', 5 as never),
      'put with bad options': () => db.put('k', 'v', { sync: 5 } as never),
      delete: () => db.delete('other'),
      batch: () => db.batch([{ type: 'put', key: 'k', value: 'v' }]),
      'empty batch': () => db.batch([]),
      'empty writeBatch': () => db.writeBatch().commit(),
      'empty deleteRange': () => db.deleteRange({ gte: 'z', lt: 'a' }),
      sync: () => db.sync(),
      flush: () => db.flush(),
      clear: () => json.clear(),
      'compact of nothing': () => db.compact({ gte: 'z', lt: 'a' }),
      approximateSize: () => db.approximateSize({}),
      resumeCompaction: () => db.resumeCompaction(),
      pauseCompaction: () => json.pauseCompaction(),
      'iterator next': () => db.entries({ limit: 0 }).next(5),
      'iterator all': () => db.entries().all(),
    }
    const starving: string[] = []
    for (const [name, call] of Object.entries(calls)) {
      let ticks = 0
      const timer = setInterval(() => ticks++, 20)
      // Long enough for a machine that does something else meanwhile; only calls that starve the loop take as long.
      const end = performance.now() + 3000
      while (ticks < 2 && performance.now() < end) {
        const promise = call()
        expect(promise).toBeInstanceOf(Promise)
        await promise.catch((error) => expect(error).toBeInstanceOf(BurrowError))
      }
      clearInterval(timer)
      if (ticks < 2) starving.push(name)
    }
    expect(starving).toEqual([])
    snapshot.close()
    await json.close()
  })

  it('listeners may throw, reject, and close the database', async () => {
    const own = await Database.open(':memory:')
    const errors: unknown[] = []
    const onWarning = (warning: Error) => errors.push(warning.name)
    process.on('warning', onWarning)
    own.on('flush', () => {
      throw new Error('mine')
    })
    own.on('flush', () => Promise.reject(new Error('mine too')) as never)
    const closing = new Promise<void>((resolve) => {
      own.on('flush', ({ phase }) => {
        if (phase === 'end') resolve(own.close())
      })
    })
    own.putSync('k', 'v')
    await own.flush()
    await closing
    await sleep(20)
    process.off('warning', onWarning)
    expect(errors).toEqual(['BurrowListenerWarning', 'BurrowListenerWarning'])
    expect(own.status).toBe('closed')
    expect(() => own.getSync('k')).toThrow(failing('BURROW_CLOSED'))
  })
})

describe('on disk', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-misuse-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('close with 1,000 operations of every kind in flight finishes what was begun', async () => {
    const db = await Database.open(folder, { memtableSize: 64 * 1024, blockCacheSize: 0 })
    for (let i = 0; i < 2000; i++) db.putSync(`old${i}`, 'v'.repeat(100), { sync: false })
    await db.flush()
    const operations: Promise<unknown>[] = []
    const iterators: Promise<unknown>[] = []
    for (let i = 0; i < 1000; i++) {
      switch (i % 8) {
        case 0:
          operations.push(db.get(`old${i}`).then((value) => expect(value?.length).toBe(100)))
          break
        case 1:
          operations.push(db.put(`new${i}`, 'v'))
          break
        case 2:
          operations.push(
            db.getMany([`old${i}`, 'none']).then((values) => expect(values[0]?.length).toBe(100)),
          )
          break
        case 3:
          operations.push(db.batch([{ type: 'put', key: `new${i}`, value: 'v' }], { sync: true }))
          break
        case 4:
          operations.push(db.has(`old${i}`).then((found) => expect(found).toBe(true)))
          break
        case 5:
          operations.push(db.delete(`old${i}`))
          break
        case 6:
          iterators.push(db.entries({ prefix: 'old' }).next(50))
          break
        case 7:
          operations.push(i % 16 === 7 ? db.sync() : db.put(`new${i}`, 'v', { sync: false }))
          break
      }
    }
    const flushing = db.flush()
    const compacting = db.compact()
    const closing = db.close()
    await Promise.all(operations)
    for (const outcome of await Promise.allSettled([...iterators, flushing, compacting])) {
      if (outcome.status === 'rejected') expect(outcome.reason).toEqual(failing('BURROW_CLOSED'))
    }
    await closing
    const again = await Database.open(folder)
    expect(again.recovery.clean).toBe(true)
    expect((await again.keys({ prefix: 'new' }).all()).length).toBe(312)
    expect(again.hasSync('old5')).toBe(false)
    await again.close()
  })

  it('a directory that is deleted gives I/O errors, never a crash, and close ends', async () => {
    const path = join(folder, 'db')
    const db = await Database.open(path, { memtableSize: 16 * 1024 })
    for (let i = 0; i < 500; i++) db.putSync(`k${i}`, 'v'.repeat(100), { sync: false })
    await db.flush()
    rmSync(path, { recursive: true })
    const codes = new Set<string>()
    for (let i = 0; i < 2000; i++) {
      await db
        .put(`n${i}`, 'v'.repeat(100), { sync: false })
        .catch((error: BurrowError) => codes.add(error.code))
    }
    expect(
      [...codes].every((code) => ['BURROW_IO', 'BURROW_READ_ONLY'].includes(code)),
      [...codes].join(),
    ).toBe(true)
    expect(codes.size).toBeGreaterThan(0)
    await db.flush().catch((error) => expect(error).toBeInstanceOf(BurrowError))
    await db.compact().catch((error) => expect(error).toBeInstanceOf(BurrowError))
    expect(() => db.getSync('k7')).toThrow(failing('BURROW_IO'))
    expect(db.health().status).not.toBe('healthy')
    db.stats()
    await db.close()
    expect(await Database.exists(path)).toBe(false)
  })

  it('iterators that nobody closed are let go of by garbage collection', async () => {
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const db = await Database.open(folder, { maxOpenIterators: 50 })
    for (let i = 0; i < 100; i++) db.putSync(`k${i}`, 'v', { sync: false })
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 50; i++) db.entries().nextSync(2)
      expect(() => db.entries()).toThrow(failing('BURROW_BUSY'))
      for (let i = 0; i < 50 && db.stats().iterators.live > 0; i++) {
        collect()
        await sleep(10)
      }
      expect(db.stats().iterators.live).toBe(0)
    }
    await db.close()
  })
})
