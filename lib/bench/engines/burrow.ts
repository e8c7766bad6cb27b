import { Database, type DatabaseOptions } from '../../index.ts'
import { native } from '../../native.ts'
import type { AdapterEngine, BenchDatabase, BenchValue, EngineSettings, Found } from './engine.ts'

class BurrowDatabase implements BenchDatabase {
  readonly #db: Database<string, BenchValue>

  constructor(db: Database<string, BenchValue>) {
    this.#db = db
  }

  batch(keys: readonly string[], values: readonly BenchValue[]): Promise<unknown> | undefined {
    const batch = this.#db.writeBatch()
    for (let i = 0; i < keys.length; i++) batch.put(keys[i]!, values[i]!)
    batch.commitSync()
    return undefined
  }

  deleteBatch(keys: readonly string[]): Promise<unknown> | undefined {
    const batch = this.#db.writeBatch()
    for (const key of keys) batch.delete(key)
    batch.commitSync()
    return undefined
  }

  putSync(key: string, value: BenchValue): void {
    this.#db.putSync(key, value)
  }

  put(key: string, value: BenchValue): Promise<void> {
    return this.#db.put(key, value)
  }

  getSync(key: string): Found {
    return this.#db.getSync(key)
  }

  get(key: string): Promise<Found> {
    return this.#db.get(key)
  }

  /** Its fastest read returns a Buffer that is the caller's to keep, in memory that many of them share. */
  getFast(key: string): number {
    return (this.#db.getSync(key, { valueEncoding: 'buffer' }) as Buffer | undefined)?.length ?? -1
  }

  getMany(keys: readonly string[]): Promise<Found[]> {
    return this.#db.getMany(keys)
  }

  scan(reverse: boolean): number {
    let records = 0
    for (const [key, value] of this.#db.entries({ reverse })) {
      if (key.length > 0 && value.length >= 0) records++
    }
    return records
  }

  seek(gte: string, limit: number): number {
    const iterator = this.#db.entries({ gte, limit })
    const { length } = iterator.nextSync(limit)
    iterator[Symbol.dispose]()
    return length
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

/** The memory of the comparison, and these options on top of it. */
export function burrowWith(options: DatabaseOptions): AdapterEngine {
  return {
    name: 'burrow',
    kind: 'store',
    version: () => native.version,
    async open(directory: string, settings: EngineSettings): Promise<BenchDatabase> {
      const { cacheSize, durable, options: choice, valueEncoding, writeBufferSize } = settings
      const memory = choice === 'defaults' ? {} : { memtableSize: writeBufferSize, blockCacheSize: cacheSize }
      const db = await Database.open(directory, { ...memory, syncWrites: durable, valueEncoding, ...options })
      return new BurrowDatabase(db as unknown as Database<string, BenchValue>)
    },
  }
}

/** The defaults and the memory of the comparison: all that docs/options.md says to set. */
export const burrow = burrowWith({})
