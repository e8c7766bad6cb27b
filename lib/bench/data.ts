/** The records of the benchmarks. Every engine gets the same ones; see native/bench/data.h for their form. */

import type { BenchValue } from './engines/engine.ts'
import type { RunPlan } from './run-plan.ts'

const keySize = 16

/** A small deterministic generator (mulberry32): the same numbers for every engine and run. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** Uniform in [0, 1), in steps of 2^-32. */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** Uniform in [0, n), n at most 2^32. */
  below(n: number): number {
    return Math.floor(this.unit() * n)
  }
}

/** 0 to n − 1 in random order. */
export function shuffled(n: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  const random = new Random(seed)
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const swapped = order[i]!
    order[i] = order[j]!
    order[j] = swapped
  }
  return order
}

const digits = Buffer.alloc(keySize)

/** Key number i: sixteen decimal digits, a flat string. With `missing`, one that no database holds. */
export function keyOf(i: number, missing = false): string {
  let rest = i
  for (let at = keySize - 1; at >= 0; at--) {
    digits[at] = 48 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
  const key = digits.toString('latin1')
  return missing ? `${key}.` : key
}

/** Values of printable bytes that compress to about `ratio` of their size: random bytes, repeated. */
export function makeValues(count: number, size: number, ratio: number, seed: number): Buffer[] {
  const random = new Random(seed)
  const unique = Math.max(1, Math.floor(size * ratio))
  return Array.from({ length: count }, () => {
    const value = Buffer.allocUnsafeSlow(size)
    for (let i = 0; i < size; i++) value[i] = i < unique ? 32 + random.below(95) : value[i - unique]!
    return value
  })
}

const poolBytes = 16 * 2 ** 20

/** The values of a plan, to be used in turn: thousands, but not more than 16 MiB. */
export function makeValuesFor(plan: RunPlan, valueSize = plan.valueSize): BenchValue[] {
  const count = Math.max(16, Math.min(4096, Math.floor(poolBytes / valueSize)))
  const values = makeValues(count, valueSize, plan.compressionRatio, plan.seed)
  return plan.settings.valueEncoding === 'buffer' ? values : values.map((value) => value.toString('latin1'))
}

/** Bytes of a record with a value of so many. */
export function recordSize(valueSize: number): number {
  return keySize + valueSize
}
