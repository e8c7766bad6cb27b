import type { ValueEncoding } from './engines/engine.ts'

/** What one child process is to do, and what it answers. Plain data: it crosses a process boundary. */
export interface RunPlan {
  readonly engine: string
  readonly workloads: readonly string[]
  /** Made and removed by the child. */
  readonly directory: string
  readonly num: number
  readonly valueSize: number
  readonly compressionRatio: number
  readonly valueEncoding: ValueEncoding
  readonly writeBufferSize: number
  readonly cacheSize: number
  readonly seed: number
}

export interface Measurement {
  readonly workload: string
  readonly ops: number
  readonly seconds: number
  /** Processor time of all threads, background work during the measurement included. */
  readonly cpuSeconds: number
  /** Bytes handed to write(2), background work until it ended included. */
  readonly bytesWritten: number
}

export interface RunResult {
  readonly measurements: readonly Measurement[]
  readonly peakRssBytes: number
  /** Bytes on the disk of the last database, closed. */
  readonly diskBytes: number
}
