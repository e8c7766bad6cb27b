/** A reproducible source of choices: sfc32, seeded from one number. */
export class Random {
  #a = 0x9e3779b9
  #b = 0x243f6a88
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#c = seed >>> 0
    this.#b ^= Math.floor(seed / 2 ** 32)
    for (let i = 0; i < 12; i++) this.uint32()
  }

  uint32(): number {
    const result = (this.#a + this.#b + this.#counter++) >>> 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) >>> 0
    return result
  }

  /** 0 to `end` − 1. */
  below(end: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * end)
  }

  /** `first` to `last`, both included. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1)
  }

  chance(probability: number): boolean {
    return this.uint32() < probability * 2 ** 32
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
}

/** The seed of this run: BURROW_TEST_SEED, or a new one. */
export function testSeed(): number {
  const given = process.env['BURROW_TEST_SEED']
  if (given === undefined) return Math.floor(Math.random() * 2 ** 31)
  const seed = Number(given)
  if (Number.isSafeInteger(seed) && seed >= 0) return seed
  throw new Error(`BURROW_TEST_SEED is ${given}; it must be a whole number from 0 up`)
}
