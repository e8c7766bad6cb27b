/** What `npm run bench` runs, and the guard compares: a suite is one line of the table. */

import { spread } from '../lib/bench/measure/statistics.ts'
import type { Compared } from './compare.ts'
import { guardDatagen } from './datagen.ts'
import type { BenchmarkRuns, SuiteOutcome } from './guard/suite.ts'
import { buildNativeBench, runNativeBench } from './native-bench.ts'
import type { Options } from './options.ts'
import { measureTables, tablesBenchmarks } from './tables/tables.ts'

export interface Suite {
  readonly name: string
  readonly description: string
  /** Takes part with --quick, which must not compile anything. */
  readonly quick: boolean
  /** `compare` runs the comparison of the command line, and reports it. */
  run(options: Options, compare: () => Promise<Compared>): Promise<SuiteOutcome>
}

export const suites: readonly Suite[] = [
  { name: 'engine', description: 'the API beside classic-level', quick: true, run: runEngine },
  { name: 'micro', description: 'parts of the engine, in C++', quick: false, run: runMicro },
  { name: 'datagen', description: 'the data generator, beside memset', quick: false, run: runDatagen },
  { name: 'tables', description: 'tables, beside the engine and dynalite', quick: false, run: runTables },
]

export function suiteNamed(name: string): Suite {
  const suite = suites.find((candidate) => candidate.name === name)
  if (suite === undefined) {
    throw new Error(`no suite is named '${name}'; there are ${suites.map((each) => each.name).join(', ')}`)
  }
  return suite
}

async function runEngine({ comparison }: Options, compare: () => Promise<Compared>): Promise<SuiteOutcome> {
  const { num, seed, settings, syncNum, valueSize } = comparison.plan
  const conditions = `num=${num} sync-num=${syncNum} value=${valueSize} as=${settings.valueEncoding} options=${settings.options} seed=${seed}`
  return { conditions, benchmarks: benchmarksOf(await compare(), 'burrow') }
}

/** Our rows, with those of the others in the same runs. */
export function benchmarksOf({ engines }: Pick<Compared, 'engines'>, us: string): BenchmarkRuns[] {
  const ours = engines.find(({ engine }) => engine === us)
  const rows = [...new Set(ours?.runs.flatMap((run) => run.map(({ row }) => row)))]
  return rows.map((benchmark) => {
    const measured = (engine: string) =>
      engines
        .find((one) => one.engine === engine)!
        .runs.flatMap((run) => run.filter(({ row }) => row === benchmark))
    const speeds = (engine: string) => measured(engine).map(({ ops, seconds }) => ops / seconds)
    const latencies = measured(us).flatMap(({ latency }) => latency ?? [])
    const median = (name: 'p50' | 'p99' | 'p999') => spread(latencies.map((latency) => latency[name])).median
    const others = engines
      .map(({ engine }) => engine)
      .filter((engine) => engine !== us && speeds(engine).length > 0)
    return {
      benchmark,
      opsPerSecond: speeds(us),
      ...(latencies.length === 0
        ? {}
        : { latency: { p50: median('p50'), p99: median('p99'), p999: median('p999') } }),
      rivals: Object.fromEntries(others.map((engine) => [engine, speeds(engine)])),
    }
  })
}

const microBenchmarks =
  'crc32c,compress,uncompress,blockencode,blockdecode,blockget,bloombuild,bloomprobe,memtableinsert,memtableget'
const microSeconds = 0.2

async function runMicro({ comparison }: Options): Promise<SuiteOutcome> {
  const { nativeBench, plan, runs } = comparison
  const binary = nativeBench ?? buildNativeBench()
  const speeds = new Map<string, number[]>()
  for (let run = 1; run <= runs; run++) {
    console.error(`run ${run} of ${runs}: micro benchmarks`)
    const flags = { benchmarks: microBenchmarks, seconds: microSeconds, seed: plan.seed }
    for (const { name, ops, seconds } of runNativeBench(binary, flags)) {
      const before = speeds.get(name)
      if (before === undefined) speeds.set(name, [ops / seconds])
      else before.push(ops / seconds)
    }
  }
  const benchmarks = [...speeds].map(([benchmark, opsPerSecond]) => ({ benchmark, opsPerSecond }))
  return { conditions: `seconds=${microSeconds} seed=${plan.seed}`, benchmarks }
}

const datagenSeconds = 0.2

async function runDatagen({ comparison }: Options): Promise<SuiteOutcome> {
  const { nativeBench: harness, runs } = comparison
  const benchmarks = await guardDatagen({ harness, runs, seconds: datagenSeconds })
  return { conditions: `seconds=${datagenSeconds}`, benchmarks }
}

async function runTables({ tables }: Options): Promise<SuiteOutcome> {
  const { items, recoveryItems, seed, syncPuts } = tables
  const benchmarks = tablesBenchmarks(measureTables(tables))
  return { conditions: `items=${items} sync=${syncPuts} recovery=${recoveryItems} seed=${seed}`, benchmarks }
}
