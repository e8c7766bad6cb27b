/** What a store must offer to be measured. One adapter a store; loops live in the adapters, so that each runs its own natural form. */

export type ValueEncoding = 'utf8' | 'buffer'
export type BenchValue = string | Buffer

/** Memory and durability, the same for every engine. Bytes. */
export interface EngineSettings {
  readonly writeBufferSize: number
  readonly cacheSize: number
  readonly valueEncoding: ValueEncoding
}

/** An open database. Writes are not synced. */
export interface BenchDatabase {
  /** All records in one atomic write. */
  batch(keys: readonly string[], values: readonly BenchValue[]): Promise<void>
  /** One write a record: synchronous where the engine can. */
  putEach(keys: readonly string[], values: readonly BenchValue[]): Promise<void>
  /** One read a key, synchronous where the engine can; how many were found. */
  getEach(keys: readonly string[]): Promise<number>
  /** The same, each awaited before the next. */
  getEachAsync(keys: readonly string[]): Promise<number>
  /** One call for all keys; how many were found. */
  getMany(keys: readonly string[]): Promise<number>
  /** Takes key and value of every record; how many there were. */
  scan(reverse: boolean): Promise<number>
  /** For each key a new iterator at or after it, and its first record; how many there were. */
  seekEach(keys: readonly string[]): Promise<number>
  close(): Promise<void>
}

export interface Engine {
  readonly name: string
  /** The package that it needs from bench/node_modules, if any. */
  readonly peer?: string
  version(): string
  open(directory: string, settings: EngineSettings): Promise<BenchDatabase>
}
