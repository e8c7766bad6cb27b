import { checkValue } from '../check-item.ts'
import { canonicalNumber, type NumberValue } from '../number.ts'
import { type AttributeValue, copyValue, typeOf } from '../value.ts'

/** What a caller gave as a value, as a value of our own. Throws ValidationException for what is none; messages call it `name`. */
export function toValue(given: unknown, name: string): AttributeValue {
  checkValue(given, name)
  const value = given as AttributeValue
  return typeOf(value) === 'N' ? canonicalNumber(value as NumberValue) : copyValue(value)
}
