/** Updates with the names and values of a request, and what can be said about them before there is an item. */
import { type AttributeType, typeOf } from '../value.ts'
import { bindLeaf, checkOperandType } from './bind-condition.ts'
import type { Placeholders } from './placeholders.ts'
import { invalidExpression } from './source.ts'
import type { Bound, UpdateAction, UpdateValue, Written, WrittenPath } from './tree.ts'

const kind = 'UpdateExpression'

/** The types that ADD and DELETE do not take, as messages call them. */
const longNames: Partial<Record<AttributeType, string>> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  BOOL: 'BOOLEAN',
  NULL: 'NULL',
  L: 'LIST',
  M: 'MAP',
}

/** The path that an action changes. */
export function bindTarget(action: UpdateAction<Written>, placeholders: Placeholders): Bound['path'] {
  return placeholders.path(kind, action.target)
}

/** Throws ValidationException for placeholders that are not given and operands of types that can never be right. */
export function bindAction(
  action: UpdateAction<Written>,
  target: Bound['path'],
  placeholders: Placeholders,
): UpdateAction<Bound> {
  switch (action.kind) {
    case 'remove':
      return { kind: 'remove', target }
    case 'set':
      return { kind: 'set', target, value: bindValue(action.value, placeholders) }
    default: {
      const value = placeholders.value(kind, action.value)
      checkChange(action.kind, typeOf(value.value), action.value.at)
      return { kind: action.kind, target, value }
    }
  }
}

function bindValue(value: UpdateValue<Written>, placeholders: Placeholders): UpdateValue<Bound> {
  switch (value.kind) {
    case 'path':
    case 'value':
      return bindLeaf(kind, value, placeholders)
    case 'ifNotExists': {
      const operand = bindValue(value.operand, placeholders)
      const otherwise = bindValue(value.otherwise, placeholders)
      if (operand.kind !== 'path') {
        const which = 'operator or function: if_not_exists'
        throw invalidExpression(
          { kind },
          `Operator or function requires a document path; ${which}`,
          placeOf(value.operand),
        )
      }
      return { kind: 'ifNotExists', operand, otherwise }
    }
    case 'listAppend': {
      const first = bindOperand(value.first, 'list_append', 'L', placeholders)
      return {
        kind: 'listAppend',
        first,
        second: bindOperand(value.second, 'list_append', 'L', placeholders),
      }
    }
    default: {
      const sign = value.kind === 'plus' ? '+' : '-'
      const left = bindOperand(value.left, sign, 'N', placeholders)
      return { kind: value.kind, left, right: bindOperand(value.right, sign, 'N', placeholders) }
    }
  }
}

function bindOperand(
  value: UpdateValue<Written>,
  operator: string,
  allowed: AttributeType,
  placeholders: Placeholders,
): UpdateValue<Bound> {
  const bound = bindValue(value, placeholders)
  checkOperandType(kind, operator, knownType(bound), [allowed], placeOf(value))
  return bound
}

/** The type that a value has for every item. */
function knownType(value: UpdateValue<Bound>): AttributeType | undefined {
  switch (value.kind) {
    case 'value':
      return typeOf(value.value)
    case 'listAppend':
      return 'L'
    case 'plus':
    case 'minus':
      return 'N'
    default:
      return undefined
  }
}

function checkChange(change: 'add' | 'delete', type: AttributeType, at: number): void {
  const name = longNames[type]
  if (name === undefined || (change === 'add' && type === 'N')) return
  const operator = change.toUpperCase()
  const which = `operator: ${operator}, operand type: ${name}, typeSet: ALLOWED_FOR_${operator}_OPERAND`
  throw invalidExpression({ kind }, `Incorrect operand type for operator or function; ${which}`, at)
}

function placeOf(value: UpdateValue<Written>): number {
  return firstLeaf(value).at
}

function firstLeaf(value: UpdateValue<Written>): WrittenPath | Written['value'] {
  switch (value.kind) {
    case 'path':
    case 'value':
      return value
    case 'ifNotExists':
      return firstLeaf(value.operand)
    case 'listAppend':
      return firstLeaf(value.first)
    default:
      return firstLeaf(value.left)
  }
}
