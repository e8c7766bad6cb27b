import type { Bytes, CallKey, CallValue } from './keys-and-values.ts'
import type { Observation } from './observed.ts'
import type { RangeIterator } from './range-iterator.ts'
import type { ReadCalls, ReadOptions } from './reads.ts'
import type { ScanOptions } from './scan.ts'

/** Makes the iterators of one moment. */
export interface Scans {
  scan<T>(shape: 'entries' | 'keys' | 'values', range: ScanOptions | undefined): RangeIterator<T>
}

/** The method by which a database lets the calls of itself and of its snapshots be observed; undefined: no more. */
export const observeReads = Symbol('observeReads')

/** The reads that a database and its snapshots share. */
export abstract class Readable<K, V> {
  #plain!: { readonly reads: ReadCalls; readonly scans: Scans; readonly alone: ReadCalls }
  #reads!: ReadCalls
  #scans!: Scans

  /**
   * What the reads go through. To be called once, in the constructor. Observed calls go through `alone`, which answers each
   * of them by itself.
   */
  protected readThrough(reads: ReadCalls, scans: Scans, alone: ReadCalls = reads): void {
    this.#plain = { reads, scans, alone }
    this.#reads = reads
    this.#scans = scans
  }

  /** @internal */
  [observeReads](observation: Observation | undefined): void {
    const { reads, scans, alone } = this.#plain
    this.#reads = observation?.reads(alone) ?? reads
    this.#scans = observation?.scans(scans) ?? scans
  }

  /** The value of `key`; undefined when there is none. */
  get<const O extends ReadOptions>(key: K | Bytes, options?: O): Promise<CallValue<O, V> | undefined> {
    return this.#reads.get(key, options) as Promise<CallValue<O, V> | undefined>
  }

  getSync<const O extends ReadOptions>(key: K | Bytes, options?: O): CallValue<O, V> | undefined {
    return this.#reads.getSync(key, options) as CallValue<O, V> | undefined
  }

  /** The values of `keys`, in their order; undefined where there is none. All are read at one moment. */
  getMany<const O extends ReadOptions>(
    keys: readonly (K | Bytes)[],
    options?: O,
  ): Promise<(CallValue<O, V> | undefined)[]> {
    return this.#reads.getMany(keys, options) as Promise<(CallValue<O, V> | undefined)[]>
  }

  getManySync<const O extends ReadOptions>(
    keys: readonly (K | Bytes)[],
    options?: O,
  ): (CallValue<O, V> | undefined)[] {
    return this.#reads.getManySync(keys, options) as (CallValue<O, V> | undefined)[]
  }

  has(key: K | Bytes, options?: ReadOptions): Promise<boolean> {
    return this.#reads.has(key, options)
  }

  hasSync(key: K | Bytes, options?: ReadOptions): boolean {
    return this.#reads.hasSync(key, options)
  }

  /** Keys and values of a range, in key order, as they are at the call. */
  entries<const O extends ScanOptions>(range?: O): RangeIterator<[CallKey<O, K>, CallValue<O, V>]> {
    return this.#scans.scan('entries', range)
  }

  keys<const O extends ScanOptions>(range?: O): RangeIterator<CallKey<O, K>> {
    return this.#scans.scan('keys', range)
  }

  values<const O extends ScanOptions>(range?: O): RangeIterator<CallValue<O, V>> {
    return this.#scans.scan('values', range)
  }
}
