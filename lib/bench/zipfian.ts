import type { Random } from './data.ts'

/**
 * Zipf-distributed numbers in [0, n): 0 is the most frequent, number i has a share of about 1 / (i + 1)^theta. After Gray
 * et al., "Quickly generating billion-record synthetic databases" (1994), as YCSB does it; theta 0.99 as there.
 */
export class Zipfian {
  readonly #random: Random
  readonly #n: number
  readonly #alpha: number
  readonly #eta: number
  readonly #zetaN: number
  readonly #second: number

  constructor(n: number, random: Random, theta = 0.99) {
    const zeta2 = zeta(Math.min(n, 2), theta)
    this.#random = random
    this.#n = n
    this.#zetaN = zeta(n, theta)
    this.#alpha = 1 / (1 - theta)
    this.#eta = n <= 2 ? 0 : (1 - (2 / n) ** (1 - theta)) / (1 - zeta2 / this.#zetaN)
    this.#second = 1 + 0.5 ** theta
  }

  next(): number {
    const unit = this.#random.unit()
    const uz = unit * this.#zetaN
    if (uz < 1) return 0
    if (uz < this.#second) return Math.min(1, this.#n - 1)
    return Math.min(this.#n - 1, Math.floor(this.#n * (this.#eta * unit - this.#eta + 1) ** this.#alpha))
  }
}

/** The sum of 1 / i^theta for i from 1 to n. */
export function zeta(n: number, theta: number): number {
  let sum = 0
  for (let i = 1; i <= n; i++) sum += 1 / i ** theta
  return sum
}

/** Scatters the frequent numbers over [0, n): a hash, so that some share a place, as in YCSB's scrambled distribution. */
export function scramble(i: number, n: number): number {
  let h = i >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) % n
}
