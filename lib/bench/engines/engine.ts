/** What a store must offer to be measured: one adapter a store. The loops are the workloads'. */
import type { Measurement, RunPlan } from '../run-plan.ts'

export type ValueEncoding = 'utf8' | 'buffer'
export type BenchValue = string | Buffer
export type Found = BenchValue | undefined

/** Memory and durability, the same for every engine. Bytes. */
export interface EngineSettings {
  /**
   * `tuned`: the best settings of its own documentation, with the memory below. `defaults`: what one gets who gives no
   * options; how durable a write is remains what the workload says.
   */
  readonly options: 'tuned' | 'defaults'
  readonly writeBufferSize: number
  readonly cacheSize: number
  readonly valueEncoding: ValueEncoding
  /** Whether a write is complete only when it is on the disk. Otherwise, when a killed process keeps it. */
  readonly durable: boolean
}

/** An open database. A method that an engine has no natural form for is left out, and with it the rows that need it. */
export interface BenchDatabase {
  /** All records in one atomic write. */
  batch(keys: readonly string[], values: readonly BenchValue[]): Promise<unknown> | undefined
  deleteBatch(keys: readonly string[]): Promise<unknown> | undefined
  /** One write, complete when it returns. */
  putSync?(key: string, value: BenchValue): void
  /** One write of several that may be in flight. */
  put?(key: string, value: BenchValue): Promise<unknown>
  /** For an engine without `put`: records that have come in together. */
  putTogether?(keys: readonly string[], values: readonly BenchValue[]): void
  getSync?(key: string): Found
  get?(key: string): Promise<Found>
  /** Bytes of the value, which is in memory that the next read takes again; -1 when there is none. */
  getFast?(key: string): number
  getMany?(keys: readonly string[]): Promise<readonly Found[]> | readonly Found[]
  /** Takes key and value of every record, in order; how many there were. */
  scan?(reverse: boolean): Promise<number> | number
  /** Takes key and value of up to `limit` records at and after the key; how many there were. */
  seek?(key: string, limit: number): Promise<number> | number
  close(): Promise<void>
}

interface EngineFacts {
  readonly name: string
  /**
   * `store`: a rival, or us. `weaker`: promises less than the others and counts only in rows that say so.
   * `baseline`: no store at all; shows what the harness costs, or the API.
   */
  readonly kind: 'store' | 'weaker' | 'baseline'
  /** The package that it needs from bench/node_modules, if any. */
  readonly peer?: string
  /** Keeps nothing on a disk. */
  readonly volatile?: boolean
  /** Workloads that it does not run, and why. */
  readonly skips?: Readonly<Record<string, string>>
  version(): string
}

/** Runs in the child process. */
export interface AdapterEngine extends EngineFacts {
  open(directory: string, settings: EngineSettings): Promise<BenchDatabase>
}

/** A program of its own: runs what it can of the plan, and leaves out the rest. */
export interface ProgramEngine extends EngineFacts {
  /** Compiles it where it has to be; the file. Throws when that fails. */
  build(): string
  measure(plan: RunPlan, program: string): Measurement[]
}

export type Engine = AdapterEngine | ProgramEngine
