/** Calls, and milliseconds, that may be answered in microtasks before the event loop must turn. */
const callsPerTurn = 256
const millisecondsPerTurn = 1
/** The clock is read once in so many calls: reading it costs a tenth of a get. */
const callsPerClock = 8

/**
 * Keeps `while (!stop) await db.get(k)` from starving timers and sockets. Answers that memory can give resolve in a
 * microtask, and microtasks run before anything else; so after 256 of them, or 1 ms, since the event loop last
 * turned, answers wait for the next turn. One for the thread: it is the event loop that is shared.
 */
class Fairness {
  #calls = 0
  #began = 0
  #waiting: (() => void)[] = []
  #immediate: NodeJS.Immediate | undefined

  /** Counts an answer, or so many that go together; true when they must wait for the event loop. */
  exhausted(answers = 1): boolean {
    const before = this.#calls
    const calls = before + answers
    this.#calls = calls
    if (before === 0) {
      this.#began = performance.now()
      // It only resets the count, so by itself it is no reason for the process to live.
      this.#immediate = setImmediate(() => this.#turn()).unref()
      return false
    }
    if (calls > callsPerTurn) return true
    if (calls % callsPerClock >= answers || performance.now() - this.#began < millisecondsPerTurn)
      return false
    this.#calls = callsPerTurn
    return true
  }

  /** A promise of `value`, resolved at once or after the next turn of the event loop. */
  resolved<T>(value: T): Promise<T> {
    if (!this.exhausted()) return Promise.resolve(value)
    return new Promise((resolve) => this.defer(() => resolve(value)))
  }

  /** A promise that is rejected, at once or after the next turn of the event loop. */
  rejected(error: unknown): Promise<never> {
    if (!this.exhausted()) return Promise.reject(error)
    return new Promise((_, reject) => this.defer(() => reject(error)))
  }

  /** Resolves at once, or after the next turn of the event loop. */
  async turn(): Promise<void> {
    if (this.exhausted()) await this.nextTurn()
  }

  /** Resolves after the next turn of the event loop. */
  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.defer(resolve))
  }

  /** Runs `answer` now, or after the next turn of the event loop. */
  run(answer: () => void): void {
    if (this.exhausted()) this.defer(answer)
    else answer()
  }

  defer(answer: () => void): void {
    this.#waiting.push(answer)
    this.#immediate?.ref()
  }

  #turn(): void {
    this.#calls = 0
    const waiting = this.#waiting
    this.#waiting = []
    for (const answer of waiting) answer()
  }
}

export const fairness = new Fairness()
