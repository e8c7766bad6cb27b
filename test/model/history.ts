import type { Database, DatabaseOptions, RangeIterator, Snapshot, WriteOptions } from '../../lib/index.ts'
import type { NativeEnv } from '../../lib/native.ts'
import { KeySpace } from './key-space.ts'
import { Random } from './random.ts'
import { type Bounds, type Entry, SortedMap } from './sorted-map.ts'

export interface HistoryOptions {
  readonly seed: number
  /** Bytes of every value in keys and values, read and written as buffers; else ASCII, in any encoding. */
  readonly binary: boolean
  readonly keys: number
  readonly largestValue: number
  /** Of writes that do not say how. */
  readonly syncChance: number
  /** How often something rare is done, as one in so many operations. */
  readonly reopenEvery: number
  readonly compactEvery: number
  readonly database: Partial<DatabaseOptions>
}

/** Where a history's database lives, and how it survives. */
export interface Home {
  open(options: Partial<DatabaseOptions>): Promise<Database<unknown, unknown>>
  /** Only where crashes can be made. */
  readonly env?: NativeEnv
  /** From here on the database is this copy. */
  adopt?(env: NativeEnv): void
  /** What a copy holds. */
  openCopy?(env: NativeEnv, options: Partial<DatabaseOptions>): Promise<Database<unknown, unknown>>
  readonly reopens: boolean
}

interface HeldSnapshot {
  readonly snapshot: Snapshot<unknown, unknown>
  readonly model: SortedMap
}

interface HeldIterator {
  readonly iterator: RangeIterator<unknown>
  readonly shape: Shape
  readonly reverse: boolean
  readonly limit: number
  /** All that it could yield without its limit. */
  readonly entries: readonly Entry[]
  at: number
  yielded: number
  ended: boolean
}

type Shape = 'entries' | 'keys' | 'values'
const shapes = ['entries', 'keys', 'values'] as const

/**
 * Random operations on a database and on a sorted map; every answer is compared. What is asynchronous is sometimes
 * awaited at once and sometimes left under way, with the answer that it must give at the moment of its call.
 */
export class History {
  readonly #options: HistoryOptions
  readonly #home: Home
  readonly #random: Random
  readonly #space: KeySpace
  readonly #actions: readonly (() => void | Promise<void>)[]
  #db!: Database<unknown, unknown>
  #model = new SortedMap()
  #underWay: Promise<void>[] = []
  #snapshots: HeldSnapshot[] = []
  #iterators: HeldIterator[] = []
  #unlogged = false
  #pausedUntil = 0
  #index = 0
  #doing = 'open'

  constructor(home: Home, options: HistoryOptions) {
    this.#home = home
    this.#options = options
    this.#random = new Random(options.seed)
    this.#space = new KeySpace(this.#random, options)
    const weights: [number, () => void | Promise<void>][] = [
      [240, () => this.#put()],
      [70, () => this.#delete()],
      [6, () => this.#deleteRange()],
      [50, () => this.#batch()],
      [40, () => this.#writeBatch()],
      [220, () => this.#get()],
      [50, () => this.#has()],
      [40, () => this.#getMany()],
      [60, () => this.#scan()],
      [12, () => this.#openIterator()],
      [120, () => this.#useIterator()],
      [6, () => this.#takeSnapshot()],
      [60, () => this.#readSnapshot()],
      [15, () => this.#settle()],
    ]
    this.#actions = weights.flatMap(([weight, action]) => Array.from({ length: weight }, () => action))
  }

  /** Does `count` operations. A difference throws an error that names the seed and the operation. */
  async run(count: number): Promise<void> {
    try {
      this.#db = await this.#home.open(this.#options.database)
      for (this.#index = 0; this.#index < count; this.#index++) {
        // Most operations are synchronous: without an await they cost no microtask.
        const done = this.#step()
        if (done !== undefined) await done
      }
      await this.#settle()
      await this.#reopen()
      this.#doing = 'close'
      await this.#db.close()
    } catch (error) {
      const { seed } = this.#options
      const what = `seed ${seed}, operation ${this.#index}, ${this.#doing}: ${(error as Error).message}`
      throw new Error(what, { cause: error })
    }
  }

  #step(): void | Promise<void> {
    const { compactEvery, reopenEvery } = this.#options
    const random = this.#random
    if (this.#pausedUntil > 0 && this.#index >= this.#pausedUntil) return this.#resume()
    if (random.below(compactEvery) === 0) return this.#maintain()
    if (random.below(reopenEvery) === 0) return this.#restart()
    return random.pick(this.#actions)()
  }

  // --- writes

  #put(): void {
    const key = this.#space.key()
    const value = this.#space.value()
    this.#model.put(key, value)
    const [k, v] = [this.#space.bytes(key), this.#space.bytes(value)]
    const how = this.#writeOptions()
    this.#doing = `put ${show(key)} ${JSON.stringify(how)}`
    if (this.#random.chance(0.5)) this.#db.putSync(k, v, how)
    else this.#later(this.#db.put(k, v, how))
  }

  #delete(): void {
    const key = this.#space.key()
    this.#model.delete(key)
    const how = this.#writeOptions()
    this.#doing = `delete ${show(key)}`
    if (this.#random.chance(0.5)) this.#db.deleteSync(this.#space.bytes(key), how)
    else this.#later(this.#db.delete(this.#space.bytes(key), how))
  }

  #deleteRange(): void {
    const bounds = this.#space.narrowBounds(this.#random.chance(0.05) ? 1 : 0.03)
    if (Object.keys(bounds).length === 0) return
    this.#doing = `deleteRange ${JSON.stringify(bounds)}`
    this.#model.deleteRange(bounds)
    const how = this.#writeOptions()
    if (this.#random.chance(0.5)) this.#db.deleteRangeSync(this.#space.range(bounds), how)
    else this.#later(this.#db.deleteRange(this.#space.range(bounds), how))
  }

  #batch(): void {
    const count = this.#random.chance(0.05) ? this.#random.between(20, 200) : this.#random.between(0, 6)
    const operations = []
    this.#doing = `batch of ${count}`
    for (let i = 0; i < count; i++) {
      const key = this.#space.key()
      if (this.#random.chance(0.7)) {
        const value = this.#space.value()
        this.#model.put(key, value)
        operations.push({
          type: 'put',
          key: this.#space.bytes(key),
          value: this.#space.bytes(value),
        } as const)
      } else {
        this.#model.delete(key)
        operations.push({ type: 'delete', key: this.#space.bytes(key) } as const)
      }
    }
    const how = this.#writeOptions()
    if (this.#random.chance(0.5)) this.#db.batchSync(operations, how)
    else this.#later(this.#db.batch(operations, how))
  }

  #writeBatch(): void {
    const batch = this.#db.writeBatch()
    const count = this.#random.between(0, 8)
    this.#doing = `writeBatch of ${count}`
    for (let i = 0; i < count; i++) {
      const key = this.#space.key()
      const kind = this.#random.below(20)
      if (kind === 0) {
        const bounds = this.#space.narrowBounds(0.02)
        if (Object.keys(bounds).length === 0) continue
        batch.deleteRange(this.#space.range(bounds))
        this.#model.deleteRange(bounds)
      } else if (kind < 14) {
        const value = this.#space.value()
        batch.put(this.#space.bytes(key), this.#space.bytes(value))
        this.#model.put(key, value)
      } else {
        batch.delete(this.#space.bytes(key))
        this.#model.delete(key)
      }
    }
    const how = this.#writeOptions()
    if (this.#random.chance(0.5)) batch.commitSync(how)
    else this.#later(batch.commit(how))
  }

  #writeOptions(): WriteOptions | undefined {
    const kind = this.#random.below(100)
    if (kind < 60) return undefined
    if (kind < 63) {
      this.#unlogged = true
      return { wal: false }
    }
    return { sync: this.#random.chance(this.#options.syncChance) }
  }

  // --- reads

  #get(): void | Promise<void> {
    const key = this.#space.anyKey()
    this.#doing = `get ${show(key)}`
    return this.#checkGet(this.#db, this.#model, key)
  }

  #checkGet(reader: Reader, model: SortedMap, key: string): void | Promise<void> {
    const expected = model.get(key)
    const how = this.#space.readOptions()
    if (this.#random.chance(0.6)) {
      expectValue(reader.getSync(this.#space.bytes(key), how), expected)
      return
    }
    const doing = this.#doing
    return this.#answered(
      reader.get(this.#space.bytes(key), how).then((value) => expectValue(value, expected, doing)),
    )
  }

  #has(): void | Promise<void> {
    const key = this.#space.anyKey()
    this.#doing = `has ${show(key)}`
    const expected = this.#model.get(key) !== undefined
    if (this.#random.chance(0.5)) {
      expectSame(this.#db.hasSync(this.#space.bytes(key)), expected)
      return
    }
    const doing = this.#doing
    return this.#answered(
      this.#db.has(this.#space.bytes(key)).then((has) => expectSame(has, expected, doing)),
    )
  }

  #getMany(): void | Promise<void> {
    const keys = Array.from({ length: this.#random.between(0, 12) }, () => this.#space.anyKey())
    this.#doing = `getMany ${keys.map(show).join(' ')}`
    return this.#checkGetMany(this.#db, this.#model, keys)
  }

  #checkGetMany(reader: Reader, model: SortedMap, keys: readonly string[]): void | Promise<void> {
    const expected = keys.map((key) => model.get(key))
    const how = this.#space.readOptions()
    const bytes = keys.map((key) => this.#space.bytes(key))
    const doing = this.#doing
    const check = (values: readonly unknown[]) => {
      expectSame(values.length, expected.length, doing)
      for (let i = 0; i < expected.length; i++) expectValue(values[i], expected[i], `${doing} [${i}]`)
    }
    if (this.#random.chance(0.5)) check(reader.getManySync(bytes, how))
    else return this.#answered(reader.getMany(bytes, how).then(check))
  }

  #scan(): void | Promise<void> {
    return this.#checkScan(this.#db, this.#model, this.#space.narrowBounds(0.05))
  }

  #checkScan(reader: Reader, model: SortedMap, bounds: Bounds): void | Promise<void> {
    const random = this.#random
    const reverse = random.chance(0.4)
    const limit = random.chance(0.5) ? random.between(0, 30) : Number.POSITIVE_INFINITY
    const shape = random.pick(shapes)
    this.#doing = `${shape} ${JSON.stringify(bounds)} reverse ${reverse} limit ${limit}`
    const expected = model.range(bounds, reverse).slice(0, Math.min(limit, 1e9))
    const iterator = this.#openScan(reader, shape, bounds, reverse, limit)
    const doing = this.#doing
    const check = (records: readonly unknown[]) => expectRecords(records, expected, shape, doing)
    switch (random.below(4)) {
      case 0:
        return check([...iterator])
      case 1:
        return this.#answered(unlessClosed(iterator.all().then(check)))
      case 2:
        return this.#answered(unlessClosed(collect(iterator).then(check)))
      default: {
        const records: unknown[] = []
        for (;;) {
          const more = iterator.nextSync(random.between(1, 20))
          if (more.length === 0) break
          records.push(...more)
        }
        return check(records)
      }
    }
  }

  #openScan(
    reader: Reader,
    shape: Shape,
    bounds: Bounds,
    reverse: boolean,
    limit: number,
  ): RangeIterator<unknown> {
    const random = this.#random
    const options = {
      ...this.#space.range(bounds),
      ...this.#space.scanEncodings(),
      ...(reverse || random.chance(0.5) ? { reverse } : {}),
      ...(limit === Number.POSITIVE_INFINITY ? {} : { limit }),
      ...(random.chance(0.2) ? { fillCache: random.chance(0.5) } : {}),
      ...(random.chance(0.1) ? { readAhead: random.below(100_000) } : {}),
    }
    return reader[shape](options) as RangeIterator<unknown>
  }

  // --- iterators that live on while the database changes

  #openIterator(): void {
    const random = this.#random
    if (this.#iterators.length >= 6) {
      const [oldest] = this.#iterators.splice(random.below(this.#iterators.length), 1)
      oldest!.iterator[Symbol.dispose]()
    }
    const held = this.#snapshots.length > 0 && random.chance(0.3) ? random.pick(this.#snapshots) : undefined
    const [reader, model] = held === undefined ? [this.#db, this.#model] : [held.snapshot, held.model]
    const bounds = random.chance(0.3) ? {} : this.#space.narrowBounds(0.3)
    const reverse = random.chance(0.5)
    const limit = random.chance(0.3) ? random.between(0, 50) : Number.POSITIVE_INFINITY
    const shape = random.pick(shapes)
    this.#doing = `open iterator ${JSON.stringify(bounds)}`
    this.#iterators.push({
      iterator: this.#openScan(reader, shape, bounds, reverse, limit),
      shape,
      reverse,
      limit,
      entries: model.range(bounds, reverse),
      at: 0,
      yielded: 0,
      ended: limit === 0,
    })
  }

  #useIterator(): void | Promise<void> {
    if (this.#iterators.length === 0) return
    const random = this.#random
    const held = random.pick(this.#iterators)
    if (random.chance(0.3) && !held.ended) this.#seek(held)
    const count = random.pick([0, 1, 1, 1, 2, 7, 30, 300])
    this.#doing = `next(${count}) at ${held.at} of ${held.entries.length}, limit ${held.limit}, reverse ${held.reverse}`
    const expected = this.#take(held, count)
    const { iterator, shape } = held
    if (random.chance(0.6)) {
      expectRecords(iterator.nextSync(count), expected, shape)
      return
    }
    return iterator.next(count).then((records) => expectRecords(records, expected, shape))
  }

  #take(held: HeldIterator, count: number): Entry[] {
    if (held.ended) return []
    const end = Math.min(held.entries.length, held.at + Math.min(count, held.limit - held.yielded))
    const expected = held.entries.slice(held.at, end)
    held.yielded += expected.length
    held.at = end
    if (expected.length < count) held.ended = true
    return expected
  }

  #seek(held: HeldIterator): void {
    const key = this.#space.bound()
    this.#doing = `seek ${show(key)} reverse ${held.reverse}`
    held.iterator.seek(this.#space.bytes(key))
    const found = held.entries.findIndex((entry) => (held.reverse ? entry[0] <= key : entry[0] >= key))
    held.at = found < 0 ? held.entries.length : found
    held.yielded = 0
  }

  // --- snapshots

  #takeSnapshot(): void {
    if (this.#snapshots.length >= 5) {
      const [old] = this.#snapshots.splice(this.#random.below(this.#snapshots.length), 1)
      old!.snapshot.close()
    }
    this.#doing = 'snapshot'
    this.#snapshots.push({ snapshot: this.#db.snapshot(), model: this.#model.copy() })
  }

  #readSnapshot(): void | Promise<void> {
    if (this.#snapshots.length === 0) return
    const { model, snapshot } = this.#random.pick(this.#snapshots)
    const kind = this.#random.below(10)
    const key = this.#space.anyKey()
    this.#doing = `get ${show(key)} at snapshot ${snapshot.sequence}`
    if (kind < 6) return this.#checkGet(snapshot, model, key)
    if (kind < 8)
      return this.#checkGetMany(snapshot, model, [key, this.#space.anyKey(), this.#space.anyKey()])
    return this.#checkScan(snapshot, model, this.#space.narrowBounds(0.05))
  }

  // --- maintenance

  #maintain(): void | Promise<void> {
    const random = this.#random
    const kind = random.below(20)
    if (kind < 7) {
      this.#doing = 'flush'
      return this.#background(this.#db.flush().then(() => {}))
    }
    if (kind < 13) {
      const bounds = random.chance(0.3) ? {} : this.#space.narrowBounds(0.5)
      this.#doing = `compact ${JSON.stringify(bounds)}`
      return this.#background(this.#db.compact(this.#space.range(bounds)))
    }
    if (kind < 15) {
      this.#doing = 'pauseCompaction'
      this.#pausedUntil = this.#index + random.below(300)
      return this.#background(this.#db.pauseCompaction())
    }
    if (kind === 15) {
      this.#doing = 'clear'
      this.#model.clear()
      return this.#answered(this.#db.clear(this.#writeOptions()))
    }
    if (kind === 16) {
      this.#doing = 'sync'
      return this.#answered(this.#db.sync())
    }
    if (kind === 17) {
      this.#doing = 'stats'
      const stats = this.#db.stats()
      expectSame(stats.snapshots.live, this.#snapshots.length)
      this.#db.levels()
      this.#db.health()
      return this.#db.approximateSize(this.#space.range(this.#space.narrowBounds(0.3))).then((size) => {
        if (!(size >= 0)) throw new Error(`approximateSize is ${size}`)
      })
    }
    this.#doing = 'full scan'
    return this.#checkScan(this.#db, this.#model, {})
  }

  async #resume(): Promise<void> {
    this.#doing = 'resumeCompaction'
    this.#pausedUntil = 0
    await this.#db.resumeCompaction()
  }

  async #restart(): Promise<void> {
    const { env } = this.#home
    if (env === undefined || this.#random.chance(0.4)) return this.#reopen()
    const mode = this.#random.chance(0.5) ? 'kill' : 'power'
    this.#doing = `prepare a crash (${mode})`
    // Calls that returned and were not awaited may not have reached the operating system.
    await Promise.all(this.#underWay.splice(0))
    if (this.#unlogged) await this.#db.flush()
    this.#unlogged = false
    if (mode === 'power') await this.#db.sync()
    this.#doing = `open after a crash (${mode})`
    const copy = env.crashClone!(mode, this.#random.uint32())
    if (this.#random.chance(0.5)) {
      const db = await this.#home.openCopy!(copy, this.#options.database)
      expectRecords(
        await db.entries(this.#space.scanEncodings()).all(),
        this.#model.entries,
        'entries',
        this.#doing,
      )
      await db.close()
      return
    }
    await this.#db.close()
    this.#home.adopt!(copy)
    await this.#openAgain()
  }

  async #reopen(): Promise<void> {
    if (!this.#home.reopens) return
    this.#doing = 'close'
    await this.#db.close()
    await Promise.all(this.#underWay.splice(0))
    this.#doing = 'open again'
    await this.#openAgain()
    if (!this.#db.recovery.clean) throw new Error('the close was not clean')
  }

  async #openAgain(): Promise<void> {
    this.#snapshots = []
    this.#iterators = []
    this.#unlogged = false
    this.#pausedUntil = 0
    this.#db = await this.#home.open(this.#options.database)
    const records = await this.#db.entries(this.#space.scanEncodings()).all()
    expectRecords(records, this.#model.entries, 'entries', this.#doing)
  }

  // --- what is under way

  /** A write whose promise is awaited now or then. */
  #later(done: Promise<void>): void {
    this.#underWay.push(done)
    // A failure is seen when it is awaited, not before.
    done.catch(() => {})
  }

  #answered(done: Promise<void>): void | Promise<void> {
    if (this.#random.chance(0.6)) return done
    this.#later(done)
  }

  /** Work that takes its time; most of it is left to run beside what follows. */
  #background(done: Promise<void>): void | Promise<void> {
    if (this.#random.chance(0.3)) return done
    const doing = this.#doing
    this.#later(
      unlessClosed(done).catch((error: Error) => {
        throw new Error(`${doing}: ${error.message}`, { cause: error })
      }),
    )
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#underWay.splice(0))
  }
}

type Reader = Pick<
  Database<unknown, unknown>,
  'get' | 'getSync' | 'getMany' | 'getManySync' | 'entries' | 'keys' | 'values'
>

/** A compaction or scan that the next close ends is no failure. */
function unlessClosed(done: Promise<void>): Promise<void> {
  return done.catch((error: Error & { code?: string }) => {
    if (error.code !== 'BURROW_CLOSED') throw error
  })
}

async function collect(iterator: RangeIterator<unknown>): Promise<unknown[]> {
  const records: unknown[] = []
  for await (const record of iterator) records.push(record)
  return records
}

function expectRecords(
  records: readonly unknown[],
  expected: readonly Entry[],
  shape: Shape,
  doing = '',
): void {
  const count = Math.max(records.length, expected.length)
  for (let i = 0; i < count; i++) {
    const record = records[i]
    const entry = expected[i]
    const where = `${doing}: record ${i} of ${records.length}, expected ${expected.length}`
    const [key, value] = shape === 'entries' ? ((record ?? []) as unknown[]) : [record, record]
    if (shape !== 'values') expectValue(key, entry?.[0], where)
    if (shape !== 'keys') expectValue(value, entry?.[1], where)
  }
}

function expectValue(actual: unknown, expected: string | undefined, doing = ''): void {
  const text = Buffer.isBuffer(actual) ? actual.toString('latin1') : actual
  if (text !== expected) throw new Error(`${doing}: got ${show(text)}, expected ${show(expected)}`)
}

function expectSame(actual: unknown, expected: unknown, doing = ''): void {
  if (actual !== expected) throw new Error(`${doing}: got ${String(actual)}, expected ${String(expected)}`)
}

function show(value: unknown): string {
  if (typeof value !== 'string') return String(value)
  return value.length <= 60
    ? JSON.stringify(value)
    : `${JSON.stringify(value.slice(0, 60))}… (${value.length})`
}
