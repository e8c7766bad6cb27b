/** Runs one plan: one engine, one process. The parent sends the plan and gets the result or the error. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeValues } from './data.ts'
import type { BenchDatabase, Engine } from './engines/engine.ts'
import { engineNamed } from './engines/index.ts'
import { bytesWritten, diskUsage, settle } from './process-io.ts'
import type { Measurement, RunPlan, RunResult } from './run-plan.ts'
import { workloadNamed } from './workloads/index.ts'
import { type Context, Stopwatch, type Workload } from './workloads/workload.ts'

class Runner {
  readonly #plan: RunPlan
  readonly #engine: Engine
  readonly #values: Context['values']
  #db: BenchDatabase | undefined
  #filled = false
  #directories = 0

  constructor(plan: RunPlan) {
    const { compressionRatio, engine, seed, valueEncoding, valueSize } = plan
    this.#plan = plan
    this.#engine = engineNamed(engine)
    const values = makeValues(4096, valueSize, compressionRatio, seed)
    this.#values = valueEncoding === 'buffer' ? values : values.map((value) => value.toString('latin1'))
  }

  async run(): Promise<RunResult> {
    mkdirSync(this.#plan.directory, { recursive: true })
    const measurements: Measurement[] = []
    let diskBytes = 0
    try {
      for (const name of this.#plan.workloads) {
        const workload = workloadNamed(name)
        await this.#prepare(workload)
        measurements.push(await this.#measure(workload))
      }
      await this.#db?.close()
      diskBytes = diskUsage(this.#directory)
    } finally {
      rmSync(this.#plan.directory, { recursive: true, force: true })
    }
    return { measurements, peakRssBytes: process.resourceUsage().maxRSS * 1024, diskBytes }
  }

  get #directory(): string {
    return join(this.#plan.directory, String(this.#directories))
  }

  async #prepare({ needs }: Workload): Promise<void> {
    if (needs === 'filled' && this.#filled) return
    await this.#db?.close()
    if (this.#db !== undefined) rmSync(this.#directory, { recursive: true })
    this.#directories++
    this.#db = await this.#engine.open(this.#directory, this.#plan)
    this.#filled = false
    if (needs === 'filled') await this.#measure(workloadNamed('fillrandom'))
  }

  async #measure(workload: Workload): Promise<Measurement> {
    const watch = new Stopwatch()
    const { num, seed } = this.#plan
    const before = bytesWritten()
    const ops = await workload.run({
      db: this.#db!,
      num,
      seed,
      values: this.#values,
      watch,
      reopen: async () => {
        await this.#db!.close()
        watch.start()
        this.#db = await this.#engine.open(this.#directory, this.#plan)
        watch.stop()
      },
    })
    if (bytesWritten() !== before) await settle()
    this.#filled ||= workload.fills === true
    const { cpuSeconds, seconds } = watch
    return { workload: workload.name, ops, seconds, cpuSeconds, bytesWritten: bytesWritten() - before }
  }
}

process.once('message', (plan: RunPlan) => {
  new Runner(plan).run().then(
    (result) => process.send!({ result }),
    (error: Error) => process.send!({ error: error.stack ?? error.message }),
  )
})
