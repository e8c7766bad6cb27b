import { compareBytes } from '../util/bytes.ts'

/**
 * The user keys that something covers: from `smallest` to `largest`, both included; `largest` itself is not covered
 * when `largestExclusive` (it is the end of a range tombstone). Tables have this shape.
 */
export interface KeySpan {
  readonly smallest: Uint8Array
  readonly largest: Uint8Array
  readonly largestExclusive: boolean
}

/** A range that a user asked for: null means no bound on that side. The end is excluded when `endExclusive`. */
export interface KeyRange {
  readonly begin: Uint8Array | null
  readonly end: Uint8Array | null
  readonly endExclusive: boolean
}

/** All keys. */
export const wholeRange: KeyRange = Object.freeze({ begin: null, end: null, endExclusive: false })

/** True when every key of `span` is below `key`. */
export function endsBefore(span: KeySpan, key: Uint8Array): boolean {
  const order = compareBytes(span.largest, key)
  return order < 0 || (order === 0 && span.largestExclusive)
}

/** True when `a` and `b` have a key in common, as far as their bounds tell. */
export function spansOverlap(a: KeySpan, b: KeySpan): boolean {
  return !endsBefore(a, b.smallest) && !endsBefore(b, a.smallest)
}

/** True when no key can be in `range`: its bounds are crossed, or equal and the end is excluded. */
export function rangeIsEmpty(range: KeyRange): boolean {
  if (range.begin === null || range.end === null) return false
  const order = compareBytes(range.begin, range.end)
  return order > 0 || (order === 0 && range.endExclusive)
}

/** True when the smallest key of `span` is not above the end of `range`. */
export function startsWithin(span: KeySpan, range: KeyRange): boolean {
  if (range.end === null) return true
  const order = compareBytes(span.smallest, range.end)
  return order < 0 || (order === 0 && !range.endExclusive)
}

/** True when `span` has a key in `range`, as far as its bounds tell. REQUIRES: a range that is not empty. */
export function spanInRange(span: KeySpan, range: KeyRange): boolean {
  return (range.begin === null || !endsBefore(span, range.begin)) && startsWithin(span, range)
}

export function rangeOf(span: KeySpan): KeyRange {
  return { begin: span.smallest, end: span.largest, endExclusive: span.largestExclusive }
}

/** The smallest span that covers all of `spans`. REQUIRES: at least one. */
export function hullOf(spans: Iterable<KeySpan>): KeySpan {
  let smallest: Uint8Array | undefined
  let last: KeySpan | undefined
  for (const span of spans) {
    if (smallest === undefined || compareBytes(span.smallest, smallest) < 0) smallest = span.smallest
    if (last === undefined || compareLargest(span, last) > 0) last = span
  }
  if (smallest === undefined || last === undefined) throw new RangeError('the hull of nothing')
  return { smallest, largest: last.largest, largestExclusive: last.largestExclusive }
}

/** Order of the upper bounds; of two with the same key the excluded one is lower. */
export function compareLargest(a: KeySpan, b: KeySpan): number {
  return compareBytes(a.largest, b.largest) || Number(b.largestExclusive) - Number(a.largestExclusive)
}
