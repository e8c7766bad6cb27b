import type { EngineSettings } from './engines/engine.ts'
import type { LatencySummary } from './measure/latencies.ts'

/** What one process is to do with one engine, and what it answers. Plain data: it crosses a process boundary. */
export interface RunPlan {
  readonly engine: string
  /** Those of one stage: see stagesOf. */
  readonly workloads: readonly string[]
  /** Made by the parent, which removes it. */
  readonly directory: string
  /** Records. */
  readonly num: number
  /** Records of workloads that sync each write. */
  readonly syncNum: number
  /** Bytes of a value, where the workload does not say. */
  readonly valueSize: number
  readonly compressionRatio: number
  readonly settings: Omit<EngineSettings, 'durable'>
  readonly seed: number
}

/** One row of one run. */
export interface Measurement {
  readonly workload: string
  /** The workload's name, or that with a word behind it: `fillrandom idle`. */
  readonly row: string
  readonly ops: number
  /** Of the keys and values that were written or read. */
  readonly bytes: number
  readonly seconds: number
  /** Processor time of all threads, background work while it ran included. */
  readonly cpuSeconds?: number
  readonly latency?: LatencySummary
  /** How late the event loop was, in nanoseconds, when operations are asynchronous. */
  readonly loopDelay?: { readonly p99: number; readonly max: number }
  readonly peakRssBytes?: number
  /** Bytes handed to write(2), background work until it ended included. */
  readonly bytesWritten?: number
  /** Bytes of the files on the disk after the database was closed. */
  readonly diskBytes?: number
}
