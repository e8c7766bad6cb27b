import type { RowRange } from '../key-codec.ts'
import { prefixEnd, stripeCount } from '../layout.ts'

/**
 * The rows of one of `total` segments of a table or index whose rows begin with `prefix`: neighbouring stripes. Every
 * stripe is in exactly one segment; of more segments than stripes some have none (undefined).
 */
export function segmentRange(prefix: Uint8Array, segment: number, total: number): RowRange | undefined {
  const first = firstStripe(segment, total)
  const end = firstStripe(segment + 1, total)
  if (first === end) return undefined
  return {
    gte: stripe(prefix, first),
    lt: end === stripeCount ? prefixEnd(prefix) : stripe(prefix, end),
  }
}

function firstStripe(segment: number, total: number): number {
  return Math.floor((segment * stripeCount) / total)
}

function stripe(prefix: Uint8Array, number: number): Buffer {
  return Buffer.concat([prefix, Buffer.of(number)])
}
