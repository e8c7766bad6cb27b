/** What the runs say together. */

import { type Spread, spread } from '../../lib/bench/measure/statistics.ts'
import type { Measurement } from '../../lib/bench/run-plan.ts'
import type { EngineRuns } from '../compare.ts'

/** One engine in one row, over all runs. What was not measured in it is undefined. */
export interface Cell {
  readonly workload: string
  readonly row: string
  readonly engine: string
  readonly ops: number
  readonly opsPerSecond: Spread
  readonly bytesPerSecond: Spread
  readonly cpuNanosPerOp: Spread | undefined
  /** Nanoseconds. */
  readonly p50: Spread | undefined
  readonly p99: Spread | undefined
  readonly p999: Spread | undefined
  readonly longest: Spread | undefined
  readonly loopDelayP99: Spread | undefined
  readonly loopDelayMax: Spread | undefined
  readonly peakRssBytes: Spread | undefined
  readonly bytesWritten: Spread | undefined
  /** Bytes written for each byte of the records. */
  readonly writeAmplification: Spread | undefined
  readonly diskBytes: Spread | undefined
}

/** In the order of the rows in the runs, and of the engines. */
export function summarize(engines: readonly EngineRuns[]): Cell[] {
  const rows = [...new Set(engines.flatMap(({ runs }) => runs.flatMap((run) => run.map(({ row }) => row))))]
  return rows.flatMap((row) =>
    engines.flatMap(({ engine, runs }) => {
      const measured = runs.flatMap((run) => run.filter((each) => each.row === row))
      return measured.length === 0 ? [] : [summarizeCell(row, engine, measured)]
    }),
  )
}

function summarizeCell(row: string, engine: string, measured: readonly Measurement[]): Cell {
  const over = (of: (each: Measurement) => number) => spread(measured.map(of))
  const overSome = (of: (each: Measurement) => number | undefined) => {
    const values = measured.flatMap((each) => of(each) ?? [])
    return values.length === 0 ? undefined : spread(values)
  }
  return {
    workload: measured[0]!.workload,
    row,
    engine,
    ops: measured[0]!.ops,
    opsPerSecond: over(({ ops, seconds }) => ops / seconds),
    bytesPerSecond: over(({ bytes, seconds }) => bytes / seconds),
    cpuNanosPerOp: overSome(({ cpuSeconds, ops }) =>
      cpuSeconds === undefined ? undefined : (cpuSeconds * 1e9) / ops,
    ),
    p50: overSome(({ latency }) => latency?.p50),
    p99: overSome(({ latency }) => latency?.p99),
    p999: overSome(({ latency }) => latency?.p999),
    longest: overSome(({ latency }) => latency?.max),
    loopDelayP99: overSome(({ loopDelay }) => loopDelay?.p99),
    loopDelayMax: overSome(({ loopDelay }) => loopDelay?.max),
    peakRssBytes: overSome(({ peakRssBytes }) => peakRssBytes),
    bytesWritten: overSome(({ bytesWritten }) => bytesWritten),
    writeAmplification: overSome(({ bytes, bytesWritten }) =>
      bytesWritten === undefined || bytes === 0 ? undefined : bytesWritten / bytes,
    ),
    diskBytes: overSome(({ diskBytes }) => diskBytes),
  }
}
