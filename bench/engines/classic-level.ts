import { peerVersion, requirePeer } from '../peers.ts'
import type { BenchDatabase, BenchValue, Engine, EngineSettings, ValueEncoding } from './engine.ts'

/** The part of classic-level 3 that is used; the package is not installed where types are checked. */
interface LevelIterator {
  next(): Promise<[string, BenchValue] | undefined>
  nextv(size: number): Promise<[string, BenchValue][]>
  close(): Promise<void>
}
interface Level {
  open(options: object): Promise<void>
  close(): Promise<void>
  put(key: string, value: BenchValue): Promise<void>
  batch(operations: object[]): Promise<void>
  get(key: string): Promise<BenchValue | undefined>
  getSync(key: string): BenchValue | undefined
  getMany(keys: readonly string[]): Promise<(BenchValue | undefined)[]>
  iterator(options: object): LevelIterator
}
interface ClassicLevelModule {
  ClassicLevel: new (location: string, options: { valueEncoding: ValueEncoding }) => Level
}

const name = 'classic-level'

class ClassicLevelDatabase implements BenchDatabase {
  readonly #db: Level

  constructor(db: Level) {
    this.#db = db
  }

  batch(keys: readonly string[], values: readonly BenchValue[]): Promise<void> {
    return this.#db.batch(keys.map((key, i) => ({ type: 'put', key, value: values[i]! })))
  }

  /** It has no synchronous put. */
  async putEach(keys: readonly string[], values: readonly BenchValue[]): Promise<void> {
    for (let i = 0; i < keys.length; i++) await this.#db.put(keys[i]!, values[i]!)
  }

  async getEach(keys: readonly string[]): Promise<number> {
    let found = 0
    for (const key of keys) if (this.#db.getSync(key) !== undefined) found++
    return found
  }

  async getEachAsync(keys: readonly string[]): Promise<number> {
    let found = 0
    for (const key of keys) if ((await this.#db.get(key)) !== undefined) found++
    return found
  }

  async getMany(keys: readonly string[]): Promise<number> {
    const values = await this.#db.getMany(keys)
    return values.filter((value) => value !== undefined).length
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

  async seekEach(keys: readonly string[]): Promise<number> {
    let found = 0
    for (const key of keys) {
      const iterator = this.#db.iterator({ gte: key })
      if ((await iterator.next()) !== undefined) found++
      await iterator.close()
    }
    return found
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

export const classicLevel: Engine = {
  name,
  peer: name,
  version: () => peerVersion(name),
  async open(directory: string, settings: EngineSettings): Promise<BenchDatabase> {
    const { cacheSize, valueEncoding, writeBufferSize } = settings
    const { ClassicLevel } = requirePeer(name) as ClassicLevelModule
    const db = new ClassicLevel(directory, { valueEncoding })
    // Snappy is its default codec. Its bloom filter of 10 bits a key is built in.
    await db.open({ cacheSize, writeBufferSize })
    return new ClassicLevelDatabase(db)
  },
}
