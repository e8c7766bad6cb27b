/**
 * Trees as text. A tree as it was written is printed as an expression that means the same; a bound one with its names and
 * values written out, for people.
 */
import { type NumberValue, numberText } from '../number.ts'
import { type AttributeValue, findType, type Item, type SetValue } from '../value.ts'
import { isReserved } from './reserved-words.ts'
import type {
  Bound,
  ConditionTree,
  NamePlaceholder,
  Operand,
  UpdateAction,
  UpdateValue,
  Written,
} from './tree.ts'

type AnyTree = ConditionTree<Bound> | ConditionTree<Written>
type AnyOperand = Operand<Bound> | Operand<Written>
type AnyValue = UpdateValue<Bound> | UpdateValue<Written>

/** `a = :b AND size(c[0]) > :d` */
export function printCondition(tree: AnyTree): string {
  switch (tree.kind) {
    case 'and':
    case 'or':
      return tree.terms.map((term) => printTerm(tree.kind, term)).join(` ${tree.kind.toUpperCase()} `)
    case 'not':
      return `NOT ${printTerm('not', tree.term)}`
    case 'compare':
      return `${printOperand(tree.left)} ${tree.comparator} ${printOperand(tree.right)}`
    case 'between':
      return `${printOperand(tree.operand)} BETWEEN ${printOperand(tree.low)} AND ${printOperand(tree.high)}`
    case 'in':
      return `${printOperand(tree.operand)} IN (${tree.list.map(printOperand).join(', ')})`
    case 'exists':
      return `attribute_exists(${printOperand(tree.operand)})`
    case 'notExists':
      return `attribute_not_exists(${printOperand(tree.operand)})`
    case 'type':
      return `attribute_type(${printOperand(tree.operand)}, ${printOperand(tree.type)})`
    case 'beginsWith':
      return `begins_with(${printOperand(tree.operand)}, ${printOperand(tree.prefix)})`
    case 'contains':
      return `contains(${printOperand(tree.operand)}, ${printOperand(tree.member)})`
  }
}

const sections = ['set', 'remove', 'add', 'delete'] as const

/** `SET a = :b, c = if_not_exists(c, :d) REMOVE e` */
export function printUpdate(actions: readonly (UpdateAction<Bound> | UpdateAction<Written>)[]): string {
  return sections
    .map((kind) =>
      actions
        .filter((action) => action.kind === kind)
        .map(printAction)
        .join(', '),
    )
    .map((list, index) => (list === '' ? '' : `${sections[index]?.toUpperCase()} ${list}`))
    .filter((section) => section !== '')
    .join(' ')
}

/** In parentheses where the term would else be read as part of something else. */
function printTerm(outer: 'and' | 'or' | 'not', term: AnyTree): string {
  const text = printCondition(term)
  const loose = term.kind === 'or' || term.kind === 'and'
  return loose && !(outer === 'or' && term.kind === 'and') ? `(${text})` : text
}

function printOperand(operand: AnyOperand): string {
  return operand.kind === 'size' ? `size(${printOperand(operand.operand)})` : printLeaf(operand)
}

function printAction(action: UpdateAction<Bound> | UpdateAction<Written>): string {
  const target = printLeaf(action.target)
  if (action.kind === 'remove') return target
  return action.kind === 'set'
    ? `${target} = ${printUpdateValue(action.value)}`
    : `${target} ${printLeaf(action.value)}`
}

function printUpdateValue(value: AnyValue): string {
  switch (value.kind) {
    case 'ifNotExists':
      return `if_not_exists(${printUpdateValue(value.operand)}, ${printUpdateValue(value.otherwise)})`
    case 'listAppend':
      return `list_append(${printUpdateValue(value.first)}, ${printUpdateValue(value.second)})`
    case 'plus':
      return `${printUpdateValue(value.left)} + ${printUpdateValue(value.right)}`
    case 'minus':
      return `${printUpdateValue(value.left)} - ${printUpdateValue(value.right)}`
    default:
      return printLeaf(value)
  }
}

type AnyLeaf = Bound['path'] | Bound['value'] | Written['path'] | Written['value']

function printLeaf(leaf: AnyLeaf): string {
  if (leaf.kind === 'path') return printPath('path' in leaf ? leaf.path : leaf.elements, 'path' in leaf)
  return 'placeholder' in leaf ? leaf.placeholder : printValue(leaf.value)
}

/** `a.b[0]`; with `quoted`, names that no expression could contain are in quotes. */
export function printPath(elements: readonly (string | number | NamePlaceholder)[], quoted = false): string {
  return elements
    .map((element, depth) => {
      if (typeof element === 'number') return `[${element}]`
      const name = typeof element === 'object' ? element.placeholder : element
      const plain = !quoted || (/^[A-Za-z][A-Za-z0-9_]*$/.test(name) && !isReserved(name))
      return `${depth === 0 ? '' : '.'}${plain ? name : JSON.stringify(name)}`
    })
    .join('')
}

/** A value in short: texts as JSON, bytes by their number. */
export function printValue(value: AttributeValue): string {
  switch (findType(value)) {
    case 'N':
      return numberText(value as NumberValue)
    case 'B':
      return `<${(value as Uint8Array).byteLength} bytes>`
    case 'L':
      return `[${(value as AttributeValue[]).map(printValue).join(', ')}]`
    case 'M':
      return `{${Object.entries(value as Item)
        .map(([name, field]) => `${JSON.stringify(name)}: ${printValue(field)}`)
        .join(', ')}}`
    case 'SS':
    case 'NS':
    case 'BS':
      return `<<${[...(value as SetValue)].map(printValue).join(', ')}>>`
    default:
      return JSON.stringify(value)
  }
}
