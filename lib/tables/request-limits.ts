import { describeValue } from '../util/describe-value.ts'
import { MiB } from '../util/units.ts'
import { validation } from './errors.ts'
import { storedSize } from './item-codec.ts'
import { isPlainObject } from './value.ts'

/** DynamoDB's ValidationException for a value at a place that a request must not have. */
export function constraint(value: unknown, place: string, rule: string): Error {
  const text = value === null ? 'null' : `'${typeof value === 'string' ? value : describeValue(value)}'`
  return validation(
    `1 validation error detected: Value ${text} at '${place}' failed to satisfy constraint: Member must ${rule}`,
  )
}

/** Throws ValidationException when the stored items that a transaction reads or leaves have more than 4 MB together. */
export function checkTransactionSize(items: Iterable<Uint8Array | undefined>): void {
  let size = 0
  for (const bytes of items) if (bytes !== undefined) size += storedSize(bytes)
  if (size > 4 * MiB)
    throw validation('The aggregate size of the items in the transaction cannot exceed 4 MB')
}

/** Throws ValidationException unless `list` is an array of `least` to `most` members. */
export function checkList(
  list: unknown,
  place: string,
  least: number,
  most: number,
): asserts list is unknown[] {
  if (!Array.isArray(list)) throw constraint(list ?? null, place, 'be a list')
  if (list.length < least) throw constraint(list, place, `have length greater than or equal to ${least}`)
  if (list.length > most) throw constraint(list, place, `have length less than or equal to ${most}`)
}

/** Throws ValidationException unless `value` is a plain object. */
export function checkObject(value: unknown, place: string): asserts value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || !isPlainObject(value))
    throw constraint(value ?? null, place, 'be an object')
}
