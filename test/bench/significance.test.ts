import fc from 'fast-check'
import { expect, it } from 'vitest'
import { holm, rankSumTest } from '../../lib/bench/measure/significance.ts'
import { medianInterval, relativeNoise } from '../../lib/bench/measure/statistics.ts'
import { judge } from '../../lib/bench/two-options.ts'

it('the rank-sum test gives known values', () => {
  expect(rankSumTest([1, 2, 3], [4, 5, 6])).toBeCloseTo(2 / 20, 12)
  expect(rankSumTest([6, 7, 8, 9, 10], [1, 2, 3, 4, 5])).toBeCloseTo(2 / 252, 12)
  expect(rankSumTest([1, 3, 5], [2, 4, 6])).toBeCloseTo(0.7, 12)
  // Hollander and Wolfe 1973, permeability constants: W = 35 of 10 and 5, two-sided p = 0.2544.
  const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
  expect(rankSumTest(term, [1.15, 0.88, 0.9, 0.74, 1.21])).toBeCloseTo(0.2544, 4)
  // The tables have 13 as the critical value of U for twice eight values at 0.05.
  const [low, high] = [
    [1, 2, 3, 4, 5, 6, 13, 15],
    [7, 8, 9, 10, 11, 12, 14, 16],
  ]
  expect(uOf(low!, high!)).toBe(13)
  expect(rankSumTest(low!, high!)).toBeLessThan(0.05)
  const more = low!.map((value) => (value === 15 ? 16 : value))
  const less = high!.map((value) => (value === 16 ? 15 : value))
  expect(uOf(more, less)).toBe(14)
  expect(rankSumTest(more, less)).toBeGreaterThan(0.05)
  expect(rankSumTest([], [1])).toBe(1)
  expect(rankSumTest([1, 1, 1], [1, 1, 1])).toBe(1)
})

/** Pairs in which the first is the greater one. */
function uOf(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x) => sum + b.filter((y) => x > y).length, 0)
}

it('and what counting all divisions gives, also with equal values', () => {
  const few = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(few, few, (a, b) => {
      expect(rankSumTest(a, b)).toBeCloseTo(byCounting(a, b), 10)
      expect(rankSumTest(a, b)).toBeCloseTo(rankSumTest(b, a), 10)
    }),
  )
})

function byCounting(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b]
  const rank = (value: number) =>
    all.filter((other) => other < value).length + (all.filter((other) => other === value).length + 1) / 2
  const expected = (a.length * (all.length + 1)) / 2
  const off = (chosen: readonly number[]) =>
    Math.abs(chosen.reduce((sum, value) => sum + rank(value), 0) - expected) + 1e-9
  const observed = off(a)
  let [total, extreme] = [0, 0]
  for (let bits = 0; bits < 2 ** all.length; bits++) {
    const chosen = all.filter((_, i) => (bits >> i) & 1)
    if (chosen.length !== a.length) continue
    total++
    if (off(chosen) + 1e-9 >= observed) extreme++
  }
  return extreme / total
}

it('p-values are corrected for their number', () => {
  expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06])
  expect(holm([0.5, 0.001, 0.9])).toEqual([1, 0.003, 1])
  expect(holm([])).toEqual([])
})

it('the interval of a median has it, and shrinks with the spread and the number of values', () => {
  expect(medianInterval([7])).toEqual({ median: 7, low: 7, high: 7 })
  expect(medianInterval([10, 20, 30])).toEqual({ median: 20, low: 10, high: 30 })
  const wide = medianInterval([80, 90, 100, 110, 120])
  expect(wide).toEqual(medianInterval([120, 80, 110, 90, 100].sort((x, y) => x - y)))
  expect(wide.low).toBeLessThan(100)
  expect(wide.high).toBeGreaterThan(100)
  const many = Array.from({ length: 50 }, (_, i) => [80, 90, 100, 110, 120][i % 5]!)
  expect(relativeNoise(medianInterval(many))).toBeLessThan(relativeNoise(wide))
  expect(relativeNoise({ median: 100, low: 90, high: 120 })).toBeCloseTo(0.15, 12)
})

it('of two sides one is faster where all runs say so', () => {
  const row = (name: string, ...speeds: number[]) =>
    speeds.map((ops) => ({ workload: name, row: name, ops, bytes: 0, seconds: 1 }))
  const verdicts = judge({
    a: [...row('fill', 100, 101, 102, 103, 104), ...row('read', 50, 60, 70, 80, 90), ...row('only a', 1)],
    b: [...row('fill', 120, 121, 122, 123, 124), ...row('read', 55, 65, 75, 85, 95)],
  })
  expect(verdicts.map(({ row, winner }) => [row, winner])).toEqual([
    ['fill', 'b'],
    ['read', null],
  ])
  expect(verdicts[0]).toMatchObject({ a: { median: 102 }, b: { median: 122 } })
  expect(verdicts[0]!.ratio).toBeCloseTo(1.196, 3)
  expect(verdicts[0]!.p).toBeCloseTo((2 * 2) / 252, 12)
})
