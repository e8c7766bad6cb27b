import type { Spread } from '../../lib/bench/measure/statistics.ts'
import type { Cell } from './summary.ts'

const spreads = [
  'opsPerSecond',
  'bytesPerSecond',
  'cpuNanosPerOp',
  'p50',
  'p99',
  'p999',
  'longest',
  'loopDelayP99',
  'loopDelayMax',
  'peakRssBytes',
  'bytesWritten',
  'writeAmplification',
  'diskBytes',
] as const satisfies readonly (keyof Cell)[]

/** One line for each row and engine: median, least and most of each quantity over the runs; nothing where not measured. */
export function toCsv(cells: readonly Cell[]): string {
  const header = [
    'workload',
    'row',
    'engine',
    'ops',
    ...spreads.flatMap((name) => [name, `${name}Min`, `${name}Max`]),
  ]
  const lines = cells.map((cell) => [
    cell.workload,
    cell.row,
    cell.engine,
    cell.ops,
    ...spreads.flatMap((name) => numbers(cell[name])),
  ])
  return `${[header, ...lines].map((line) => line.join(',')).join('\n')}\n`
}

function numbers(spread: Spread | undefined): string[] {
  if (spread === undefined) return ['', '', '']
  const { max, median, min } = spread
  return [median, min, max].map((value) => String(Number(value.toPrecision(6))))
}
