/** Whether a condition holds for an item. Nothing is copied; what is missing is never an error, only false. */
import {
  type AttributeValue,
  compareScalars,
  equalValues,
  findType,
  getAttribute,
  type Item,
  memberKey,
} from '../value.ts'
import { isMap, lookUp } from './path.ts'
import type { Bound, Comparator, ConditionTree, Operand } from './tree.ts'

export function testCondition(tree: ConditionTree<Bound>, item: Item): boolean {
  switch (tree.kind) {
    case 'compare':
      return compare(tree.comparator, resolve(tree.left, item), resolve(tree.right, item))
    case 'and':
      for (const term of tree.terms) if (!testCondition(term, item)) return false
      return true
    case 'or':
      for (const term of tree.terms) if (testCondition(term, item)) return true
      return false
    case 'not':
      return !testCondition(tree.term, item)
    case 'exists':
      return resolve(tree.operand, item) !== undefined
    case 'notExists':
      return resolve(tree.operand, item) === undefined
    case 'between': {
      const value = resolve(tree.operand, item)
      const atLeast = compare('>=', value, resolve(tree.low, item))
      return atLeast && compare('<=', value, resolve(tree.high, item))
    }
    case 'in': {
      const value = resolve(tree.operand, item)
      return tree.list.some((one) => compare('=', value, resolve(one, item)))
    }
    case 'type': {
      const value = resolve(tree.operand, item)
      return value !== undefined && findType(value) === resolve(tree.type, item)
    }
    case 'beginsWith':
      return beginsWith(resolve(tree.operand, item), resolve(tree.prefix, item))
    case 'contains':
      return contains(resolve(tree.operand, item), resolve(tree.member, item))
  }
}

function resolve(operand: Operand<Bound>, item: Item): AttributeValue | undefined {
  if (operand.kind === 'value') return operand.value
  if (operand.kind === 'size') return sizeOf(resolve(operand.operand, item))
  const { path } = operand
  return path.length === 1 ? getAttribute(item, path[0] as string) : lookUp(item, path)
}

/** An order needs two values of one type that has an order; what is missing is different from everything. */
function compare(
  comparator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  if (left === undefined || right === undefined) return comparator === '<>'
  if (comparator === '=') return equalValues(left, right)
  if (comparator === '<>') return !equalValues(left, right)
  const order = compareScalars(left, right)
  if (order === undefined) return false
  switch (comparator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

function beginsWith(value: AttributeValue | undefined, prefix: AttributeValue | undefined): boolean {
  if (typeof value === 'string') return typeof prefix === 'string' && value.startsWith(prefix)
  if (!isBytes(value) || !isBytes(prefix)) return false
  return value.length >= prefix.length && prefix.every((byte, index) => byte === value[index])
}

/** Part of a text or of bytes, or a member of a list or a set. */
function contains(value: AttributeValue | undefined, member: AttributeValue | undefined): boolean {
  if (member === undefined) return false
  if (typeof value === 'string') return typeof member === 'string' && value.includes(member)
  if (isBytes(value)) return isBytes(member) && bufferOf(value).includes(bufferOf(member))
  if (Array.isArray(value)) return value.some((element) => equalValues(element, member))
  return value instanceof Set && hasMember(value, member)
}

function hasMember(set: ReadonlySet<unknown>, member: AttributeValue): boolean {
  if (typeof member === 'string') return set.has(member)
  const type = findType(member)
  const [first] = set
  if ((type !== 'N' && type !== 'B') || findType(first) !== type) return false
  if (set.has(member)) return true
  const key = memberKey(member as Uint8Array)
  for (const one of set) if (memberKey(one as Uint8Array) === key) return true
  return false
}

function sizeOf(value: AttributeValue | undefined): number | undefined {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  if (isBytes(value)) return value.length
  if (value instanceof Set) return value.size
  return isMap(value) ? Object.keys(value).length : undefined
}

function isBytes(value: AttributeValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
