/** When items expire. The time is a number of seconds since 1970; an item has expired once the clock is past it. */
import { expiryKey } from '../layout.ts'
import { getAttribute, type Item, typeOf } from '../value.ts'
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
export function expirySeconds(item: Item | undefined, attribute: string): number | undefined {
  const value = item === undefined ? undefined : getAttribute(item, attribute)
  if (value === undefined || typeOf(value) !== 'N') return undefined
  const seconds = Math.floor(Number(value))
  return Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : undefined
}

/** `now`: milliseconds since 1970. */
export function isExpired(item: Item, attribute: string, now: number): boolean {
  const seconds = expirySeconds(item, attribute)
  return seconds !== undefined && seconds < Math.floor(now / 1000)
}

/** True for items that reads and conditions take for absent. `now`: milliseconds since 1970. */
export function isHidden(item: Item, ttl: TtlSettings | undefined, now: number): boolean {
  return ttl?.hideExpired === true && isExpired(item, ttl.attribute, now)
}

/** Keeps the row of an item's expiry time in step with a change of the item, in the batch that makes the change. */
export function writeExpiryRow(
  sink: RowSink,
  tableId: number,
  attribute: string,
  rowKey: Uint8Array,
  before: Item | undefined,
  after: Item | undefined,
): void {
  const [old, young] = [expirySeconds(before, attribute), expirySeconds(after, attribute)]
  if (old === young) return
  if (old !== undefined) sink.delete(expiryKey(tableId, old, rowKey))
  if (young !== undefined) sink.put(expiryKey(tableId, young, rowKey), empty)
}
