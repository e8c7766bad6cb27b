import { describeValue } from '../util/describe-value.ts'
import { conditionalCheckFailed, validation } from './errors.ts'
import { readAttribute } from './item-codec.ts'
import type { VersionOption } from './item-options.ts'
import type { StoredItem } from './stored-item.ts'
import { getAttribute, type Item, setAttribute } from './value.ts'

/** Optimistic locking by an attribute that counts the versions of an item. */
export interface VersionCheck {
  readonly attribute: string
  /** The version that the item must have; undefined: there must be none. */
  readonly expected: number | undefined
}

/** `read`: the item or key in which the version that was read may stand. Throws ValidationException. */
export function readVersion(option: VersionOption | undefined, read: Item): VersionCheck | undefined {
  if (option === undefined) return undefined
  const { attribute, expected } =
    typeof option === 'string' ? { attribute: option, expected: getAttribute(read, option) } : option
  if (typeof attribute !== 'string' || attribute === '')
    throw validation(`version is ${describeValue(option)}; it must name the attribute that counts versions`)
  if (expected === undefined) return { attribute, expected }
  if (Number.isSafeInteger(expected) && (expected as number) >= 0)
    return { attribute, expected: expected as number }
  throw validation(
    `the version in ${attribute} is ${describeValue(expected)}; it must be a whole number from 0 up, or left out for a new item`,
  )
}

/** Throws ConditionalCheckFailedException unless the item has the version that is expected. */
export function testVersion(
  { attribute, expected }: VersionCheck,
  before: StoredItem | undefined,
  tell: boolean,
): void {
  const found = before === undefined ? undefined : readAttribute(before.bytes, attribute)
  if (found !== expected || (before !== undefined && expected === undefined))
    throw conditionalCheckFailed(tell ? before?.copy() : undefined)
}

/** The item with its next version. */
export function withNextVersion({ attribute, expected = 0 }: VersionCheck, item: Item): Item {
  const next = { ...item }
  setAttribute(next, attribute, expected + 1)
  return next
}
