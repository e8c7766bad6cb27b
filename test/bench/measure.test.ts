import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Latencies } from '../../lib/bench/measure/latencies.ts'
import { bytesWritten, peakRss, untilIdle } from '../../lib/bench/measure/process.ts'
import { percentile, spread } from '../../lib/bench/measure/statistics.ts'

it('a percentile is the least value that enough others do not exceed', () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(numbers, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, part) => {
      const sorted = [...values].sort((a, b) => a - b)
      const found = percentile(sorted, part)
      const atMost = (limit: number) => values.filter((value) => value <= limit).length
      expect(atMost(found)).toBeGreaterThanOrEqual(part * values.length - 1e-9)
      const smaller = sorted.filter((value) => value < found).at(-1)
      if (smaller !== undefined) expect(atMost(smaller)).toBeLessThan(part * values.length + 1e-9)
    }),
  )
})

it('a spread has the median of an even number between the two in the middle', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
  expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 })
  expect(spread([7])).toEqual({ median: 7, min: 7, max: 7 })
})

it('latencies grow with what is timed', () => {
  const latencies = new Latencies()
  expect(latencies.summarize()).toBeUndefined()
  const now = performance.now()
  for (let i = 1; i <= 5000; i++) latencies.since(now - i)
  const { max, p50, p99, p999, samples } = latencies.summarize()!
  expect(samples).toBe(5000)
  expect(p50).toBeGreaterThanOrEqual(2500e6)
  expect(p99).toBeGreaterThanOrEqual(4950e6)
  expect(p999).toBeGreaterThanOrEqual(4995e6)
  expect(max).toBeGreaterThanOrEqual(5000e6)
})

it('a process knows its memory and its writes', async () => {
  expect(peakRss()).toBeGreaterThan(10e6)
  expect(bytesWritten()).toBeGreaterThanOrEqual(0)
  expect(await untilIdle()).toBeGreaterThanOrEqual(0)
})
