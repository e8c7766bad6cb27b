/** When to try again after failures: at once, then twice as long each time, up to a limit. Milliseconds. */
export class Backoff {
  readonly #first: number
  readonly #longest: number
  #failures = 0
  #readyAt = 0

  constructor(first = 20, longest = 10_000) {
    this.#first = first
    this.#longest = longest
  }

  /** False until the pause after the last failure is over. */
  get ready(): boolean {
    return this.#failures === 0 || performance.now() >= this.#readyAt
  }

  /** Notes a failure; the pause that follows. */
  fail(): number {
    const pause = Math.min(this.#longest, this.#first * 2 ** this.#failures++)
    this.#readyAt = performance.now() + pause
    return pause
  }

  reset(): void {
    this.#failures = 0
  }
}
