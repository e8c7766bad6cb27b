/** The parameters that requests had before expressions, as the same trees: Expected, filters, KeyConditions, AttributeUpdates. */
import { invalidParameter, validation } from '../errors.ts'
import type { KeySchema } from '../key-schema.ts'
import { type AttributeType, type AttributeValue, compareScalars, typeOf } from '../value.ts'
import { Condition } from './condition.ts'
import { toValue } from './given-value.ts'
import { type AttributeCondition, type KeyCondition, keyConditionOf } from './key-condition.ts'
import { Projection } from './projection.ts'
import type { Bound, BoundPath, BoundValue, Comparator, ConditionTree, UpdateAction } from './tree.ts'
import { Update } from './update.ts'

const scalars: readonly AttributeType[] = ['S', 'N', 'B']

/** How many values each operator takes, and of which types where not all will do. */
const operators = {
  EQ: { values: 1 },
  NE: { values: 1 },
  LE: { values: 1, types: scalars },
  LT: { values: 1, types: scalars },
  GE: { values: 1, types: scalars },
  GT: { values: 1, types: scalars },
  CONTAINS: { values: 1, types: scalars },
  NOT_CONTAINS: { values: 1, types: scalars },
  BEGINS_WITH: { values: 1, types: ['S', 'B'] },
  IN: { values: undefined, types: scalars },
  BETWEEN: { values: 2, types: scalars },
  NULL: { values: 0 },
  NOT_NULL: { values: 0 },
} as const satisfies Record<string, { values: number | undefined; types?: readonly AttributeType[] }>

/** DynamoDB's names of comparisons. */
export type ComparisonOperator = keyof typeof operators

/** A condition on one attribute, with as many values as the operator takes. */
export interface LegacyCondition {
  readonly comparisonOperator: ComparisonOperator
  readonly attributeValueList?: readonly AttributeValue[]
}

/** What an attribute is expected to be: `value`, or nothing (`exists: false`), or what an operator says. */
export interface ExpectedAttribute extends Partial<LegacyCondition> {
  readonly value?: AttributeValue
  readonly exists?: boolean
}

/** PUT sets (the default), ADD adds to a number, set or list, DELETE takes away the attribute or members of a set. */
export interface AttributeUpdate {
  readonly action?: 'PUT' | 'ADD' | 'DELETE'
  readonly value?: AttributeValue
}

/** Whether all conditions must hold, or one of them. */
export type ConditionalOperator = 'AND' | 'OR'

type Tree = ConditionTree<Bound>

/** QueryFilter and ScanFilter: conditions by attribute. */
export function legacyFilter(
  filter: Readonly<Record<string, LegacyCondition>>,
  conditionalOperator?: ConditionalOperator,
): Condition {
  return combine(
    Object.entries(filter).map(([name, condition]) => treeOf(name, checkCondition(name, condition))),
    conditionalOperator,
  )
}

/** Expected: conditions by attribute. */
export function legacyExpected(
  expected: Readonly<Record<string, ExpectedAttribute>>,
  conditionalOperator?: ConditionalOperator,
): Condition {
  return combine(
    Object.entries(expected).map(([name, attribute]) => treeOf(name, conditionOf(name, attribute))),
    conditionalOperator,
  )
}

/** KeyConditions: conditions by key attribute. */
export function legacyKeyConditions(
  conditions: Readonly<Record<string, LegacyCondition>>,
  schema: KeySchema,
): KeyCondition {
  const list = Object.entries(conditions).map(([name, condition]): AttributeCondition => {
    const { operator, values } = checkCondition(name, condition)
    const op = keyOperators[operator]
    if (op === undefined) throw validation('Attempted conditional constraint is not an indexable operation')
    return { name, op, values }
  })
  return keyConditionOf(list, schema)
}

/** AttributeUpdates: changes by attribute. */
export function legacyUpdate(
  updates: Readonly<Record<string, AttributeUpdate>>,
  keyNames: Iterable<string>,
): Update {
  const actions = Object.entries(updates).map(([name, update]) => actionOf(name, update))
  return new Update(actions, keyNames, { mismatch: 'Type mismatch for attribute to update' })
}

/** AttributesToGet: names of attributes. */
export function legacyProjection(attributes: readonly string[]): Projection {
  const repeated = attributes.find((name, index) => attributes.indexOf(name) !== index)
  if (repeated !== undefined) throw invalidParameter(`Duplicate value in attribute name: ${repeated}`)
  return new Projection(attributes.map((name) => [name]))
}

/** Throws ValidationException when a request has parameters of both kinds; the names are DynamoDB's. */
export function refuseMixture(nonExpressions: readonly string[], expressions: readonly string[]): void {
  if (nonExpressions.length === 0 || expressions.length === 0) return
  throw validation(
    'Can not use both expression and non-expression parameters in the same request: ' +
      `Non-expression parameters: {${nonExpressions.join(', ')}} Expression parameters: {${expressions.join(', ')}}`,
  )
}

interface Checked {
  readonly operator: ComparisonOperator
  readonly values: readonly AttributeValue[]
}

const keyOperators: Partial<Record<ComparisonOperator, AttributeCondition['op']>> = {
  EQ: '=',
  LT: '<',
  LE: '<=',
  GT: '>',
  GE: '>=',
  BETWEEN: 'between',
  BEGINS_WITH: 'beginsWith',
}

const comparators: Partial<Record<ComparisonOperator, Comparator>> = {
  EQ: '=',
  NE: '<>',
  LT: '<',
  LE: '<=',
  GT: '>',
  GE: '>=',
}

function combine(terms: readonly Tree[], conditionalOperator: ConditionalOperator | undefined): Condition {
  if (conditionalOperator !== undefined) {
    if (conditionalOperator !== 'AND' && conditionalOperator !== 'OR') {
      throw notOneOf(conditionalOperator, 'conditionalOperator', ['OR', 'AND'])
    }
    if (terms.length === 0) throw validation('ConditionalOperator cannot be used without Filter or Expected')
    if (terms.length === 1) {
      throw validation(
        'ConditionalOperator can only be used when Filter or Expected has two or more elements',
      )
    }
  }
  return new Condition({ kind: conditionalOperator === 'OR' ? 'or' : 'and', terms })
}

function conditionOf(name: string, attribute: ExpectedAttribute): Checked {
  const { value, exists, comparisonOperator, attributeValueList } = attribute
  if (attributeValueList !== undefined && value !== undefined) {
    throw invalidParameter(`Value and AttributeValueList cannot be used together for Attribute: ${name}`)
  }
  if (comparisonOperator !== undefined) {
    if (exists !== undefined) {
      throw invalidParameter(`Exists and ComparisonOperator cannot be used together for Attribute: ${name}`)
    }
    const takesNone = comparisonOperator === 'NULL' || comparisonOperator === 'NOT_NULL'
    if (attributeValueList === undefined && value === undefined && !takesNone) {
      throw invalidParameter(
        `Value or AttributeValueList must be used with ComparisonOperator: ${comparisonOperator} for Attribute: ${name}`,
      )
    }
    return checkCondition(name, {
      comparisonOperator,
      attributeValueList: attributeValueList ?? (value === undefined ? [] : [value]),
    })
  }
  if (attributeValueList !== undefined) {
    throw invalidParameter(
      `AttributeValueList can only be used with a ComparisonOperator for Attribute: ${name}`,
    )
  }
  if (exists === false) {
    if (value === undefined) return { operator: 'NULL', values: [] }
    throw invalidParameter(`Value cannot be used when Exists is false for Attribute: ${name}`)
  }
  if (value !== undefined) return { operator: 'EQ', values: [toValue(value, name)] }
  throw invalidParameter(`Value must be provided when Exists is ${exists ?? null} for Attribute: ${name}`)
}

function checkCondition(name: string, condition: LegacyCondition): Checked {
  const { comparisonOperator: operator, attributeValueList = [] } = condition
  if (!Object.hasOwn(operators, operator)) {
    throw notOneOf(operator, 'comparisonOperator', Object.keys(operators))
  }
  const spec: { values: number | undefined; types?: readonly AttributeType[] } = operators[operator]
  const { length } = attributeValueList
  if (spec.values === undefined ? length === 0 : length !== spec.values) {
    throw invalidParameter(`Invalid number of argument(s) for the ${operator} ComparisonOperator`)
  }
  const values = attributeValueList.map((value) => toValue(value, name))
  const types = values.map(typeOf)
  if (types.some((type) => type !== types[0])) {
    throw invalidParameter('AttributeValues inside AttributeValueList must be of same type')
  }
  if (types[0] !== undefined && spec.types?.includes(types[0]) === false) {
    throw invalidParameter(`ComparisonOperator ${operator} is not valid for ${types[0]} AttributeValue type`)
  }
  const [low, high] = values as [AttributeValue, AttributeValue]
  if (operator === 'BETWEEN' && (compareScalars(low, high) ?? 0) > 0) {
    throw validation(
      'The BETWEEN condition was provided a range where the lower bound is greater than the upper bound',
    )
  }
  return { operator, values }
}

function treeOf(name: string, { operator, values }: Checked): Tree {
  const operand: BoundPath = { kind: 'path', path: [name] }
  const list = values.map((value): BoundValue => ({ kind: 'value', value }))
  const [first, second] = list as [BoundValue, BoundValue]
  switch (operator) {
    case 'NULL':
      return { kind: 'notExists', operand }
    case 'NOT_NULL':
      return { kind: 'exists', operand }
    case 'IN':
      return { kind: 'in', operand, list }
    case 'BETWEEN':
      return { kind: 'between', operand, low: first, high: second }
    case 'BEGINS_WITH':
      return { kind: 'beginsWith', operand, prefix: first }
    case 'CONTAINS':
      return { kind: 'contains', operand, member: first }
    case 'NOT_CONTAINS': {
      // Of an attribute that is not there it is not true, unlike NOT contains(...).
      const term: Tree = { kind: 'contains', operand, member: first }
      return {
        kind: 'and',
        terms: [
          { kind: 'exists', operand },
          { kind: 'not', term },
        ],
      }
    }
    default:
      return { kind: 'compare', comparator: comparators[operator] as Comparator, left: operand, right: first }
  }
}

function actionOf(name: string, { action = 'PUT', value: given }: AttributeUpdate): UpdateAction<Bound> {
  const target: BoundPath = { kind: 'path', path: [name] }
  if (action !== 'PUT' && action !== 'ADD' && action !== 'DELETE') {
    throw notOneOf(action, `attributeUpdates.${name}.member.action`, ['ADD', 'PUT', 'DELETE'])
  }
  if (given === undefined) {
    if (action === 'DELETE') return { kind: 'remove', target }
    throw invalidParameter('Only DELETE action is allowed when no attribute value is specified')
  }
  const value: BoundValue = { kind: 'value', value: toValue(given, name) }
  if (action === 'PUT') return { kind: 'set', target, value }
  const type = typeOf(value.value)
  const isSet = type === 'SS' || type === 'NS' || type === 'BS'
  if (action === 'DELETE') {
    if (isSet) return { kind: 'delete', target, value }
    throw invalidParameter(`DELETE action with value is not supported for the type ${type}`)
  }
  if (isSet || type === 'N' || type === 'L') return { kind: 'add', target, value }
  throw invalidParameter(`ADD action is not supported for the type ${type}`)
}

function notOneOf(value: unknown, where: string, allowed: readonly string[]): Error {
  return validation(
    `1 validation error detected: Value '${String(value)}' at '${where}' failed to satisfy constraint: ` +
      `Member must satisfy enum value set: [${allowed.join(', ')}]`,
  )
}
