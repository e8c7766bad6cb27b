import { percentile } from './statistics.ts'

/** Nanoseconds; `samples` is how many operations were timed. */
export interface LatencySummary {
  readonly samples: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/**
 * Reading the clock twice costs about as much as the fastest reads take. So of single operations one in this many is
 * timed; a prime, in order not to fall in step with anything periodic. Batches, scans and seeks are timed every time.
 */
export const sampleEvery = 17

/** The latencies of the operations that were timed. */
export class Latencies {
  #nanos = new Float64Array(1024)
  #count = 0

  /** How long an operation took that began at `started`, of performance.now(). */
  since(started: number): void {
    if (this.#count === this.#nanos.length) {
      const larger = new Float64Array(2 * this.#count)
      larger.set(this.#nanos)
      this.#nanos = larger
    }
    this.#nanos[this.#count++] = (performance.now() - started) * 1e6
  }

  /** Undefined when nothing was timed. */
  summarize(): LatencySummary | undefined {
    if (this.#count === 0) return undefined
    const sorted = this.#nanos.subarray(0, this.#count).sort()
    return {
      samples: this.#count,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      p999: percentile(sorted, 0.999),
      max: sorted[this.#count - 1]!,
    }
  }
}
