/** The history of a suite: a CSV file, a line for each benchmark and run of the suite. Appended to, never rewritten. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Interval } from '../../lib/bench/measure/statistics.ts'

export const columns = [
  'timestamp',
  'commit',
  'benchmark',
  'ops_per_sec',
  'ops_per_sec_low',
  'ops_per_sec_high',
  'latency_p50_ns',
  'latency_p99_ns',
  'latency_p999_ns',
  'runs',
  'change_percent',
  'verdict',
  'status',
  'machine',
  'conditions',
] as const

export type Row = Readonly<Record<(typeof columns)[number], string>>

/** What a line says of the past. */
export interface Past {
  readonly benchmark: string
  readonly machine: string
  readonly conditions: string
  readonly speed: Interval
  readonly passed: boolean
  /** ISO 8601. */
  readonly timestamp: string
  readonly commit: string
}

const header = columns.join(',')

/** Every line that can be read, the oldest first; `say` gets those that cannot. A file that is not there is empty. */
export function readHistory(file: string, say: (line: string) => void): Past[] {
  if (!existsSync(file)) return []
  const [first, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n')
  if (first !== header) throw new Error(`${file} has other columns than ${header}; move it away`)
  return lines.flatMap((line, i) => {
    const cells = line.split(',')
    const row = Object.fromEntries(columns.map((name, column) => [name, cells[column] ?? ''])) as Row
    const speed = {
      median: Number(row.ops_per_sec),
      low: Number(row.ops_per_sec_low),
      high: Number(row.ops_per_sec_high),
    }
    if (cells.length !== columns.length || !Object.values(speed).every((value) => value > 0)) {
      say(`${file}: line ${i + 2} is passed over: it is not as the header says`)
      return []
    }
    const { benchmark, commit, conditions, machine, status, timestamp } = row
    return [{ benchmark, commit, conditions, machine, timestamp, speed, passed: status === 'PASSED' }]
  })
}

/** A text as it comes back from a cell. */
export function cellOf(text: string): string {
  return text.replaceAll(/[,\r\n]/g, ';')
}

export function appendHistory(file: string, rows: readonly Row[]): void {
  mkdirSync(dirname(file), { recursive: true })
  const lines = rows.map((row) => columns.map((name) => cellOf(row[name])).join(','))
  appendFileSync(file, `${[...(existsSync(file) ? [] : [header]), ...lines].join('\n')}\n`)
}
