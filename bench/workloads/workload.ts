import type { BenchDatabase, BenchValue } from '../engines/engine.ts'

/** Measures only what runs between start and stop: making keys is not the engine's work. */
export class Stopwatch {
  /** Wall time, and processor time of all threads of the process. */
  seconds = 0
  cpuSeconds = 0
  #started = 0
  #cpuStarted = process.cpuUsage()

  start(): void {
    this.#cpuStarted = process.cpuUsage()
    this.#started = performance.now()
  }

  stop(): void {
    this.seconds += (performance.now() - this.#started) / 1000
    const { system, user } = process.cpuUsage(this.#cpuStarted)
    this.cpuSeconds += (system + user) / 1e6
  }
}

/** What a workload has to work with. */
export interface Context {
  db: BenchDatabase
  /** Records of the database: keys 0 to num − 1. */
  readonly num: number
  /** To be used in turn. */
  readonly values: readonly BenchValue[]
  readonly seed: number
  readonly watch: Stopwatch
  /** Closes the database cleanly; then the stopwatch runs while it is opened again. */
  reopen(): Promise<void>
}

export interface Workload {
  readonly name: string
  readonly description: string
  /** Wants a new database, or one with all records. */
  readonly needs: 'empty' | 'filled'
  /** Leaves a database with all records behind. */
  readonly fills?: boolean
  /** Operations done. */
  run(context: Context): Promise<number>
}

/** Runs `body` over chunks of keys, and of values in turn, that are made while the stopwatch stands. */
export async function inChunks(
  { values, watch }: Context,
  total: number,
  size: number,
  key: (i: number) => string,
  body: (keys: readonly string[], values: readonly BenchValue[]) => Promise<unknown>,
): Promise<number> {
  for (let begin = 0; begin < total; begin += size) {
    const length = Math.min(size, total - begin)
    const keys = Array.from({ length }, (_, i) => key(begin + i))
    const chunk = Array.from({ length }, (_, i) => values[(begin + i) % values.length]!)
    watch.start()
    await body(keys, chunk)
    watch.stop()
  }
  return total
}

/** Fails a run whose engine lost or invented records. */
export function expectCount(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what} found ${found} records instead of ${expected}`)
}
