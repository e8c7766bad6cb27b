import type { AdapterEngine, BenchDatabase, BenchValue, EngineSettings } from '../engines/engine.ts'
import type { Latencies } from '../measure/latencies.ts'
import type { Stopwatch } from '../measure/stopwatch.ts'
import type { RunPlan } from '../run-plan.ts'

/** What a workload has to work with. */
export interface Context {
  db: BenchDatabase
  readonly engine: AdapterEngine
  readonly plan: RunPlan
  readonly settings: EngineSettings
  /** A program that fills a database until it is killed: see open-after-kill. */
  readonly filler: string | undefined
  readonly directory: string
  /** Records of the database: keys 0 to num − 1, unless the workload has its own. */
  readonly num: number
  readonly valueSize: number
  /** To be used in turn. */
  readonly values: readonly BenchValue[]
  readonly seed: number
  readonly watch: Stopwatch
  readonly latencies: Latencies
}

/** What was done: operations, and bytes of the keys and values that were written or read. */
export interface Done {
  readonly ops: number
  readonly bytes: number
  /** More rows from the same time, by the word behind the workload's name. */
  readonly also?: Readonly<Record<string, { readonly ops: number; readonly bytes: number }>>
}

export interface Workload {
  readonly name: string
  readonly description: string
  /** Runs on the database that this workload made; without it, on a new one. */
  readonly after?: string
  /** Its database cannot be used any more by others of the stage. */
  readonly consumes?: boolean
  readonly durable?: boolean
  readonly writes?: boolean
  /** A second row says when background work was done, too. */
  readonly background?: boolean
  /** Rivals of kind `weaker` count in this row. */
  readonly weakerCounts?: boolean
  /** The event loop turns meanwhile: how late it is, is measured. */
  readonly asynchronous?: boolean
  /** Part of the short comparison, `npm run bench`. */
  readonly short?: boolean
  /** What its figure is in; operations a second unless it says. */
  readonly unit?: 'bytes' | 'time'
  /** Bytes of a value, where it has its own. */
  readonly valueSize?: number
  /** Records of its database, where it has its own number. */
  readonly records?: (plan: RunPlan) => number
  /** Needs files that outlive the process. */
  readonly persistent?: boolean
  /** Needs the filler of the context. */
  readonly killing?: boolean
  /** Whether the database has the methods for it. */
  readonly able?: (db: BenchDatabase) => boolean
  run(context: Context): Promise<Done>
}

/** Fails a run whose engine lost or invented records. */
export function expectCount(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what} found ${found} records instead of ${expected}`)
}
