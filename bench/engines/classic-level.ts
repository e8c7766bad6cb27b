import type {
  AdapterEngine,
  BenchDatabase,
  BenchValue,
  EngineSettings,
  Found,
  ValueEncoding,
} from '../../lib/bench/engines/engine.ts'
import { peerVersion, requirePeer } from '../peers.ts'

/** The part of classic-level 3 that is used; the package is not installed where types are checked. */
interface LevelIterator {
  nextv(size: number): Promise<[string, BenchValue][]>
  close(): Promise<void>
}
interface ChainedBatch {
  put(key: string, value: BenchValue): void
  del(key: string): void
  write(options: object): Promise<void>
}
interface Level {
  open(options: object): Promise<void>
  close(): Promise<void>
  put(key: string, value: BenchValue, options: object): Promise<void>
  batch(): ChainedBatch
  get(key: string): Promise<Found>
  getSync(key: string): Found
  getMany(keys: readonly string[]): Promise<Found[]>
  iterator(options: object): LevelIterator
}
interface ClassicLevelModule {
  ClassicLevel: new (location: string, options: { valueEncoding: ValueEncoding }) => Level
}

const name = 'classic-level'

/** It has no synchronous put. */
class ClassicLevelDatabase implements BenchDatabase {
  readonly #db: Level
  readonly #write: { readonly sync: boolean }

  constructor(db: Level, sync: boolean) {
    this.#db = db
    this.#write = { sync }
  }

  /** Chained: the form that abstract-level's README calls the faster one. */
  batch(keys: readonly string[], values: readonly BenchValue[]): Promise<void> {
    const batch = this.#db.batch()
    for (let i = 0; i < keys.length; i++) batch.put(keys[i]!, values[i]!)
    return batch.write(this.#write)
  }

  deleteBatch(keys: readonly string[]): Promise<void> {
    const batch = this.#db.batch()
    for (const key of keys) batch.del(key)
    return batch.write(this.#write)
  }

  put(key: string, value: BenchValue): Promise<void> {
    return this.#db.put(key, value, this.#write)
  }

  getSync(key: string): Found {
    return this.#db.getSync(key)
  }

  get(key: string): Promise<Found> {
    return this.#db.get(key)
  }

  getMany(keys: readonly string[]): Promise<Found[]> {
    return this.#db.getMany(keys)
  }

  /** In batches of 1000, its fastest form. */
  async scan(reverse: boolean): Promise<number> {
    let records = 0
    const iterator = this.#db.iterator({ reverse })
    for (;;) {
      const entries = await iterator.nextv(1000)
      if (entries.length === 0) break
      for (const [key, value] of entries) if (key.length > 0 && value.length >= 0) records++
    }
    await iterator.close()
    return records
  }

  async seek(gte: string, limit: number): Promise<number> {
    const iterator = this.#db.iterator({ gte, limit })
    const { length } = await iterator.nextv(limit)
    await iterator.close()
    return length
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

/**
 * Its README, "Opening": cacheSize and writeBufferSize are set to the memory of the comparison; the other options are "only
 * to be modified if you can prove actual benefit", of compression it says "leave this on". Its bloom filter is built in.
 */
export const classicLevel: AdapterEngine = {
  name,
  kind: 'store',
  peer: name,
  version: () => peerVersion(name),
  async open(directory: string, settings: EngineSettings): Promise<BenchDatabase> {
    const { cacheSize, durable, options, valueEncoding, writeBufferSize } = settings
    const { ClassicLevel } = requirePeer(name) as ClassicLevelModule
    const db = new ClassicLevel(directory, { valueEncoding })
    await db.open(options === 'defaults' ? {} : { cacheSize, writeBufferSize })
    return new ClassicLevelDatabase(db, durable)
  },
}
