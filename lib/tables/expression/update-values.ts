/** What the actions of an update make of values. Everything is read from the item as it was before the update. */
import { validation } from '../errors.ts'
import { addNumbers, type NumberValue, subtractNumbers } from '../number.ts'
import { type AttributeValue, findType, type Item, memberKey, type SetValue } from '../value.ts'
import { lookUp } from './path.ts'
import type { Bound, UpdateValue } from './tree.ts'

/** What SET assigns. Throws ValidationException where an attribute is missing or has another type. */
export function evaluate(value: UpdateValue<Bound>, item: Item): AttributeValue {
  switch (value.kind) {
    case 'value':
      return value.value
    case 'path': {
      const found = lookUp(item, value.path)
      if (found !== undefined) return found
      throw validation('The provided expression refers to an attribute that does not exist in the item')
    }
    case 'ifNotExists': {
      const found = value.operand.kind === 'path' ? lookUp(item, value.operand.path) : undefined
      return found === undefined ? evaluate(value.otherwise, item) : found
    }
    case 'listAppend':
      return [...listOf(evaluate(value.first, item)), ...listOf(evaluate(value.second, item))]
    case 'plus':
      return addNumbers(numberOf(evaluate(value.left, item)), numberOf(evaluate(value.right, item)))
    case 'minus':
      return subtractNumbers(numberOf(evaluate(value.left, item)), numberOf(evaluate(value.right, item)))
  }
}

/** ADD: the sum of numbers, the union of sets, both lists. Throws ValidationException (`mismatch`) where the types differ. */
export function addTo(
  before: AttributeValue | undefined,
  value: AttributeValue,
  mismatch: string,
): AttributeValue {
  if (before === undefined) return value
  if (findType(before) !== findType(value)) throw validation(mismatch)
  if (value instanceof Set) return union(before as SetValue, value)
  if (Array.isArray(value)) return [...(before as AttributeValue[]), ...value]
  return addNumbers(before as NumberValue, value as NumberValue)
}

/** DELETE: the set without the members; undefined when it has none left. Throws ValidationException (`mismatch`) where the types differ. */
export function deleteFrom(
  before: AttributeValue | undefined,
  value: AttributeValue,
  mismatch: string,
): AttributeValue | undefined {
  if (before === undefined) return undefined
  if (findType(before) !== findType(value)) throw validation(mismatch)
  const gone = new Set([...(value as SetValue)].map(memberKey))
  const left = [...(before as SetValue)].filter((member) => !gone.has(memberKey(member)))
  return left.length === 0 ? undefined : (new Set(left) as SetValue)
}

/** The members of `before`, then the new ones. */
function union(before: SetValue, more: SetValue): SetValue {
  const known = new Set([...before].map(memberKey))
  return new Set([...before, ...[...more].filter((member) => !known.has(memberKey(member)))]) as SetValue
}

function listOf(value: AttributeValue): AttributeValue[] {
  if (!Array.isArray(value)) throw wrongType()
  return value
}

function numberOf(value: AttributeValue): NumberValue {
  if (findType(value) !== 'N') throw wrongType()
  return value as NumberValue
}

function wrongType(): Error {
  return validation('An operand in the update expression has an incorrect data type')
}
