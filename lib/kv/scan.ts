import { type BurrowError, markShared } from '../base/errors.ts'
import {
  type NativeEngine,
  SCAN_FILL_CACHE,
  SCAN_HEADER,
  SCAN_KEYS,
  SCAN_REVERSE,
  SCAN_VALUES,
} from '../native.ts'
import {
  checkNames,
  type EncodingOptions,
  type Encodings,
  readCount,
  readEncodings,
  readFlag,
} from './call-options.ts'
import type { LiveScan } from './debug-host.ts'
import type { ErrorLog } from './error-log.ts'
import type { Observation } from './observed.ts'
import { type ByteRange, type KeyRangeOptions, onlyLowerText, rangeNames, resolveRange } from './range.ts'
import { batchBytes, mostRecords, RangeIterator } from './range-iterator.ts'
import type { ReadRequests } from './read-requests.ts'
import { ScanBatch, ScanBuffer, type ScanShape } from './scan-batch.ts'
import type { Snapshot, Snapshots } from './snapshot.ts'

/** Which records a scan is about, and how it is made. */
export interface ScanOptions extends KeyRangeOptions, EncodingOptions {
  /** From the highest key down. Default false. */
  readonly reverse?: boolean | undefined
  /** At most so many records; default: no limit. Up to 100 come with the call, as far as they are in memory. */
  readonly limit?: number | undefined
  /** Scan what this snapshot shows; default: the moment of the call. */
  readonly snapshot?: Snapshot | undefined
  /** False: blocks read from the disk are not kept in the cache, for scans that pass over much data. Default true. */
  readonly fillCache?: boolean | undefined
  /** Bytes read from the disk at once. Default: the database's `readAheadSize`. */
  readonly readAhead?: number | undefined
}

const scanNames = new Set([
  ...rangeNames,
  'reverse',
  'limit',
  'snapshot',
  'fillCache',
  'readAhead',
  'keyEncoding',
  'valueEncoding',
] as const)

const spareBuffers = 8

/** What iterators need of their database. */
export interface ScanHostOptions {
  readonly engine: NativeEngine
  readonly requests: Pick<ReadRequests, 'ask'>
  readonly snapshots: Pick<Snapshots, 'sequenceOf'>
  readonly encodings: Encodings
  readonly readAhead: number
  readonly maxOpen: number
  readonly errors: ErrorLog
  /** A read view was let go of: tables that it held may be deletable now. */
  readonly onReleased: () => void
}

/** A native scan that is open, in a list by age. */
export interface OpenScan {
  readonly number: number
  /** When, to the turn of the event loop. */
  readonly since: number
  open: boolean
  /** Until the event loop turns. Most are closed before it does, and need no watching. */
  fresh: RangeIterator<unknown> | undefined
  older: OpenScan | undefined
  newer: OpenScan | undefined
}

const noOptions: ScanOptions = {}
const wholeRange: ByteRange = { lower: undefined, upper: undefined }

/** Opens scans, knows which are open, and lends them buffers. */
export class ScanHost {
  options: ScanHostOptions
  readonly #plainOptions: ScanHostOptions
  #oldest: OpenScan | undefined
  #newest: OpenScan | undefined
  #open = 0
  readonly #buffers: ScanBuffer[] = []
  /** Iterators that have reported their end. They let go of their views in the next turn: until then one may seek. */
  readonly #ended = new Set<RangeIterator<unknown>>()
  #refusal: BurrowError | undefined
  #turning = false
  /** When the first scan of this turn was opened: to look at the clock for each costs more than to open it natively. */
  #now = 0
  /** The last resort for iterators that nobody closed; until it acts they count against maxOpenIterators. */
  readonly #forgotten = new FinalizationRegistry<OpenScan>((scan) => this.release(scan))

  constructor(options: ScanHostOptions) {
    this.options = options
    this.#plainOptions = options
  }

  /** Lets what iterators fetch be observed, those that are open included; undefined: no more. */
  observe(observation: Observation | undefined): void {
    this.options = observation?.scanOptions(this.#plainOptions) ?? this.#plainOptions
  }

  /** Iterators that hold a read view, oldest first. */
  list(): LiveScan[] {
    const scans: LiveScan[] = []
    for (let scan = this.#oldest; scan !== undefined; scan = scan.newer)
      scans.push({ scan: scan.number, openedAt: scan.since })
    return scans
  }

  /** Iterators that pin a read view. */
  get live(): number {
    return this.#open - this.#ended.size
  }

  /** Milliseconds since the oldest of them was opened. */
  get oldestMs(): number {
    return this.#oldest === undefined ? 0 : performance.now() - this.#oldest.since
  }

  get refusal(): BurrowError | undefined {
    return this.#refusal
  }

  /** Closes every iterator; they and later ones get `error`. */
  close(error: BurrowError): void {
    markShared(error)
    this.#refusal = error
    for (let scan = this.#oldest; scan !== undefined; scan = scan.newer) {
      this.options.engine.closeScan(scan.number)
      scan.open = false
      scan.fresh = undefined
    }
    this.#oldest = undefined
    this.#newest = undefined
    this.#open = 0
  }

  scan<T>(
    shape: ScanShape,
    options: ScanOptions | undefined,
    sequence: number | undefined,
  ): RangeIterator<T> {
    try {
      return this.#scan(shape, options, sequence)
    } catch (error) {
      throw this.options.errors.note(error, shape, undefined, sequence)
    }
  }

  #scan<T>(
    shape: ScanShape,
    options: ScanOptions | undefined,
    sequence: number | undefined,
  ): RangeIterator<T> {
    if (this.#refusal !== undefined) throw this.#refusal
    const { engine, encodings: defaults, readAhead, snapshots } = this.options
    if (options !== undefined) checkNames(options, scanNames, shape)
    // By name, each once: most calls have one shape of options, so that this costs next to nothing.
    const given = options ?? noOptions
    const { gt, gte, lt, lte, prefix, keyEncoding, valueEncoding, snapshot } = given
    const { reverse: backwards, limit: most, fillCache: fill, readAhead: bytesAhead } = given
    const encodings = readEncodings({ keyEncoding, valueEncoding }, defaults)
    const limit = readCount('limit', most, shape, true) ?? Number.POSITIVE_INFINITY
    const bounds = { gt, gte, lt, lte, prefix }
    const from = onlyLowerText(bounds, encodings.key)
    const range = from === undefined ? resolveRange(bounds, encodings.key) : wholeRange
    const reverse = readFlag('reverse', backwards, shape) ?? false
    const fillCache = readFlag('fillCache', fill, shape) ?? true
    const ahead = readCount('readAhead', bytesAhead, shape) ?? readAhead
    const moment = snapshot === undefined ? sequence : snapshots.sequenceOf(snapshot, shape)
    const batch = new ScanBatch(shape, encodings)
    if (range === null || limit === 0) {
      return new RangeIterator<T>(this, undefined, batch, encodings, reverse)
    }
    // Ended iterators do not count: in a loop that never yields they would fill the limit.
    if (this.#ended.size > 0 && this.#open >= this.options.maxOpen) this.#releaseEnded()
    const parts = shape === 'entries' ? SCAN_KEYS | SCAN_VALUES : shape === 'keys' ? SCAN_KEYS : SCAN_VALUES
    const flags = parts | (reverse ? SCAN_REVERSE : 0) | (fillCache ? SCAN_FILL_CACHE : 0)
    // Who says that it is about a few records, wants them: those in memory come with the scan. Observers see two calls.
    const buffer = limit <= mostRecords && this.options === this.#plainOptions ? this.borrow() : undefined
    const number =
      from === undefined
        ? engine.openScan(flags, range.lower, range.upper, limit, ahead, moment, buffer?.memory)
        : engine.openScanFrom(flags, from, limit, ahead, moment, buffer?.memory)
    if (!this.#turning) this.#watchTurn()
    const older = this.#newest
    const scan: OpenScan = {
      number,
      since: this.#now,
      open: true,
      fresh: undefined,
      older,
      newer: undefined,
    }
    if (older === undefined) this.#oldest = scan
    else older.newer = scan
    this.#newest = scan
    this.#open++
    const iterator = new RangeIterator<T>(this, scan, batch, encodings, reverse, buffer)
    scan.fresh = iterator
    return iterator
  }

  #watchTurn(): void {
    this.#turning = true
    this.#now = performance.now()
    setImmediate(() => {
      this.#turning = false
      for (let scan = this.#newest; scan?.fresh !== undefined; scan = scan.older) {
        this.#forgotten.register(scan.fresh, scan, scan)
        scan.fresh = undefined
      }
    })
  }

  /** The iterator has reported its end. */
  end(iterator: RangeIterator<unknown>): void {
    if (this.#ended.size === 0) setImmediate(() => this.#releaseEnded())
    this.#ended.add(iterator)
  }

  /** It moved away from its end, or is closed. */
  revive(iterator: RangeIterator<unknown>): void {
    if (this.#ended.size > 0) this.#ended.delete(iterator)
  }

  #releaseEnded(): void {
    for (const iterator of [...this.#ended]) iterator.letGo()
  }

  /** Closes the native scan. */
  release(scan: OpenScan): void {
    if (!scan.open) return
    const { older, newer } = scan
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    scan.open = false
    this.#open--
    if (scan.fresh === undefined) this.#forgotten.unregister(scan)
    else scan.fresh = undefined
    this.options.engine.closeScan(scan.number)
    this.options.onReleased()
  }

  borrow(): ScanBuffer {
    return this.#buffers.pop() ?? new ScanBuffer(batchBytes)
  }

  giveBack(buffer: ScanBuffer): void {
    const usual = buffer.bytes.byteLength === SCAN_HEADER + batchBytes
    if (usual && this.#buffers.length < spareBuffers) this.#buffers.push(buffer)
  }
}
