/** Conditions with the names and values of a request, and what can be said about them before there is an item. */
import { type NumberValue, numberText } from '../number.ts'
import { type AttributeType, type AttributeValue, compareScalars, typeOf } from '../value.ts'
import { maxInOperands } from './limits.ts'
import { pathText, samePath } from './path.ts'
import type { Placeholders } from './placeholders.ts'
import { type ExpressionKind, invalidExpression } from './source.ts'
import type { Bound, ConditionTree, Operand, Written, WrittenPath, WrittenValue } from './tree.ts'

const scalars: readonly AttributeType[] = ['S', 'N', 'B']
const texts: readonly AttributeType[] = ['S', 'B']
const sized: readonly AttributeType[] = ['S', 'B', 'SS', 'NS', 'BS', 'L', 'M']
/** In the order in which DynamoDB lists them. */
const typeNames: readonly AttributeType[] = ['B', 'NULL', 'SS', 'BOOL', 'L', 'BS', 'N', 'NS', 'S', 'M']

/** Throws ValidationException for placeholders that are not given and operands of types that can never be right. */
export function bindCondition(
  kind: ExpressionKind,
  tree: ConditionTree<Written>,
  placeholders: Placeholders,
): ConditionTree<Bound> {
  return new ConditionBinder(kind, placeholders).condition(tree)
}

/** A leaf with the names and values of a request. */
export function bindLeaf(
  kind: ExpressionKind,
  leaf: WrittenPath | WrittenValue,
  placeholders: Placeholders,
): Bound['path'] | Bound['value'] {
  return leaf.kind === 'path' ? placeholders.path(kind, leaf) : placeholders.value(kind, leaf)
}

/** Throws ValidationException if `type` is known and none of `allowed`. */
export function checkOperandType(
  kind: ExpressionKind,
  operator: string,
  type: AttributeType | undefined,
  allowed: readonly AttributeType[],
  at: number,
): void {
  if (type === undefined || allowed.includes(type)) return
  const which = `operator or function: ${operator}, operand type: ${type}`
  throw invalidExpression({ kind }, `Incorrect operand type for operator or function; ${which}`, at)
}

class ConditionBinder {
  readonly #kind: ExpressionKind
  readonly #placeholders: Placeholders

  constructor(kind: ExpressionKind, placeholders: Placeholders) {
    this.#kind = kind
    this.#placeholders = placeholders
  }

  condition(tree: ConditionTree<Written>): ConditionTree<Bound> {
    switch (tree.kind) {
      case 'and':
      case 'or':
        return { kind: tree.kind, terms: tree.terms.map((term) => this.condition(term)) }
      case 'not':
        return { kind: 'not', term: this.condition(tree.term) }
      case 'compare':
        return this.#compare(tree)
      case 'between':
        return this.#between(tree)
      case 'in':
        return this.#in(tree)
      case 'exists':
      case 'notExists':
        return { kind: tree.kind, operand: this.#path(tree) }
      case 'type':
        return { kind: 'type', operand: this.#operand(tree.operand), type: this.#typeName(tree.type) }
      case 'beginsWith': {
        const operand = this.#operand(tree.operand)
        const prefix = this.#operand(tree.prefix)
        this.#checkDistinct('begins_with', tree.operand, operand, [prefix])
        this.#check('begins_with', operand, texts, tree.operand)
        this.#check('begins_with', prefix, texts, tree.prefix)
        return { kind: 'beginsWith', operand, prefix }
      }
      case 'contains': {
        const operand = this.#operand(tree.operand)
        const member = this.#operand(tree.member)
        this.#checkDistinct('contains', tree.operand, operand, [member])
        return { kind: 'contains', operand, member }
      }
    }
  }

  #compare(tree: ConditionTree<Written> & { kind: 'compare' }): ConditionTree<Bound> {
    const { comparator } = tree
    const left = this.#operand(tree.left)
    const right = this.#operand(tree.right)
    this.#checkDistinct(comparator, tree.left, left, [right])
    if (comparator !== '=' && comparator !== '<>') {
      this.#check(comparator, left, scalars, tree.left)
      this.#check(comparator, right, scalars, tree.right)
    }
    return { kind: 'compare', comparator, left, right }
  }

  #between(tree: ConditionTree<Written> & { kind: 'between' }): ConditionTree<Bound> {
    const operand = this.#operand(tree.operand)
    const low = this.#operand(tree.low)
    const high = this.#operand(tree.high)
    this.#checkDistinct('BETWEEN', tree.operand, operand, [low, high])
    this.#check('BETWEEN', operand, scalars, tree.operand)
    this.#check('BETWEEN', low, scalars, tree.low)
    this.#check('BETWEEN', high, scalars, tree.high)
    if (low.kind === 'value' && high.kind === 'value') {
      const order = compareScalars(low.value, high.value)
      if (order === undefined || order > 0) {
        const needs =
          order === undefined
            ? 'same data type for lower and upper bounds'
            : 'upper bound to be greater than or equal to lower bound'
        const bounds = `lower bound operand: ${shown(low.value)}, upper bound operand: ${shown(high.value)}`
        throw this.#error(`The BETWEEN operator requires ${needs}; ${bounds}`, tree.low)
      }
    }
    return { kind: 'between', operand, low, high }
  }

  #in(tree: ConditionTree<Written> & { kind: 'in' }): ConditionTree<Bound> {
    if (tree.list.length > maxInOperands) {
      const count = `number of operands: ${tree.list.length}`
      throw this.#error(`The IN operator is provided with too many operands; ${count}`, tree.operand)
    }
    const operand = this.#operand(tree.operand)
    const list = tree.list.map((one) => this.#operand(one))
    this.#checkDistinct('IN', tree.operand, operand, list)
    return { kind: 'in', operand, list }
  }

  #operand(operand: Operand<Written>): Operand<Bound> {
    if (operand.kind !== 'size') return bindLeaf(this.#kind, operand, this.#placeholders)
    const inner = this.#operand(operand.operand)
    this.#check('size', inner, sized, operand.operand)
    return { kind: 'size', operand: inner }
  }

  #path(tree: { kind: 'exists' | 'notExists'; operand: Operand<Written> }): Operand<Bound> {
    const operand = this.#operand(tree.operand)
    if (operand.kind === 'path') return operand
    const name = tree.kind === 'exists' ? 'attribute_exists' : 'attribute_not_exists'
    const which = `operator or function: ${name}`
    throw this.#error(`Operator or function requires a document path; ${which}`, tree.operand)
  }

  #typeName(written: Operand<Written>): Operand<Bound> {
    const operand = this.#operand(written)
    const list = `{${typeNames.join(',')}}`
    if (operand.kind === 'path') {
      const which = `operator or function: attribute_type, operand type: ${list}`
      throw this.#error(`Incorrect operand type for operator or function; ${which}`, written)
    }
    this.#check('attribute_type', operand, ['S'], written)
    const name = (operand as Bound['value']).value as string
    if (!(typeNames as readonly string[]).includes(name)) {
      throw this.#error(`Invalid attribute type name found; type: ${name}, valid types: ${list}`, written)
    }
    return operand
  }

  /** Throws if `first` is a path that is there again. */
  #checkDistinct(
    operator: string,
    written: Operand<Written>,
    first: Operand<Bound>,
    others: readonly Operand<Bound>[],
  ): void {
    if (first.kind !== 'path') return
    for (const other of others) {
      if (other.kind !== 'path' || !samePath(first.path, other.path)) continue
      const rule =
        'The first operand must be distinct from the remaining operands for this operator or function'
      throw this.#error(`${rule}; operator: ${operator}, first operand: ${pathText(first.path)}`, written)
    }
  }

  #check(
    operator: string,
    operand: Operand<Bound>,
    allowed: readonly AttributeType[],
    written: Operand<Written>,
  ): void {
    checkOperandType(this.#kind, operator, knownType(operand), allowed, placeOf(written))
  }

  #error(message: string, operand: Operand<Written>): Error {
    return invalidExpression({ kind: this.#kind }, message, placeOf(operand))
  }
}

/** The type that an operand has in every item. */
function knownType(operand: Operand<Bound>): AttributeType | undefined {
  if (operand.kind === 'size') return 'N'
  return operand.kind === 'value' ? typeOf(operand.value) : undefined
}

function placeOf(operand: Operand<Written>): number {
  return operand.kind === 'size' ? placeOf(operand.operand) : operand.at
}

/** A scalar as DynamoDB's messages show it. */
function shown(value: AttributeValue): string {
  const type = typeOf(value)
  if (type === 'B') return `AttributeValue: {B:${Buffer.from(value as Uint8Array).toString('base64')}}`
  return `AttributeValue: {${type}:${type === 'N' ? numberText(value as NumberValue) : String(value)}}`
}
