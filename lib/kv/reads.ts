import { markAsUntransferable } from 'node:worker_threads'
import { decode, type Encoded, type Encoding, encodeKey, sliceText } from '../base/encodings.ts'
import { type BurrowError, invalidArgument, markShared } from '../base/errors.ts'
import { type NativeEngine, READ_ABSENT, READ_NOT_CACHED } from '../native.ts'
import { describeValue } from '../util/describe-value.ts'
import type { FastBuffer } from '../util/fast-buffer.ts'
import { ByteSink } from './byte-sink.ts'
import { type EncodingOptions, type Encodings, readEncodings, readOptions } from './call-options.ts'
import type { ErrorLog } from './error-log.ts'
import { fairness } from './fairness.ts'
import type { ReadRequests } from './read-requests.ts'
import type { Snapshot, Snapshots } from './snapshot.ts'
import type { ValueSlab } from './value-slab.ts'

/** How one read is made. */
export interface ReadOptions extends EncodingOptions {
  /** Read what this snapshot shows; default: now. */
  readonly snapshot?: Snapshot | undefined
}

const readNames = new Set(['keyEncoding', 'valueEncoding', 'snapshot'] as const)
/** Longer strings may pass the limit in UTF-8, three bytes a unit: they are measured. */
const surelyShort = 21845
/** Texts up to this length are packed unit by unit while they are ASCII. */
const shortKey = 48
/** Keys of a getMany whose room for lengths is kept. */
const mostKept = 4096

type Get = (key: unknown) => unknown
type GetLater = (key: unknown) => Promise<unknown>

/** The four questions about one key, made for one pair of encodings and one moment. */
interface PointReads {
  readonly getSync: Get
  readonly get: GetLater
  readonly hasSync: (key: unknown) => boolean
  readonly has: (key: unknown) => Promise<boolean>
}

export interface ReadsOptions {
  readonly engine: NativeEngine
  readonly slab: ValueSlab
  readonly requests: ReadRequests
  readonly encodings: Encodings
  readonly snapshots: Pick<Snapshots, 'sequenceOf'>
  /** The moment that is read; undefined: now. */
  readonly sequence: number | undefined
  readonly errors: ErrorLog
}

/** The calls that are answered here. */
export type ReadCalls = Pick<Reads, 'get' | 'getSync' | 'has' | 'hasSync' | 'getMany' | 'getManySync'>

/**
 * Point reads of a database or a snapshot. The functions for the database's own encodings are chosen once, so that a
 * plain `getSync` costs little more than its native call; calls with options look theirs up.
 */
export class Reads {
  readonly #options: ReadsOptions
  readonly #keys = new ByteSink()
  #lengths = new Int32Array(128)
  #default: PointReads
  readonly #special = new Map<string, PointReads>()
  #refusal: BurrowError | undefined

  constructor(options: ReadsOptions) {
    this.#options = options
    this.#default = this.#make(options.encodings, options.sequence)
  }

  /** Every later call gets this error. */
  refuse(error: BurrowError): void {
    markShared(error)
    const refused = () => {
      throw error
    }
    const rejected = (call: string) => (key: unknown) => fairness.rejected(this.#failed(error, call, key))
    this.#refusal = error
    this.#default = { getSync: refused, get: rejected('get'), hasSync: refused, has: rejected('has') }
  }

  /** Answers the gets that are held back: see GatheringReads. */
  answer(): void {}

  /** The reads that answer each call by itself. */
  alone(): Reads {
    return this
  }

  getSync(key: unknown, options?: ReadOptions): unknown {
    try {
      return options === undefined ? this.#default.getSync(key) : this.#with(options, 'getSync').getSync(key)
    } catch (error) {
      throw this.#failed(error, 'getSync', key)
    }
  }

  get(key: unknown, options?: ReadOptions): Promise<unknown> {
    if (options === undefined) return this.#default.get(key)
    let reads: PointReads
    try {
      reads = this.#with(options, 'get')
    } catch (error) {
      return fairness.rejected(this.#failed(error, 'get', key))
    }
    return reads.get(key)
  }

  hasSync(key: unknown, options?: ReadOptions): boolean {
    try {
      return options === undefined ? this.#default.hasSync(key) : this.#with(options, 'hasSync').hasSync(key)
    } catch (error) {
      throw this.#failed(error, 'hasSync', key)
    }
  }

  has(key: unknown, options?: ReadOptions): Promise<boolean> {
    if (options === undefined) return this.#default.has(key)
    let reads: PointReads
    try {
      reads = this.#with(options, 'has')
    } catch (error) {
      return fairness.rejected(this.#failed(error, 'has', key))
    }
    return reads.has(key)
  }

  getManySync(keys: unknown, options?: ReadOptions): unknown[] {
    try {
      const { encodings, sequence } = this.#resolve(options, 'getManySync')
      const count = this.#pack(keys, encodings.key)
      if (count === 0) return []
      const { engine } = this.#options
      const sink = this.#keys
      if (encodings.value === 'buffer') {
        return unpack(engine.getMany(sink.bytes, sink.length, count, sequence), count, 'buffer')
      }
      const lengths = this.#room(count)
      const found = engine.getMany(sink.bytes, sink.length, count, sequence, lengths)
      return unpackColumn(found, lengths, count, encodings.value)
    } catch (error) {
      throw this.#failed(error, 'getManySync')
    }
  }

  getMany(keys: unknown, options?: ReadOptions): Promise<unknown[]> {
    const failed = (error: unknown) => this.#failed(error, 'getMany')
    try {
      const { engine, requests } = this.#options
      const { encodings, sequence } = this.#resolve(options, 'getMany')
      const count = this.#pack(keys, encodings.key)
      if (count === 0) return fairness.resolved([])
      const sink = this.#keys
      if (encodings.value === 'buffer') {
        const found = engine.tryGetMany(sink.bytes, sink.length, count, sequence)
        if (found !== null) return fairness.resolved(unpack(found, count, 'buffer'))
      } else {
        const lengths = this.#room(count)
        const found = engine.tryGetMany(sink.bytes, sink.length, count, sequence, lengths)
        if (found !== null) return fairness.resolved(unpackColumn(found, lengths, count, encodings.value))
      }
      return requests
        .ask((request) => engine.submitGetMany(request, sink.bytes, sink.length, count, sequence))
        .then(({ bytes }) => unpack(bytes!, count, encodings.value))
        .catch((error: unknown) => {
          throw failed(error)
        })
    } catch (error) {
      return fairness.rejected(failed(error))
    }
  }

  #failed(error: unknown, call: string, key?: unknown): unknown {
    const { errors, sequence } = this.#options
    return errors.note(error, call, key, sequence)
  }

  #resolve(
    options: ReadOptions | undefined,
    call: string,
  ): { encodings: Encodings; sequence: number | undefined } {
    if (this.#refusal !== undefined) throw this.#refusal
    if (options === undefined) return this.#options
    const fields = readOptions(options, readNames, call)
    return {
      encodings: readEncodings(fields, this.#options.encodings),
      sequence:
        fields.snapshot === undefined
          ? this.#options.sequence
          : this.#options.snapshots.sequenceOf(fields.snapshot, call),
    }
  }

  #with(options: ReadOptions, call: string): PointReads {
    const { encodings, sequence } = this.#resolve(options, call)
    if (sequence !== this.#options.sequence) return this.#make(encodings, sequence)
    const name = `${encodings.key} ${encodings.value}`
    let reads = this.#special.get(name)
    if (reads === undefined) {
      reads = this.#make(encodings, sequence)
      this.#special.set(name, reads)
    }
    return reads
  }

  #make(encodings: Encodings, sequence: number | undefined): PointReads {
    const { engine } = this.#options
    const { key: keyEncoding, value: valueEncoding } = encodings
    const hasSync = byKey(
      keyEncoding,
      sequence === undefined ? engine.hasS : (key) => engine.hasS(key, sequence),
      sequence === undefined ? engine.hasB : (key) => engine.hasB(key, sequence),
    )
    const tryHas = byKey(
      keyEncoding,
      (key) => engine.tryHasS(key, sequence),
      (key) => engine.tryHasB(key, sequence),
    )
    const later = this.#later(keyEncoding, sequence)
    const failing = (call: string) => (error: unknown, key: unknown) => this.#failed(error, call, key)
    const failed = failing('get')
    const has = answering({
      attempt: tryHas,
      later,
      finish: (stored) => stored !== undefined,
      failed: failing('has'),
    })
    if (valueEncoding === 'buffer') {
      const bytes = this.#bytesReads(keyEncoding, sequence)
      const get = answering({ attempt: bytes.attempt, later, finish: (stored) => stored, failed })
      return { getSync: bytes.get, get, hasSync, has }
    }
    const text = textReads(engine, keyEncoding, sequence)
    const decodeStored = (stored: Encoded | undefined) =>
      stored === undefined ? undefined : decode(stored, valueEncoding)
    if (valueEncoding === 'utf8') {
      const get = answering({ attempt: text.attempt, later, finish: decodeStored, failed })
      return { getSync: text.get, get, hasSync, has }
    }
    const attempt = (key: unknown) => {
      const found = text.attempt(key)
      return typeof found === 'string'
        ? decode(found, valueEncoding)
        : found === null
          ? notInMemory
          : undefined
    }
    return {
      getSync: (key) => decodeStored(text.get(key)),
      get: answering({ attempt, later, finish: decodeStored, failed, missing: notInMemory }),
      hasSync,
      has,
    }
  }

  /** Values as bytes. `attempt` gives null when the disk would be needed. */
  #bytesReads(keyEncoding: Encoding, sequence: number | undefined) {
    const { engine, slab } = this.#options
    type Read = (key: never, sequence?: number) => number
    const bound = (readS: Read, readB: Read) => {
      const prepared = (read: Read) => (key: Encoded) => {
        slab.prepare()
        return sequence === undefined ? read(key as never) : read(key as never, sequence)
      }
      return byKey(keyEncoding, prepared(readS), prepared(readB))
    }
    const read = bound(engine.getBytesS, engine.getBytesB)
    const attempt = bound(engine.tryGetBytesS, engine.tryGetBytesB)
    return {
      get: (key: unknown): Buffer | undefined => {
        const length = read(key)
        return length === READ_ABSENT ? undefined : slab.take(length)
      },
      attempt: (key: unknown): Buffer | undefined | null => {
        const length = attempt(key)
        if (length === READ_ABSENT) return undefined
        return length === READ_NOT_CACHED ? null : slab.take(length)
      },
    }
  }

  #later(keyEncoding: Encoding, sequence: number | undefined): (key: unknown) => Promise<Buffer | undefined> {
    const { engine, requests } = this.#options
    return (key) => {
      const encoded = encodeKey(key, keyEncoding)
      return requests
        .ask((request) => engine.submitGet(request, encoded, sequence))
        .then(({ bytes }) => bytes)
    }
  }

  /** Where the lengths of so many values go. */
  #room(count: number): Int32Array {
    if (count <= this.#lengths.length) return this.#lengths
    const room = new Int32Array(count)
    if (count <= mostKept) this.#lengths = room
    return room
  }

  /** Packs short ASCII texts, which most keys are; false: there are others. */
  #packTexts(keys: readonly unknown[]): boolean {
    const sink = this.#keys
    sink.clear()
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]
      if (typeof key !== 'string') return false
      const { length } = key
      if (length === 0 || length > shortKey) return false
      const bytes = sink.reserve(2 + length)
      const at = sink.length
      bytes[at] = length
      bytes[at + 1] = 0
      for (let unit = 0; unit < length; unit++) {
        const code = key.charCodeAt(unit)
        if (code > 0x7f) return false
        bytes[at + 2 + unit] = code
      }
      sink.length = at + 2 + length
    }
    return true
  }

  /** Packs the keys of getMany; how many there are. */
  #pack(keys: unknown, encoding: Encoding): number {
    if (!Array.isArray(keys)) {
      throw invalidArgument(`getMany takes an array of keys, got ${describeValue(keys)}`, {
        operation: 'getMany',
      })
    }
    if (encoding !== 'json' && this.#packTexts(keys)) return keys.length
    // All are encoded before the first is packed: a toJSON of the user may read from this database too.
    const encoded: Encoded[] = []
    for (let index = 0; index < keys.length; index++) encoded.push(encodeKey(keys[index], encoding))
    const sink = this.#keys
    sink.clear()
    for (const key of encoded) {
      const at = sink.skip(2)
      sink.setUint16(at, sink.write(key))
    }
    return encoded.length
  }
}

/** A column of values, as text or bytes, cut at its lengths. */
function unpackColumn(
  column: string | Buffer,
  lengths: Int32Array,
  count: number,
  encoding: Encoding,
): unknown[] {
  const values: unknown[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    const length = lengths[index]!
    if (length < 0) {
      values.push(undefined)
      continue
    }
    const end = at + length
    const text =
      typeof column === 'string' ? column.substring(at, end) : sliceText(column as FastBuffer, at, end)
    values.push(encoding === 'utf8' ? text : decode(text, encoding))
    at = end
  }
  return values
}

/** Stands for "the disk is needed" where null is a value. */
const notInMemory = Symbol('not in memory')

interface Answering<T, R> {
  readonly attempt: (key: unknown) => T
  readonly later: (key: unknown) => Promise<Buffer | undefined>
  readonly finish: (stored: Buffer | undefined) => R
  /** What the caller gets instead of an error. */
  readonly failed: (error: unknown, key: unknown) => unknown
  /** What `attempt` gives when the disk is needed. Default null. */
  readonly missing?: unknown
}

/** Answers from memory where that is possible, else from a disk thread. Never throws. */
function answering<T, R>({
  attempt,
  failed,
  finish,
  later,
  missing = null,
}: Answering<T, R>): (key: unknown) => Promise<Exclude<T, null> | R> {
  return (key) => {
    try {
      const found = attempt(key)
      if (found !== missing) return fairness.resolved(found as Exclude<T, null>)
      return later(key)
        .then(finish)
        .catch((error: unknown) => {
          throw failed(error, key)
        })
    } catch (error) {
      return fairness.rejected(failed(error, key))
    }
  }
}

function textReads(engine: NativeEngine, keyEncoding: Encoding, sequence: number | undefined) {
  if (sequence === undefined) {
    return {
      get: byKey(keyEncoding, engine.getStringS, engine.getStringB),
      attempt: byKey(keyEncoding, engine.tryGetStringS, engine.tryGetStringB),
    }
  }
  return {
    get: byKey(
      keyEncoding,
      (key) => engine.getStringS(key, sequence),
      (key) => engine.getStringB(key, sequence),
    ),
    attempt: byKey(
      keyEncoding,
      (key) => engine.tryGetStringS(key, sequence),
      (key) => engine.tryGetStringB(key, sequence),
    ),
  }
}

/** Calls the form of a native read that fits the key, checked. */
function byKey<R>(
  encoding: Encoding,
  readS: (key: string) => R,
  readB: (key: Uint8Array) => R,
): (key: unknown) => R {
  const checked = (key: unknown): R => {
    const encoded = encodeKey(key, encoding)
    return typeof encoded === 'string' ? readS(encoded) : readB(encoded)
  }
  if (encoding === 'json') return checked
  return (key) => {
    if (typeof key === 'string' && key.length !== 0 && key.length <= surelyShort) return readS(key)
    return checked(key)
  }
}

/**
 * `count` × (i32 length or −1, bytes). Values under 'buffer' share the memory of `packed`, which is theirs; it cannot be
 * transferred to another thread, since that would take the others away.
 */
function unpack(packed: Buffer, count: number, encoding: Encoding): unknown[] {
  if (encoding === 'buffer' && count > 1) markAsUntransferable(packed.buffer)
  const values: unknown[] = new Array(count).fill(undefined)
  let at = 0
  for (let index = 0; index < count; index++) {
    const length = packed.readInt32LE(at)
    at += 4
    if (length < 0) continue
    values[index] =
      encoding === 'utf8'
        ? sliceText(packed as FastBuffer, at, at + length)
        : decode(packed.subarray(at, at + length), encoding)
    at += length
  }
  return values
}
