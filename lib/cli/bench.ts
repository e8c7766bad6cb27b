import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { presets } from '../base/presets.ts'
import type { Verdict } from '../bench/two-options.ts'
import type { DatabaseOptions } from '../index.ts'
import { alignColumns } from '../util/columns.ts'
import { UsageError } from './failure.ts'
import { writeJson, writeLine } from './output.ts'
import { parseCount } from './scan.ts'
import { collectOption } from './set-option.ts'

interface BenchOptions {
  readonly a?: DatabaseOptions
  readonly b?: DatabaseOptions
  readonly workload: readonly string[]
  readonly num: number
  readonly runs: number
  readonly valueSize: number
  readonly dir: string
  readonly out?: string
  readonly seed: number
  readonly json?: boolean
}

export function addBench(program: Command): void {
  const collect = (text: string, before: DatabaseOptions | undefined) => collectOption(text, before ?? {})
  program
    .command('bench')
    .description('compare two sets of options on the same workloads, in turns, and say whether they differ')
    .option('--a <option=value>', 'option of one side; can be given several times', collect)
    .option('--b <option=value>', 'option of the other side', collect)
    .option('--workload <names>', 'with commas between', (text) => text.split(','), [
      'fillrandom',
      'readrandom',
    ])
    .option('--num <n>', 'records', parseAbove0, 200_000)
    .option('--runs <n>', 'runs of each side, from 4 on', parseAbove0, 6)
    .option('--value-size <bytes>', 'of each value', parseAbove0, 100)
    .option('--dir <directory>', 'where databases are made, and removed', tmpdir())
    .option('--out <directory>', 'write the report as bench.json and bench.html, too')
    .option('--seed <n>', 'of keys and values', parseCount, 42)
    .option('--json', 'print the report')
    .addHelpText(
      'after',
      `
Example:
  burrow bench --a preset=ssd --b preset=ssd --b compression=zstd --workload fillrandom,readrandom

Each run has a process and a database of its own; who is first alternates. A side is said to be faster when the rank-sum test
of all runs gives p < 0.05, corrected for the number of rows (Holm). Workloads: see docs/performance.md.`,
    )
    .action(bench)
}

function parseAbove0(text: string): number {
  const count = parseCount(text)
  if (count < 1) throw new InvalidArgumentError('It must be a whole number from 1 up.')
  return count
}

/** `preset=name` stands for the options of that preset; the others are on top of them. */
function expandPreset(options: DatabaseOptions): DatabaseOptions {
  const { preset, ...others } = options as DatabaseOptions & { readonly preset?: unknown }
  if (preset === undefined) return others
  const found = Object.entries(presets).find(([name]) => name === preset)
  if (found === undefined) {
    throw new UsageError(
      `there is no preset '${String(preset)}'; there are ${Object.keys(presets).join(', ')}`,
    )
  }
  return { ...found[1], ...others }
}

async function bench(options: BenchOptions): Promise<void> {
  const { dir, json, num, out, runs, seed, valueSize, workload } = options
  if (options.a === undefined || options.b === undefined) {
    throw new UsageError('give options of both sides: --a option=value --b option=value')
  }
  const [a, b] = [expandPreset(options.a), expandPreset(options.b)]
  if (runs < 4) throw new UsageError('--runs must be at least 4: fewer can show no difference')
  const { judge, measureTwo, workloadsHere } = await import('../bench/two-options.ts')
  const names = workloadsHere.map(({ name }) => name)
  const unknown = workload.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`no workload is named '${unknown}'; there are ${names.join(', ')}`)
  const { Database } = await import('../index.ts')
  // What does not open ends it before anything is measured.
  for (const options of [a, b]) await (await Database.open(':memory:', options)).close()
  const settings = {
    options: 'defaults',
    writeBufferSize: 0,
    cacheSize: 0,
    valueEncoding: 'utf8',
  } as const
  const plan = { num, syncNum: Math.ceil(num / 50), valueSize, compressionRatio: 0.5, settings, seed }
  const measured = await measureTwo(
    { options: { a, b }, workloads: workload, runs, directory: dir, plan },
    (line) => {
      if (process.stderr.isTTY) process.stderr.write(`${line}\n`)
    },
  )
  const verdicts = judge(measured)
  const { describeMachine } = await import('../bench/measure/machine.ts')
  const report = { machine: describeMachine(), a, b, runs, plan, verdicts, measured }
  const files = out === undefined ? [] : await writeReport(out, report)
  if (json) return await writeJson(report)
  for (const line of [...alignColumns(tableOf(verdicts)), '', ...sides(report), ...files])
    await writeLine(line)
}

interface Report {
  readonly machine: {
    readonly cpu: string
    readonly node: string
    readonly load: readonly number[]
    readonly date: string
  }
  readonly a: DatabaseOptions
  readonly b: DatabaseOptions
  readonly runs: number
  readonly plan: { readonly num: number; readonly valueSize: number }
  readonly verdicts: readonly Verdict[]
}

function sides({ a, b, machine, plan, runs }: Report): string[] {
  return [
    `a: ${JSON.stringify(a)}`,
    `b: ${JSON.stringify(b)}`,
    `${plan.num} records of 16 + ${plan.valueSize} bytes, ${runs} runs of each side; median (95 % interval of it)`,
    `${machine.cpu}, node ${machine.node}, load ${machine.load.join(' ')}, ${machine.date}`,
  ]
}

function tableOf(verdicts: readonly Verdict[]): string[][] {
  const speed = ({ high, low, median }: Verdict['a']) =>
    `${Math.round(median)} (${Math.round(low)}-${Math.round(high)})`
  return [
    ['operations/s', 'a', 'b', 'b/a', 'p', 'verdict'],
    ...verdicts.map(({ a, b, p, ratio, row, winner }) => [
      row,
      speed(a),
      speed(b),
      ratio.toFixed(3),
      p < 0.001 ? '<0.001' : p.toFixed(3),
      winner === null ? 'no difference shown' : `${winner} is faster`,
    ]),
  ]
}

/** The paths, and a line about the picture if there is none. */
async function writeReport(folder: string, report: Report): Promise<string[]> {
  const { formatHtml } = await import('../bench/report/html.ts')
  const { drawBars } = await import('../bench/report/picture.ts')
  const { loadECharts, whyNoPicture } = await import('./bench-picture.ts')
  const echarts = loadECharts()
  const { verdicts } = report
  const title = 'burrow bench: a beside b'
  const bars = {
    title,
    unit: 'operations/s',
    rows: verdicts.map(({ row }) => row),
    series: (['a', 'b'] as const).map((side) => ({
      name: side,
      values: verdicts.map((one) => one[side].median),
    })),
  }
  const page = {
    title,
    conditions: sides(report),
    tables: [{ title: 'Rows', lines: tableOf(verdicts) }],
    pictures: echarts === undefined ? [] : [drawBars(echarts, bars)],
  }
  mkdirSync(folder, { recursive: true })
  const files = { 'bench.json': `${JSON.stringify(report, undefined, 2)}\n`, 'bench.html': formatHtml(page) }
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  })
  return [...paths, ...(echarts === undefined ? [whyNoPicture] : [])]
}
