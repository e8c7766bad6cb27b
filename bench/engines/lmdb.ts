import type {
  AdapterEngine,
  BenchDatabase,
  BenchValue,
  EngineSettings,
  Found,
} from '../../lib/bench/engines/engine.ts'
import { peerVersion, requirePeer } from '../peers.ts'

/** The part of lmdb 3 that is used; the package is not installed where types are checked. */
interface Entry {
  readonly key: string
  readonly value: BenchValue
}
interface Lmdb {
  put(key: string, value: BenchValue): Promise<boolean>
  putSync(key: string, value: BenchValue): boolean
  remove(key: string): Promise<boolean>
  get(key: string): Found
  getBinaryFast(key: string): { readonly length: number } | undefined
  getMany(keys: readonly string[]): Promise<Found[]>
  getRange(options: object): Iterable<Entry>
  readonly flushed: Promise<boolean>
  close(): Promise<void>
}
interface LmdbModule {
  open(options: object): Lmdb
}

const peer = 'lmdb'

/**
 * Reads are synchronous ("designed for synchronous reads, and asynchronous writes", README, "Design"). All writes of a turn
 * of the event loop are one transaction (`eventTurnBatching`), so that a loop of puts is an atomic batch.
 */
class LmdbDatabase implements BenchDatabase {
  readonly #db: Lmdb
  readonly #durable: boolean

  constructor(db: Lmdb, durable: boolean) {
    this.#db = db
    this.#durable = durable
  }

  batch(keys: readonly string[], values: readonly BenchValue[]): Promise<unknown> | undefined {
    let last: Promise<unknown> | undefined
    for (let i = 0; i < keys.length; i++) last = this.#db.put(keys[i]!, values[i]!)
    return last
  }

  deleteBatch(keys: readonly string[]): Promise<unknown> | undefined {
    let last: Promise<unknown> | undefined
    for (const key of keys) last = this.#db.remove(key)
    return last
  }

  putSync(key: string, value: BenchValue): void {
    this.#db.putSync(key, value)
  }

  /** A put resolves when it is committed; `flushed` when the last commit is on the disk. */
  put(key: string, value: BenchValue): Promise<unknown> {
    const committed = this.#db.put(key, value)
    return this.#durable ? committed.then(() => this.#db.flushed) : committed
  }

  getSync(key: string): Found {
    return this.#db.get(key)
  }

  getFast(key: string): number {
    return this.#db.getBinaryFast(key)?.length ?? -1
  }

  getMany(keys: readonly string[]): Promise<Found[]> {
    return this.#db.getMany(keys)
  }

  scan(reverse: boolean): number {
    let records = 0
    for (const { key, value } of this.#db.getRange({ reverse })) {
      if (key.length > 0 && value.length >= 0) records++
    }
    return records
  }

  seek(start: string, limit: number): number {
    let records = 0
    for (const { key, value } of this.#db.getRange({ start, limit })) {
      if (key.length > 0 && value.length >= 0) records++
    }
    return records
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

/**
 * Its README, "LMDB Flags": "the defaults can always be used and are generally recommended"; of them `noMemInit` is "a small
 * performance boost for writes" that costs no safety. It has no cache and no buffers of its own: the system's page cache
 * is its memory. Values are as they are in the other engines: `encoding`, no compression by default.
 */
function engine(name: string, kind: AdapterEngine['kind'], noSync: boolean): AdapterEngine {
  return {
    name,
    kind,
    peer,
    version: () => peerVersion(peer),
    skips: noSync ? {} : { fillsingle: 'each of its synchronous puts is synced: that is fillsync' },
    async open(directory: string, settings: EngineSettings): Promise<BenchDatabase> {
      const { durable, options, valueEncoding } = settings
      const { open } = requirePeer(peer) as LmdbModule
      const db = open({
        path: directory,
        encoding: valueEncoding === 'buffer' ? 'binary' : 'string',
        noSync,
        ...(options === 'defaults' ? {} : { noMemInit: true }),
      })
      return new LmdbDatabase(db, durable)
    },
  }
}

export const lmdb = engine('lmdb', 'store', false)
/** A power cut may take the whole database (README, `noSync`). */
export const lmdbNoSync = engine('lmdb-nosync', 'weaker', true)
