import type { ProgramEngine } from '../../lib/bench/engines/engine.ts'
import type { Measurement, RunPlan } from '../../lib/bench/run-plan.ts'
import { buildNativeBench, runNativeBench } from '../native-bench.ts'

interface Form {
  /** The workload of the native harness. */
  readonly benchmark: string
  /** What it needs before itself, in the same process. */
  readonly after?: 'fillrandom'
  readonly flags?: (plan: RunPlan) => Record<string, string | number>
}

const reading = (benchmark: string): Form => ({ benchmark, after: 'fillrandom' })

/**
 * Our workloads as it has them. It reads from one sorted run, and compacts nothing while it fills: a bound for the API, not
 * a store.
 */
const forms: Readonly<Record<string, Form>> = {
  fillseq: { benchmark: 'fillseq' },
  fillrandom: { benchmark: 'fillrandom' },
  readrandom: reading('readrandom'),
  readmissing: reading('readmissing'),
  readseq: reading('packseq'),
  readreverse: reading('readreverse'),
  seekrandom: {
    ...reading('seekrandom'),
    flags: ({ num }) => ({ seek_records: 11, reads: Math.ceil(num / 10) }),
  },
  overwrite: reading('overwrite'),
  fillsingle: { benchmark: 'fillrandom', flags: ({ num }) => ({ batch: 1, num: Math.ceil(num / 5) }) },
  fillsync: { benchmark: 'fillrandom', flags: ({ syncNum }) => ({ batch: 1, num: syncNum, sync: 'true' }) },
}

/** The native harness: the engine without Node, JavaScript and the boundary between. */
export const native: ProgramEngine = {
  name: 'native',
  kind: 'baseline',
  version: () => '',
  build: buildNativeBench,
  measure(plan: RunPlan, program: string): Measurement[] {
    return plan.workloads
      .filter((name) => Object.hasOwn(forms, name))
      .map((name) => {
        const { after, benchmark, flags } = forms[name]!
        const before = after === undefined ? [] : [after, 'flush', 'compact']
        const results = runNativeBench(program, {
          num: plan.num,
          value_size: plan.valueSize,
          compression_ratio: plan.compressionRatio,
          cache_size: plan.settings.cacheSize,
          write_buffer_size: plan.settings.writeBufferSize,
          seed: plan.seed,
          db: `${plan.directory}/${name}`,
          ...flags?.(plan),
          benchmarks: [...before, benchmark].join(','),
        })
        const { bytes, cpu_seconds: cpuSeconds, ops, seconds } = results.at(-1)!
        return { workload: name, row: name, ops, bytes, seconds, cpuSeconds }
      })
  },
}
