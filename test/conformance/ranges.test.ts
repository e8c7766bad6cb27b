import { describe, expect, it } from 'vitest'
import { Database, type ScanOptions } from '../../lib/index.ts'

/** Keys that are neighbours in every awkward way. */
const keys = [
  '00',
  '0000',
  '00ff',
  '01',
  '61',
  '6100',
  '6161',
  '61ff',
  '61ffff',
  '62',
  'fe',
  'fe00',
  'ff',
  'ff00',
  'ffff',
  'ffff01',
  'ffffff',
]
const bounds = [undefined, '', '00', '0001', '61', '6161', '61ff', '6200', 'ff', 'ffff', 'ffffffff']
const hex = (text: string) => Buffer.from(text, 'hex')

function model(stored: readonly string[], range: Record<string, unknown>): string[] {
  const bound = (name: string) =>
    range[name] === undefined ? undefined : (range[name] as Buffer).toString('hex')
  const [gt, gte, lt, lte, prefix] = ['gt', 'gte', 'lt', 'lte', 'prefix'].map(bound)
  const found = stored.filter(
    (key) =>
      (gt === undefined || key > gt) &&
      (gte === undefined || key >= gte) &&
      (lt === undefined || key < lt) &&
      (lte === undefined || key <= lte) &&
      (prefix === undefined || key.startsWith(prefix)),
  )
  if (range['reverse'] === true) found.reverse()
  return found.slice(0, (range['limit'] as number | undefined) ?? found.length)
}

describe.each(['in memtables', 'in tables', 'in both'])('ranges over records %s', (place) => {
  it('select what a sorted list would', async () => {
    const db = await Database.open(':memory:', { keyEncoding: 'buffer', syncWrites: false })
    for (const [index, key] of keys.entries()) {
      db.putSync(hex(key), key)
      if (place === 'in both' && index === 8) await db.flush()
    }
    if (place === 'in tables') await db.flush()
    let checked = 0
    const check = (range: Record<string, unknown>) => {
      const found = db.keys(range as ScanOptions).nextSync(100)
      expect(
        found.map((key) => key.toString('hex')),
        JSON.stringify(range),
      ).toEqual(model(keys, range))
      checked++
    }
    const bytes = bounds.map((bound) => (bound === undefined ? undefined : hex(bound)))
    for (const reverse of [false, true]) {
      for (const a of bytes) {
        for (const b of bytes) {
          for (const [low, high] of [
            ['gt', 'lt'],
            ['gt', 'lte'],
            ['gte', 'lt'],
            ['gte', 'lte'],
            ['gt', 'gte'],
            ['lt', 'lte'],
            ['prefix', 'gt'],
            ['prefix', 'gte'],
            ['prefix', 'lt'],
            ['prefix', 'lte'],
          ] as const) {
            for (const limit of [undefined, 0, 2]) check({ [low]: a, [high]: b, reverse, limit })
          }
        }
      }
    }
    let state = 4711
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return (state >>> 8) % below
    }
    for (let i = 0; i < 3000; i++) {
      const range: Record<string, unknown> = { reverse: random(2) === 1 }
      for (const name of ['gt', 'gte', 'lt', 'lte', 'prefix']) range[name] = bytes[random(bytes.length)]
      check(range)
    }
    expect(checked).toBe(2 * 11 * 11 * 10 * 3 + 3000)
    await db.close()
  })

  it('seek to the first record at or behind a key, within the range', async () => {
    const db = await Database.open(':memory:', { keyEncoding: 'buffer', syncWrites: false })
    for (const [index, key] of keys.entries()) {
      db.putSync(hex(key), key)
      if (place === 'in both' && index === 8) await db.flush()
    }
    if (place === 'in tables') await db.flush()
    for (const reverse of [false, true]) {
      for (const gte of [undefined, '0001', '61']) {
        for (const lt of [undefined, '61ff', 'ffff']) {
          for (const target of bounds) {
            if (target === undefined) continue
            for (const before of [0, 1, 3, 100]) {
              const range = {
                ...(gte === undefined ? {} : { gte: hex(gte) }),
                ...(lt === undefined ? {} : { lt: hex(lt) }),
                reverse,
              }
              const it = db.keys(range)
              it.nextSync(before)
              it.seek(hex(target))
              const expected = model(keys, range).filter((key) => (reverse ? key <= target : key >= target))
              const found = before === 1 ? await it.next(100) : it.nextSync(100)
              expect(
                found.map((key) => key.toString('hex')),
                `${JSON.stringify(range)} seek ${target} after ${before}`,
              ).toEqual(expected)
              await it.close()
            }
          }
        }
      }
    }
    await db.close()
  })

  it('delete what they select', async () => {
    for (const gte of bounds) {
      for (const lt of bounds) {
        for (const high of ['lt', 'lte'] as const) {
          if (gte === undefined && lt === undefined) continue
          const db = await Database.open(':memory:', {
            keyEncoding: 'buffer',
            syncWrites: false,
            blockCacheSize: 1 << 20,
          })
          db.batchSync(keys.map((key) => ({ type: 'put', key: hex(key), value: key })))
          if (place !== 'in memtables') await db.flush()
          const range = {
            ...(gte === undefined ? {} : { gte: hex(gte) }),
            ...(lt === undefined ? {} : { [high]: hex(lt) }),
          }
          await db.deleteRange(range)
          if (place === 'in both') await db.compact()
          const gone = model(keys, range)
          expect(
            (await db.keys().all()).map((key) => key.toString('hex')),
            JSON.stringify({ gte, lt, high }),
          ).toEqual(keys.filter((key) => !gone.includes(key)))
          for (const key of keys) expect(db.hasSync(hex(key))).toBe(!gone.includes(key))
          await db.close()
        }
      }
    }
  })
})

describe('text', () => {
  it('has prefixes, under utf8 and json', async () => {
    const db = await Database.open(':memory:')
    for (const key of ['a', 'aa', 'ab', 'b', 'ä', 'äb', '\u{10ffff}', '\u{10ffff}x']) db.putSync(key, key)
    expect(db.keys({ prefix: 'a' }).nextSync(9)).toEqual(['a', 'aa', 'ab'])
    expect(db.keys({ prefix: 'ä', reverse: true }).nextSync(9)).toEqual(['äb', 'ä'])
    expect(db.keys({ prefix: '\u{10ffff}' }).nextSync(9)).toEqual(['\u{10ffff}', '\u{10ffff}x'])
    expect(db.keys({ prefix: 'a', limit: 1 }).nextSync(9)).toEqual(['a'])
    expect(db.keys({ prefix: '' }).nextSync(99).length).toBe(8)
    expect(db.keys({ limit: Number.POSITIVE_INFINITY }).nextSync(99).length).toBe(8)
    await db.close()
  })
})

function firstOf<T>(values: Iterable<T>): T | undefined {
  for (const value of values) return value
  return undefined
}

describe('iterators', () => {
  async function filled(): Promise<Database> {
    const db = await Database.open(':memory:')
    for (let i = 0; i < 500; i++) db.putSync(`k${String(i).padStart(3, '0')}`, `v${i}`)
    return db
  }

  it('give [] at the end as often as asked, also later', async () => {
    const db = await filled()
    const it = db.entries({ gte: 'k498' })
    expect(await it.next(10)).toEqual([
      ['k498', 'v498'],
      ['k499', 'v499'],
    ])
    for (let i = 0; i < 3; i++) expect(await it.next(10)).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await it.next()).toEqual([])
    expect(it.nextSync(3)).toEqual([])
    expect(await it.all()).toEqual([])
    expect(db.stats().iterators.live).toBe(0)
    expect(db.keys().nextSync(0)).toEqual([])
    expect(db.keys().nextSync()).toEqual(['k000'])
    await db.close()
  })

  it('are over after a loop, however it ends', async () => {
    const db = await filled()
    const loops: ((it: ReturnType<typeof db.keys>) => unknown)[] = [
      (it) => [...it],
      (it) => {
        for (const _ of it) break
      },
      (it) => {
        try {
          for (const _ of it) throw new Error('mine')
        } catch {}
      },
      (it) => firstOf(it),
      async (it) => {
        for await (const _ of it) break
      },
      async (it) => {
        for await (const _ of it) {
        }
      },
      async (it) => {
        const iterator = it[Symbol.asyncIterator]()
        await iterator.next()
        await iterator.return?.()
      },
      (it) => {
        const [first, second] = it
        return [first, second]
      },
      (it) => it[Symbol.dispose](),
      (it) => it.close(),
      (it) => it.all(),
    ]
    for (const loop of loops) {
      const it = db.keys()
      await loop(it)
      expect(db.stats().iterators.live, String(loop)).toBe(0)
      await expect(it.next()).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
      expect(() => it.nextSync()).toThrow(expect.objectContaining({ code: 'BURROW_CLOSED' }))
      expect(() => [...it]).toThrow(expect.objectContaining({ code: 'BURROW_CLOSED' }))
      expect(() => it.seek('k')).toThrow(expect.objectContaining({ code: 'BURROW_CLOSED' }))
      await expect(it.all()).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
      await it.close()
      it[Symbol.dispose]()
    }
    await db.close()
  })

  it('see their moment, while everything under them is written, deleted and compacted', async () => {
    const db = await filled()
    const [sync, later] = [db.entries(), db.entries({ reverse: true })]
    const expected = Array.from({ length: 500 }, (_, i) => [`k${String(i).padStart(3, '0')}`, `v${i}`])
    const seen: unknown[] = []
    for (const entry of sync) {
      if (seen.push(entry) === 3) {
        await db.clear()
        for (let i = 0; i < 500; i += 2) await db.put(`k${i}x`, 'new', { sync: false })
        await db.compact()
      }
    }
    expect(seen).toEqual(expected)
    const reversed: unknown[] = []
    for await (const entry of later) reversed.push(entry)
    expect(reversed).toEqual([...expected].reverse())
    await db.close()
  })
})
