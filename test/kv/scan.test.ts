import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Database, type ScanOptions } from '../../lib/index.ts'

const bad = (code: string) => expect.objectContaining({ name: 'BurrowError', code })

let db: Database
beforeEach(async () => {
  db = await Database.open(':memory:', { memtableSize: 8192, maxOpenIterators: 20 })
})
afterEach(() => db.close())

const name = (i: number) => `k${String(i).padStart(4, '0')}`
function fill(count: number): [string, string][] {
  const all: [string, string][] = []
  for (let i = 0; i < count; i++) {
    const entry: [string, string] = [
      name(i),
      i % 10 === 3 ? `ümlaut ${i}` : `value ${i} ${'x'.repeat(i % 40)}`,
    ]
    db.putSync(...entry)
    all.push(entry)
  }
  return all
}

describe('ranges', () => {
  it('mean what they say, forwards and backwards, sync and async', async () => {
    const all = fill(300)
    const ranges: ScanOptions[] = [
      {},
      { gte: name(10) },
      { gt: name(10) },
      { lt: name(10) },
      { lte: name(10) },
      { gt: name(10), gte: name(10) },
      { gt: name(9), gte: name(10), lt: name(20), lte: name(25) },
      { gte: name(20), lt: name(10) },
      { gte: name(10), lt: name(10) },
      { gte: name(10), lte: name(10) },
      { prefix: 'k001' },
      { prefix: 'k001', gt: name(12), lte: name(15) },
      { prefix: 'x' },
      { prefix: '' },
      { gte: '' },
      { lt: '' },
      { gte: 'zzz' },
      { limit: 7 },
      { limit: 0 },
      { limit: Number.POSITIVE_INFINITY },
      { prefix: 'k02', limit: 150 },
    ]
    const matches = (range: ScanOptions, key: string) =>
      (range.gt === undefined || key > (range.gt as string)) &&
      (range.gte === undefined || key >= (range.gte as string)) &&
      (range.lt === undefined || key < (range.lt as string)) &&
      (range.lte === undefined || key <= (range.lte as string)) &&
      (range.prefix === undefined || key.startsWith(range.prefix as string))
    for (const base of ranges) {
      for (const reverse of [false, true]) {
        const range = { ...base, reverse }
        const expected = all.filter(([key]) => matches(base, key))
        if (reverse) expected.reverse()
        expected.length = Math.min(expected.length, base.limit ?? 1000)
        expect([...db.entries(range)], JSON.stringify(range)).toEqual(expected)
        const later = []
        for await (const entry of db.entries(range)) later.push(entry)
        expect(later).toEqual(expected)
        expect(await db.keys(range).all()).toEqual(expected.map(([key]) => key))
        expect(db.values(range).nextSync(1000)).toEqual(expected.map(([, value]) => value))
      }
    }
  })

  it('of bytes', async () => {
    for (const bytes of [[0], [0, 0], [0xff], [0xff, 0xff], [0xff, 0xff, 0], [1, 0xff], [2]]) {
      db.putSync(Uint8Array.from(bytes), Buffer.from(bytes))
    }
    const hex = (range: ScanOptions) =>
      [...db.keys({ ...range, keyEncoding: 'buffer' })].map((key) => (key as Buffer).toString('hex'))
    expect(hex({ prefix: Buffer.of(0xff) })).toEqual(['ff', 'ffff', 'ffff00'])
    expect(hex({ prefix: Buffer.of(1, 0xff) })).toEqual(['01ff'])
    expect(hex({ gt: Buffer.of(0) })).toEqual(['0000', '01ff', '02', 'ff', 'ffff', 'ffff00'])
    expect(hex({ lte: Buffer.of(0) })).toEqual(['00'])
    expect(hex({ gt: Buffer.of(0xff, 0xff) })).toEqual(['ffff00'])
    await db.deleteRange({ prefix: Buffer.of(0xff) })
    expect(hex({})).toEqual(['00', '0000', '01ff', '02'])
    await db.deleteRange({ gt: Buffer.of(0) })
    expect(hex({})).toEqual(['00'])
  })
})

describe('iterators', () => {
  it('give batches, seek, and end with []', async () => {
    const all = fill(500)
    const iterator = db.entries()
    expect(await iterator.next(3)).toEqual(all.slice(0, 3))
    expect(iterator.nextSync(300)).toEqual(all.slice(3, 303))
    expect(await iterator.next()).toEqual(all.slice(303, 304))
    iterator.seek(name(100))
    expect(iterator.nextSync(2)).toEqual(all.slice(100, 102))
    expect(iterator.nextSync(0)).toEqual([])
    iterator.seek(name(499))
    expect(await iterator.next(5)).toEqual(all.slice(499))
    iterator.seek(name(7))
    expect(await iterator.next(1)).toEqual(all.slice(7, 8))
    iterator.seek('')
    expect(iterator.nextSync(2)).toEqual(all.slice(0, 2))
    const backwards = db.keys({ reverse: true })
    backwards.seek('')
    expect(backwards.nextSync(2)).toEqual([])
    backwards.seek(name(3))
    expect(backwards.nextSync(2)).toEqual([name(3), name(2)])
    await backwards.close()
    iterator.seek('zzz')
    expect(await iterator.next(5)).toEqual([])
    expect(iterator.nextSync(5)).toEqual([])
    iterator.seek(name(8))
    expect(iterator.nextSync(1)).toEqual(all.slice(8, 9))
    iterator.seek('zzz')
    expect(iterator.nextSync(1)).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(() => iterator.seek('a')).toThrow(bad('BURROW_CLOSED'))
    expect(iterator.nextSync(1)).toEqual([])
    await iterator.close()
    await iterator.close()
    expect(() => iterator.nextSync()).toThrow(bad('BURROW_CLOSED'))
    await expect(iterator.next()).rejects.toThrow(bad('BURROW_CLOSED'))
    expect(() => iterator.seek('a')).toThrow(bad('BURROW_CLOSED'))
  })

  it('refuse a second call before the first has resolved', async () => {
    fill(500)
    const iterator = db.entries()
    const first = iterator.next(200)
    await expect(iterator.next(5)).rejects.toThrow(bad('BURROW_BUSY'))
    expect((await first).length).toBe(200)
    const second = iterator.next(200)
    await iterator.close()
    await expect(second).rejects.toThrow(bad('BURROW_CLOSED'))
  })

  it('let go of their view when a loop is left, and count until then', async () => {
    fill(100)
    for (let i = 0; i < 50; i++) {
      for (const _ of db.keys()) break
      for await (const _ of db.keys()) break
      {
        using scoped = db.keys()
        scoped.nextSync(1)
      }
      const caught = () => {
        for (const _ of db.keys()) throw new Error('mine')
      }
      expect(caught).toThrow('mine')
      await db.keys().all()
      const iterator = db.keys()
      while (iterator.nextSync(30).length > 0) {}
      db.keys().nextSync(1000)
    }
    expect(db.stats().iterators.live).toBe(0)
  })

  it('are bounded: one too many is BURROW_BUSY', async () => {
    const open = Array.from({ length: 20 }, () => db.keys())
    expect(() => db.keys()).toThrow(bad('BURROW_BUSY'))
    expect(db.stats().iterators.live).toBe(20)
    await open[0]!.close()
    open[0] = db.keys()
    for (const iterator of open) await iterator.close()
    expect(db.stats().iterators.live).toBe(0)
  })

  it('show the moment of their call, whatever is written meanwhile', async () => {
    const all = fill(200)
    const iterator = db.entries()
    for (let i = 0; i < 2000; i++) db.putSync(name(i), 'changed')
    await db.deleteRange({ lt: name(100) })
    await db.flush()
    expect(await iterator.all()).toEqual(all)
    expect((await db.keys().all()).length).toBe(1900)
  })

  it('read records larger than a batch', async () => {
    const values = ['a'.repeat(100_000), 'ö'.repeat(60_000), 'c', 'd'.repeat(33_000)]
    for (const [i, value] of values.entries()) db.putSync(name(i), value)
    expect([...db.values()]).toEqual(values)
    expect(await db.values().all()).toEqual(values)
    const bytes = [...db.values({ valueEncoding: 'buffer' })]
    expect(bytes.map((value) => value.toString())).toEqual(values)
  })

  it('hand out buffers that stay', async () => {
    const all = fill(300)
    const kept = [...db.entries({ keyEncoding: 'buffer', valueEncoding: 'buffer' })]
    for (let i = 0; i < 300; i++) db.putSync(name(i), 'y'.repeat(30))
    for (const _ of db.entries()) {
      // Uses the scan buffers again.
    }
    expect(kept.map(([key, value]) => [key.toString(), value.toString()])).toEqual(all)
    expect((await db.entries({ valueEncoding: 'buffer' }).next(1))[0]).toEqual([
      name(0),
      Buffer.from('y'.repeat(30)),
    ])
  })
})

describe('snapshots', () => {
  it('do not change', async () => {
    const all = fill(200)
    using snapshot = db.snapshot()
    for (let i = 0; i < 1000; i++) db.putSync(name(i), 'new')
    await db.delete(name(5))
    await db.flush()
    await db.compact()
    expect(snapshot.getSync(name(5))).toBe(all[5]![1])
    expect(await snapshot.get(name(150))).toBe(all[150]![1])
    expect(snapshot.getSync(name(900))).toBe(undefined)
    expect(snapshot.hasSync(name(900))).toBe(false)
    expect(await snapshot.has(name(5))).toBe(true)
    expect(snapshot.getManySync([name(0), name(900), name(5)])).toEqual([all[0]![1], undefined, all[5]![1]])
    expect(await snapshot.getMany([name(900), name(0)])).toEqual([undefined, all[0]![1]])
    expect([...snapshot.entries()]).toEqual(all)
    expect(await snapshot.keys({ reverse: true, limit: 2 }).all()).toEqual([name(199), name(198)])
    expect(db.getSync(name(5), { snapshot })).toBe(all[5]![1])
    expect((await db.keys({ snapshot }).all()).length).toBe(200)
    expect(db.stats().snapshots.live).toBe(1)
    snapshot.close()
    expect(db.stats().snapshots.live).toBe(0)
    expect(() => snapshot.getSync('a')).toThrow(bad('BURROW_CLOSED'))
    await expect(snapshot.getMany(['a'])).rejects.toThrow(bad('BURROW_CLOSED'))
    expect(() => snapshot.keys()).toThrow(bad('BURROW_CLOSED'))
  })
})
