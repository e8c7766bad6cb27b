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
