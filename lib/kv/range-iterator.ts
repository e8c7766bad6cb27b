import { encodeBound } from '../base/encodings.ts'
import { BurrowError } from '../base/errors.ts'
import { SCAN_DONE, SCAN_MISSED } from '../native.ts'
import type { FastBuffer } from '../util/fast-buffer.ts'
import { badOption, type Encodings, readCount } from './call-options.ts'
import { fairness } from './fairness.ts'
import type { OpenScan, ScanHost } from './scan.ts'
import { type ScanBatch, ScanBuffer } from './scan-batch.ts'

const smallestKey = '\0'
const firstRecords = 8
/** Of a batch that is fetched on this thread. */
export const mostRecords = 100
/** Asynchronous batches cost a round trip to a disk thread each, so they grow further. */
const mostRecordsAsync = 1000
/** Bytes of a batch, unless one record has more. */
export const batchBytes = 32 * 1024

/** That of all iterators of the language, whose methods ours have, too. */
const iteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))

/** Of a call whose answer is there, but not handed out. */
const answered = Promise.resolve()

/**
 * The records of a range, in key order, as they were when it was made. Iterate it with `for…of` or `for await…of`,
 * or take batches with `next(n)` and `nextSync(n)`. It pins a read view until its end is reached, or the loop is left,
 * or it is closed.
 *
 * An iterator has one position. Do not use it from two places at once: a second asynchronous call before the first
 * has resolved is refused with BURROW_BUSY.
 */
export class RangeIterator<T> implements Iterable<T>, AsyncIterable<T> {
  readonly #host: ScanHost
  readonly #batch: ScanBatch
  readonly #encodings: Encodings
  readonly #reverse: boolean
  /** There is nothing in the range: nothing was ever opened. */
  readonly #empty: boolean
  /** Undefined once it is closed. */
  #scan: OpenScan | undefined
  #buffer: ScanBuffer | undefined
  #records = firstRecords
  #filledToEnd: boolean
  #busy: Promise<void> | undefined
  #closed = false
  /** Something was on the disk: asynchronous calls leave all that follows to a disk thread. */
  #onDisk = false

  /**
   * Made by `db.entries()`, `db.keys()` and `db.values()`. Without `scan` there is nothing in the range. `filled`: has the
   * first records, which came with the scan.
   */
  constructor(
    host: ScanHost,
    scan: OpenScan | undefined,
    batch: ScanBatch,
    encodings: Encodings,
    reverse: boolean,
    filled?: ScanBuffer,
  ) {
    this.#reverse = reverse
    this.#host = host
    this.#scan = scan
    this.#batch = batch
    this.#encodings = encodings
    this.#empty = scan === undefined
    this.#filledToEnd = this.#empty
    if (filled !== undefined) this.#load(filled)
  }

  /** Up to `count` records; [] at the end. */
  nextSync(count = 1): T[] {
    const wanted = this.#begin(count, 'nextSync')
    const records: T[] = []
    while (records.length < wanted && this.#fillSync(wanted - records.length)) this.#drain(records, wanted)
    if (records.length < wanted) this.#reportEnd()
    return records
  }

  /** Up to `count` records, without blocking the event loop on the disk; [] at the end. */
  async next(count = 1): Promise<T[]> {
    const wanted = this.#begin(count, 'next')
    const records: T[] = []
    while (records.length < wanted && (await this.#fill(wanted - records.length))) {
      this.#drain(records, wanted)
    }
    await fairness.turn()
    if (records.length < wanted) this.#reportEnd()
    return records
  }

  /** All that is left, then closes. */
  async all(): Promise<T[]> {
    this.#begin(1, 'all')
    const records: T[] = []
    try {
      while (await this.#fill(mostRecordsAsync)) this.#drain(records, Number.POSITIVE_INFINITY)
    } finally {
      await this.close()
    }
    return records
  }

  /**
   * Moves to the first record at or after `key`, in the direction of the scan and within its range; the limit counts
   * from there anew. An iterator that has reported its end can still seek before the event loop turns.
   */
  seek(key: unknown): void {
    const target = encodeBound(key, this.#encodings.key)
    this.#begin(1, 'seek')
    this.#batch.clear()
    if (this.#empty) return
    if (this.#scan === undefined) {
      throw new BurrowError(
        'BURROW_CLOSED',
        'the iterator has let go of its view since its end was reported; make a new one',
      )
    }
    this.#host.revive(this)
    // No key is empty: forwards that is the smallest one, and backwards there is nothing.
    this.#host.options.engine.seekScan(this.#scan.number, target.length === 0 ? smallestKey : target)
    this.#filledToEnd = target.length === 0 && this.#reverse
    this.#records = firstRecords
  }

  /** Lets go of the read view. Later calls fail with BURROW_CLOSED. Waits for a call that is under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#release()
    await this.#busy
  }

  [Symbol.iterator](): Iterator<T> {
    return new RangeIterator.#Loop(this) as Iterator<unknown> as Iterator<T>
  }

  /** What a generator would do, at half its price a record: V8 does not inline those. */
  static readonly #Loop = class {
    readonly #range: RangeIterator<unknown>
    #done = false

    static {
      Object.setPrototypeOf(this.prototype, iteratorPrototype)
    }

    constructor(range: RangeIterator<unknown>) {
      this.#range = range
    }

    next(): IteratorResult<unknown> {
      const range = this.#range
      if (this.#done) return { done: true, value: undefined }
      try {
        if (range.#fillSync(0)) return { done: false, value: range.#batch.next() }
      } catch (error) {
        this.return()
        throw error
      }
      return this.return()
    }

    return(): IteratorResult<unknown> {
      if (!this.#done) {
        this.#done = true
        this.#range.#finish()
      }
      return { done: true, value: undefined }
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    try {
      while (this.#batch.left > 0 || (await this.#fill(0))) {
        yield this.#batch.next() as T
        // A record that waits in memory must not keep the event loop from turning.
        if (fairness.exhausted()) await new Promise<void>((resolve) => fairness.defer(resolve))
      }
    } finally {
      this.#finish()
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true
    this.#release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The end of a loop. */
  #finish(): void {
    this.#closed = true
    this.#release()
  }

  #begin(count: unknown, call: string): number {
    this.#check()
    const wanted =
      count === Number.POSITIVE_INFINITY ? Number.MAX_SAFE_INTEGER : readCount('count', count, call)
    if (wanted === undefined) throw badOption('count', count, 'a whole number from 0 up', call)
    return wanted
  }

  #check(): void {
    if (this.#closed) {
      throw this.#failed(new BurrowError('BURROW_CLOSED', 'the iterator is closed; make a new one'))
    }
    if (this.#host.refusal !== undefined && this.#scan !== undefined) throw this.#failed(this.#host.refusal)
    if (this.#busy !== undefined) {
      const message = 'the iterator is busy: await its last call before the next one'
      throw this.#failed(new BurrowError('BURROW_BUSY', message))
    }
  }

  #failed<E>(error: E): E {
    return this.#host.options.errors.note(error, 'next')
  }

  #drain(records: T[], wanted: number): void {
    this.#batch.take(records, wanted - records.length)
  }

  /** Makes sure of at least one decoded record; false at the end. Blocks on the disk. */
  #fillSync(wanted: number): boolean {
    if (this.#batch.left > 0) return true
    this.#check()
    const scan = this.#scan
    if (this.#filledToEnd || scan === undefined) return false
    return this.#take(scan, this.#size(wanted, mostRecords), false)
  }

  /** Fills the buffer and begins to decode it; false: there was no record. */
  #take(scan: OpenScan, records: number, fromMemory: boolean): boolean {
    let buffer = this.#buffer ?? this.#host.borrow()
    const { engine } = this.#host.options
    const fill = fromMemory ? engine.fillScanFromMemory : engine.fillScan
    try {
      const count = fill(scan.number, buffer.bytes, records)
      const needed = count === 0 ? buffer.head(12) : 0
      if (needed > 0) {
        this.#host.giveBack(buffer)
        buffer = new ScanBuffer(needed)
        fill(scan.number, buffer.bytes, records)
      }
    } catch (error) {
      throw this.#failed(error)
    }
    return this.#load(buffer)
  }

  /** Begins to decode what native code left in the buffer; false: no record. */
  #load(buffer: ScanBuffer): boolean {
    this.#buffer = buffer
    const flags = buffer.head(8)
    this.#filledToEnd = (flags & SCAN_DONE) !== 0
    this.#onDisk = (flags & SCAN_MISSED) !== 0
    return this.#batch.loadBuffer(buffer, flags)
  }

  /** As #fillSync, but leaves the disk to its threads. What is in memory is there at once. */
  async #fill(wanted: number): Promise<boolean> {
    if (this.#batch.left === 0) {
      this.#check()
      const scan = this.#scan
      if (this.#filledToEnd || scan === undefined) return false
      const records = this.#size(wanted, mostRecordsAsync)
      if (this.#onDisk || !this.#take(scan, Math.min(records, mostRecords), true)) {
        return this.#onDisk && (await this.#fillOnThread(scan, records))
      }
    }
    this.#busy = answered
    await fairness.turn()
    this.#busy = undefined
    return true
  }

  async #fillOnThread(scan: OpenScan, records: number): Promise<boolean> {
    let finished!: () => void
    this.#busy = new Promise((resolve) => {
      finished = resolve
    })
    try {
      const { engine, requests } = this.#host.options
      const {
        bytes,
        records: count = 0,
        done = false,
        valueBytes = 0,
        asciiKeys = false,
        asciiValues = false,
      } = await requests.ask((request) => engine.fillScanAsync(scan.number, request, records, batchBytes))
      if (this.#closed) throw new BurrowError('BURROW_CLOSED', 'the iterator was closed during the call')
      this.#filledToEnd = done
      if (count === 0 || bytes === undefined) return false
      this.#batch.load({
        bytes: bytes as FastBuffer,
        view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        records: count,
        front: 0,
        frontBytes: bytes.byteLength - valueBytes,
        end: bytes.byteLength,
        valueBytes,
        asciiKeys,
        asciiValues,
        borrowed: false,
      })
      return true
    } catch (error) {
      throw this.#failed(error)
    } finally {
      this.#busy = undefined
      finished()
    }
  }

  /** How many records to fetch: few at first, since many scans want only the first ones, but all that was asked for. */
  #size(wanted: number, most: number): number {
    const size = Math.min(most, Math.max(this.#records, wanted))
    this.#records = Math.min(most, this.#records * 4)
    return size
  }

  #reportEnd(): void {
    if (this.#scan !== undefined) this.#host.end(this)
  }

  /** For the host: the end was reported, and nobody has moved the iterator since. */
  letGo(): void {
    this.#release()
  }

  #release(): void {
    this.#host.revive(this)
    this.#batch.clear()
    this.#filledToEnd = true
    if (this.#buffer !== undefined) {
      this.#host.giveBack(this.#buffer)
      this.#buffer = undefined
    }
    if (this.#scan === undefined) return
    this.#host.release(this.#scan)
    this.#scan = undefined
  }
}
