/** When items expire. The time is a number of seconds since 1970; an item has expired once the clock is past it. */
import { readAttribute } from '../item-codec.ts'
import { expiryKey } from '../layout.ts'
import { type AttributeValue, getAttribute, type Item, typeOf } from '../value.ts'
import type { TtlSettings } from './settings.ts'

/** What the rows of expiry times are written to. */
interface RowSink {
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
}

/** Items that expired longer ago were hardly meant to: DynamoDB lets them be, and so does the sweep. */
export const fiveYears = 5 * 365 * 24 * 60 * 60

const empty = new Uint8Array()

/** The second in which the item expires; undefined: never, since the attribute is not there or no time. */
export function expirySeconds(item: Item, attribute: string): number | undefined {
  return secondsOf(getAttribute(item, attribute))
}

/** The same of an item as it is stored. */
export function expiryOfStored(bytes: Uint8Array, attribute: string): number | undefined {
  return secondsOf(readAttribute(bytes, attribute))
}

function secondsOf(value: AttributeValue | undefined): number | undefined {
  if (value === undefined || typeOf(value) !== 'N') return undefined
  const seconds = Math.floor(Number(value))
  return Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : undefined
}

/** `now`: milliseconds since 1970. */
export function isExpired(item: Item, attribute: string, now: number): boolean {
  const seconds = expirySeconds(item, attribute)
  return seconds !== undefined && seconds < Math.floor(now / 1000)
}

/** True for items, as they are stored, that reads and conditions take for absent. `now`: milliseconds since 1970. */
export function isHidden(bytes: Uint8Array, ttl: TtlSettings | undefined, now: number): boolean {
  if (ttl?.hideExpired !== true) return false
  const seconds = expiryOfStored(bytes, ttl.attribute)
  return seconds !== undefined && seconds < Math.floor(now / 1000)
}

/** Keeps the row of an item's expiry time in step with a change of the item as it is stored, in the batch that makes the change. */
export function writeExpiryRow(
  sink: RowSink,
  tableId: number,
  attribute: string,
  rowKey: Uint8Array,
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
): void {
  const old = before === undefined ? undefined : expiryOfStored(before, attribute)
  const young = after === undefined ? undefined : expiryOfStored(after, attribute)
  if (old === young) return
  if (old !== undefined) sink.delete(expiryKey(tableId, old, rowKey))
  if (young !== undefined) sink.put(expiryKey(tableId, young, rowKey), empty)
}
