/** Judges a suite, writes that into its history, and says it. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../paths.ts'
import type { Table } from '../report/tables.ts'
import { type Floors, readFloors } from './floors.ts'
import { appendHistory, type Row, readHistory } from './history.ts'
import { type Judgement, judge } from './judge.ts'
import { machineKind } from './machine-kind.ts'
import type { SuiteOutcome } from './suite.ts'

export interface GuardOptions {
  /** Directory of the history, a file for each suite. */
  readonly history: string
  readonly floors: string
  readonly accept: boolean
}

export interface Guarded {
  readonly table: Table
  readonly judgements: readonly Judgement[]
  readonly passed: boolean
  /** Of the history. */
  readonly file: string
}

export function guard(
  suite: string,
  outcome: SuiteOutcome,
  options: GuardOptions,
  now = new Date(),
): Guarded {
  const file = join(options.history, `${suite}.csv`)
  const machine = machineKind()
  const history = readHistory(file, (line) => console.error(line))
  const floors: Floors = readFloors(options.floors)
  const judgements = judge(outcome, { suite, machine, history, floors, accept: options.accept })
  const commit = commitOf()
  appendHistory(
    file,
    judgements.map((one) =>
      rowOf(one, { timestamp: now.toISOString(), commit, machine, conditions: outcome.conditions }),
    ),
  )
  return {
    table: tableOf(suite, judgements),
    judgements,
    passed: judgements.every(({ passed }) => passed),
    file,
  }
}

function rowOf(one: Judgement, where: Pick<Row, 'timestamp' | 'commit' | 'machine' | 'conditions'>): Row {
  const number = (value: number | undefined) =>
    value === undefined ? '' : String(Number(value.toPrecision(6)))
  const { benchmark, change, latency, passed, runs, speed, verdict } = one
  return {
    ...where,
    benchmark,
    ops_per_sec: number(speed.median),
    ops_per_sec_low: number(speed.low),
    ops_per_sec_high: number(speed.high),
    latency_p50_ns: number(latency?.p50),
    latency_p99_ns: number(latency?.p99),
    latency_p999_ns: number(latency?.p999),
    runs: String(runs),
    change_percent: change === undefined ? '' : (100 * change).toFixed(1),
    verdict,
    status: passed ? 'PASSED' : 'FAILED',
  }
}

function tableOf(suite: string, judgements: readonly Judgement[]): Table {
  const percent = (part: number | undefined, sign = '') =>
    part === undefined ? '' : `${part > 0 ? sign : ''}${(100 * part).toFixed(1)}%`
  return {
    title: `${suite}: against the last run on this kind of machine`,
    lines: [
      [suite, 'operations/s', '95% interval', 'last', 'change', 'noise', 'verdict'],
      ...judgements.map(({ before, benchmark, change, floor, noise, speed, verdict }) => [
        benchmark,
        String(Math.round(speed.median)),
        `${Math.round(speed.low)}-${Math.round(speed.high)}`,
        before === undefined ? '' : String(Math.round(before.speed.median)),
        percent(change, '+'),
        percent(noise),
        floor === undefined ? verdict : `${verdict}: ${floor}`,
      ]),
    ],
  }
}

/** The commit that was measured, with a `+` when there were changes on top of it. */
function commitOf(): string {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+')
    )
  } catch {
    return 'unknown'
  }
}
