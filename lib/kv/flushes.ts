import type { BurrowError } from '../base/errors.ts'
import type { FlushReason } from '../base/events.ts'
import { phasesFrom } from '../base/phases.ts'
import {
  type Background,
  finishedTables,
  installEdit,
  removeOutputs,
  summarize,
} from '../compaction/background.ts'
import type { JobCompletion } from '../native.ts'
import { Backoff } from '../util/backoff.ts'
import type { SealedMemtable } from './wal-files.ts'

/** Totals since open. */
export interface FlushTotals {
  count: number
  bytes: number
  /** Microseconds of each, newest last; a bounded sample. */
  micros: number[]
}

const latencySample = 1024

/**
 * Writes sealed memtables to L0: all that wait, oldest first, in one job at a time. A flush that fails loses nothing,
 * the logs are still there, and is tried again after a pause.
 */
export class Flushes {
  readonly #background: Background
  readonly #activeWal: () => number
  readonly #backoff = new Backoff()
  /** Sealed and not flushed, oldest first. */
  readonly #waiting: SealedMemtable[]
  readonly totals: FlushTotals = { count: 0, bytes: 0, micros: [] }
  #busy = false
  #error: BurrowError | undefined
  #reason: FlushReason
  /** Every memtable up to this one is in tables that a durable edit names. */
  #durableId = 0
  #newestId: number

  constructor(background: Background, replayed: readonly SealedMemtable[], activeWal: () => number) {
    this.#background = background
    this.#waiting = [...replayed]
    this.#activeWal = activeWal
    this.#reason = 'recovery'
    this.#newestId = replayed.at(-1)?.id ?? 0
  }

  /** Memtables that are sealed and not yet replaced by a table. */
  get immutables(): number {
    return this.#waiting.length
  }

  get running(): boolean {
    return this.#busy
  }

  /** Why the last flush failed; until it is tried again. */
  get error(): BurrowError | undefined {
    return this.#error
  }

  /** The memtable that was sealed last; 0 before the first. Their ids ascend. */
  get newestId(): number {
    return this.#newestId
  }

  /** True when this memtable and those before it are in tables that a durable edit names. */
  isDurable(memtable: number): boolean {
    return this.#durableId >= memtable
  }

  add(sealed: SealedMemtable, reason: FlushReason): void {
    this.#waiting.push(sealed)
    this.#newestId = sealed.id
    if (!this.#busy) this.#reason = reason
  }

  /** Tries again at once what failed before. */
  retryNow(): void {
    this.#backoff.reset()
  }

  pump(): void {
    const { engine, events, healthy, jobs, options } = this.#background
    if (this.#busy || this.#waiting.length === 0 || !healthy || !this.#backoff.ready) return
    this.#error = undefined
    const batch = [...this.#waiting]
    const empty = engine.memtables().immutables.filter(({ entries }) => entries === 0)
    if (empty.length >= batch.length) {
      this.#install(batch, [])
      return
    }
    this.#busy = true
    const reason = this.#reason
    this.#reason = 'memtable-full'
    const jobId = jobs.submit(
      {
        type: 'flush',
        memtables: batch.map(({ id }) => id),
        targetFileSize: 0,
        format: {
          blockSize: options.blockSize,
          bloomBitsPerKey: options.bloomBitsPerKey,
          codec: options.compression[0] ?? 'none',
          codecLevel: options.compressionLevel,
        },
      },
      (completion, error) => this.#finish(batch, reason, completion, error),
    )
    events.emit('flush', { phase: 'begin', jobId, reason, memtables: batch.length })
  }

  #finish(
    batch: readonly SealedMemtable[],
    reason: FlushReason,
    completion: JobCompletion,
    error: BurrowError | undefined,
  ): void {
    const background = this.#background
    this.#busy = false
    const tables = error === undefined && background.healthy ? finishedTables(completion) : []
    if (error === undefined && background.healthy) {
      this.#install(batch, tables)
      this.#backoff.reset()
      this.totals.count++
      this.totals.bytes += completion.bytesWritten ?? 0
      this.totals.micros.push(completion.micros)
      if (this.totals.micros.length > latencySample) this.totals.micros.shift()
    } else {
      removeOutputs(background, completion)
      if (error !== undefined && background.healthy) {
        this.#error = error
        background.report('flush', error, completion.id)
        background.pumpAfter(this.#backoff.fail())
      }
    }
    const summaries = tables.map((table) => summarize(0, table))
    for (const summary of summaries) {
      background.events.emit('tableCreated', { ...summary, jobId: completion.id, reason: 'flush' })
    }
    background.events.emit('flush', {
      phase: 'end',
      jobId: completion.id,
      durationMs: completion.micros / 1000,
      ...(error === undefined ? {} : { error }),
      reason,
      memtables: batch.length,
      tables: summaries,
      bytesWritten: completion.bytesWritten ?? 0,
      phases: completion.phases === undefined ? {} : phasesFrom(completion.phases),
    })
  }

  #install(batch: readonly SealedMemtable[], tables: ReturnType<typeof finishedTables>): void {
    this.#waiting.splice(0, batch.length)
    const newest = batch.at(-1)?.id ?? 0
    const minWal = this.#waiting[0]?.wal ?? this.#activeWal()
    const added = tables.map((table) => ({ level: 0, table }))
    installEdit(this.#background, { added, minWal }, batch.length, (failure) => {
      if (failure === null) this.#durableId = newest
    })
  }
}
