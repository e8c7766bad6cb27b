import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { noFloors, readFloors } from '../../bench/guard/floors.ts'
import { guard } from '../../bench/guard/guard.ts'
import { appendHistory, columns, type Past, readHistory } from '../../bench/guard/history.ts'
import { type Circumstances, judge } from '../../bench/guard/judge.ts'
import { machineKind } from '../../bench/guard/machine-kind.ts'
import { guardReport } from '../../bench/guard/report.ts'
import type { BenchmarkRuns } from '../../bench/guard/suite.ts'
import { readOptions } from '../../bench/options.ts'
import { floorsFile } from '../../bench/paths.ts'
import { benchmarksOf } from '../../bench/suites.ts'
import { describeMachine } from '../../lib/bench/measure/machine.ts'
import { formatHtml } from '../../lib/bench/report/html.ts'
import { drawBars } from '../../lib/bench/report/picture.ts'
import { TemporaryFolder } from '../cli/burrow.ts'

const past = (median: number, changes: Partial<Past> = {}): Past => ({
  benchmark: 'read',
  machine: 'here',
  conditions: 'num=1',
  speed: { median, low: 0.99 * median, high: 1.01 * median },
  passed: true,
  timestamp: 'then',
  commit: 'abc',
  ...changes,
})

const runs = (...opsPerSecond: number[]): BenchmarkRuns => ({ benchmark: 'read', opsPerSecond })

function verdictOf(one: BenchmarkRuns, history: readonly Past[], changes: Partial<Circumstances> = {}) {
  const circumstances = {
    suite: 'engine',
    machine: 'here',
    history,
    floors: noFloors,
    accept: false,
    ...changes,
  }
  const [judgement] = judge({ conditions: 'num=1', benchmarks: [one] }, circumstances)
  return [judgement!.verdict, judgement!.passed]
}

it('more than 5 % beyond the noise is a regression, or better', () => {
  const history = [past(1000)]
  expect(verdictOf(runs(1000, 1001, 1002), history)).toEqual(['same', true])
  expect(verdictOf(runs(939, 940, 941), history)).toEqual(['same', true])
  expect(verdictOf(runs(899, 900, 901), history)).toEqual(['REGRESSION', false])
  expect(verdictOf(runs(1099, 1100, 1101), history)).toEqual(['improved', true])
  // The same median, with runs that say little.
  expect(verdictOf(runs(800, 900, 1000), history)).toEqual(['same', true])
  expect(
    verdictOf(runs(899, 900, 901), [past(1000, { speed: { median: 1000, low: 900, high: 1100 } })]),
  ).toEqual(['same', true])
  expect(verdictOf(runs(500, 500), history)).toEqual(['unsure', true])
  expect(verdictOf(runs(899, 900, 901), history, { accept: true })).toEqual(['REGRESSION', true])
})

it('only the same machine, the same conditions and a run that passed are compared with, the last of them', () => {
  const slow = runs(899, 900, 901)
  expect(verdictOf(slow, [])).toEqual(['new', true])
  expect(verdictOf(slow, [past(1000, { machine: 'elsewhere' })])).toEqual(['new', true])
  expect(verdictOf(slow, [past(1000, { conditions: 'num=2' })])).toEqual(['new', true])
  expect(verdictOf(slow, [past(1000, { benchmark: 'write' })])).toEqual(['new', true])
  expect(verdictOf(slow, [past(1000), past(900)])).toEqual(['same', true])
  // A regression that is measured twice is still one.
  expect(verdictOf(slow, [past(1000), past(900, { passed: false })])).toEqual(['REGRESSION', false])
})

it('floors hold whatever the last run was', () => {
  const machines = { here: { 'engine/read': 950 } }
  const below = (one: BenchmarkRuns, floors: Partial<Circumstances['floors']>) =>
    verdictOf(one, [past(900)], { floors: { ...noFloors, ...floors } })
  expect(below(runs(899, 900, 901), { machines })).toEqual(['BELOW FLOOR', false])
  expect(below(runs(890, 900, 960), { machines })).toEqual(['same', true])
  expect(below(runs(899, 900, 901), { machines: { elsewhere: machines.here } })).toEqual(['same', true])
  const ratios = { 'engine/read': { 'classic-level': 2 } }
  const beside = (...theirs: number[]) => ({ ...runs(899, 900, 901), rivals: { 'classic-level': theirs } })
  expect(below(beside(500, 500, 500), { ratios })).toEqual(['BELOW FLOOR', false])
  expect(below(beside(400, 400, 400), { ratios })).toEqual(['same', true])
  // The rival was not to be had.
  expect(below(runs(899, 900, 901), { ratios })).toEqual(['same', true])
})

it('floors in git are floors of benchmarks that are there', () => {
  using folder = new TemporaryFolder()
  const { ratios } = readFloors(floorsFile)
  for (const name of Object.keys(ratios)) expect(name).toMatch(/^engine\/./)
  const file = folder.join('floors.json')
  writeFileSync(file, '{"ratio":{}}')
  expect(() => readFloors(file)).toThrow("has 'ratio'")
  writeFileSync(file, '{"ratios":{"engine/read":{"classic-level":"2"}}}')
  expect(() => readFloors(file)).toThrow('is no number above 0')
})

it('what was measured is in the history, and the next run is held against it', () => {
  using folder = new TemporaryFolder()
  const floors = folder.join('floors.json')
  writeFileSync(floors, '{}')
  const options = { history: folder.join('history'), floors, accept: false }
  const latency = { p50: 100, p99: 2000.5, p999: 30_000 }
  const measure = (speed: number, time: string) =>
    guard(
      'engine',
      { conditions: 'num=1, or so', benchmarks: [{ ...runs(speed, speed, speed), latency }] },
      options,
      new Date(time),
    )
  expect(measure(1000, '2026-11-22')).toMatchObject({ passed: true, judgements: [{ verdict: 'new' }] })
  expect(measure(1010, '2026-11-23')).toMatchObject({ passed: true, judgements: [{ verdict: 'same' }] })
  const { file, judgements, passed, table } = measure(800, '2026-11-24')
  expect([passed, judgements[0]!.verdict]).toEqual([false, 'REGRESSION'])
  expect(table.lines[1]).toEqual(['read', '800', '800-800', '1010', '-20.8%', '0.0%', 'REGRESSION'])

  const [header, first, , third] = readFileSync(file, 'utf8').trimEnd().split('\n')
  expect(header).toBe(columns.join(','))
  expect(first).toMatch(
    /^2026-11-22T00:00:00.000Z,\w+\+?,read,1000,1000,1000,100,2000.5,30000,3,,new,PASSED,/,
  )
  expect(third).toMatch(/,-20.8,REGRESSION,FAILED,/)
  expect(first!.endsWith(`,${machineKind()},num=1; or so`)).toBe(true)
})

it('a damaged history is used as far as it goes', () => {
  using folder = new TemporaryFolder()
  const file = folder.join('engine.csv')
  const said: string[] = []
  expect(readHistory(file, (line) => said.push(line))).toEqual([])
  const row = Object.fromEntries(columns.map((name) => [name, name.startsWith('ops') ? '5' : 'x']))
  appendHistory(file, [row as never, { ...row, ops_per_sec: 'many' } as never])
  writeFileSync(file, 'cut,off', { flag: 'a' })
  expect(readHistory(file, (line) => said.push(line))).toHaveLength(1)
  expect(said).toEqual([expect.stringContaining('line 3'), expect.stringContaining('line 4')])
  writeFileSync(file, 'other,columns\n')
  expect(() => readHistory(file, () => {})).toThrow('has other columns')
})

it('the suites are on the command line, and quick runs are no standard', () => {
  expect(readOptions([])).toMatchObject({
    suites: ['engine', 'micro', 'datagen', 'tables'],
    guard: { accept: false },
  })
  expect(readOptions([]).comparison.runs).toBe(5)
  expect(readOptions(['--quick'])).toMatchObject({ suites: ['engine'], guard: undefined })
  expect(readOptions(['--suites', 'micro', '--accept'])).toMatchObject({
    suites: ['micro'],
    guard: { accept: true },
  })
  expect(() => readOptions(['--suites', 'macro'])).toThrow(
    "no suite is named 'macro'; there are engine, micro",
  )
})

it('rows of an engine stand beside those of the others in the same runs', () => {
  const run = (ops: number) => [{ workload: 'read', row: 'read', ops, bytes: 0, seconds: 2 }]
  const engine = (engine: string, ...speeds: number[]) => ({
    engine,
    kind: 'store' as const,
    version: '',
    runs: speeds.map(run),
  })
  expect(benchmarksOf({ engines: [engine('burrow', 20, 40), engine('level', 2, 4)] }, 'burrow')).toEqual([
    { benchmark: 'read', opsPerSecond: [10, 20], rivals: { level: [1, 2] } },
  ])
})

it('reports stand alone, and hold no markup of others', () => {
  const page = {
    title: 'A<b',
    conditions: ['x & "y"'],
    tables: [{ title: 'T', lines: [['h'], ['<i>']] }],
    pictures: [],
  }
  const html = formatHtml(page)
  expect(html).toContain('<h1>A&lt;b</h1>')
  expect(html).toContain('<td>&lt;i&gt;</td>')
  expect(html).not.toMatch(/<i>|src=|href=/)
  const { html: guarded, json } = guardReport([], describeMachine())
  expect(guarded).toContain(machineKind())
  expect(JSON.parse(json!)).toMatchObject({ suites: [] })

  let drawn: Record<string, unknown> = {}
  const echarts = {
    init: () => ({
      setOption: (option: object) => {
        drawn = option as Record<string, unknown>
      },
      renderToSVGString: () => '<svg/>',
      dispose: () => {},
    }),
  }
  const series = [{ name: 'now', values: [1, null] }]
  expect(drawBars(echarts, { title: 'T', unit: 'times', rows: ['a', 'b'], series })).toBe('<svg/>')
  expect(drawn).toMatchObject({
    yAxis: { data: ['a', 'b'] },
    series: [{ name: 'now', type: 'bar', data: [1, null] }],
  })
})
