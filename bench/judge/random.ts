import { Random as Stream } from '../../lib/bench/data.ts'

/** Reproducible choices. */
export class Random {
  readonly #stream: Stream

  constructor(seed: number) {
    this.#stream = new Stream(seed)
  }

  below(end: number): number {
    return this.#stream.below(end)
  }

  chance(probability: number): boolean {
    return this.#stream.unit() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
}
