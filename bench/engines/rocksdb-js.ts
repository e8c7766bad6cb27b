import { mkdirSync } from 'node:fs'
import type {
  AdapterEngine,
  BenchDatabase,
  BenchValue,
  EngineSettings,
  Found,
} from '../../lib/bench/engines/engine.ts'
import { peerVersion, requirePeer } from '../peers.ts'

/** The part of rocksdb-js's binding that is used; keys are in its shared buffer, and given as their length. */
interface Writer {
  putSync(key: KeyBuffer, value: Buffer): void
  removeSync(key: KeyBuffer): void
}
interface NativeDatabase extends Writer {
  open(path: string, options: object): void
  close(): void
  setDefaultKeyBuffer(buffer: Buffer): void
  setDefaultValueBuffer(buffer: Buffer): void
  setIteratorState(buffer: Buffer): void
  /** The bytes in the shared value buffer, a Buffer of its own when they are too many, or undefined. */
  getSync(keyLength: number, flags: number): Buffer | number | undefined
  get(keyLength: number, resolve: (value: Buffer | undefined) => void, reject: (error: Error) => void): number
}
interface NativeTransaction extends Writer {
  commitSync(): void
}
interface NativeIterator {
  next(): number | { readonly key: Buffer; readonly value: Buffer }
  return(): void
}
interface Binding {
  readonly Database: new () => NativeDatabase
  readonly Transaction: new (db: NativeDatabase, options: object) => NativeTransaction
  readonly Iterator: new (
    db: NativeDatabase,
    flags: number,
    startKeyEnd: number,
    endKeyStart: number,
    endKeyEnd: number,
  ) => NativeIterator
  readonly constants: Readonly<Record<string, number>>
  config(options: object): void
}
type KeyBuffer = Buffer & { start?: number; end?: number }

const peer = `@harperfast/rocksdb-js-${process.platform}-${process.arch}-glibc`
const valueBufferSize = 64 * 1024

/**
 * HarperFast's rocksdb-js. The registry has its native bindings, but not the package of JavaScript above them; so this calls
 * the binding as that does, without the cost of its layers. It has no durable writes: those rows are left out.
 */
class RocksJsDatabase implements BenchDatabase {
  readonly #binding: Binding
  readonly #db: NativeDatabase
  readonly #asBuffer: boolean
  readonly #key: KeyBuffer = Buffer.allocUnsafeSlow(4096)
  readonly #value = Buffer.allocUnsafeSlow(valueBufferSize)
  readonly #encoded = Buffer.allocUnsafeSlow(2 * 1024 * 1024)
  readonly #lengths = new Uint32Array(2)

  constructor(binding: Binding, db: NativeDatabase, asBuffer: boolean) {
    this.#binding = binding
    this.#db = db
    this.#asBuffer = asBuffer
    this.#key.start = 0
    db.setDefaultKeyBuffer(this.#key)
    db.setDefaultValueBuffer(this.#value)
    db.setIteratorState(Buffer.from(this.#lengths.buffer))
  }

  batch(keys: readonly string[], values: readonly BenchValue[]): undefined {
    const transaction = new this.#binding.Transaction(this.#db, { disableSnapshot: true })
    for (let i = 0; i < keys.length; i++) this.#put(transaction, keys[i]!, values[i]!)
    transaction.commitSync()
  }

  deleteBatch(keys: readonly string[]): undefined {
    const transaction = new this.#binding.Transaction(this.#db, { disableSnapshot: true })
    for (const key of keys) {
      this.#setKey(key)
      transaction.removeSync(this.#key)
    }
    transaction.commitSync()
  }

  putSync(key: string, value: BenchValue): void {
    this.#put(this.#db, key, value)
  }

  /** Its put is that: asynchronous in form only. */
  async put(key: string, value: BenchValue): Promise<void> {
    this.#put(this.#db, key, value)
  }

  getSync(key: string): Found {
    return this.#take(this.#db.getSync(this.#setKey(key), 0))
  }

  /** What is in memory at once, the rest from a thread, as its get does. */
  async get(key: string): Promise<Found> {
    const length = this.#setKey(key)
    const onlyMemory = this.#binding.constants['ONLY_IF_IN_MEMORY_CACHE_FLAG']!
    const found = this.#db.getSync(length, onlyMemory)
    if (found !== this.#binding.constants['NOT_IN_MEMORY_CACHE_FLAG']) return this.#take(found)
    return this.#take(
      await new Promise<Buffer | undefined>((resolve, reject) => {
        this.#db.get(length, resolve, reject)
      }),
    )
  }

  getFast(key: string): number {
    const found = this.#db.getSync(this.#setKey(key), 0)
    return typeof found === 'number' ? found : (found?.length ?? -1)
  }

  getMany(keys: readonly string[]): Found[] {
    return keys.map((key) => this.getSync(key))
  }

  scan(reverse: boolean): number {
    return this.#count(reverse ? this.#binding.constants['ITERATOR_REVERSE_FLAG']! : 0, 0, Infinity)
  }

  seek(key: string, limit: number): number {
    return this.#count(0, this.#setKey(key), limit)
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  #setKey(key: string): number {
    this.#key.end = this.#key.write(key, 'latin1')
    return this.#key.end
  }

  #put(writer: Writer, key: string, value: BenchValue): void {
    this.#setKey(key)
    if (typeof value !== 'string') writer.putSync(this.#key, value)
    else writer.putSync(this.#key, this.#encoded.subarray(0, this.#encoded.write(value, 'utf8')))
  }

  #take(found: Buffer | number | undefined): Found {
    if (found === undefined) return undefined
    const bytes = typeof found === 'number' ? this.#value.subarray(0, found) : found
    if (!this.#asBuffer) return bytes.toString('utf8')
    return typeof found === 'number' ? Buffer.from(bytes) : bytes
  }

  #count(flags: number, startKeyEnd: number, limit: number): number {
    const { Iterator, constants } = this.#binding
    const withValues = flags | constants['ITERATOR_INCLUDE_VALUES_FLAG']!
    const iterator = new Iterator(this.#db, withValues, startKeyEnd, 0, 0)
    let records = 0
    while (records < limit) {
      const step = iterator.next()
      if (step === constants['ITERATOR_RESULT_DONE']) break
      const key =
        typeof step === 'number'
          ? this.#key.toString('latin1', 0, this.#lengths[0])
          : step.key.toString('latin1')
      const value = this.#take(typeof step === 'number' ? this.#lengths[1] : step.value)
      if (key.length > 0 && value!.length >= 0) records++
    }
    iterator.return()
    return records
  }
}

/**
 * Its README, "new RocksDatabase(path, options)" and "RocksDatabase.config": `blockCacheSize` and `writeBufferSize` are
 * set to the memory of the comparison; LZ4 by default. Declared for Node 22.18 and later, it loads and runs on 20 as well.
 */
export const rocksdbJs: AdapterEngine = {
  name: 'rocksdb-js',
  kind: 'store',
  peer,
  version: () => peerVersion(peer),
  skips: {
    fillsync: 'it has no durable put',
    fillsync64: 'it has no durable put',
  },
  async open(directory: string, settings: EngineSettings): Promise<BenchDatabase> {
    const { cacheSize, options, valueEncoding, writeBufferSize } = settings
    const binding = requirePeer(peer) as Binding
    mkdirSync(directory, { recursive: true })
    const db = new binding.Database()
    if (options === 'tuned') binding.config({ blockCacheSize: cacheSize })
    const memory = options === 'defaults' ? {} : { writeBufferSize }
    db.open(directory, { name: 'default', mode: 'optimistic', ...memory })
    return new RocksJsDatabase(binding, db, valueEncoding === 'buffer')
  },
}
