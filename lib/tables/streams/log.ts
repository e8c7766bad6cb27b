import type { Database } from '../../kv/database.ts'
import { TableError } from '../errors.ts'
import { rowsToFetch } from '../fetch-size.ts'
import type { KeyCodec } from '../key-codec.ts'
import { streamKey, streamSequence } from '../layout.ts'
import { consumerKey } from './consumer-key.ts'
import {
  decodeRecord,
  encodeRecord,
  type ItemChange,
  isChange,
  recordTime,
  type StreamRecord,
} from './record.ts'
import { decodeState, encodeState, noStream, type StreamShard, type StreamState } from './state.ts'
import type { StreamSettings } from './view-type.ts'

/** Takes the rows of one atomic batch. */
export interface RowSink {
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
}

/** What streams need of the database that they are kept in. */
export type StreamStore = Pick<
  Database<unknown, unknown>,
  'batch' | 'delete' | 'entries' | 'getSync' | 'keys' | 'put' | 'status' | 'writeBatch'
>

export interface StreamLogOptions {
  readonly db: StreamStore
  readonly tableId: number
  readonly tableName: string
  /** Of the table's rows. */
  readonly keys: KeyCodec
  /** As the catalog has them; undefined: the stream is disabled, and what is left of it can be read. */
  readonly settings: StreamSettings | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Records that one call returns, and bytes of them after which it returns. */
const mostRecords = 1000
const mostBytes = 1024 * 1024
/** Records out of sight that are worth a deletion of their own, between two sweeps. */
const manyRecords = 10_000
/** A crash brings back what is deleted again. */
const quickly = { sync: false }
const bytes = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

/**
 * The change records of one table, in the order of commits. Whoever commits changes has them appended to the batch that
 * makes them, and says when it is acknowledged: readers see no record before that.
 */
export class StreamLog {
  readonly tableId: number
  readonly tableName: string
  readonly db: StreamStore
  readonly now: () => number
  /** Names of the consumers that are reading now. */
  readonly consuming = new Set<string>()
  readonly #keys: KeyCodec
  #settings: StreamSettings | undefined
  #state: StreamState
  /** Records below this number are not in the store any more. */
  #deleted: number
  /** Records from this number up are not acknowledged yet. */
  #visible: number
  /** The oldest record that is left, once it was looked up. */
  #oldest: { readonly sequence: number; readonly time: number } | undefined
  readonly #waiting = new Set<() => void>()
  #ended: Error | undefined

  constructor({ db, keys, now, settings, tableId, tableName }: StreamLogOptions) {
    this.#keys = keys
    this.db = db
    this.now = now
    this.tableId = tableId
    this.tableName = tableName
    this.#settings = settings
    this.#state = loadState(db, tableId)
    this.#deleted = this.#state.trimmed
    this.#visible = this.#state.next
  }

  /** In order; the last one is open while the stream is enabled. Empty: it never was. */
  get shards(): readonly StreamShard[] {
    return this.#state.shards
  }

  get enabled(): boolean {
    return this.#open !== undefined
  }

  /** The table was dropped, or the tables were closed. */
  get ended(): boolean {
    return this.#ended !== undefined
  }

  /** The number that the next record to be acknowledged has at least. */
  get visible(): number {
    return this.#visible
  }

  /** The lowest number that a record which can still be read may have. */
  get trimmed(): number {
    return this.#state.trimmed
  }

  // --- writing

  /**
   * Adds the records of `changes` to the batch that makes them. Returns what to pass to `acknowledged`. To be called
   * right before the batch is written, in the same turn: the order of calls is the order of commits.
   */
  append(sink: RowSink, changes: Iterable<ItemChange>): number {
    const shard = this.#open
    let { next, time } = this.#state
    if (shard === undefined) return next
    time = Math.max(time, this.now())
    for (const change of changes) {
      if (!isChange(change)) continue
      const keys = this.#keys.decode(change.key)
      sink.put(streamKey(this.tableId, next), encodeRecord(change, keys, shard.viewType, time))
      next++
    }
    this.#state = { ...this.#state, next, time }
    return next
  }

  /** The batch to which `append` added records is as safe as it was asked to be. */
  acknowledged(next: number): void {
    if (next <= this.#visible) return
    this.#visible = next
    this.#wake()
  }

  /**
   * The stream is to be as `settings` say from the batch on that `sink` collects; undefined: disabled. Another view type
   * begins a new shard. Returns what takes this back, in case that the batch cannot be written.
   */
  configure(sink: RowSink, settings: StreamSettings | undefined): () => void {
    const [state, old] = [this.#state, this.#settings]
    const { next } = state
    const open = this.#open
    this.#settings = settings
    if (open?.viewType !== settings?.viewType) {
      const shards = state.shards.map((shard) => (shard === open ? { ...shard, end: next } : shard))
      if (settings !== undefined) {
        const number = (shards.at(-1)?.number ?? 0) + 1
        shards.push({ number, viewType: settings.viewType, createdAt: this.now(), first: next })
      }
      this.#state = { ...state, shards }
    }
    sink.put(streamKey(this.tableId, 0), this.#encodedState())
    this.#wake()
    return () => {
      this.#settings = old
      this.#state = { ...this.#state, shards: state.shards }
    }
  }

  // --- reading

  /**
   * Up to `limit` records (at most 1000, and about 1 MiB) from number `begin` on, or with 0 from the oldest one, below
   * `end`, and where to go on. Throws TrimmedDataAccessException when records from there on are gone.
   */
  async records(
    begin: number,
    limit = mostRecords,
    end = Number.POSITIVE_INFINITY,
  ): Promise<{ records: StreamRecord[]; next: number }> {
    this.checkEnded()
    await this.#hideOld()
    if (this.#state.trimmed - this.#deleted >= manyRecords) await this.trim()
    this.checkTrimmed(begin)
    const from = Math.max(begin, this.#state.trimmed)
    const below = Math.min(this.#visible, end)
    if (from >= below) return { records: [], next: from }
    const wanted = Math.min(limit, mostRecords)
    const rows = this.db.entries({
      gte: streamKey(this.tableId, from),
      lt: streamKey(this.tableId, below),
      limit: wanted,
      ...bytes,
    })
    const records: StreamRecord[] = []
    let size = 0
    let next = from
    try {
      while (records.length < wanted && size < mostBytes) {
        const fetched = rowsToFetch(mostBytes - size, records.length, size)
        const chunk = await rows.next(Math.min(fetched, wanted - records.length))
        if (chunk.length === 0) {
          next = below
          break
        }
        for (const [key, value] of chunk) {
          const sequence = streamSequence(key)
          records.push(decodeRecord(this.tableId, sequence, value))
          size += value.byteLength
          next = sequence + 1
          if (size >= mostBytes) break
        }
      }
    } finally {
      await rows.close()
    }
    // What was read may have been trimmed under way.
    this.checkEnded()
    return { records, next }
  }

  /** Resolves when there may be a record from number `from` on, or none can come any more, or `signal` fires. */
  async wait(from: number, signal: AbortSignal): Promise<void> {
    while (this.#visible <= from && this.enabled && this.#ended === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        this.#waiting.add(done)
        signal.addEventListener('abort', done)
      })
    }
  }

  /** Throws TrimmedDataAccessException when the record `sequence` is, or may be, gone. With 0, the oldest, it is there. */
  checkTrimmed(sequence: number): void {
    if (sequence === 0 || sequence >= this.#state.trimmed) return
    throw new TableError(
      'TrimmedDataAccessException',
      'The operation attempted to read past the oldest stream record in a shard. Begin anew at TRIM_HORIZON, and delete the consumer whose checkpoint it was',
    )
  }

  /** Throws once the table was dropped or the tables were closed. */
  checkEnded(): void {
    if (this.#ended !== undefined) throw this.#ended
  }

  /** Nothing can be read any more: calls under way and later ones fail with `error`. */
  close(error: Error): void {
    this.#ended ??= error
    this.#wake()
  }

  // --- retention

  /** Deletes the records that are too old or too many. */
  async trim(): Promise<void> {
    await this.#hideOld()
    const { trimmed } = this.#state
    const before = this.#deleted
    if (trimmed === before || this.db.status !== 'open') return
    this.#deleted = trimmed
    try {
      await this.db
        .writeBatch()
        .deleteRange({
          gte: streamKey(this.tableId, before),
          lt: streamKey(this.tableId, trimmed),
          keyEncoding: 'buffer',
        })
        .put(streamKey(this.tableId, 0), this.#encodedState(), bytes)
        .commit(quickly)
    } catch (error) {
      this.#deleted = Math.min(this.#deleted, before)
      throw error
    }
  }

  /** Records that are too old or too many are out of sight; deleting them can wait until there are many. */
  async #hideOld(): Promise<void> {
    const horizon = await this.#horizon()
    if (horizon <= this.#state.trimmed) return
    const { shards } = this.#state
    const kept = shards.filter((shard, place) => place === shards.length - 1 || (shard.end ?? 0) > horizon)
    this.#state = { ...this.#state, shards: kept, trimmed: horizon }
  }

  /** Says what is deleted, not what is out of sight: else nobody would delete that. */
  #encodedState(): Uint8Array {
    return encodeState({ ...this.#state, trimmed: this.#deleted })
  }

  /** The number of the oldest record to be kept. */
  async #horizon(): Promise<number> {
    const { trimmed, next } = this.#state
    if (this.#settings === undefined && this.#state.shards.length === 0) return trimmed
    const { maxRecords = Number.POSITIVE_INFINITY, retentionMs } = this.#settings ?? lastSettings
    const lowest = Math.max(trimmed, next - maxRecords)
    if (this.#oldest === undefined || this.#oldest.sequence < lowest) {
      this.#oldest = await this.#recordFrom(lowest)
    }
    const cutoff = this.now() - retentionMs
    if (this.#oldest === undefined || this.#oldest.time > cutoff) return lowest
    // Numbers and times grow together: the first one that is young enough lies above `old`, at `young` at the latest.
    let old = this.#oldest.sequence
    let young = this.#visible
    while (young - old > 1) {
      const middle = Math.floor((old + young) / 2)
      const record = await this.#recordFrom(middle)
      if (record === undefined || record.time > cutoff) young = middle
      else old = record.sequence
    }
    return young
  }

  /** The first acknowledged record from `sequence` on. */
  async #recordFrom(sequence: number): Promise<{ sequence: number; time: number } | undefined> {
    if (sequence >= this.#visible) return undefined
    const rows = this.db.entries({
      gte: streamKey(this.tableId, sequence),
      lt: streamKey(this.tableId, this.#visible),
      limit: 1,
      ...bytes,
    })
    const [row] = await rows.all()
    if (row === undefined) return undefined
    const found = streamSequence(row[0])
    return { sequence: found, time: recordTime(found, row[1]) }
  }

  get #open(): StreamShard | undefined {
    const last = this.#state.shards.at(-1)
    return last?.end === undefined ? last : undefined
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done()
  }
}

/** What is left of a disabled stream is kept as long as DynamoDB would. */
const lastSettings = { retentionMs: 24 * 60 * 60 * 1000, maxRecords: undefined }

/** The state as its row has it, brought up to the last record. */
function loadState(db: StreamStore, tableId: number): StreamState {
  const row = db.getSync(streamKey(tableId, 0), { valueEncoding: 'buffer' })
  if (row === undefined) return noStream
  const state = decodeState(row)
  const [last] = db
    .entries({
      gte: streamKey(tableId, state.trimmed),
      lt: consumerKey(tableId, ''),
      reverse: true,
      limit: 1,
      ...bytes,
    })
    .nextSync(1)
  if (last === undefined) return state
  const sequence = streamSequence(last[0])
  return {
    ...state,
    next: Math.max(state.next, sequence + 1),
    time: Math.max(state.time, recordTime(sequence, last[1])),
  }
}
