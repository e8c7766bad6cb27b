import { describe, expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { closing } from './closing.ts'

const KiB = 1024

/** 20 000 keys of users and 1000 of orders in tables, and newer writes to users 9000 to 9999. */
async function shop(): Promise<Database> {
  const db = closing(await Database.open(':memory:', { blockSize: KiB }))
  const pad = (i: number) => String(i).padStart(5, '0')
  for (let i = 0; i < 20_000; i++) db.putSync(`user:${pad(i)}`, 'v'.repeat(20), { sync: false })
  for (let i = 0; i < 1000; i++) db.putSync(`order/${pad(i)}/x`, 'v'.repeat(400), { sync: false })
  await db.compact()
  for (let i = 9000; i < 10_000; i++) db.putSync(`user:${pad(i)}`, 'w'.repeat(20), { sync: false })
  return db
}

describe('analyzeKeyDistribution', () => {
  test('is exact about the keys that a scan finds, where the database is small', async () => {
    const db = closing(await Database.open(':memory:'))
    for (const key of ['a', 'ab', 'abc', 'b:1', 'b:2', 'c']) db.putSync(key, '1')
    await db.flush()
    db.putSync('a', '2')
    db.deleteSync('c')
    db.putSync(Buffer.from([0xff, 1, 2, 3, 4, 5]), '3')
    expect(db.debug.analyzeKeyDistribution()).toEqual({
      exact: true,
      keys: 6,
      sampled: 9,
      records: 9,
      firstByte: [
        [0x61, 3],
        [0x62, 2],
        [0xff, 1],
      ],
      lengths: {
        ...{ min: 1, max: 6, mean: 3, p50: 3, p90: 6, p99: 6 },
        histogram: [
          [1, 1],
          [2, 1],
          [3, 3],
          [6, 1],
        ],
      },
      prefixes: [
        { prefix: 'b:', keys: 2, share: 2 / 6 },
        { prefix: 'a', keys: 1, share: 1 / 6 },
        { prefix: 'ab', keys: 1, share: 1 / 6 },
        { prefix: 'abc', keys: 1, share: 1 / 6 },
        { prefix: Buffer.from([0xff, 1, 2, 3]), keys: 1, share: 1 / 6 },
      ],
      hotRanges: expect.any(Array),
    })
    const empty = closing(await Database.open(':memory:'))
    expect(empty.debug.analyzeKeyDistribution()).toMatchObject({
      ...{ exact: true, keys: 0, lengths: null, firstByte: [], prefixes: [], hotRanges: [] },
    })
  })

  test('estimates from a sample where it is large', async () => {
    const db = await shop()
    const found = db.debug.analyzeKeyDistribution({ sample: 1000 })
    expect(found).toMatchObject({ exact: false, records: 22_000 })
    expect(found.sampled).toBeGreaterThan(500)
    expect(found.sampled).toBeLessThan(3000)
    expect(found.keys).toBeGreaterThan(21_000)
    expect(found.keys).toBeLessThan(23_000)
    const [users, orders] = found.prefixes
    expect([users?.prefix, orders?.prefix]).toEqual(['user:', 'order/'])
    expect(users!.share).toBeGreaterThan(0.9)
    expect(found.lengths).toMatchObject({ min: 10, max: 13, p50: 10 })
  })

  test('finds where new writes go', async () => {
    const db = await shop()
    for (const options of [{}, { sample: 1000 }]) {
      const { hotRanges } = db.debug.analyzeKeyDistribution(options)
      expect(hotRanges.length).toBeLessThanOrEqual(3)
      const shares = hotRanges.map(({ share }) => share)
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1)
      expect(shares).toEqual([...shares].sort((a, b) => b - a))
      const [hottest] = hotRanges
      expect(hottest!.share).toBeGreaterThan(0.4)
      expect((hottest!.to as string) >= 'user:09000' && (hottest!.from as string) <= 'user:10000').toBe(true)
    }
  })

  test('refuses a sample of nothing, or of too much', async () => {
    const db = closing(await Database.open(':memory:'))
    for (const sample of [0, 1.5, 1e9]) {
      expect(() => db.debug.analyzeKeyDistribution({ sample })).toThrow(
        expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' }),
      )
    }
  })

  test('hides keys', async () => {
    const db = await shop()
    const text = JSON.stringify(db.debug.analyzeKeyDistribution({ redact: true }))
    expect(text).toContain('<10 bytes>')
    expect(text).not.toMatch(/user|order/)
  })
})

describe('prefixShares', () => {
  test('tells what each prefix takes', async () => {
    const db = await shop()
    const { exact, prefixes } = db.debug.prefixShares()
    expect(exact).toBe(true)
    expect(prefixes).toMatchObject([
      { prefix: 'user:', records: 21_000, bytes: 21_000 * 30 },
      { prefix: 'order/', records: 1000, bytes: 1000 * 413 },
    ])
    expect(prefixes[0]!.share + prefixes[1]!.share).toBeCloseTo(1)
    const tables = db.levels().flatMap(({ files }) => files)
    const inTables = tables.reduce((sum, { bytes }) => sum + bytes, 0)
    const [users, orders] = prefixes.map(({ tableBytes }) => tableBytes) as [number, number]
    expect(users).toBeGreaterThan(orders)
    expect(users + orders).toBeLessThanOrEqual(inTables * 1.1)
  })

  test('takes prefixes, or a length', async () => {
    const db = await shop()
    const given = db.debug.prefixShares({ prefixes: ['user:0', 'nothing', ''] })
    expect(given.prefixes).toMatchObject([
      { prefix: 'user:0', records: 11_000 },
      { prefix: 'nothing', records: 0, bytes: 0, share: 0, tableBytes: 0 },
      { prefix: '', records: 22_000, share: 1 },
    ])
    const byLength = db.debug.prefixShares({ prefixLength: 7, limit: 2 })
    expect(byLength.prefixes.map(({ prefix }) => prefix)).toEqual(['order/0', 'user:09'])
    const invalid = expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' })
    expect(() => db.debug.prefixShares({ prefixes: ['a'], prefixLength: 1 })).toThrow(invalid)
    expect(() => db.debug.prefixShares({ prefixes: 'a' as never })).toThrow(invalid)
    const estimated = db.debug.prefixShares({ sample: 500 })
    expect(estimated.exact).toBe(false)
    expect(estimated.prefixes[0]!.records).toBeGreaterThan(19_000)
  })
})
