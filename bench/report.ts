import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunResult } from './run-plan.ts'

export interface EngineRuns {
  readonly engine: string
  readonly version: string
  readonly runs: readonly RunResult[]
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Row {
  readonly workload: string
  readonly engine: string
  readonly ops: number
  readonly nanosPerOp: Spread
  readonly cpuNanosPerOp: Spread
  readonly bytesWritten: Spread
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { median, min: sorted[0]!, max: sorted[sorted.length - 1]! }
}

/** One row a workload and engine, over all runs. */
export function summarize(engines: readonly EngineRuns[], workloads: readonly string[]): Row[] {
  return workloads.flatMap((workload) =>
    engines.map(({ engine, runs }) => {
      const measured = runs.flatMap((run) => run.measurements.filter((each) => each.workload === workload))
      return {
        workload,
        engine,
        ops: measured[0]!.ops,
        nanosPerOp: spread(measured.map(({ ops, seconds }) => (seconds * 1e9) / ops)),
        cpuNanosPerOp: spread(measured.map(({ cpuSeconds, ops }) => (cpuSeconds * 1e9) / ops)),
        bytesWritten: spread(measured.map((each) => each.bytesWritten)),
      }
    }),
  )
}

/** Lines of cells as columns; the first column to the left, the others to the right. */
export function formatTable(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Nanoseconds for people. */
function formatNanos(nanos: number): string {
  if (nanos < 10_000) return `${nanos.toFixed(0)} ns`
  return nanos < 10_000_000 ? `${(nanos / 1e3).toFixed(1)} µs` : `${(nanos / 1e6).toFixed(1)} ms`
}

const formatMegabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

/** Time an operation, median (min–max); ratio: how many times as fast as that engine the first one is. */
export function formatComparison(rows: readonly Row[], engines: readonly EngineRuns[]): string {
  const [first, ...others] = engines.map(({ engine }) => engine)
  const header = ['workload', first!, ...others.flatMap((other) => [other, 'ratio', 'cpu ratio'])]
  const byName = (workload: string, engine: string) =>
    rows.find((row) => row.workload === workload && row.engine === engine)!
  const time = ({ nanosPerOp: { max, median, min } }: Row) =>
    min === max ? formatNanos(median) : `${formatNanos(median)} (${formatNanos(min)}–${formatNanos(max)})`
  const lines = [...new Set(rows.map((row) => row.workload))].map((workload) => {
    const ours = byName(workload, first!)
    const compare = (other: string) => {
      const theirs = byName(workload, other)
      const ratio = theirs.nanosPerOp.median / ours.nanosPerOp.median
      const cpuRatio = theirs.cpuNanosPerOp.median / ours.cpuNanosPerOp.median
      return [time(theirs), `${ratio.toFixed(2)}×`, `${cpuRatio.toFixed(2)}×`]
    }
    return [workload, time(ours), ...others.flatMap(compare)]
  })
  const resource = (name: string, of: (run: RunResult) => number) => {
    const [ours, ...theirs] = engines.map(({ runs }) => spread(runs.map(of)).median)
    const compare = (bytes: number) => [formatMegabytes(bytes), `${(bytes / ours!).toFixed(2)}×`, '']
    return [name, formatMegabytes(ours!), ...theirs.flatMap(compare)]
  }
  const written = (run: RunResult) => run.measurements.reduce((sum, each) => sum + each.bytesWritten, 0)
  return formatTable([
    header,
    ...lines,
    resource('peak RSS', (run) => run.peakRssBytes),
    resource('bytes on disk', (run) => run.diskBytes),
    resource('bytes written', written),
  ])
}

function toCsv(rows: readonly Row[]): string {
  const header =
    'workload,engine,ops,ns_median,ns_min,ns_max,cpu_ns_median,cpu_ns_min,cpu_ns_max,bytes_written'
  const lines = rows.map(({ bytesWritten, cpuNanosPerOp, engine, nanosPerOp, ops, workload }) =>
    [
      workload,
      engine,
      ops,
      ...[nanosPerOp, cpuNanosPerOp].flatMap(({ max, median, min }) =>
        [median, min, max].map((n) => n.toFixed(1)),
      ),
      bytesWritten.median,
    ].join(','),
  )
  return `${[header, ...lines].join('\n')}\n`
}

/** Writes NAME.json and NAME.csv into the folder; returns the path without extension. */
export function save(folder: string, name: string, document: object, rows: readonly Row[]): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(`${path}.json`, `${JSON.stringify(document, undefined, 2)}\n`)
  writeFileSync(`${path}.csv`, toCsv(rows))
  return path
}
