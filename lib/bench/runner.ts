/** Runs a plan in this process. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeValuesFor } from './data.ts'
import type { AdapterEngine, BenchDatabase, BenchValue, EngineSettings } from './engines/engine.ts'
import { Latencies } from './measure/latencies.ts'
import { bytesWritten, diskUsage, peakRss, resetPeakRss, untilIdle } from './measure/process.ts'
import { Stopwatch } from './measure/stopwatch.ts'
import type { Measurement, RunPlan } from './run-plan.ts'
import { workloadNamed } from './workloads/index.ts'
import type { Context, Workload } from './workloads/workload.ts'

/** Milliseconds between two looks at the clock. */
const loopResolution = 1

/** Begins to watch how late the event loop is. */
async function watchLoop(): Promise<IntervalHistogram> {
  const monitor = monitorEventLoopDelay({ resolution: loopResolution })
  monitor.enable()
  // It counts from look to look: the first one must be before what may hold up the loop, the last one behind it.
  await sleep(5 * loopResolution)
  return monitor
}

async function lateness(monitor: IntervalHistogram): Promise<{ p99: number; max: number }> {
  await sleep(5 * loopResolution)
  monitor.disable()
  const late = (nanos: number) => Math.max(0, nanos - loopResolution * 1e6)
  return { p99: late(monitor.percentile(99)), max: late(monitor.max) }
}

/** One plan, with one engine, in a process of its own. */
export class Runner {
  readonly #plan: RunPlan
  readonly #engine: AdapterEngine
  readonly #filler: string | undefined
  #db: BenchDatabase | undefined
  /** The workload that made the database, while others can go on from it. */
  #holds: string | undefined
  #directories = 0
  #values: { readonly size: number; readonly pool: readonly BenchValue[] } | undefined

  /** `filler`: the program that open-after-kill kills; without it there is no such workload. */
  constructor(plan: RunPlan, engine: AdapterEngine, filler?: string) {
    this.#plan = plan
    this.#engine = engine
    this.#filler = filler
  }

  async run(): Promise<Measurement[]> {
    const measurements: Measurement[] = []
    for (const name of this.#plan.workloads) {
      const workload = workloadNamed(name)
      await this.#prepare(workload)
      if (workload.able?.(this.#db!) === false) continue
      measurements.push(...(await this.#measure(workload)))
    }
    await this.#db?.close()
    return measurements
  }

  get #directory(): string {
    return join(this.#plan.directory, String(this.#directories))
  }

  #settings({ durable = false }: Workload): EngineSettings {
    return { ...this.#plan.settings, durable }
  }

  /** Brings the database to where the workload begins. What that takes is not measured. */
  async #prepare(workload: Workload): Promise<void> {
    const { after } = workload
    if (after !== undefined && this.#holds === after) {
      this.#db ??= await this.#engine.open(this.#directory, this.#settings(workload))
      return
    }
    await this.#db?.close()
    rmSync(this.#directory, { recursive: true, force: true })
    this.#directories++
    this.#db = await this.#engine.open(this.#directory, this.#settings(workload))
    this.#holds = workload.name
    if (after === undefined) return
    await this.#measure(workloadNamed(after))
    this.#holds = after
    await this.#prepare(workload)
  }

  async #measure(workload: Workload): Promise<Measurement[]> {
    const { name, valueSize = this.#plan.valueSize, writes } = workload
    const context: Context = {
      db: this.#db!,
      engine: this.#engine,
      filler: this.#filler,
      plan: this.#plan,
      settings: this.#settings(workload),
      directory: this.#directory,
      num: workload.records?.(this.#plan) ?? this.#plan.num,
      valueSize,
      values: this.#valuesOf(valueSize),
      seed: this.#plan.seed,
      watch: new Stopwatch(),
      latencies: new Latencies(),
    }
    resetPeakRss()
    const writtenBefore = bytesWritten()
    const loop = workload.asynchronous === true ? await watchLoop() : undefined
    const { also = {}, bytes, ops } = await workload.run(context)
    const loopDelay = loop === undefined ? undefined : await lateness(loop)
    this.#db = context.db
    if (workload.consumes === true) this.#holds = undefined
    const { seconds } = context.watch
    const wroteFiles = writes === true && this.#engine.volatile !== true
    const idleSeconds = wroteFiles ? seconds + (await untilIdle()) : seconds
    const { cpuSeconds } = context.watch
    const row: Measurement = {
      workload: name,
      row: name,
      ops,
      bytes,
      seconds,
      cpuSeconds,
      latency: context.latencies.summarize(),
      loopDelay,
      peakRssBytes: peakRss(),
      ...(wroteFiles
        ? { bytesWritten: bytesWritten() - writtenBefore, diskBytes: await this.#onDisk() }
        : {}),
    }
    return [
      row,
      ...(workload.background === true
        ? [{ workload: name, row: `${name} idle`, ops, bytes, seconds: idleSeconds }]
        : []),
      ...Object.entries(also).map(([word, more]) => ({
        workload: name,
        row: `${name} ${word}`,
        ...more,
        seconds,
      })),
    ]
  }

  /** Closes the database, and says how much its files take. */
  async #onDisk(): Promise<number> {
    await this.#db!.close()
    this.#db = undefined
    return existsSync(this.#directory) ? diskUsage(this.#directory) : 0
  }

  #valuesOf(size: number): readonly BenchValue[] {
    if (this.#values?.size !== size) this.#values = { size, pool: makeValuesFor(this.#plan, size) }
    return this.#values.pool
  }
}

/** Answers the plan that the parent process sends with `{ result }`, the measurements, or `{ error }`. */
export function answerPlan(makeRunner: (plan: RunPlan) => Runner): void {
  process.once('message', (plan: RunPlan) => {
    const run = async () => await makeRunner(plan).run()
    run().then(
      (result) => process.send!({ result }),
      (error: Error) => process.send!({ error: error.stack ?? error.message }),
    )
  })
}
