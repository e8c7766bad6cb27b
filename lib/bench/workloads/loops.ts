/** The loops that workloads share. Keys and values are made while the stopwatch stands. */
import type { BenchValue } from '../engines/engine.ts'
import { type Latencies, sampleEvery } from '../measure/latencies.ts'
import type { Context } from './workload.ts'

/** Writes of a batch. */
export const batchSize = 1000
/** Operations between two stops of the watch. */
const chunkSize = 4096
/** Operations in flight in asynchronous workloads. */
export const lanes = 64

export type Chunk = (keys: readonly string[], values: readonly BenchValue[]) => unknown

/** Runs `body` over chunks of keys, and of values in turn. */
export async function inChunks(
  { values, watch }: Pick<Context, 'values' | 'watch'>,
  total: number,
  key: (i: number) => string,
  body: Chunk,
  size = chunkSize,
): Promise<void> {
  for (let begin = 0; begin < total; begin += size) {
    const length = Math.min(size, total - begin)
    const keys = Array.from({ length }, (_, i) => key(begin + i))
    const chunk = Array.from({ length }, (_, i) => values[(begin + i) % values.length]!)
    watch.start()
    const done = body(keys, chunk)
    if (done instanceof Promise) await done
    watch.stop()
  }
}

/** Times every call, of work that is long beside the clock. */
export async function timed<T>(latencies: Latencies, work: () => T | Promise<T>): Promise<T> {
  const started = performance.now()
  const working = work()
  const result = working instanceof Promise ? await working : working
  latencies.since(started)
  return result
}

/** One operation after the other, each done when it returns. */
export function each(total: number, latencies: Latencies, operation: (i: number) => unknown): void {
  for (let i = 0; i < total; i++) {
    if (i % sampleEvery !== 0) operation(i)
    else {
      const started = performance.now()
      operation(i)
      latencies.since(started)
    }
  }
}

/** So many asynchronous operations in flight until all are done: as soon as one is, the next begins. 1: each is awaited. */
export async function inFlight(
  count: number,
  total: number,
  latencies: Latencies,
  operation: (i: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < total) {
      const i = next++
      if (i % sampleEvery !== 0) await operation(i)
      else {
        const started = performance.now()
        await operation(i)
        latencies.since(started)
      }
    }
  }
  await Promise.all(Array.from({ length: count }, lane))
}
