import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Database, type RangeIterator } from '../../lib/index.ts'
import { root } from '../paths.ts'
import type { BenchDatabase, BenchValue, Engine, EngineSettings } from './engine.ts'

class BurrowDatabase implements BenchDatabase {
  readonly #db: Database<string, BenchValue>

  constructor(db: Database<string, BenchValue>) {
    this.#db = db
  }

  async batch(keys: readonly string[], values: readonly BenchValue[]): Promise<void> {
    const batch = this.#db.writeBatch()
    for (let i = 0; i < keys.length; i++) batch.put(keys[i]!, values[i]!)
    batch.commitSync()
  }

  async putEach(keys: readonly string[], values: readonly BenchValue[]): Promise<void> {
    for (let i = 0; i < keys.length; i++) this.#db.putSync(keys[i]!, values[i]!)
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

  async scan(reverse: boolean): Promise<number> {
    let records = 0
    const entries = this.#db.entries({ reverse }) as RangeIterator<[string, BenchValue]>
    for (const [key, value] of entries) if (key.length > 0 && value.length >= 0) records++
    return records
  }

  async seekEach(keys: readonly string[]): Promise<number> {
    let found = 0
    for (const key of keys) {
      const iterator = this.#db.entries({ gte: key })
      found += iterator.nextSync(1).length
      iterator[Symbol.dispose]()
    }
    return found
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

export const burrow: Engine = {
  name: 'burrow',
  version: () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
  async open(directory: string, settings: EngineSettings): Promise<BenchDatabase> {
    const { cacheSize, valueEncoding, writeBufferSize } = settings
    const db = await Database.open(directory, {
      memtableSize: writeBufferSize,
      blockCacheSize: cacheSize,
      syncWrites: false,
      valueEncoding,
    })
    return new BurrowDatabase(db as unknown as Database<string, BenchValue>)
  },
}
