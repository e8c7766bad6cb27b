import type { Database, DatabaseOptions, RangeIterator, Snapshot } from '../../lib/index.ts'
import { type Entry, SortedMap } from '../model/sorted-map.ts'
import type { Operation, Scan, Shape, Write } from './operations.ts'

/** What an operation shows to its caller. A promise: the answer comes later, but is settled now. */
export type Answer = string | Promise<string>

export interface Player {
  /** Resolves when the next operation may begin; the answer may still be under way. */
  play(operation: Operation): Promise<{ readonly answer: Answer }>
  /** Lets go of everything. */
  end(): Promise<void>
}

const nothing = 'nothing there'
const done = 'done'
const absent = 'absent'

interface ModelIterator {
  readonly entries: readonly Entry[]
  readonly scan: Scan
  at: number
  yielded: number
  ended: boolean
}

/** What every database must answer. */
export class ModelPlayer implements Player {
  #map = new SortedMap()
  #snapshots = new Map<number, SortedMap>()
  #iterators = new Map<number, ModelIterator>()

  async play(operation: Operation): Promise<{ answer: Answer }> {
    return { answer: this.#answer(operation) }
  }

  async end(): Promise<void> {}

  #answer(operation: Operation): string {
    switch (operation.call) {
      case 'put':
        this.#map.put(operation.key, operation.value)
        return done
      case 'delete':
        this.#map.delete(operation.key)
        return done
      case 'deleteRange':
        this.#map.deleteRange(operation.range)
        return done
      case 'batch':
      case 'writeBatch':
        for (const change of operation.changes) {
          if (change.type === 'put') this.#map.put(change.key, change.value)
          else if (change.type === 'delete') this.#map.delete(change.key)
          else this.#map.deleteRange(change.range)
        }
        return done
      case 'clear':
        this.#map.clear()
        return done
      case 'get':
        return this.#reading(operation.from, (map) => map.get(operation.key) ?? absent)
      case 'has':
        return String(this.#map.get(operation.key) !== undefined)
      case 'getMany':
        return this.#reading(operation.from, (map) =>
          JSON.stringify(operation.keys.map((key) => map.get(key) ?? absent)),
        )
      case 'scan':
        return this.#reading(operation.from, (map) =>
          showRecords(
            map.range(operation.range, operation.reverse).slice(0, operation.limit),
            operation.shape,
          ),
        )
      case 'openIterator':
        return this.#reading(operation.from, (map) => {
          const entries = map.range(operation.range, operation.reverse)
          const ended = operation.limit === 0
          this.#iterators.set(operation.iterator, { entries, scan: operation, at: 0, yielded: 0, ended })
          return done
        })
      case 'next':
        return this.#next(operation.iterator, operation.count)
      case 'seek':
        return this.#seek(operation.iterator, operation.key)
      case 'closeIterator':
        return this.#iterators.delete(operation.iterator) ? done : nothing
      case 'snapshot':
        this.#snapshots.set(operation.snapshot, this.#map.copy())
        return done
      case 'closeSnapshot':
        return this.#snapshots.delete(operation.snapshot) ? done : nothing
      case 'reopen':
      case 'crash':
        this.#snapshots.clear()
        this.#iterators.clear()
        return showRecords(this.#map.entries, 'entries')
      case 'checkpoint':
        return showRecords(this.#map.entries, 'entries')
      default:
        return done
    }
  }

  #reading(from: number | undefined, read: (map: SortedMap) => string): string {
    const map = from === undefined ? this.#map : this.#snapshots.get(from)
    return map === undefined ? nothing : read(map)
  }

  #next(number: number, count: number): string {
    const held = this.#iterators.get(number)
    if (held === undefined) return nothing
    if (held.ended) return '[]'
    const left = (held.scan.limit ?? Number.POSITIVE_INFINITY) - held.yielded
    const end = Math.min(held.entries.length, held.at + Math.min(count, left))
    const found = held.entries.slice(held.at, end)
    held.yielded += found.length
    held.at = end
    if (found.length < count) held.ended = true
    return showRecords(found, held.scan.shape)
  }

  #seek(number: number, key: string): string {
    const held = this.#iterators.get(number)
    // What is at its end cannot be moved any more.
    if (held === undefined || held.ended) return nothing
    const found = held.entries.findIndex(([at]) => (held.scan.reverse ? at <= key : at >= key))
    held.at = found < 0 ? held.entries.length : found
    held.yielded = 0
    return done
  }
}

/** Where a database lives that can crash. */
export interface Home {
  open(): Promise<Database<Buffer, Buffer>>
  /** Opens the copy in another directory of the same file system. */
  openCopy(path: string): Promise<Database<Buffer, Buffer>>
  /** Afterwards `open` opens what the crash left. */
  crash(mode: 'kill' | 'power', seed: number): void
}

interface HeldIterator {
  readonly iterator: RangeIterator<unknown>
  readonly scan: Scan
  ended: boolean
}

/** The same operations on a database. */
export class DatabasePlayer implements Player {
  readonly #home: Home
  #db: Database<Buffer, Buffer>
  #snapshots = new Map<number, Snapshot<Buffer, Buffer>>()
  #iterators = new Map<number, HeldIterator>()
  #underWay: Promise<unknown>[] = []
  #unlogged = false
  #copies = 0

  static async start(home: Home): Promise<DatabasePlayer> {
    return new DatabasePlayer(home, await home.open())
  }

  private constructor(home: Home, db: Database<Buffer, Buffer>) {
    this.#home = home
    this.#db = db
  }

  async play(operation: Operation): Promise<{ answer: Answer }> {
    const answer = this.#answer(operation)
    if (typeof answer === 'string') return { answer }
    if ('way' in operation && operation.way === 'later') {
      this.#underWay.push(answer)
      // Whoever compares it sees the failure.
      answer.catch(() => {})
      return { answer }
    }
    return { answer: await answer }
  }

  async end(): Promise<void> {
    await this.#settle()
    await this.#db.close()
  }

  #answer(operation: Operation): Answer {
    const db = this.#db
    switch (operation.call) {
      case 'put': {
        const [key, value] = [bytes(operation.key), bytes(operation.value)]
        return this.#write(
          operation,
          (how) => db.putSync(key, value, how),
          (how) => db.put(key, value, how),
        )
      }
      case 'delete': {
        const key = bytes(operation.key)
        return this.#write(
          operation,
          (how) => db.deleteSync(key, how),
          (how) => db.delete(key, how),
        )
      }
      case 'deleteRange': {
        const range = rangeOf(operation.range)
        return this.#write(
          operation,
          (how) => db.deleteRangeSync(range, how),
          (how) => db.deleteRange(range, how),
        )
      }
      case 'batch': {
        const changes = operation.changes.map((change) =>
          change.type === 'put'
            ? ({ type: 'put', key: bytes(change.key), value: bytes(change.value) } as const)
            : ({ type: 'delete', key: bytes(change.key) } as const),
        )
        return this.#write(
          operation,
          (how) => db.batchSync(changes, how),
          (how) => db.batch(changes, how),
        )
      }
      case 'writeBatch': {
        const batch = db.writeBatch()
        for (const change of operation.changes) {
          if (change.type === 'put') batch.put(bytes(change.key), bytes(change.value))
          else if (change.type === 'delete') batch.delete(bytes(change.key))
          else batch.deleteRange(rangeOf(change.range))
        }
        return this.#write(
          operation,
          (how) => batch.commitSync(how),
          (how) => batch.commit(how),
        )
      }
      case 'clear':
        return finished(db.clear())
      case 'get':
        return this.#reading(operation.from, (reader) => {
          const key = bytes(operation.key)
          return operation.way === 'sync' ? show(reader.getSync(key)) : reader.get(key).then(show)
        })
      case 'has': {
        const key = bytes(operation.key)
        return operation.way === 'sync' ? String(db.hasSync(key)) : db.has(key).then(String)
      }
      case 'getMany':
        return this.#reading(operation.from, (reader) => {
          const keys = operation.keys.map(bytes)
          const showAll = (values: readonly unknown[]) => JSON.stringify(values.map(show))
          return operation.way === 'sync'
            ? showAll(reader.getManySync(keys))
            : reader.getMany(keys).then(showAll)
        })
      case 'scan':
        return this.#reading(operation.from, (reader) =>
          readAll(openScan(reader, operation), operation.way).then((records) =>
            showRecords(records, operation.shape),
          ),
        )
      case 'openIterator':
        return this.#reading(operation.from, (reader) => {
          this.#iterators.get(operation.iterator)?.iterator[Symbol.dispose]()
          const ended = operation.limit === 0
          this.#iterators.set(operation.iterator, {
            iterator: openScan(reader, operation),
            scan: operation,
            ended,
          })
          return done
        })
      case 'next':
        return this.#next(operation.iterator, operation.count, operation.way)
      case 'seek': {
        const held = this.#iterators.get(operation.iterator)
        if (held === undefined || held.ended) return nothing
        held.iterator.seek(bytes(operation.key))
        return done
      }
      case 'closeIterator': {
        const held = this.#iterators.get(operation.iterator)
        held?.iterator[Symbol.dispose]()
        return this.#iterators.delete(operation.iterator) ? done : nothing
      }
      case 'snapshot':
        this.#snapshots.get(operation.snapshot)?.close()
        this.#snapshots.set(operation.snapshot, db.snapshot())
        return done
      case 'closeSnapshot':
        this.#snapshots.get(operation.snapshot)?.close()
        return this.#snapshots.delete(operation.snapshot) ? done : nothing
      case 'flush':
        return finished(db.flush())
      case 'sync':
        return finished(db.sync())
      case 'pauseCompaction':
        return finished(db.pauseCompaction())
      case 'resumeCompaction':
        return finished(db.resumeCompaction())
      case 'compact':
        return finished(unlessClosed(db.compact(rangeOf(operation.range))))
      case 'approximateSize':
        return db
          .approximateSize(rangeOf(operation.range))
          .then((size) => (size >= 0 ? done : `size ${size}`))
      case 'settle':
        return finished(this.#settle())
      case 'checkpoint':
        return this.#checkpoint(`copy${this.#copies++}`)
      case 'reopen':
        return this.#reopen()
      case 'crash':
        return this.#crash(operation.mode, operation.seed)
    }
  }

  #write(
    { sync, wal, way }: Write,
    now: (how: object) => void,
    soon: (how: object) => Promise<void>,
  ): Answer {
    if (wal === false) this.#unlogged = true
    const how = { ...(sync === undefined ? {} : { sync }), ...(wal === undefined ? {} : { wal }) }
    if (way !== 'sync') return finished(soon(how))
    now(how)
    return done
  }

  #reading(from: number | undefined, read: (reader: Reader) => Answer): Answer {
    const reader = from === undefined ? this.#db : this.#snapshots.get(from)
    return reader === undefined ? nothing : read(reader)
  }

  #next(number: number, count: number, way: 'sync' | 'async'): Answer {
    const held = this.#iterators.get(number)
    if (held === undefined) return nothing
    const { iterator, scan } = held
    const take = (records: readonly unknown[]) => {
      if (records.length < count) held.ended = true
      return showRecords(records, scan.shape)
    }
    return way === 'sync' ? take(iterator.nextSync(count)) : iterator.next(count).then(take)
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#underWay.splice(0))
  }

  async #checkpoint(path: string): Promise<string> {
    await this.#db.checkpoint(path)
    const copy = await this.#home.openCopy(path)
    const contents = showRecords(await copy.entries().all(), 'entries')
    await copy.close()
    return contents
  }

  async #reopen(): Promise<string> {
    const closing = this.#db.close()
    await this.#settle()
    await closing
    return this.#openAgain()
  }

  async #crash(mode: 'kill' | 'power', seed: number): Promise<string> {
    // Calls that returned and were not awaited may not have reached the operating system.
    await this.#settle()
    if (this.#unlogged) await this.#db.flush()
    if (mode === 'power') await this.#db.sync()
    this.#home.crash(mode, seed)
    await this.#db.close()
    return this.#openAgain()
  }

  async #openAgain(): Promise<string> {
    this.#snapshots.clear()
    this.#iterators.clear()
    this.#unlogged = false
    this.#db = await this.#home.open()
    return showRecords(await this.#db.entries().all(), 'entries')
  }
}

type Reader = Pick<
  Database<Buffer, Buffer>,
  'get' | 'getSync' | 'getMany' | 'getManySync' | 'entries' | 'keys' | 'values'
>

/** Options under which keys and values are bytes, as players need them. */
export const byteEncodings = {
  keyEncoding: 'buffer',
  valueEncoding: 'buffer',
} as const satisfies DatabaseOptions

function openScan(reader: Reader, { limit, range, reverse, shape }: Scan): RangeIterator<unknown> {
  const options = { ...rangeOf(range), reverse, ...(limit === undefined ? {} : { limit }) }
  return reader[shape](options) as RangeIterator<unknown>
}

async function readAll(
  iterator: RangeIterator<unknown>,
  way: 'sync' | 'all' | 'next' | 'await',
): Promise<unknown[]> {
  if (way === 'sync') return [...iterator]
  if (way === 'all') return iterator.all()
  const records: unknown[] = []
  if (way === 'await') {
    for await (const record of iterator) records.push(record)
    return records
  }
  for (;;) {
    const more = await iterator.next(7)
    if (more.length === 0) return records
    records.push(...more)
  }
}

const finished = (promise: Promise<void>): Promise<string> => promise.then(() => done)

/** A compaction that the next close ends is no failure. */
const unlessClosed = (promise: Promise<void>): Promise<void> =>
  promise.catch((error: Error & { code?: string }) => {
    if (error.code !== 'BURROW_CLOSED') throw error
  })

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

const rangeOf = (range: object): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(range).map(([name, bound]) => [name, bytes(bound as string)]))

const show = (value: unknown): string =>
  value === undefined ? absent : Buffer.isBuffer(value) ? value.toString('latin1') : String(value)

function showRecords(records: readonly unknown[], shape: Shape): string {
  const shown = records.map((record) => {
    if (!Array.isArray(record)) return show(record)
    const [key, value] = record as [unknown, unknown]
    return shape === 'keys' ? show(key) : shape === 'values' ? show(value) : [show(key), show(value)]
  })
  return JSON.stringify(shown)
}
