/** The parameters that requests had before expressions. */
import { inspect } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import { type Condition, checkKeyPaths } from '../../../lib/tables/expression/condition.ts'
import { ExpressionContext } from '../../../lib/tables/expression/context.ts'
import {
  type AttributeUpdate,
  type ExpectedAttribute,
  type LegacyCondition,
  legacyExpected,
  legacyFilter,
  legacyKeyConditions,
  legacyProjection,
  legacyUpdate,
  refuseMixture,
} from '../../../lib/tables/expression/legacy.ts'
import type { AttributeValue, Item } from '../../../lib/tables/value.ts'
import { refusal } from './refusal.ts'

const invalid = 'One or more parameter values were invalid: '
const item: Item = {
  n: 5,
  s: 'hello',
  b: Buffer.from('hello'),
  l: [1, 'two'],
  ss: new Set(['a', 'b']),
  'a.b': 1,
  name: 'reserved',
}

const on = (name: string, comparisonOperator: string, ...attributeValueList: AttributeValue[]) =>
  ({ [name]: { comparisonOperator, attributeValueList } }) as Record<string, LegacyCondition>

describe('conditions on attributes', () => {
  const cases: readonly (readonly [boolean, string, string, ...AttributeValue[]])[] = [
    [true, 'n', 'EQ', 5],
    [false, 'n', 'EQ', '5'],
    [true, 'l', 'EQ', [1, 'two']],
    [false, 'q', 'EQ', 5],
    [false, 'n', 'NE', 5],
    [true, 'n', 'NE', 6],
    [true, 'q', 'NE', 5],
    [true, 'n', 'LE', 5],
    [false, 'n', 'LT', 5],
    [true, 'n', 'GE', 5],
    [false, 'n', 'GT', 5],
    [true, 'n', 'GT', 4],
    [false, 'q', 'LE', 5],
    [false, 's', 'LE', 5],
    [true, 's', 'CONTAINS', 'ell'],
    [true, 'ss', 'CONTAINS', 'a'],
    [true, 'l', 'CONTAINS', 1],
    [false, 'q', 'CONTAINS', 'x'],
    [false, 's', 'NOT_CONTAINS', 'ell'],
    [true, 's', 'NOT_CONTAINS', 'elo'],
    [true, 'ss', 'NOT_CONTAINS', 'c'],
    [false, 'q', 'NOT_CONTAINS', 'x'],
    [true, 's', 'BEGINS_WITH', 'he'],
    [false, 's', 'BEGINS_WITH', 'lo'],
    [true, 'b', 'BEGINS_WITH', Buffer.from('he')],
    [true, 'n', 'IN', 4, 5, 6],
    [false, 'n', 'IN', 4, 6],
    [true, 'n', 'BETWEEN', 5, 6],
    [false, 'n', 'BETWEEN', 6, 7],
    [true, 'q', 'NULL'],
    [false, 'n', 'NULL'],
    [true, 'n', 'NOT_NULL'],
    [false, 'q', 'NOT_NULL'],
    // Names are names, whatever is in them.
    [true, 'a.b', 'EQ', 1],
    [true, 'name', 'EQ', 'reserved'],
  ]
  for (const [expected, name, operator, ...values] of cases) {
    test(`${expected}: ${name} ${operator} ${inspect(values)}`, () => {
      expect(legacyFilter(on(name, operator, ...values)).test(item)).toBe(expected)
      expect(legacyExpected(on(name, operator, ...values)).test(item)).toBe(expected)
    })
  }

  it.each<readonly [string, AttributeValue[], string]>([
    ['EQ', [], `${invalid}Invalid number of argument(s) for the EQ ComparisonOperator`],
    ['EQ', [1, 2], `${invalid}Invalid number of argument(s) for the EQ ComparisonOperator`],
    ['NULL', [1], `${invalid}Invalid number of argument(s) for the NULL ComparisonOperator`],
    ['IN', [], `${invalid}Invalid number of argument(s) for the IN ComparisonOperator`],
    ['BETWEEN', [1], `${invalid}Invalid number of argument(s) for the BETWEEN ComparisonOperator`],
    ['IN', [1, 'x'], `${invalid}AttributeValues inside AttributeValueList must be of same type`],
    ['LE', [[1]], `${invalid}ComparisonOperator LE is not valid for L AttributeValue type`],
    ['CONTAINS', [[1]], `${invalid}ComparisonOperator CONTAINS is not valid for L AttributeValue type`],
    ['BEGINS_WITH', [1], `${invalid}ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type`],
    ['IN', [new Set([1])], `${invalid}ComparisonOperator IN is not valid for NS AttributeValue type`],
    [
      'BETWEEN',
      [2, 1],
      'The BETWEEN condition was provided a range where the lower bound is greater than the upper bound',
    ],
    [
      'eq',
      [1],
      "1 validation error detected: Value 'eq' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: " +
        '[EQ, NE, LE, LT, GE, GT, CONTAINS, NOT_CONTAINS, BEGINS_WITH, IN, BETWEEN, NULL, NOT_NULL]',
    ],
    ['toString', [1], 'failed to satisfy constraint'],
  ])('%s of %j', (operator, values, message) => {
    expect(refusal(() => legacyFilter(on('n', operator, ...values))).message).toContain(message)
  })

  it('are all needed, or with OR one of them', () => {
    const both = { ...on('n', 'EQ', 5), ...on('s', 'EQ', 'no') }
    const tests = (condition: Condition) => condition.test(item)
    expect(tests(legacyFilter(both))).toBe(false)
    expect(tests(legacyFilter(both, 'AND'))).toBe(false)
    expect(tests(legacyFilter(both, 'OR'))).toBe(true)
    expect(tests(legacyExpected({ ...both, n: { value: 6 } }, 'OR'))).toBe(false)
    expect(tests(legacyFilter({}))).toBe(true)
    expect(refusal(() => legacyFilter({}, 'OR')).message).toBe(
      'ConditionalOperator cannot be used without Filter or Expected',
    )
    expect(refusal(() => legacyExpected(on('n', 'EQ', 5), 'AND')).message).toBe(
      'ConditionalOperator can only be used when Filter or Expected has two or more elements',
    )
    expect(refusal(() => legacyFilter(both, 'XOR' as 'OR')).message).toContain('enum value set: [OR, AND]')
  })
})

describe('Expected', () => {
  it.each<readonly [boolean, ExpectedAttribute, string]>([
    [true, { value: 5 }, 'n'],
    [false, { value: 6 }, 'n'],
    [false, { value: 6 }, 'q'],
    [true, { exists: true, value: 5 }, 'n'],
    [true, { exists: false }, 'q'],
    [false, { exists: false }, 'n'],
    [true, { comparisonOperator: 'GT', value: 4 }, 'n'],
    [true, { comparisonOperator: 'NULL' }, 'q'],
  ])('%s: %j', (expected, attribute, name) => {
    expect(legacyExpected({ [name]: attribute }).test(item)).toBe(expected)
  })

  it.each<readonly [ExpectedAttribute, string]>([
    [{}, 'Value must be provided when Exists is null for Attribute: a'],
    [{ exists: true }, 'Value must be provided when Exists is true for Attribute: a'],
    [{ exists: false, value: 1 }, 'Value cannot be used when Exists is false for Attribute: a'],
    [
      { value: 1, attributeValueList: [1] },
      'Value and AttributeValueList cannot be used together for Attribute: a',
    ],
    [
      { exists: true, comparisonOperator: 'EQ', value: 1 },
      'Exists and ComparisonOperator cannot be used together for Attribute: a',
    ],
    [
      { attributeValueList: [1] },
      'AttributeValueList can only be used with a ComparisonOperator for Attribute: a',
    ],
  ])('%j', (attribute, message) => {
    expect(refusal(() => legacyExpected({ a: attribute })).message).toBe(invalid + message)
  })
})

describe('KeyConditions', () => {
  const schema = { partitionKey: { name: 'p', type: 'S' }, sortKey: { name: 'c', type: 'N' } } as const
  const p = on('p', 'EQ', 'x')
  it.each([
    ['EQ', '=', [3]],
    ['LT', '<', [3]],
    ['LE', '<=', [3]],
    ['GT', '>', [3]],
    ['GE', '>=', [3]],
    ['BETWEEN', 'between', [3, 5]],
  ])('%s', (operator, op, values) => {
    expect(legacyKeyConditions({ ...p, ...on('c', operator, ...values) }, schema)).toEqual({
      partition: 'x',
      sort: { op, values },
    })
  })

  it('may be on the partition key alone', () => {
    expect(legacyKeyConditions(p, schema)).toEqual({ partition: 'x' })
  })

  it.each([
    [on('p', 'GT', 'x'), 'Query key condition not supported'],
    [on('c', 'EQ', 3), 'Query condition missed key schema element: p'],
    [{ ...p, ...on('a', 'EQ', 3) }, 'Query condition missed key schema element: c'],
    [{ ...p, ...on('c', 'EQ', 3), ...on('a', 'EQ', 3) }, 'Conditions can be of length 1 or 2 only'],
    [{}, 'Conditions can be of length 1 or 2 only'],
    [on('p', 'NE', 'x'), 'Attempted conditional constraint is not an indexable operation'],
    [{ ...p, ...on('c', 'NOT_NULL') }, 'Attempted conditional constraint is not an indexable operation'],
    [on('p', 'EQ', 5), `${invalid}Condition parameter type does not match schema type`],
  ])('%#', (conditions, message) => {
    expect(refusal(() => legacyKeyConditions(conditions, schema)).message).toBe(message)
  })
})

describe('AttributeUpdates', () => {
  const before: Item = { p: 'x', n: 5, l: [1], ss: new Set(['a', 'b']), 'a.b': 1 }
  it.each<readonly [Record<string, AttributeUpdate>, Item]>([
    [{ n: { value: 6 } }, { ...before, n: 6 }],
    [{ n: { action: 'PUT', value: 'x' } }, { ...before, n: 'x' }],
    [{ 'a.b': { action: 'DELETE' } }, { p: 'x', n: 5, l: [1], ss: new Set(['a', 'b']) }],
    [
      { n: { action: 'ADD', value: 2 }, m: { action: 'ADD', value: 3 } },
      { ...before, n: 7, m: 3 },
    ],
    [{ ss: { action: 'ADD', value: new Set(['c']) } }, { ...before, ss: new Set(['a', 'b', 'c']) }],
    // Unlike ADD of an expression.
    [
      { l: { action: 'ADD', value: [2] }, k: { action: 'ADD', value: [3] } },
      { ...before, l: [1, 2], k: [3] },
    ],
    [{ ss: { action: 'DELETE', value: new Set(['a', 'z']) } }, { ...before, ss: new Set(['b']) }],
    [{}, before],
  ])('%#', (updates, after) => {
    expect(legacyUpdate(updates, ['p']).apply(before).item).toEqual(after)
  })

  it('of an item that does not exist make it, unless they only take away', () => {
    expect(legacyUpdate({}, ['p']).apply(undefined, { p: 'x' }).item).toEqual({ p: 'x' })
    expect(legacyUpdate({ a: { value: 1 } }, ['p']).apply(undefined, { p: 'x' }).item).toEqual({
      p: 'x',
      a: 1,
    })
    expect(legacyUpdate({ a: { action: 'DELETE' } }, ['p']).apply(undefined, { p: 'x' }).item).toBeUndefined()
  })

  it.each<readonly [AttributeUpdate, string]>([
    [{}, `${invalid}Only DELETE action is allowed when no attribute value is specified`],
    [{ action: 'ADD' }, `${invalid}Only DELETE action is allowed when no attribute value is specified`],
    [{ action: 'DELETE', value: 1 }, `${invalid}DELETE action with value is not supported for the type N`],
    [{ action: 'ADD', value: 'x' }, `${invalid}ADD action is not supported for the type S`],
    [{ action: 'ADD', value: {} }, `${invalid}ADD action is not supported for the type M`],
    [{ action: 'SET' as 'PUT', value: 1 }, 'enum value set: [ADD, PUT, DELETE]'],
  ])('%j', (update, message) => {
    expect(refusal(() => legacyUpdate({ a: update }, [])).message).toContain(message)
  })

  it('refuse keys, and attributes of other types', () => {
    expect(refusal(() => legacyUpdate({ p: { value: 'y' } }, ['p'])).message).toBe(
      `${invalid}Cannot update attribute p. This attribute is part of the key`,
    )
    for (const update of [
      { l: { action: 'ADD', value: 1 } },
      { n: { action: 'ADD', value: [1] } },
      { ss: { action: 'DELETE', value: new Set([1]) } },
    ] as Record<string, AttributeUpdate>[]) {
      expect(refusal(() => legacyUpdate(update, ['p']).apply(before)).message).toBe(
        'Type mismatch for attribute to update',
      )
    }
  })
})

test('AttributesToGet', () => {
  expect(legacyProjection(['n', 'a.b', 'q']).apply(item)).toEqual({ n: 5, 'a.b': 1 })
  expect(refusal(() => legacyProjection(['n', 's', 'n'])).message).toBe(
    `${invalid}Duplicate value in attribute name: n`,
  )
})

test('not beside expressions', () => {
  expect(refusal(() => refuseMixture(['AttributeUpdates', 'Expected'], ['UpdateExpression'])).message).toBe(
    'Can not use both expression and non-expression parameters in the same request: ' +
      'Non-expression parameters: {AttributeUpdates, Expected} Expression parameters: {UpdateExpression}',
  )
  expect(() => refuseMixture([], ['UpdateExpression'])).not.toThrow()
  expect(() => refuseMixture(['Expected'], [])).not.toThrow()
})

test('conditions name what they look at', () => {
  const condition = new ExpressionContext(undefined, { ':v': 1 }).condition(
    'a.b = :v AND (NOT size(c) > d OR attribute_exists(e[0])) AND f BETWEEN g AND h AND i IN (j, :v) AND begins_with(k, l) AND contains(m, n)',
  )
  expect([...condition.attributes].join('')).toBe('acdefghijklmn')
  expect(() => checkKeyPaths(condition.paths, ['c', 'n'])).not.toThrow()
  expect(refusal(() => checkKeyPaths(condition.paths, ['n', 'e'])).message).toBe(
    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: e",
  )
  expect(refusal(() => checkKeyPaths(condition.paths, ['a'], 'IndexKey')).message).toMatch(/IndexKey: a$/)
})
