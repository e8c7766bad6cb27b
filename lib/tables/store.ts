import { BurrowError } from '../base/errors.ts'
import type { Database } from '../kv/database.ts'
import { type Latches, latchesOf } from '../kv/latches.ts'
import type { RangeIterator } from '../kv/range-iterator.ts'
import type { ScanOptions } from '../kv/scan.ts'
import type { Snapshot } from '../kv/snapshot.ts'
import type { WriteBatch } from '../kv/write-batch.ts'

/** How the writes of a call are made; see `WriteOptions` of the database. */
export interface Durability {
  /** Resolve only when the log is durable on the disk. Default: the database's `syncWrites`. */
  readonly sync?: boolean | undefined
}

const asBytes = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

/** The database under tables: bytes in, bytes out, whatever encodings it was opened with. */
export class Store {
  readonly database: Database<unknown, unknown>
  readonly latches: Latches
  /** Undefined where the encodings of the database do as well: options of a call cost time. */
  readonly #reading: typeof asBytes | undefined
  readonly #writing: typeof asBytes | undefined

  /** Writes that are being made, and who waits until there are none. */
  #writes = 0
  #waiting: (() => void)[] = []

  constructor(database: Database<unknown, unknown>) {
    const { keyEncoding, valueEncoding } = database.options
    this.database = database
    this.latches = latchesOf(database)
    this.#reading = keyEncoding !== 'json' && valueEncoding === 'buffer' ? undefined : asBytes
    this.#writing = keyEncoding !== 'json' && valueEncoding !== 'json' ? undefined : asBytes
  }

  /** Throws BURROW_READ_ONLY when the database was opened so. Writes of items find out by themselves. */
  checkWritable(): void {
    if (!this.database.options.readOnly) return
    const message = `${this.database.path} was opened with readOnly; open it without to change its tables`
    throw new BurrowError('BURROW_READ_ONLY', message)
  }

  /** A write begins that reads before it writes. Closing the database waits until it ends. */
  beginWrite(): void {
    this.#writes++
  }

  endWrite(): void {
    this.#writes--
    if (this.#writes > 0 || this.#waiting.length === 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves when no write is being made. */
  async idle(): Promise<void> {
    if (this.#writes > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  get(key: Uint8Array, snapshot?: Snapshot): Promise<Uint8Array | undefined> {
    if (snapshot !== undefined) return this.database.get(key, { ...asBytes, snapshot })
    return this.database.get(key, this.#reading as typeof asBytes)
  }

  /** All are read at one moment: now, or that of the snapshot. */
  getMany(keys: readonly Uint8Array[], snapshot?: Snapshot): Promise<(Uint8Array | undefined)[]> {
    if (snapshot !== undefined) return this.database.getMany(keys, { ...asBytes, snapshot })
    return this.database.getMany(keys, this.#reading as typeof asBytes)
  }

  entries(range: Omit<ScanOptions, 'keyEncoding' | 'valueEncoding'>): RangeIterator<[Buffer, Buffer]> {
    return this.database.entries({ ...range, ...asBytes })
  }

  keys(range: Omit<ScanOptions, 'keyEncoding' | 'valueEncoding'>): RangeIterator<Buffer> {
    return this.database.keys({ ...range, ...asBytes })
  }

  /** Applied when this returns, durable when the promise resolves. */
  put(key: Uint8Array, value: Uint8Array, durability: Durability | undefined): Promise<void> {
    return this.database.put(key, value, this.#options(durability))
  }

  /** As `put`. */
  delete(key: Uint8Array, durability: Durability | undefined): Promise<void> {
    return this.database.delete(key, this.#options(durability))
  }

  batch(): StoreBatch {
    return new StoreBatch(this.database.writeBatch(), this.#writing)
  }

  #options(durability: Durability | undefined) {
    if (this.#writing === undefined) return durability
    return durability === undefined ? this.#writing : { ...this.#writing, ...durability }
  }
}

/** Writes that are applied at once: all or none, also after a crash. */
export class StoreBatch {
  readonly #batch: WriteBatch
  readonly #encodings: typeof asBytes | undefined

  constructor(batch: WriteBatch, encodings: typeof asBytes | undefined) {
    this.#batch = batch
    this.#encodings = encodings
  }

  get length(): number {
    return this.#batch.length
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#batch.put(key, value, this.#encodings)
  }

  delete(key: Uint8Array): void {
    this.#batch.delete(key, this.#encodings)
  }

  /** Deletes every key that begins with `prefix`, at a cost that does not depend on how many there are. */
  deletePrefix(prefix: Uint8Array): void {
    this.#batch.deleteRange({ prefix, keyEncoding: 'buffer' })
  }

  /** Applied when this returns, durable when the promise resolves. */
  commit(durability: Durability | undefined): Promise<void> {
    return this.#batch.commit(durability)
  }
}
