/** What queries read. */
import { describe, expect, it, test } from 'vitest'
import {
  ExpressionContext,
  type ExpressionNames,
  type ExpressionValues,
} from '../../../lib/tables/expression/context.ts'
import type { KeyCondition } from '../../../lib/tables/expression/key-condition.ts'
import type { KeySchema } from '../../../lib/tables/key-schema.ts'
import { refusal } from './refusal.ts'

const schema: KeySchema = { partitionKey: { name: 'p', type: 'S' }, sortKey: { name: 'c', type: 'N' } }
const textual: KeySchema = { partitionKey: { name: 'p', type: 'S' }, sortKey: { name: 'c', type: 'S' } }
const hashOnly: KeySchema = { partitionKey: { name: 'p', type: 'S' } }

function read(text: string, values?: ExpressionValues, keys = schema, names?: ExpressionNames): KeyCondition {
  const context = new ExpressionContext(names, values)
  const condition = context.keyCondition(text, keys)
  context.finish()
  return condition
}

const sort = (op: string, ...values: number[]) => ({ partition: 'x', sort: { op, values } })

it.each([
  ['p = :p', { partition: 'x' }],
  [' :p=p ', { partition: 'x' }],
  ['p = :p AND c = :a', sort('=', 3)],
  ['c = :a AND p = :p', sort('=', 3)],
  ['p = :p AND c < :a', sort('<', 3)],
  ['p = :p AND c <= :a', sort('<=', 3)],
  ['p = :p AND c > :a', sort('>', 3)],
  ['p = :p AND c >= :a', sort('>=', 3)],
  [':p = p AND :a = c', sort('=', 3)],
  ['p = :p AND :a < c', sort('>', 3)],
  ['p = :p AND :a <= c', sort('>=', 3)],
  ['p = :p AND :a > c', sort('<', 3)],
  ['p = :p AND :a >= c', sort('<=', 3)],
  ['p = :p aNd c BeTwEeN :a aNd :b', sort('between', 3, 5)],
  ['((c = :a) AND (p = :p))', sort('=', 3)],
  ['#p = :p AND #c = :a', sort('=', 3)],
] as const)('%s', (text, expected) => {
  const all = { ':p': 'x', ':a': 3, ':b': 5 }
  const values = Object.fromEntries(Object.entries(all).filter(([name]) => text.includes(name)))
  expect(read(text, values, schema, text.includes('#') ? { '#p': 'p', '#c': 'c' } : undefined)).toEqual(
    expected,
  )
})

test('begins_with', () => {
  const values = { ':p': 'x', ':c': 'ab' }
  expect(read('p = :p AND begins_with(c, :c)', values, textual)).toEqual({
    partition: 'x',
    sort: { op: 'beginsWith', values: ['ab'] },
  })
  const binary: KeySchema = { ...schema, sortKey: { name: 'c', type: 'B' } }
  const { sort } = read('begins_with(c, :c) AND p = :p', { ':p': 'x', ':c': Buffer.from('ab') }, binary)
  expect(sort).toEqual({ op: 'beginsWith', values: [Uint8Array.from(Buffer.from('ab'))] })
})

describe('what no query can read', () => {
  const values: ExpressionValues = { ':p': 'x', ':a': 3, ':b': 5, ':s': 'text', ':e': '' }
  const message = (text: string, keys = schema) =>
    refusal(() => new ExpressionContext(undefined, values).keyCondition(text, keys)).message
  const invalid = 'Invalid condition in KeyConditionExpression: '
  const mismatch =
    'One or more parameter values were invalid: Condition parameter type does not match schema type'

  it.each([
    ['p < :p', 'Query key condition not supported'],
    ['p BETWEEN :p AND :s', 'Invalid KeyConditionExpression: The BETWEEN operator requires upper bound'],
    ['p BETWEEN :s AND :p', 'Query key condition not supported'],
    ['begins_with(p, :p)', 'Query key condition not supported'],
    ['c = :a', 'Query condition missed key schema element: p'],
    ['p = :p AND a < :a', 'Query condition missed key schema element: c'],
    ['p = :p AND c < :a AND a < :a', 'Conditions can be of length 1 or 2 only'],
    ['p = :p AND p = :s', 'KeyConditionExpressions must only contain one condition per key'],
    ['p = :p AND c >= :a AND c <= :b', 'KeyConditionExpressions must only contain one condition per key'],
    ['p = :a', mismatch],
    ['p = :p AND c = :s', mismatch],
    ['p = :p AND c <> :a', 'Invalid operator used in KeyConditionExpression: <>'],
    ['p = :p AND c IN (:a)', 'Invalid operator used in KeyConditionExpression: IN'],
    ['c = :a OR p = :p', 'Invalid operator used in KeyConditionExpression: OR'],
    ['NOT c = :a AND p = :p', 'Invalid operator used in KeyConditionExpression: NOT'],
    ['p = :p AND attribute_exists(c)', 'Invalid operator used in KeyConditionExpression: attribute_exists'],
    [
      'p = :p AND attribute_not_exists(c)',
      'Invalid operator used in KeyConditionExpression: attribute_not_exists',
    ],
    ['p = :p AND contains(c, :a)', 'Invalid operator used in KeyConditionExpression: contains'],
    ['p = :p AND dog(c, :a)', 'Invalid KeyConditionExpression: Invalid function name; function: dog'],
    [
      'p = :p AND BEGINS_WITH(c, :a)',
      'Invalid KeyConditionExpression: Invalid function name; function: BEGINS_WITH',
    ],
    ['p = :p AND begins_with(c, :a)', 'Invalid KeyConditionExpression: Incorrect operand type'],
    ['p = :p AND size(c) = :a', 'KeyConditionExpressions cannot contain nested operations'],
    ['p = :p AND c = size(a)', 'KeyConditionExpressions cannot contain nested operations'],
    ['p = :p AND size(c) BETWEEN :a AND :b', 'KeyConditionExpressions cannot contain nested operations'],
    ['p = :p AND a.b < :a', 'KeyConditionExpressions cannot have conditions on nested attributes'],
    ['p = :p AND a[0] < :a', 'KeyConditionExpressions cannot have conditions on nested attributes'],
    ['p = c', `${invalid}Multiple attribute names used in one condition`],
    ['p = :p AND c BETWEEN :a AND a', `${invalid}Multiple attribute names used in one condition`],
    [':p = :a', `${invalid}No key attribute specified`],
    [
      'p = :p AND :a BETWEEN c AND :b',
      `${invalid}BETWEEN operator must have the key attribute as its first operand`,
    ],
    [
      'p = :p AND begins_with(:s, c)',
      `${invalid}begins_with operator must have the key attribute as its first operand`,
    ],
    [
      'p = :p AND c BETWEEN :b AND :a',
      'Invalid KeyConditionExpression: The BETWEEN operator requires upper bound',
    ],
    ['p = :p AND ((c = :a))', 'Invalid KeyConditionExpression: The expression has redundant parentheses;'],
    [
      'p = :nope',
      'Invalid KeyConditionExpression: An expression attribute value used in expression is not defined',
    ],
    [
      'p = :e',
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p',
    ],
  ])('%s', (text, expected) => {
    expect(message(text)).toContain(expected)
  })

  test('of a table without sort key', () => {
    expect(message('p = :p AND c = :a', hashOnly)).toBe('Query key condition not supported')
    expect(read('p = :p', { ':p': 'x' }, hashOnly)).toEqual({ partition: 'x' })
  })

  test('with a text that no sort key can hold', () => {
    expect(message('p = :p AND c > :e', textual)).toContain('cannot contain an empty string value. Key: c')
    expect(message('p = :p AND begins_with(c, :e)', textual)).toContain('Key: c')
    expect(message('p = :p AND c BETWEEN :e AND :s', textual)).toContain('Key: c')
    const long = { ':p': 'x', ':c': 'x'.repeat(1025) }
    expect(refusal(() => read('p = :p AND c = :c', long, textual)).message).toContain(
      'size limit of 1024 bytes',
    )
  })
})
