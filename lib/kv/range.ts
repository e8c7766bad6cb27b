import { type Encoding, encodeBound, maxKeyBytes } from '../base/encodings.ts'
import { compareBytes } from '../util/bytes.ts'
import type { EncodingOptions } from './call-options.ts'

/** A bound or prefix: text, bytes, or under 'json' any value. */
export type Bound = unknown

/** Which keys a call is about. Bounds that cross select nothing; of `gt` and `gte`, or `lt` and `lte`, the tighter counts. */
export interface KeyRangeOptions extends Pick<EncodingOptions, 'keyEncoding'> {
  /** Keys above this one. */
  readonly gt?: Bound
  /** Keys at or above this one. */
  readonly gte?: Bound
  /** Keys below this one. */
  readonly lt?: Bound
  /** Keys at or below this one. */
  readonly lte?: Bound
  /** Keys that begin with these bytes. */
  readonly prefix?: Bound
}

export const rangeNames = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const
export type RangeFields = Partial<Record<(typeof rangeNames)[number], unknown>>

/** A range in bytes: from `lower`, included, to `upper`, excluded; undefined: no bound on that side. */
export interface ByteRange {
  readonly lower: Uint8Array | undefined
  readonly upper: Uint8Array | undefined
}

/** The range that the fields describe; null when no key can be in it. Throws BURROW_INVALID_ARGUMENT. */
export function resolveRange(fields: RangeFields, encoding: Encoding): ByteRange | null {
  let lower: Uint8Array | undefined
  let upper: Uint8Array | undefined
  const raise = (bound: Uint8Array) => {
    if (lower === undefined || compareBytes(bound, lower) > 0) lower = bound
  }
  const reduce = (bound: Uint8Array) => {
    if (upper === undefined || compareBytes(bound, upper) < 0) upper = bound
  }
  const bytes = (value: unknown) => boundBytes(value, encoding)
  if (fields.gte !== undefined) raise(bytes(fields.gte))
  if (fields.gt !== undefined) raise(successor(bytes(fields.gt)))
  if (fields.lt !== undefined) reduce(bytes(fields.lt))
  if (fields.lte !== undefined) reduce(successor(bytes(fields.lte)))
  if (fields.prefix !== undefined) {
    const prefix = prefixBytes(fields.prefix, encoding)
    raise(prefix)
    const end = prefixEnd(prefix)
    if (end !== undefined) reduce(end)
  }
  if (lower !== undefined && upper !== undefined && compareBytes(lower, upper) >= 0) return null
  if (upper?.byteLength === 0) return null
  return { lower: lower?.byteLength === 0 ? undefined : lower, upper }
}

/** The text that is the only bound of the range, a lower one that native calls take as it is; undefined: there is more to it. */
export function onlyLowerText(fields: RangeFields, encoding: Encoding): string | undefined {
  const { gt, gte, lt, lte, prefix } = fields
  if (typeof gte !== 'string' || gte === '' || encoding === 'json') return undefined
  if (gt !== undefined || lt !== undefined || lte !== undefined || prefix !== undefined) return undefined
  return encodeBound(gte, encoding) as string
}

/** The smallest byte string above `key`. */
export function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.byteLength + 1)
  next.set(key)
  return next
}

/** The smallest byte string above everything that begins with `prefix`; undefined when there is none. */
function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.byteLength
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  // Not slice(): that of a Buffer shares its memory.
  const end = new Uint8Array(prefix.subarray(0, length))
  end[length - 1]! += 1
  return end
}

/** The smallest possible key at or above `bound`; undefined when no key is so high. */
export function firstKeyFrom(bound: Uint8Array | undefined): Uint8Array | undefined {
  if (bound === undefined || bound.byteLength === 0) return new Uint8Array(1)
  if (bound.byteLength <= maxKeyBytes) return bound
  return prefixEnd(bound.subarray(0, maxKeyBytes))
}

function boundBytes(value: unknown, encoding: Encoding): Uint8Array {
  const encoded = encodeBound(value, encoding)
  return typeof encoded === 'string' ? Buffer.from(encoded, 'utf8') : encoded
}

/** Under 'json' a string prefix means texts that begin so: the closing quote is left off. */
function prefixBytes(value: unknown, encoding: Encoding): Uint8Array {
  const bytes = boundBytes(value, encoding)
  return encoding === 'json' && typeof value === 'string' ? bytes.subarray(0, bytes.byteLength - 1) : bytes
}
