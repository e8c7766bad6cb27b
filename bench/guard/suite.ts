/** One line of a suite: the figures of all its runs. */
export interface BenchmarkRuns {
  /** Unique in the suite. */
  readonly benchmark: string
  /** Operations a second, a run each, in the order of the runs. */
  readonly opsPerSecond: readonly number[]
  /** Nanoseconds; medians over the runs, where they were measured. */
  readonly latency?: { readonly p50: number; readonly p99: number; readonly p999: number }
  /** The same benchmark in the same runs on others, by name: for floors that are ratios. */
  readonly rivals?: Readonly<Record<string, readonly number[]>>
}

export interface SuiteOutcome {
  /** What the figures depend on besides the machine: only the same conditions are compared. */
  readonly conditions: string
  readonly benchmarks: readonly BenchmarkRuns[]
}
