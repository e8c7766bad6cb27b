/** The same workloads with two sets of options, in turns. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseOptions } from '../index.ts'
import { holm, rankSumTest } from './measure/significance.ts'
import { type Interval, medianInterval } from './measure/statistics.ts'
import { runInChild } from './run-child.ts'
import type { Measurement, RunPlan } from './run-plan.ts'
import { stagesOf, workloads } from './workloads/index.ts'

export type Side = 'a' | 'b'

export interface TwoOptions {
  readonly options: Readonly<Record<Side, DatabaseOptions>>
  readonly workloads: readonly string[]
  /** Of each side; with fewer than four no difference can be shown. */
  readonly runs: number
  /** Where databases are made. */
  readonly directory: string
  readonly plan: Omit<RunPlan, 'engine' | 'workloads' | 'directory'>
}

/** Those that run without anything else. */
export const workloadsHere = workloads.filter(({ killing }) => killing !== true)

const program = join(import.meta.dirname, 'child.js')

/** All measurements of each side. Every stage of every run has a process and a directory of its own; who is first alternates. */
export async function measureTwo(
  { directory, options, plan, runs, workloads }: TwoOptions,
  say: (line: string) => void,
): Promise<Record<Side, Measurement[]>> {
  const measured: Record<Side, Measurement[]> = { a: [], b: [] }
  mkdirSync(directory, { recursive: true })
  for (let run = 1; run <= runs; run++) {
    const order: readonly Side[] = run % 2 === 1 ? ['a', 'b'] : ['b', 'a']
    for (const stage of stagesOf(workloads)) {
      for (const side of order) {
        say(`run ${run} of ${runs}: ${side}: ${stage.join(' ')}`)
        const place = mkdtempSync(join(directory, 'burrow-bench-'))
        try {
          const task = { ...plan, engine: 'burrow', workloads: stage, directory: place }
          measured[side].push(...(await runInChild(program, task, [JSON.stringify(options[side])])))
        } finally {
          rmSync(place, { recursive: true, force: true })
        }
      }
    }
  }
  return measured
}

/** How the two sides stand in one row. */
export interface Verdict {
  readonly row: string
  /** Operations a second. */
  readonly a: Interval
  readonly b: Interval
  /** b over a, by the medians. */
  readonly ratio: number
  /** Of the rank-sum test, corrected for the number of rows. */
  readonly p: number
  readonly winner: Side | null
}

/** p-values below this show a difference. */
export const significance = 0.05

/** One for each row that both sides have. */
export function judge(measured: Readonly<Record<Side, readonly Measurement[]>>): Verdict[] {
  const speeds = (side: Side, row: string) =>
    measured[side].filter((one) => one.row === row).map(({ ops, seconds }) => ops / seconds)
  const rows = [...new Set(measured.a.map(({ row }) => row))].filter((row) => speeds('b', row).length > 0)
  const adjusted = holm(rows.map((row) => rankSumTest(speeds('a', row), speeds('b', row))))
  return rows.map((row, i) => {
    const [a, b] = [medianInterval(speeds('a', row)), medianInterval(speeds('b', row))]
    const p = adjusted[i]!
    const winner = p >= significance || a.median === b.median ? null : a.median > b.median ? 'a' : 'b'
    return { row, a, b, ratio: b.median / a.median, p, winner }
  })
}
