import { promisify } from 'node:util'
import type {
  AdapterEngine,
  BenchDatabase,
  BenchValue,
  EngineSettings,
  Found,
} from '../../lib/bench/engines/engine.ts'
import { peerVersion, requirePeer } from '../peers.ts'

type Callback<T> = (error: Error | null, result: T) => void

/** The part of rocksdb 5 (Level's) that is used; the package is not installed where types are checked. */
interface RocksIterator {
  seek(target: string): void
  next(callback: (error: Error | null | undefined, key?: string, value?: BenchValue) => void): void
  end(callback: Callback<void>): void
}
interface ChainedBatch {
  put(key: string, value: BenchValue): void
  del(key: string): void
  write(options: object, callback: Callback<void>): void
}
interface Rocks {
  open(options: object, callback: Callback<void>): void
  close(callback: Callback<void>): void
  put(key: string, value: BenchValue, options: object, callback: Callback<void>): void
  get(key: string, options: object, callback: Callback<BenchValue>): void
  getMany(keys: readonly string[], options: object, callback: Callback<Found[]>): void
  batch(): ChainedBatch
  iterator(options: object): RocksIterator
}
type RocksConstructor = new (location: string) => Rocks

const name = 'rocksdb'

/** Everything is asynchronous, with callbacks; promises are made of them here as levelup does it. */
class RocksDatabase implements BenchDatabase {
  readonly #db: Rocks
  readonly #write: { readonly sync: boolean }
  readonly #read: { readonly asBuffer: boolean }

  constructor(db: Rocks, sync: boolean, asBuffer: boolean) {
    this.#db = db
    this.#write = { sync }
    this.#read = { asBuffer }
  }

  batch(keys: readonly string[], values: readonly BenchValue[]): Promise<void> {
    const batch = this.#db.batch()
    for (let i = 0; i < keys.length; i++) batch.put(keys[i]!, values[i]!)
    return this.#done((callback) => batch.write(this.#write, callback))
  }

  deleteBatch(keys: readonly string[]): Promise<void> {
    const batch = this.#db.batch()
    for (const key of keys) batch.del(key)
    return this.#done((callback) => batch.write(this.#write, callback))
  }

  put(key: string, value: BenchValue): Promise<void> {
    return this.#done((callback) => this.#db.put(key, value, this.#write, callback))
  }

  /** Its error for a key that is not there has no code, only a message. */
  get(key: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      this.#db.get(key, this.#read, (error, value) => {
        if (error === null || error === undefined) resolve(value)
        else if (/notfound/i.test(error.message)) resolve(undefined)
        else reject(error)
      })
    })
  }

  getMany(keys: readonly string[]): Promise<Found[]> {
    return this.#done((callback) => this.#db.getMany(keys, this.#read, callback))
  }

  scan(reverse: boolean): Promise<number> {
    return this.#count({ reverse })
  }

  seek(gte: string, limit: number): Promise<number> {
    return this.#count({ gte, limit })
  }

  close(): Promise<void> {
    return this.#done((callback) => this.#db.close(callback))
  }

  #done<T>(call: (callback: Callback<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      call((error, result) => (error ? reject(error) : resolve(result)))
    })
  }

  /** Records to the end. Its iterator fetches many at a time, and calls back with one each. */
  async #count(range: object): Promise<number> {
    const iterator = this.#db.iterator({
      ...range,
      keyAsBuffer: false,
      valueAsBuffer: this.#read.asBuffer,
      fillCache: true,
    })
    let records = 0
    await new Promise<void>((resolve, reject) => {
      const step = () =>
        iterator.next((error, key, value) => {
          if (error) reject(error)
          else if (key === undefined) resolve()
          else {
            if (key.length > 0 && value!.length >= 0) records++
            step()
          }
        })
      step()
    })
    await this.#done<void>((callback) => iterator.end(callback))
    return records
  }
}

/**
 * Its README points to leveldown's, "open": cacheSize and writeBufferSize are set to the memory of the comparison; the
 * others are "for advanced performance tuning, only to be modified if you can prove actual benefit". Its bloom filter of
 * 10 bits a key is built in; Snappy is its codec.
 */
export const rocksdb: AdapterEngine = {
  name,
  kind: 'store',
  peer: name,
  version: () => peerVersion(name),
  async open(directory: string, settings: EngineSettings): Promise<BenchDatabase> {
    const { cacheSize, durable, options, valueEncoding, writeBufferSize } = settings
    const RocksDb = requirePeer(name) as RocksConstructor
    const db = new RocksDb(directory)
    const open = promisify(db.open.bind(db)) as (options: object) => Promise<void>
    await open(options === 'defaults' ? {} : { cacheSize, writeBufferSize })
    return new RocksDatabase(db, durable, valueEncoding === 'buffer')
  },
}
