import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { keyOf, makeValues, Random } from '../../lib/bench/data.ts'
import { ycsbKey } from '../../lib/bench/workloads/ycsb.ts'
import { scramble, Zipfian, zeta } from '../../lib/bench/zipfian.ts'
import { testSeed } from '../model/random.ts'

const seed = testSeed()

describe(`Zipf-distributed numbers, BURROW_TEST_SEED=${seed}`, () => {
  it('come as often as the distribution says', () => {
    const n = 1000
    const draws = 200_000
    const zipfian = new Zipfian(n, new Random(seed))
    const counts = new Uint32Array(n)
    for (let i = 0; i < draws; i++) {
      const number = zipfian.next()
      if (!Number.isInteger(number) || number < 0 || number >= n) throw new Error(`drew ${number}`)
      counts[number]!++
    }
    const sum = zeta(n, 0.99)
    const share = (from: number, to: number) => counts.subarray(from, to).reduce((a, b) => a + b, 0) / draws
    const wanted = (from: number, to: number) => {
      let part = 0
      for (let i = from; i < to; i++) part += 1 / (i + 1) ** 0.99 / sum
      return part
    }
    // The first two are exact. Behind them the method is an approximation, as good as 2 % over a range.
    for (const [from, to] of [
      [0, 1],
      [1, 2],
    ] as const)
      expect(Math.abs(share(from, to) - wanted(from, to))).toBeLessThan(0.01)
    for (const [from, to] of [
      [2, 10],
      [10, 100],
      [100, 1000],
    ] as const)
      expect(Math.abs(share(from, to) - wanted(from, to))).toBeLessThan(0.02)
  })

  it('stay in ranges of a few', () => {
    for (const n of [1, 2, 3]) {
      const zipfian = new Zipfian(n, new Random(seed))
      const seen = new Set(Array.from({ length: 1000 }, () => zipfian.next()))
      expect([...seen].sort()).toEqual(Array.from({ length: n }, (_, i) => i))
    }
  })

  it('are scattered over the whole range', () => {
    const n = 1000
    const tenths = new Uint32Array(10)
    for (let i = 0; i < n; i++) tenths[Math.floor(scramble(i, n) / 100)]!++
    for (const count of tenths) expect(count).toBeGreaterThan(50)
  })
})

it('keys of YCSB differ, and inserts go to all parts', () => {
  const keys = Array.from({ length: 10_000 }, (_, i) => ycsbKey(i))
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.every((key) => key.length === 16)).toBe(true)
  const sorted = [...keys].sort()
  const places = keys.slice(-10).map((key) => sorted.indexOf(key))
  expect(Math.max(...places) - Math.min(...places)).toBeGreaterThan(1000)
})

it('values compress as they should and keys sort as their numbers', () => {
  const values = Buffer.concat(makeValues(100, 1000, 0.5, seed))
  const part = deflateRawSync(values).length / values.length
  // Random printable bytes take 6.6 bits of 8.
  expect(part).toBeGreaterThan(0.3)
  expect(part).toBeLessThan(0.6)
  expect(keyOf(41) < keyOf(42) && keyOf(42) < keyOf(42, true) && keyOf(42, true) < keyOf(43)).toBe(true)
})
