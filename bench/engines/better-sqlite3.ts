import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type {
  AdapterEngine,
  BenchDatabase,
  BenchValue,
  EngineSettings,
  Found,
} from '../../lib/bench/engines/engine.ts'
import { peerVersion, requirePeer } from '../peers.ts'

/** The part of better-sqlite3 12 that is used; the package is not installed where types are checked. */
interface Statement {
  run(...values: unknown[]): void
  get(...values: unknown[]): unknown
  all(...values: unknown[]): unknown[]
  iterate(...values: unknown[]): Iterable<[string, BenchValue]>
  raw(): Statement
  pluck(): Statement
}
interface Sqlite {
  pragma(text: string): void
  exec(sql: string): void
  prepare(sql: string): Statement
  transaction<A extends unknown[], R>(body: (...values: A) => R): (...values: A) => R
  close(): void
}
type SqliteConstructor = new (file: string) => Sqlite

const name = 'better-sqlite3'

/** Everything is synchronous. Puts that come in together share a transaction. */
class SqliteDatabase implements BenchDatabase {
  readonly #db: Sqlite
  readonly #put: Statement
  readonly #get: Statement
  readonly #seek: Statement
  readonly #batch: (keys: readonly string[], values: readonly BenchValue[]) => void
  readonly #delete: (keys: readonly string[]) => void
  readonly #getMany: (keys: readonly string[]) => Found[]

  constructor(db: Sqlite) {
    this.#db = db
    this.#put = db.prepare('INSERT INTO kv VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
    this.#get = db.prepare('SELECT value FROM kv WHERE key = ?').pluck()
    this.#seek = db.prepare('SELECT key, value FROM kv WHERE key >= ? ORDER BY key LIMIT ?').raw()
    const remove = db.prepare('DELETE FROM kv WHERE key = ?')
    this.#batch = db.transaction((keys: readonly string[], values: readonly BenchValue[]) => {
      for (let i = 0; i < keys.length; i++) this.#put.run(keys[i], values[i])
    })
    this.#delete = db.transaction((keys: readonly string[]) => {
      for (const key of keys) remove.run(key)
    })
    this.#getMany = db.transaction((keys: readonly string[]) =>
      keys.map((key) => this.#get.get(key) as Found),
    )
  }

  batch(keys: readonly string[], values: readonly BenchValue[]): undefined {
    this.#batch(keys, values)
  }

  deleteBatch(keys: readonly string[]): undefined {
    this.#delete(keys)
  }

  putSync(key: string, value: BenchValue): void {
    this.#put.run(key, value)
  }

  putTogether(keys: readonly string[], values: readonly BenchValue[]): void {
    this.#batch(keys, values)
  }

  getSync(key: string): Found {
    return this.#get.get(key) as Found
  }

  getMany(keys: readonly string[]): Found[] {
    return this.#getMany(keys)
  }

  scan(reverse: boolean): number {
    let records = 0
    const all = this.#db.prepare(`SELECT key, value FROM kv ORDER BY key ${reverse ? 'DESC' : 'ASC'}`).raw()
    for (const [key, value] of all.iterate()) if (key.length > 0 && value.length >= 0) records++
    return records
  }

  seek(key: string, limit: number): number {
    return this.#seek.all(key, limit).length
  }

  async close(): Promise<void> {
    this.#db.close()
  }
}

/**
 * Its docs/performance.md: `journal_mode = WAL`. SQLite's documentation: "WITHOUT ROWID" for keys that are not integers;
 * `synchronous = NORMAL` in WAL mode keeps everything when the process is killed, `FULL` syncs each commit; `cache_size`
 * and `mmap_size` as large as the cache of the comparison; `wal_autocheckpoint` at as many pages as the write buffers hold.
 */
export const betterSqlite3: AdapterEngine = {
  name,
  kind: 'store',
  peer: name,
  version: () => peerVersion(name),
  async open(directory: string, settings: EngineSettings): Promise<BenchDatabase> {
    const { cacheSize, durable, options, writeBufferSize } = settings
    const Database = requirePeer(name) as SqliteConstructor
    mkdirSync(directory, { recursive: true })
    const db = new Database(join(directory, 'bench.db'))
    if (options === 'tuned') {
      db.pragma('journal_mode = WAL')
      db.pragma(`cache_size = -${cacheSize / 1024}`)
      db.pragma(`mmap_size = ${cacheSize}`)
      db.pragma(`wal_autocheckpoint = ${Math.floor(writeBufferSize / 4096)}`)
    }
    db.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
    const table = 'CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value)'
    db.exec(options === 'tuned' ? `${table} WITHOUT ROWID` : table)
    return new SqliteDatabase(db)
  },
}
