/** Holds what a suite measured against the last run on a machine of the same kind, and against floors. */
import { type Interval, medianInterval, relativeNoise } from '../../lib/bench/measure/statistics.ts'
import type { Floors } from './floors.ts'
import { cellOf, type Past } from './history.ts'
import type { BenchmarkRuns, SuiteOutcome } from './suite.ts'

/** Changes up to this part do not count. */
export const tolerance = 0.05
/** Fewer runs tell nothing of their noise. */
export const fewestRuns = 3

/**
 * `REGRESSION` and `improved`: the 95 % interval of the median is more than 5 % away from that of the last run. `BELOW FLOOR`: the
 * whole interval is. `new`: there is nothing to compare with. `unsure`: too few runs.
 */
export type Verdict = 'REGRESSION' | 'BELOW FLOOR' | 'improved' | 'same' | 'new' | 'unsure'

export interface Judgement {
  readonly benchmark: string
  readonly runs: number
  /** Operations a second. */
  readonly speed: Interval
  readonly latency: BenchmarkRuns['latency']
  /** Against the last run: 0.1 is 10 % faster. */
  readonly change: number | undefined
  /** Half the widths of both intervals together, as a part of the speed. */
  readonly noise: number | undefined
  readonly before: Past | undefined
  readonly verdict: Verdict
  readonly passed: boolean
  /** Which floor it is below, and by how much. */
  readonly floor: string | undefined
}

export interface Circumstances {
  readonly suite: string
  readonly machine: string
  readonly history: readonly Past[]
  readonly floors: Floors
  /** A change for the worse is meant: it counts as passed, and what comes is compared with it. */
  readonly accept: boolean
}

export function judge({ benchmarks, conditions }: SuiteOutcome, circumstances: Circumstances): Judgement[] {
  const { accept, history, machine } = circumstances
  return benchmarks.map((one) => {
    const { benchmark, latency, opsPerSecond } = one
    const speed = medianInterval(opsPerSecond)
    // A run that failed is no standard: else a regression would be the new normal by being measured twice.
    const before = history.findLast(
      (past) =>
        past.passed &&
        past.benchmark === cellOf(benchmark) &&
        past.machine === cellOf(machine) &&
        past.conditions === cellOf(conditions),
    )
    const change = before === undefined ? undefined : speed.median / before.speed.median - 1
    const gap = before && gapBetween(speed, before.speed)
    const noise = before && Math.hypot(relativeNoise(speed), relativeNoise(before.speed))
    const floor = belowFloor(one, circumstances)
    const verdict = verdictOf(opsPerSecond.length, gap, floor)
    const failed = verdict === 'REGRESSION' || verdict === 'BELOW FLOOR'
    const runs = opsPerSecond.length
    return {
      benchmark,
      runs,
      speed,
      latency,
      change,
      noise,
      before,
      verdict,
      floor,
      passed: accept || !failed,
    }
  })
}

function verdictOf(runs: number, gap: number | undefined, floor: string | undefined): Verdict {
  if (runs < fewestRuns) return 'unsure'
  if (floor !== undefined) return 'BELOW FLOOR'
  if (gap === undefined) return 'new'
  if (Math.abs(gap) <= tolerance) return 'same'
  return gap < 0 ? 'REGRESSION' : 'improved'
}

/** What lies between the intervals, as a part of the speed before: below 0 when it is slower now, 0 when they overlap. */
function gapBetween(now: Interval, before: Interval): number {
  const faster = Math.max(0, now.low - before.high)
  const slower = Math.max(0, before.low - now.high)
  return (faster - slower) / before.median
}

/** Says which floor even the upper end of the interval is below. */
function belowFloor(one: BenchmarkRuns, { floors, machine, suite }: Circumstances): string | undefined {
  const name = `${suite}/${one.benchmark}`
  const least = floors.machines[machine]?.[name]
  const { high } = medianInterval(one.opsPerSecond)
  if (least !== undefined && high < least) return `${Math.round(high)} operations/s, the floor is ${least}`
  for (const [rival, atLeast] of Object.entries(floors.ratios[name] ?? {})) {
    const theirs = one.rivals?.[rival] ?? []
    // Runs in turn: each ratio is of two that had the same disturbances.
    const ratios = one.opsPerSecond.flatMap((ours, run) =>
      theirs[run] === undefined ? [] : ours / theirs[run],
    )
    if (ratios.length === 0) continue
    const best = medianInterval(ratios).high
    if (best < atLeast) return `${best.toFixed(2)} times ${rival}, the floor is ${atLeast}`
  }
  return undefined
}
