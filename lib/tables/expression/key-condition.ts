/** Key conditions: which partition a query reads, and which range of its sort keys. */
import { invalidParameter, validation } from '../errors.ts'
import { checkKey, type KeyAttribute, type KeySchema } from '../key-schema.ts'
import { type AttributeValue, type Item, setAttribute, typeOf } from '../value.ts'
import type { Bound, Comparator, ConditionTree, Operand } from './tree.ts'

/** A condition on a sort key; `between` has two values, all others have one. */
export interface SortCondition {
  readonly op: '=' | '<' | '<=' | '>' | '>=' | 'between' | 'beginsWith'
  readonly values: readonly AttributeValue[]
}

export interface KeyCondition {
  readonly partition: AttributeValue
  readonly sort?: SortCondition
}

/** What a condition says about one attribute. */
export interface AttributeCondition extends SortCondition {
  readonly name: string
}

const mirrored: Readonly<Record<Exclude<Comparator, '<>'>, SortCondition['op']>> = {
  '=': '=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

/** Throws ValidationException unless `tree` is one condition on the partition key, and at most one on the sort key. */
export function keyCondition(tree: ConditionTree<Bound>, schema: KeySchema): KeyCondition {
  return keyConditionOf([...attributeConditions(tree)], schema)
}

/** Throws ValidationException unless `conditions` are one on the partition key, and at most one on the sort key. */
export function keyConditionOf(conditions: readonly AttributeCondition[], schema: KeySchema): KeyCondition {
  const byName = new Map<string, AttributeCondition>()
  for (const condition of conditions) {
    if (byName.has(condition.name)) {
      throw validation('KeyConditionExpressions must only contain one condition per key')
    }
    byName.set(condition.name, condition)
  }
  if (byName.size !== 1 && byName.size !== 2) throw validation('Conditions can be of length 1 or 2 only')
  const { partitionKey, sortKey } = schema
  if (sortKey === undefined && byName.size > 1) throw validation('Query key condition not supported')
  const partition = conditionFor(byName, partitionKey)
  const sort = sortKey !== undefined && byName.size > 1 ? conditionFor(byName, sortKey) : undefined
  if (partition.op !== '=') throw validation('Query key condition not supported')
  const [value] = partition.values as [AttributeValue]
  checkValues(schema, value, sort)
  return sort === undefined
    ? { partition: value }
    : { partition: value, sort: { op: sort.op, values: sort.values } }
}

function conditionFor(
  byName: ReadonlyMap<string, AttributeCondition>,
  { name, type }: KeyAttribute,
): AttributeCondition {
  const condition = byName.get(name)
  if (condition === undefined) throw validation(`Query condition missed key schema element: ${name}`)
  if (condition.values.some((value) => typeOf(value) !== type)) {
    throw invalidParameter('Condition parameter type does not match schema type', { attribute: name })
  }
  return condition
}

/** Throws ValidationException for values that no key can have. */
function checkValues(
  { partitionKey, sortKey }: KeySchema,
  partition: AttributeValue,
  sort?: SortCondition,
): void {
  const key: Item = {}
  setAttribute(key, partitionKey.name, partition)
  if (sortKey === undefined || sort === undefined) {
    checkKey({ partitionKey }, key)
    return
  }
  for (const value of sort.values) {
    setAttribute(key, sortKey.name, value)
    checkKey({ partitionKey, sortKey }, key)
  }
}

function* attributeConditions(tree: ConditionTree<Bound>): Generator<AttributeCondition> {
  switch (tree.kind) {
    case 'and':
      for (const term of tree.terms) yield* attributeConditions(term)
      return
    case 'compare':
      if (tree.comparator === '<>') throw operatorRefused('<>')
      yield comparison(tree.comparator, tree.left, tree.right)
      return
    case 'between':
      yield { ...about('BETWEEN', tree.operand, tree.low, tree.high), op: 'between' }
      return
    case 'beginsWith':
      yield { ...about('begins_with', tree.operand, tree.prefix), op: 'beginsWith' }
      return
    default:
      throw operatorRefused(operatorNames[tree.kind])
  }
}

const operatorNames = {
  or: 'OR',
  not: 'NOT',
  in: 'IN',
  exists: 'attribute_exists',
  notExists: 'attribute_not_exists',
  type: 'attribute_type',
  contains: 'contains',
} as const

/** `key op value`, or the other way round. */
function comparison(
  comparator: Exclude<Comparator, '<>'>,
  left: Operand<Bound>,
  right: Operand<Bound>,
): AttributeCondition {
  if (left.kind === 'path') return { ...aboutAttribute(left, [right]), op: comparator }
  if (right.kind === 'path') return { ...aboutAttribute(right, [left]), op: mirrored[comparator] }
  checkFlat(left, right)
  throw validation('Invalid condition in KeyConditionExpression: No key attribute specified')
}

function about(
  operator: string,
  first: Operand<Bound>,
  ...others: readonly Operand<Bound>[]
): Pick<AttributeCondition, 'name' | 'values'> {
  checkFlat(first, ...others)
  if (first.kind === 'path') return aboutAttribute(first, others)
  const rule = `${operator} operator must have the key attribute as its first operand`
  throw validation(`Invalid condition in KeyConditionExpression: ${rule}`)
}

function aboutAttribute(
  { path }: Bound['path'],
  others: readonly Operand<Bound>[],
): Pick<AttributeCondition, 'name' | 'values'> {
  checkFlat(...others)
  if (path.length > 1) throw validation('KeyConditionExpressions cannot have conditions on nested attributes')
  const values = others.map((other) => {
    if (other.kind === 'value') return other.value
    throw validation(
      'Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition',
    )
  })
  return { name: path[0] as string, values }
}

/** Throws for `size(...)`. */
function checkFlat(...operands: readonly Operand<Bound>[]): void {
  if (operands.some(({ kind }) => kind === 'size')) {
    throw validation('KeyConditionExpressions cannot contain nested operations')
  }
}

function operatorRefused(operator: string): Error {
  return validation(`Invalid operator used in KeyConditionExpression: ${operator}`)
}
