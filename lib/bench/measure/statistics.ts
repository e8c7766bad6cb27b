import { Random } from '../data.ts'

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { median, min: sorted[0]!, max: sorted[sorted.length - 1]! }
}

/** The smallest of the sorted values, not empty, that at least this part (0 to 1) of them does not exceed. */
export function percentile(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!
}

/** A median, and between which values it lies with 95 % confidence. */
export interface Interval {
  readonly median: number
  readonly low: number
  readonly high: number
}

const resamples = 2000

/**
 * The percentile bootstrap of the median: the values, not empty, are drawn again with replacement 2,000 times; the interval holds 95 %
 * of the medians. The same values give the same interval. Of fewer than five values it is about their least and greatest.
 */
export function medianInterval(values: readonly number[]): Interval {
  const random = new Random(values.length)
  const medians = Float64Array.from({ length: resamples }, () => {
    return spread(values.map(() => values[random.below(values.length)]!)).median
  }).sort()
  return { median: spread(values).median, low: percentile(medians, 0.025), high: percentile(medians, 0.975) }
}

/** How far the ends of the interval are from its median, as a part of that: half its width. */
export function relativeNoise({ high, low, median }: Interval): number {
  return median === 0 ? 0 : (high - low) / 2 / median
}
