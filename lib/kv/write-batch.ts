import { maxKeyBytes } from '../base/encodings.ts'
import { BurrowError, invalidArgument } from '../base/errors.ts'
import { describeValue } from '../util/describe-value.ts'
import { BatchEncoder } from './batch-encoder.ts'
import { type EncodingOptions, type Encodings, readEncodings, readOptions } from './call-options.ts'
import { type KeyRangeOptions, rangeNames, resolveRange } from './range.ts'
import type { WriteOptions } from './writes.ts'

/** One write of `db.batch([...])`. */
export type BatchOperation<K = unknown, V = unknown> =
  | ({ readonly type: 'put'; readonly key: K; readonly value: V } & EncodingOptions)
  | ({ readonly type: 'delete'; readonly key: K } & EncodingOptions)

/** What a batch needs of its database. */
export interface BatchTarget {
  readonly encodings: Encodings
  commit(batch: BatchEncoder, options: WriteOptions | undefined): Promise<void>
  commitSync(batch: BatchEncoder, options: WriteOptions | undefined): void
}

const encodingNames = new Set(['keyEncoding', 'valueEncoding'] as const)
const deleteRangeNames = new Set([...rangeNames, 'keyEncoding'] as const)

/**
 * Collects writes and applies them at once: all or none, also after a crash. Keys and values are copied by each call.
 * A batch that was committed can be used again after `clear()`. The order of writes counts: of two to one key the
 * later wins.
 */
export class WriteBatch {
  readonly #target: BatchTarget
  readonly #encoder = new BatchEncoder()
  #committed = false
  /** Counts calls of `clear()`: a commit may still be under way when the batch is filled anew. */
  #filling = 0

  /** Made by `db.writeBatch()`. */
  constructor(target: BatchTarget) {
    this.#target = target
  }

  /** Writes collected so far. */
  get length(): number {
    return this.#encoder.count
  }

  /** Bytes that the writes take in the log, about. */
  get byteLength(): number {
    return this.#encoder.length
  }

  put(key: unknown, value: unknown, options?: EncodingOptions): this {
    this.#checkOpen()
    this.#encoder.put(key, value, this.#encodings(options, 'put'))
    return this
  }

  delete(key: unknown, options?: EncodingOptions): this {
    this.#checkOpen()
    this.#encoder.delete(key, this.#encodings(options, 'delete'))
    return this
  }

  /** Deletes every key of the range that exists when the batch is committed, or was put into the batch before. */
  deleteRange(range: KeyRangeOptions): this {
    this.#checkOpen()
    // What is written until the commit may lie above every key of today, so an open end is the highest there can be.
    encodeDeleteRange(this.#encoder, this.#target.encodings, range, () => aboveEveryKey)
    return this
  }

  /** Forgets everything; the batch can be used again. */
  clear(): this {
    this.#encoder.clear()
    this.#committed = false
    this.#filling++
    return this
  }

  /** Applies the batch. An empty one does nothing. */
  async commit(options?: WriteOptions): Promise<void> {
    this.#checkOpen()
    const done = this.#target.commit(this.#encoder, options)
    this.#committed = true
    const filling = this.#filling
    try {
      await done
      if (filling === this.#filling) this.#encoder.release()
    } catch (error) {
      // Refused before it was applied: the caller may try again. After a failure of the disk nobody knows.
      const refused = !(error instanceof BurrowError && error.code === 'BURROW_IO')
      if (refused && filling === this.#filling) this.#committed = false
      throw error
    }
  }

  commitSync(options?: WriteOptions): void {
    this.#checkOpen()
    this.#target.commitSync(this.#encoder, options)
    this.#committed = true
    this.#encoder.release()
  }

  #encodings(options: EncodingOptions | undefined, call: string): Encodings {
    if (options === undefined) return this.#target.encodings
    return readEncodings(readOptions(options, encodingNames, call), this.#target.encodings)
  }

  #checkOpen(): void {
    if (this.#committed)
      throw invalidArgument('this batch was committed already; call clear() to use it again')
  }
}

/** Encodes the argument of `db.batch`. Throws BURROW_INVALID_ARGUMENT that names the bad operation by its index. */
export function encodeOperations(encoder: BatchEncoder, operations: unknown, defaults: Encodings): void {
  if (!Array.isArray(operations)) {
    throw invalidArgument(`batch takes an array of operations, got ${describeValue(operations)}`, {
      operation: 'batch',
    })
  }
  for (let index = 0; index < operations.length; index++) {
    encodeOperation(encoder, operations[index], index, defaults)
  }
}

function encodeOperation(
  encoder: BatchEncoder,
  operation: unknown,
  index: number,
  defaults: Encodings,
): void {
  if (typeof operation !== 'object' || operation === null) {
    throw invalidArgument(`operation ${index} of the batch is ${describeValue(operation)}, not an object`, {
      operation: 'batch',
      value: operation,
    })
  }
  const { type, key, value, keyEncoding, valueEncoding } = operation as Record<string, unknown>
  const plain = keyEncoding === undefined && valueEncoding === undefined
  const encodings = plain ? defaults : readEncodings({ keyEncoding, valueEncoding }, defaults)
  switch (type) {
    case 'put':
      encoder.put(key, value, encodings)
      return
    case 'delete':
      encoder.delete(key, encodings)
      return
    default:
      throw invalidArgument(
        `operation ${index} of the batch has type ${describeValue(type)}; it must be 'put' or 'delete'`,
        { operation: 'batch', value: type, allowed: "'put' or 'delete'" },
      )
  }
}

const aboveEveryKey = new Uint8Array(maxKeyBytes + 1).fill(0xff)

/** Encodes a deletion of `range`; `openEnd` tells where one without an upper bound ends, undefined: nowhere to delete. */
export function encodeDeleteRange(
  encoder: BatchEncoder,
  defaults: Encodings,
  range: unknown,
  openEnd: (lower: Uint8Array | undefined) => Uint8Array | undefined,
): void {
  const fields = readOptions(range ?? null, deleteRangeNames, 'deleteRange')
  const encodings = readEncodings(fields, defaults)
  if (rangeNames.every((name) => fields[name] === undefined)) {
    throw invalidArgument('deleteRange needs a bound or a prefix; db.clear() deletes everything', {
      operation: 'deleteRange',
    })
  }
  const bytes = resolveRange(fields, encodings.key)
  if (bytes === null) return
  const upper = bytes.upper ?? openEnd(bytes.lower)
  if (upper !== undefined) encoder.deleteRange({ lower: bytes.lower, upper })
}
