import { type Encoded, encodeKey, encodeValue } from '../base/encodings.ts'
import { BurrowError, invalidArgument, markShared } from '../base/errors.ts'
import {
  type NativeEngine,
  WRITE_DONE,
  WRITE_FORCE,
  WRITE_NO_WAIT,
  WRITE_NO_WAL,
  WRITE_PUMP,
  WRITE_SYNC,
} from '../native.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { BatchEncoder } from './batch-encoder.ts'
import { type EncodingOptions, type Encodings, readEncodings, readFlag, readOptions } from './call-options.ts'
import type { ControlPlane } from './control-plane.ts'
import { endOfKeys } from './end-of-keys.ts'
import type { ErrorLog } from './error-log.ts'
import { fairness } from './fairness.ts'
import type { KeyRangeOptions } from './range.ts'
import { type BatchOperation, encodeDeleteRange, encodeOperations } from './write-batch.ts'

/** How one write is made. */
export interface WriteOptions extends EncodingOptions {
  /** Resolve only when the log is durable on the disk. Default: the database's `syncWrites`. */
  readonly sync?: boolean | undefined
  /** False: only in memory until the next flush, for loads that can be repeated. Default true. */
  readonly wal?: boolean | undefined
  /** Not built yet. */
  readonly ttlMs?: number | undefined
}

const writeNames = new Set(['sync', 'wal', 'ttlMs', 'keyEncoding', 'valueEncoding'] as const)
/** Longer strings may pass the limits in UTF-8, three bytes a unit: they are measured. */
const surelyShortKey = 21845
const surelyShortValue = 357_913_941

type Attempt = (flags: number) => number

export interface WritesOptions {
  readonly engine: NativeEngine
  readonly plane: ControlPlane
  readonly acknowledgements: Acknowledgements
  readonly encodings: Encodings
  readonly syncWrites: boolean
  readonly memtableSize: number
  readonly errors: ErrorLog
  /** Called before anything changes that reads see. */
  readonly beforeWrite: () => void
}

/** The calls that are answered here. */
export type WriteCalls = Pick<
  Writes,
  | 'put'
  | 'putSync'
  | 'delete'
  | 'deleteSync'
  | 'batch'
  | 'batchSync'
  | 'deleteRange'
  | 'deleteRangeSync'
  | 'clear'
  | 'commit'
  | 'commitSync'
  | 'sync'
>

/**
 * Hands writes to native code, one call each, and finds room when it turns them away. Asynchronous writers may run
 * ahead of a full memtable by half its size, their promises held back; then they block like synchronous ones, so
 * memory stays bounded even for a caller who ignores promises.
 */
export class Writes {
  readonly #engine: NativeEngine
  readonly #putSS: NativeEngine['putSS']
  readonly #plane: ControlPlane
  readonly #acknowledgements: Acknowledgements
  readonly #encodings: Encodings
  readonly #errors: ErrorLog
  readonly #defaultFlags: number
  readonly #plain: boolean
  readonly #forceLimit: number
  readonly #beforeWrite: () => void
  #forcedBytes = 0
  #blockedOn = WRITE_DONE
  #refusal: BurrowError | undefined
  /** Only for writes that add data. */
  #noSpace: BurrowError | undefined
  #dataRefusal: BurrowError | undefined

  constructor(options: WritesOptions) {
    this.#engine = options.engine
    this.#putSS = options.engine.putSS
    this.#plane = options.plane
    this.#acknowledgements = options.acknowledgements
    this.#encodings = options.encodings
    this.#errors = options.errors
    this.#defaultFlags = options.syncWrites ? WRITE_SYNC : 0
    this.#plain = options.encodings.key !== 'json' && options.encodings.value !== 'json'
    this.#forceLimit = options.memtableSize / 2
    this.#beforeWrite = options.beforeWrite
  }

  /** Every later write gets this error; undefined: they are taken again. */
  refuse(error: BurrowError | undefined): void {
    if (error !== undefined) markShared(error)
    this.#refusal = error
    this.#dataRefusal = error ?? this.#noSpace
  }

  /** Every later write but deletions gets this error; undefined: they are taken again. */
  refuseData(error: BurrowError | undefined): void {
    if (error !== undefined) markShared(error)
    this.#noSpace = error
    this.#dataRefusal = this.#refusal ?? error
  }

  /** True while asynchronous writers are ahead of what the memtables can take. */
  get held(): boolean {
    return this.#blockedOn !== WRITE_DONE
  }

  putSync(key: unknown, value: unknown, options: WriteOptions | undefined): void {
    try {
      if (this.#dataRefusal !== undefined) this.#checkSpace()
      if (options === undefined && this.#plain && isPlain(key, value)) {
        this.#beforeWrite()
        const result = this.#putSS(key as string, value as string, this.#defaultFlags)
        if (result !== WRITE_DONE) {
          this.#finishSync(result, this.#defaultFlags, (flags) =>
            this.#engine.putSS(key as string, value as string, flags),
          )
        }
        return
      }
      const { flags, encodings } = this.#resolve(options, 'putSync')
      this.#runSync(
        this.#putAttempt(encodeKey(key, encodings.key), encodeValue(value, encodings.value)),
        flags,
      )
    } catch (error) {
      throw this.#errors.note(error, 'putSync', key)
    }
  }

  put(key: unknown, value: unknown, options: WriteOptions | undefined): Promise<void> {
    try {
      if (this.#dataRefusal !== undefined) this.#checkSpace()
      if (options === undefined && this.#plain && isPlain(key, value)) {
        this.#beforeWrite()
        const result = this.#putSS(key as string, value as string, this.#defaultFlags | WRITE_NO_WAIT)
        if (result !== WRITE_DONE) {
          const size = (key as string).length + (value as string).length
          this.#finishAsync(result, this.#defaultFlags, size, (flags) =>
            this.#engine.putSS(key as string, value as string, flags),
          )
        }
        return this.#acknowledgements.join()
      }
      const { flags, encodings } = this.#resolve(options, 'put')
      const encodedKey = encodeKey(key, encodings.key)
      const encodedValue = encodeValue(value, encodings.value)
      return this.#runAsync(
        this.#putAttempt(encodedKey, encodedValue),
        flags,
        encodedKey.length + encodedValue.length,
      )
    } catch (error) {
      return this.#rejected(error, 'put', key)
    }
  }

  deleteSync(key: unknown, options: WriteOptions | undefined): void {
    try {
      if (this.#refusal !== undefined) throw this.#refusal
      const { flags, encodings } = this.#resolve(options, 'deleteSync')
      this.#runSync(this.#deleteAttempt(encodeKey(key, encodings.key)), flags)
    } catch (error) {
      throw this.#errors.note(error, 'deleteSync', key)
    }
  }

  delete(key: unknown, options: WriteOptions | undefined): Promise<void> {
    try {
      if (this.#refusal !== undefined) throw this.#refusal
      const { flags, encodings } = this.#resolve(options, 'delete')
      const encoded = encodeKey(key, encodings.key)
      return this.#runAsync(this.#deleteAttempt(encoded), flags, encoded.length)
    } catch (error) {
      return this.#rejected(error, 'delete', key)
    }
  }

  batch(operations: readonly BatchOperation[], options: WriteOptions | undefined): Promise<void> {
    return this.#later('batch', () => {
      const batch = this.#encode(operations)
      const done = this.#commit(batch, options)
      batch.release()
      return done
    })
  }

  batchSync(operations: readonly BatchOperation[], options: WriteOptions | undefined): void {
    this.#now('batchSync', () => {
      const batch = this.#encode(operations)
      this.#commitSync(batch, options)
      batch.release()
    })
  }

  deleteRange(range: KeyRangeOptions, options: WriteOptions | undefined): Promise<void> {
    return this.#later('deleteRange', () => this.#commit(this.#rangeDeletion(range), options))
  }

  deleteRangeSync(range: KeyRangeOptions, options: WriteOptions | undefined): void {
    this.#now('deleteRangeSync', () => this.#commitSync(this.#rangeDeletion(range), options))
  }

  clear(options: WriteOptions | undefined): Promise<void> {
    return this.#later('clear', () => {
      const batch = new BatchEncoder()
      const upper = endOfKeys(this.#engine, undefined)
      if (upper !== undefined) batch.deleteRange({ lower: undefined, upper })
      return this.#commit(batch, options)
    })
  }

  commitSync(batch: BatchEncoder, options: WriteOptions | undefined): void {
    this.#now('batchSync', () => this.#commitSync(batch, options))
  }

  commit(batch: BatchEncoder, options: WriteOptions | undefined): Promise<void> {
    return this.#later('batch', () => this.#commit(batch, options))
  }

  #commitSync(batch: BatchEncoder, options: WriteOptions | undefined): void {
    if (this.#refusal !== undefined) throw this.#refusal
    if (this.#noSpace !== undefined && batch.addsData) this.#checkSpace()
    const { flags } = this.#resolve(options, 'batchSync')
    if (batch.count > 0) this.#runSync(this.#batchAttempt(batch), flags)
  }

  /** Throws what can be refused at once. */
  #commit(batch: BatchEncoder, options: WriteOptions | undefined): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal
    if (this.#noSpace !== undefined && batch.addsData) this.#checkSpace()
    const { flags } = this.#resolve(options, 'batch')
    if (batch.count === 0) return fairness.resolved(undefined)
    return this.#runAsync(this.#batchAttempt(batch), flags, batch.length)
  }

  /** Throws why writes that add data are refused, unless there is room by now. */
  #checkSpace(): void {
    if (this.#refusal === undefined) this.#plane.space.lookAgain()
    if (this.#dataRefusal !== undefined) throw this.#dataRefusal
  }

  /** Resolves when everything written so far is durable. */
  sync(): Promise<void> {
    try {
      if (this.#refusal !== undefined) throw this.#refusal
      this.#engine.syncWalAsync()
      return this.#acknowledgements.join()
    } catch (error) {
      return this.#rejected(error, 'sync')
    }
  }

  /** Ends the hold on acknowledgements once there is room again, or no hope of it: the writes are safe in the log. */
  updateHold(): void {
    const blockedOn = this.#blockedOn
    if (blockedOn === WRITE_DONE) return
    this.#blockedOn = WRITE_DONE
    if (!this.#plane.healthy || this.#plane.blockedBy(blockedOn) !== undefined) return
    try {
      if (this.#plane.tryAdmit(blockedOn)) this.#forcedBytes = 0
      else this.#blockedOn = blockedOn
    } catch {
      // The log failed while it was sealed. The next step finds out and rejects who waits; nobody can be told here.
      this.#plane.pump()
    }
  }

  /** Ends the hold, for close. */
  endHold(): void {
    this.#blockedOn = WRITE_DONE
  }

  #putAttempt(key: Encoded, value: Encoded): Attempt {
    const engine = this.#engine
    if (typeof key === 'string') {
      return typeof value === 'string'
        ? (flags) => engine.putSS(key, value, flags)
        : (flags) => engine.putSB(key, value, flags)
    }
    return typeof value === 'string'
      ? (flags) => engine.putBS(key, value, flags)
      : (flags) => engine.putBB(key, value, flags)
  }

  #deleteAttempt(key: Encoded): Attempt {
    const engine = this.#engine
    return typeof key === 'string'
      ? (flags) => engine.deleteS(key, flags)
      : (flags) => engine.deleteB(key, flags)
  }

  #batchAttempt(batch: BatchEncoder): Attempt {
    return (flags) => this.#engine.writeBatch(batch.records, batch.length, batch.count, flags)
  }

  /** Checkpoints must know of what is in no log. After the attempt, and before any rotation. */
  #watched(attempt: Attempt, flags: number): Attempt {
    if ((flags & WRITE_NO_WAL) === 0) return attempt
    return (mode) => {
      const result = attempt(mode)
      this.#plane.noteUnlogged()
      return result
    }
  }

  #runSync(unwatched: Attempt, flags: number): void {
    const attempt = this.#watched(unwatched, flags)
    this.#beforeWrite()
    const result = attempt(flags)
    if (result !== WRITE_DONE) this.#finishSync(result, flags, attempt)
  }

  #runAsync(unwatched: Attempt, flags: number, size: number): Promise<void> {
    const attempt = this.#watched(unwatched, flags)
    this.#beforeWrite()
    const result = attempt(flags | WRITE_NO_WAIT)
    if (result !== WRITE_DONE) this.#finishAsync(result, flags, size, attempt)
    return this.#acknowledgements.join()
  }

  #finishSync(first: number, flags: number, attempt: Attempt): void {
    for (let result = first; ; result = attempt(flags)) {
      if ((result & WRITE_PUMP) !== 0) this.#plane.pump()
      const outcome = result & ~WRITE_PUMP
      if (outcome === WRITE_DONE) return
      if (!this.#plane.tryAdmit(outcome)) this.#plane.wait(outcome)
    }
  }

  #finishAsync(first: number, flags: number, size: number, attempt: Attempt): void {
    let result = first
    for (;;) {
      if ((result & WRITE_PUMP) !== 0) this.#plane.pump()
      const outcome = result & ~WRITE_PUMP
      if (outcome === WRITE_DONE) return
      let mode = flags | WRITE_NO_WAIT
      if (!this.#plane.tryAdmit(outcome)) {
        const hopeful = this.#plane.healthy && this.#plane.blockedBy(outcome) === undefined
        if (hopeful && this.#forcedBytes + size <= this.#forceLimit) {
          this.#forcedBytes += size
          this.#blockedOn = outcome
          mode |= WRITE_FORCE
        } else {
          this.#plane.wait(outcome)
        }
      }
      result = attempt(mode)
    }
  }

  #encode(operations: unknown): BatchEncoder {
    const batch = new BatchEncoder()
    encodeOperations(batch, operations, this.#encodings)
    return batch
  }

  #rangeDeletion(range: unknown): BatchEncoder {
    const batch = new BatchEncoder()
    encodeDeleteRange(batch, this.#encodings, range, (lower) => endOfKeys(this.#engine, lower))
    return batch
  }

  /** The asynchronous form of a call: it never throws. */
  #later(call: string, run: () => Promise<void>): Promise<void> {
    try {
      return run()
    } catch (error) {
      return this.#rejected(error, call)
    }
  }

  #now(call: string, run: () => void): void {
    try {
      run()
    } catch (error) {
      throw this.#errors.note(error, call)
    }
  }

  /** After a failed write the log may be unusable: the control plane has to know at once. */
  #rejected(error: unknown, call: string, key?: unknown): Promise<never> {
    if (error instanceof BurrowError && error.code === 'BURROW_IO') this.#plane.pump()
    return fairness.rejected(this.#errors.note(error, call, key))
  }

  #resolve(options: WriteOptions | undefined, call: string): { flags: number; encodings: Encodings } {
    if (options === undefined) return { flags: this.#defaultFlags, encodings: this.#encodings }
    const fields = readOptions(options, writeNames, call)
    if (fields.ttlMs !== undefined) {
      throw new BurrowError(
        'BURROW_UNSUPPORTED',
        `${call}: 'ttlMs' is not built yet; store the time and delete later`,
        {
          context: { operation: call, option: 'ttlMs', feature: 'ttlMs' },
        },
      )
    }
    const sync = readFlag('sync', fields.sync, call)
    const wal = readFlag('wal', fields.wal, call)
    if (wal === false && sync === true) {
      throw invalidArgument(`${call}: 'sync: true' needs the log; leave out 'wal: false'`, {
        operation: call,
      })
    }
    const encodings = readEncodings(fields, this.#encodings)
    if (wal === false) return { flags: WRITE_NO_WAL, encodings }
    return { flags: sync === undefined ? this.#defaultFlags : sync ? WRITE_SYNC : 0, encodings }
  }
}

/** Strings that need no check and no encoding. */
function isPlain(key: unknown, value: unknown): boolean {
  return (
    typeof key === 'string' &&
    typeof value === 'string' &&
    key.length !== 0 &&
    key.length <= surelyShortKey &&
    value.length <= surelyShortValue
  )
}
