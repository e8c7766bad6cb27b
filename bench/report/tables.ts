/** The results as tables of text: plain columns for the terminal, Markdown for documents. */

import type { Spread } from '../../lib/bench/measure/statistics.ts'
import { workloadNamed } from '../../lib/bench/workloads/index.ts'
import { alignColumns } from '../../lib/util/columns.ts'
import type { EngineRuns } from '../compare.ts'
import type { Ratio } from './ratios.ts'
import type { Cell } from './summary.ts'

/** The first line is the header; all have as many cells. */
export interface Table {
  readonly title: string
  readonly lines: readonly (readonly string[])[]
}

/** Columns; the first to the left, the others to the right. */
export function formatColumns(lines: readonly (readonly string[])[]): string {
  return alignColumns(lines).join('\n')
}

export function formatMarkdown({ lines, title }: Table): string {
  const [header, ...rows] = lines
  const rule = header!.map((_, i) => (i === 0 ? '---' : '---:'))
  return `## ${title}\n\n${[header!, rule, ...rows].map((line) => `| ${line.join(' | ')} |`).join('\n')}\n`
}

export const digits = (value: number) =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)

function scaled(value: number, units: readonly (readonly [number, string])[]): string {
  const [size, unit] = units.find(([least]) => value >= least) ?? units.at(-1)!
  return `${digits(value / size)}${unit}`
}

/** Nanoseconds for people. */
function formatNanos(nanos: number): string {
  return scaled(nanos, [
    [1e9, ' s'],
    [1e6, ' ms'],
    [1e3, ' µs'],
    [1, ' ns'],
  ])
}

function formatBytes(bytes: number): string {
  return scaled(bytes, [
    [1e9, ' GB'],
    [1e6, ' MB'],
    [1e3, ' kB'],
    [1, ' B'],
  ])
}

export function formatRate(rate: number): string {
  return scaled(rate, [
    [1e6, ' M'],
    [1e3, ' k'],
    [1, ''],
  ])
}

function inverted({ max, median, min }: Spread): Spread {
  return { median: 1e9 / median, min: 1e9 / max, max: 1e9 / min }
}

function formatSpread(spread: Spread, format: (value: number) => string): string {
  const { max, median, min } = spread
  return min === max ? format(median) : `${format(median)} (${format(min)}–${format(max)})`
}

/** The figure of the row, in the unit of its workload. */
function figure(cell: Cell, withSpread: boolean): string {
  const { bytesPerSecond, opsPerSecond, workload } = cell
  const { unit } = workloadNamed(workload)
  const format = (spread: Spread, form: (value: number) => string) =>
    withSpread ? formatSpread(spread, form) : form(spread.median)
  if (unit === 'time') return format(inverted(opsPerSecond), formatNanos)
  if (unit === 'bytes') return format(bytesPerSecond, (bytes) => `${formatBytes(bytes)}/s`)
  return format(opsPerSecond, formatRate)
}

/** Operations a second, or what the row says: ours, the two best rivals, and how many times as fast as the best we are. */
export function ratioTable(ratios: readonly Ratio[], us: string): Table {
  const named = (cell: Cell | undefined, withSpread: boolean) =>
    cell === undefined ? '' : `${cell.engine} ${figure(cell, withSpread)}`
  return {
    title: 'Against the best rival of each row',
    lines: [
      ['operations/s', us, 'best rival', 'ratio', 'next'],
      ...ratios.map(({ ours, ratio, rivals, row }) => [
        row,
        figure(ours, true),
        named(rivals[0], true),
        ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
        named(rivals[1], false),
      ]),
    ],
  }
}

/** A row for each row, a column for each engine; rows that no engine has anything for are left out. */
function matrix(
  title: string,
  corner: string,
  cells: readonly Cell[],
  engines: readonly string[],
  show: (cell: Cell) => string,
): Table {
  const rows = [...new Set(cells.map(({ row }) => row))]
  const lines = rows.map((row) => [
    row,
    ...engines.map((engine) => {
      const cell = cells.find((each) => each.row === row && each.engine === engine)
      return cell === undefined ? '' : show(cell)
    }),
  ])
  return {
    title,
    lines: [[corner, ...engines], ...lines.filter(([, ...shown]) => shown.some((text) => text !== ''))],
  }
}

/** Every measured quantity, each a table. The first is that of speed. */
export function allTables(cells: readonly Cell[], engines: readonly EngineRuns[]): Table[] {
  const names = engines.map(({ engine }) => engine)
  const table = (title: string, corner: string, show: (cell: Cell) => string) =>
    matrix(title, corner, cells, names, show)
  const one = (spread: Spread | undefined, format: (value: number) => string) =>
    spread === undefined ? '' : format(spread.median)
  const times = (...spreads: (Spread | undefined)[]) =>
    spreads.every((spread) => spread === undefined)
      ? ''
      : spreads.map((spread) => one(spread, formatNanos)).join(' / ')
  return [
    table('Speed', 'operations/s', (cell) => figure(cell, false)),
    table('Latency', 'p50 / p99 / p99.9 / longest', ({ longest, p50, p99, p999 }) =>
      times(p50, p99, p999, longest),
    ),
    table('Event loop', 'delay p99 / longest', ({ loopDelayMax, loopDelayP99 }) =>
      times(loopDelayP99, loopDelayMax),
    ),
    table('Processor time', 'an operation', ({ cpuNanosPerOp }) => one(cpuNanosPerOp, formatNanos)),
    table('Memory', 'peak RSS', ({ peakRssBytes }) => one(peakRssBytes, formatBytes)),
    table('On disk', 'after close', ({ diskBytes }) => one(diskBytes, formatBytes)),
    table('Written', 'bytes (for each byte of data)', ({ bytesWritten, writeAmplification }) =>
      bytesWritten === undefined
        ? ''
        : `${formatBytes(bytesWritten.median)} (${one(writeAmplification, (times) => times.toFixed(1))})`,
    ),
  ]
}
