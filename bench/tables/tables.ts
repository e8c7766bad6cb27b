/** `burrowdb/tables` beside the engine under it and beside dynalite, each in a process of its own. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { spread } from '../../lib/bench/measure/statistics.ts'
import type { BenchmarkRuns } from '../guard/suite.ts'
import { installPeers, peerProblem } from '../peers.ts'
import { digits, formatRate, type Table } from '../report/tables.ts'
import { perPartition } from './items.ts'
import type { Figure, TablesPlan } from './measure.ts'
import type { StoreName } from './stores.ts'

export interface TablesOptions {
  readonly runs: number
  readonly items: number
  readonly syncPuts: number
  /** Items that are in the tables that a killed process leaves. */
  readonly recoveryItems: number
  /** Where databases are made. */
  readonly directory: string
  readonly seed: number
}

/** The figures of all runs, by store; of recovery the seconds. */
export interface TablesFigures {
  readonly stores: Readonly<Partial<Record<StoreName, readonly (readonly Figure[])[]>>>
  readonly recoverySeconds: readonly number[]
  /** What could not be measured, and why. */
  readonly leftOut: readonly string[]
}

/** dynalite needs so many times longer for an item that fewer do. */
const fewer = 20
const child = join(import.meta.dirname, 'child.js')

export function measureTables(options: TablesOptions): TablesFigures {
  installPeers(['dynalite'])
  const problem = peerProblem('dynalite')
  const names: StoreName[] = problem === undefined ? ['tables', 'kv', 'dynalite'] : ['tables', 'kv']
  const stores = Object.fromEntries(names.map((name): [StoreName, Figure[][]] => [name, []]))
  const recoverySeconds: number[] = []
  for (let run = 1; run <= options.runs; run++) {
    for (const store of names) {
      console.error(`run ${run} of ${options.runs}: ${store}`)
      stores[store]!.push(
        inDirectory(options.directory, (directory) =>
          answerOf({ measure: planOf(options, store, directory) }),
        ),
      )
    }
    console.error(`run ${run} of ${options.runs}: recovery`)
    recoverySeconds.push(
      inDirectory(options.directory, (home) => {
        const recovery = { directory: join(home, 'db'), items: options.recoveryItems }
        dieOf({ fill: recovery })
        return answerOf<{ seconds: number }>({ recover: recovery }).seconds
      }),
    )
  }
  return { stores, recoverySeconds, leftOut: problem === undefined ? [] : [problem] }
}

function planOf({ items, seed, syncPuts }: TablesOptions, store: StoreName, home: string): TablesPlan {
  const other = store === 'dynalite'
  const count = Math.max(perPartition, Math.floor(items / (other ? fewer : 1) / perPartition) * perPartition)
  return { store, directory: join(home, 'store'), items: count, syncPuts: other ? 0 : syncPuts, seed }
}

function inDirectory<T>(parent: string, use: (directory: string) => T): T {
  const home = mkdtempSync(join(parent, 'burrow-bench-tables-'))
  try {
    return use(home)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

function spawnChild(order: object) {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
  return spawnSync(process.execPath, [child, JSON.stringify(order)], { encoding: 'utf8', stdio })
}

function answerOf<T>(order: object): T {
  const { status, stdout } = spawnChild(order)
  if (status !== 0) throw new Error(`a benchmark of tables ended with status ${status}`)
  return JSON.parse(stdout) as T
}

function dieOf(order: object): void {
  const { signal, status } = spawnChild(order)
  if (signal !== 'SIGKILL') throw new Error(`the writer was to be killed; it ended with status ${status}`)
}

/** Ours, with the others in the same runs. */
export function tablesBenchmarks({ recoverySeconds, stores }: TablesFigures): BenchmarkRuns[] {
  const ours = stores.tables ?? []
  const speeds = (store: StoreName, row: string) =>
    (stores[store] ?? [])
      .flatMap((run) => run.filter((one) => one.row === row))
      .map(({ ops, seconds }) => ops / seconds)
  const rows = (ours[0] ?? []).map(({ row }): BenchmarkRuns => {
    const latencies = ours.flatMap((run) =>
      run.flatMap((one) => (one.row === row ? (one.latency ?? []) : [])),
    )
    const median = (name: 'p50' | 'p99' | 'p999') => spread(latencies.map((latency) => latency[name])).median
    const rivals = (['kv', 'dynalite'] as const).filter((store) => speeds(store, row).length > 0)
    return {
      benchmark: row.replaceAll(',', ''),
      opsPerSecond: speeds('tables', row),
      latency: { p50: median('p50'), p99: median('p99'), p999: median('p999') },
      rivals: Object.fromEntries(rivals.map((store) => [store, speeds(store, row)])),
    }
  })
  return [...rows, { benchmark: 'recovery', opsPerSecond: recoverySeconds.map((seconds) => 1 / seconds) }]
}

const micros = (nanos: number) => `${digits(nanos / 1000)} µs`

/** A line for each operation: its time, how many a second, the 99th percentile. */
export function tablesReport(figures: TablesFigures, options: TablesOptions): Table[] {
  const { recoverySeconds, stores } = figures
  const cell = (store: StoreName, row: string) => {
    const found = (stores[store] ?? []).flatMap((run) => run.filter((one) => one.row === row))
    if (found.length === 0) return ['', '', '']
    const rate = spread(found.map(({ ops, seconds }) => ops / seconds)).median
    const p99 = spread(found.map(({ latency }) => latency!.p99)).median
    return [micros(1e9 / rate), formatRate(rate), micros(p99)]
  }
  const rows = stores.tables?.[0]?.map(({ row }) => row) ?? []
  const names: readonly (readonly [StoreName, string])[] = [
    ['tables', 'tables'],
    ['kv', 'engine'],
    ['dynalite', 'dynalite'],
  ]
  const seconds = spread(recoverySeconds)
  return [
    {
      title: 'Tables: items of 1 KiB',
      lines: [
        ['', ...names.flatMap(([, label]) => [label, 'a second', 'p99'])],
        ...rows.map((row) => [row, ...names.flatMap(([store]) => cell(store, row))]),
      ],
    },
    {
      title: 'Opening after kill -9, with the first get',
      lines: [
        ['items', 'seconds'],
        [
          String(options.recoveryItems),
          `${digits(seconds.median)} (${digits(seconds.min)}–${digits(seconds.max)})`,
        ],
      ],
    },
  ]
}

/** A line for each row, store and run. */
export function tablesCsv({ recoverySeconds, stores }: TablesFigures): string {
  const lines = Object.entries(stores).flatMap(([store, runs]) =>
    runs.flatMap((run, at) =>
      run.map(({ latency, ops, row, seconds }) =>
        [
          store,
          `"${row}"`,
          at + 1,
          ops,
          seconds,
          latency?.p50 ?? '',
          latency?.p99 ?? '',
          latency?.p999 ?? '',
        ].join(','),
      ),
    ),
  )
  const recovery = recoverySeconds.map((seconds, at) =>
    ['tables', 'recovery', at + 1, 1, seconds, '', '', ''].join(','),
  )
  return `${['store,row,run,ops,seconds,p50_ns,p99_ns,p999_ns', ...lines, ...recovery].join('\n')}\n`
}
