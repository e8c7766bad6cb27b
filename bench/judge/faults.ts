import type { Random } from './random.ts'

/** At most one mistake in a request: of two, who knows which one a server complains about. */
export class Faults {
  readonly #random: Random
  #armed = false

  constructor(random: Random) {
    this.#random = random
  }

  /** Before each request: whether it is to have one. */
  arm(armed: boolean): void {
    this.#armed = armed
  }

  /** True when the mistake is to be made here, which is this likely while none was made. */
  here(likely: number): boolean {
    if (!this.#armed || !this.#random.chance(likely)) return false
    this.#armed = false
    return true
  }
}
