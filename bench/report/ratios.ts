import { workloadNamed } from '../../lib/bench/workloads/index.ts'
import type { EngineRuns } from '../compare.ts'
import type { Cell } from './summary.ts'

/** How we stand in one row. */
export interface Ratio {
  readonly row: string
  readonly ours: Cell
  /** Rivals that count in this row, the fastest first. */
  readonly rivals: readonly Cell[]
  /** How many times as fast as the best rival we are, by the medians; undefined when no rival has the row. */
  readonly ratio: number | undefined
}

/** Whether an engine is a rival in rows of this workload: baselines never are, weaker ones where the workload says so. */
function counts(kind: EngineRuns['kind'], workload: string): boolean {
  return kind === 'store' || (kind === 'weaker' && workloadNamed(workload).weakerCounts === true)
}

/** One for each row that `us` has. */
export function ratiosOf(cells: readonly Cell[], engines: readonly EngineRuns[], us: string): Ratio[] {
  const kinds = new Map(engines.map(({ engine, kind }) => [engine, kind]))
  return cells
    .filter(({ engine }) => engine === us)
    .map((ours) => {
      const rivals = cells
        .filter(({ engine, row }) => row === ours.row && engine !== us)
        .filter(({ engine, workload }) => counts(kinds.get(engine)!, workload))
        .sort((a, b) => b.opsPerSecond.median - a.opsPerSecond.median)
      const best = rivals[0]?.opsPerSecond.median
      return {
        row: ours.row,
        ours,
        rivals,
        ratio: best === undefined ? undefined : ours.opsPerSecond.median / best,
      }
    })
}
