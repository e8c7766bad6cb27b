/** The process that open-after-kill kills: writes all keys, shuffled, says so, and goes on overwriting until then. */
import { keyOf, makeValuesFor, Random, shuffled } from '../lib/bench/data.ts'
import type { EngineSettings } from '../lib/bench/engines/engine.ts'
import type { RunPlan } from '../lib/bench/run-plan.ts'
import { batchSize } from '../lib/bench/workloads/loops.ts'
import { adapterNamed } from './engines/index.ts'

interface Order {
  readonly plan: RunPlan
  readonly settings: EngineSettings
  readonly directory: string
}

async function fill({ directory, plan, settings }: Order): Promise<void> {
  const { num, seed } = plan
  const values = makeValuesFor(plan)
  const db = await adapterNamed(plan.engine).open(directory, settings)
  const order = shuffled(num, seed)
  const random = new Random(seed + 1)
  for (let begin = 0; ; begin += batchSize) {
    const length = begin < num ? Math.min(batchSize, num - begin) : batchSize
    const keys = Array.from({ length }, (_, i) => keyOf(begin < num ? order[begin + i]! : random.below(num)))
    await db.batch(
      keys,
      keys.map((_, i) => values[(begin + i) % values.length]!),
    )
    if (begin < num && begin + length === num) process.send!('filled')
    // The kill takes a moment to come; a loop without turns would keep the channel from sending.
    await new Promise(setImmediate)
  }
}

process.once('message', (order: Order) => {
  fill(order).catch((error: Error) => {
    console.error(error)
    process.exit(1)
  })
})
