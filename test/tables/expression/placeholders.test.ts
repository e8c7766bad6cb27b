/** The names and values of a request: which may be given, where they may stand, and what of them must be used. */
import { describe, expect, it, test } from 'vitest'
import {
  ExpressionContext,
  type ExpressionNames,
  type ExpressionValues,
} from '../../../lib/tables/expression/context.ts'
import { refusal } from './refusal.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

const context = (names: unknown, values: unknown) =>
  refusal(() => new ExpressionContext(names as ExpressionNames, values as ExpressionValues)).message

describe('names and values that cannot be given', () => {
  it.each([
    [{}, undefined, 'ExpressionAttributeNames must not be empty'],
    [undefined, {}, 'ExpressionAttributeValues must not be empty'],
    [5, undefined, 'ExpressionAttributeNames must be an object'],
    [undefined, 'x', 'ExpressionAttributeValues must be an object'],
    [{ a: 'b' }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'],
    [{ '#': 'b' }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#"'],
    [{ '#a-b': 'b' }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"'],
    [{ ':a': 'b' }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: ":a"'],
    [{ '#é': 'b' }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#é"'],
    [undefined, { pk: 1 }, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "pk"'],
    [undefined, { ':a!': 1 }, 'ExpressionAttributeValues contains invalid key: Syntax error; key: ":a!"'],
    [
      { '#a': 5 },
      undefined,
      'ExpressionAttributeNames contains invalid value: An attribute name must be a string for key #a',
    ],
    [
      { '#a': '' },
      undefined,
      'ExpressionAttributeNames contains invalid value: An attribute name must not be empty for key #a',
    ],
    [
      { '#a': 'x'.repeat(65_536) },
      undefined,
      'ExpressionAttributeNames contains invalid value: An attribute name must have at most 65535 bytes for key #a',
    ],
  ])('%#', (names, values, message) => {
    expect(context(names, values)).toBe(message)
  })

  test('a placeholder has at most 255 bytes', () => {
    const problem = 'The expression attribute map contains a key that is too long; size of key: 256'
    expect(context({ [`#${'a'.repeat(255)}`]: 'b' }, undefined)).toBe(
      `ExpressionAttributeNames contains invalid key: ${problem}`,
    )
    expect(context(undefined, { [`:${'a'.repeat(255)}`]: 1 })).toBe(
      `ExpressionAttributeValues contains invalid key: ${problem}`,
    )
    expect(() => new ExpressionContext({ [`#${'a'.repeat(254)}`]: 'x'.repeat(65_535) })).not.toThrow()
  })

  it.each([
    [undefined, 'Supplied AttributeValue is empty'],
    [new Set(), 'may not be empty'],
    [Number.NaN, 'cannot be converted to a numeric value: NaN'],
    [1e126, 'Number overflow'],
    [new Date(0), 'no value of an attribute'],
    [new Set([1, 1n]), 'contains duplicates'],
    ['\ud800', 'lone surrogate'],
  ])('a value is a value: %s', (value, part) => {
    const message = context(undefined, { ':fine': 1, ':v': value })
    expect(message).toMatch(/^ExpressionAttributeValues contains invalid value: .* for key :v$/)
    expect(message).toContain(part)
  })

  test('values are taken as they are when they are given', () => {
    const list = [1]
    const condition = new ExpressionContext(undefined, { ':v': list }).condition('a = :v')
    list.push(2)
    expect(condition.test({ a: [1] })).toBe(true)
  })
})

describe('operands that can never be right', () => {
  const values: ExpressionValues = {
    ':S': 'hello',
    ':N': 5,
    ':N2': 6,
    ':B': bytes('b'),
    ':B2': bytes('a'),
    ':BOOL': true,
    ':NULL': null,
    ':L': [1],
    ':M': {},
    ':SS': new Set(['a']),
  }
  const message = (text: string) => {
    const error = refusal(() => new ExpressionContext({ '#x': 'a', '#y': 'a' }, values).condition(text))
    expect(error.message.startsWith('Invalid ConditionExpression: ')).toBe(true)
    return [error.message.slice('Invalid ConditionExpression: '.length), error.context.position]
  }
  const type = (operator: string, operand: string) =>
    `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${operand}`
  const distinct = (operator: string, path: string) =>
    `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${path}`
  const names = '{B,NULL,SS,BOOL,L,BS,N,NS,S,M}'

  it.each<readonly [string, string, number]>([
    ['a < :L', type('<', 'L'), 4],
    [':M >= a', type('>=', 'M'), 0],
    ['a <= :BOOL', type('<=', 'BOOL'), 5],
    ['a > :NULL', type('>', 'NULL'), 4],
    ['a < :SS', type('<', 'SS'), 4],
    ['a BETWEEN :L AND :L', type('BETWEEN', 'L'), 10],
    ['a BETWEEN :N AND :M', type('BETWEEN', 'M'), 17],
    [':BOOL BETWEEN :N AND :N2', type('BETWEEN', 'BOOL'), 0],
    [
      'a BETWEEN :N2 AND :N',
      'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ' +
        'lower bound operand: AttributeValue: {N:6}, upper bound operand: AttributeValue: {N:5}',
      10,
    ],
    [
      'a BETWEEN :B AND :B2',
      'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ' +
        'lower bound operand: AttributeValue: {B:Yg==}, upper bound operand: AttributeValue: {B:YQ==}',
      10,
    ],
    [
      'a BETWEEN :N AND :S',
      'The BETWEEN operator requires same data type for lower and upper bounds; ' +
        'lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {S:hello}',
      10,
    ],
    ['begins_with(a, :N)', type('begins_with', 'N'), 15],
    ['begins_with(:L, a)', type('begins_with', 'L'), 12],
    ['begins_with(size(a), :S)', type('begins_with', 'N'), 17],
    ['size(:N) = a', type('size', 'N'), 5],
    ['size(:BOOL) = a', type('size', 'BOOL'), 5],
    ['size(:NULL) = a', type('size', 'NULL'), 5],
    ['size(size(a)) = b', type('size', 'N'), 10],
    ['attribute_type(a, :N)', type('attribute_type', 'N'), 18],
    ['attribute_type(a, b)', type('attribute_type', names), 18],
    ['attribute_type(a, size(b))', type('attribute_type', 'N'), 23],
    ['attribute_type(a, :S)', `Invalid attribute type name found; type: hello, valid types: ${names}`, 18],
    [
      'attribute_exists(:S)',
      'Operator or function requires a document path; operator or function: attribute_exists',
      17,
    ],
    [
      'attribute_not_exists(size(a))',
      'Operator or function requires a document path; operator or function: attribute_not_exists',
      26,
    ],
    ['a = a', distinct('=', '[a]'), 0],
    ['a[1].b <> a[1].b', distinct('<>', '[a, [1], b]'), 0],
    ['#x < #y', distinct('<', '[a]'), 0],
    ['a IN (b, c, a)', distinct('IN', '[a]'), 0],
    ['a BETWEEN b AND a', distinct('BETWEEN', '[a]'), 0],
    ['contains(a, #x)', distinct('contains', '[a]'), 9],
    ['begins_with(a.b, a.b)', distinct('begins_with', '[a, b]'), 12],
    [
      'a = :nope',
      'An expression attribute value used in expression is not defined; attribute value: :nope',
      4,
    ],
    [
      'a = b AND c.#nope = d',
      'An expression attribute name used in the document path is not defined; attribute name: #nope',
      12,
    ],
  ])('%j', (text, expected, position) => {
    expect(message(text)).toEqual([expected, position])
  })

  it('are none of these', () => {
    for (const text of [
      'a = :L AND b <> :M',
      'size(a) = :S',
      'a IN (:S, :N, :L)',
      'size(a) = size(b)',
      'a[0] = a[1]',
      'contains(:L, a)',
      'contains(:N, a)',
      'attribute_type(:N, a) OR a = b',
      'size(:S) < :N',
      ':N = :N',
      'a BETWEEN :N AND :N',
    ]) {
      const make = () => new ExpressionContext(undefined, values).condition(text)
      if (text.startsWith('attribute_type')) expect(make).toThrow('operand type')
      else expect(make, text).not.toThrow()
    }
  })
})

describe('what is not used', () => {
  const finished = (
    names: ExpressionNames | undefined,
    values: ExpressionValues | undefined,
    make: (context: ExpressionContext) => void,
  ) =>
    refusal(() => {
      const request = new ExpressionContext(names, values)
      make(request)
      request.finish(['UpdateExpression', 'ConditionExpression'])
    })

  test('names are told before values', () => {
    const names = { '#a': 'a', '#b': 'b', '#c': 'c' }
    const values = { ':a': 1, ':b': 2 }
    expect(finished(names, values, (request) => request.condition('#a = :a')).message).toBe(
      'Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}',
    )
    expect(finished(undefined, values, (request) => request.condition('a = :a')).message).toBe(
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}',
    )
  })

  test('all expressions of a request share them', () => {
    const request = new ExpressionContext(
      { '#a': 'a', '#b': 'b', '#p': 'p' },
      { ':a': 1, ':b': 2, ':p': 'x' },
    )
    // Not evaluated: used all the same.
    request.condition('#a = :a OR #a = :b', 'FilterExpression')
    request.projection('#b.#a')
    expect(request.keyCondition('#p = :p', { partitionKey: { name: 'p', type: 'S' } })).toEqual({
      partition: 'x',
    })
    request.finish()
  })

  test('without any expression', () => {
    expect(finished({ '#a': 'a' }, undefined, () => {}).message).toBe(
      'ExpressionAttributeNames can only be specified when using expressions',
    )
    expect(finished(undefined, { ':a': 1 }, () => {}).message).toBe(
      'ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null',
    )
    expect(finished(undefined, { ':a': 1 }, (request) => request.projection('a')).message).toContain(
      'can only be specified when using expressions',
    )
    const scan = new ExpressionContext(undefined, { ':a': 1 })
    expect(refusal(() => scan.finish(['FilterExpression'])).message).toBe(
      'ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null',
    )
    expect(refusal(() => scan.finish()).message).toBe(
      'ExpressionAttributeValues can only be specified when using expressions',
    )
    expect(() => new ExpressionContext().finish()).not.toThrow()
  })
})

test('messages name the parameter that the expression is', () => {
  const request = new ExpressionContext()
  const schema = { partitionKey: { name: 'p', type: 'S' } } as const
  expect(refusal(() => request.condition('a', 'FilterExpression')).message).toMatch(
    /^Invalid FilterExpression: /,
  )
  expect(refusal(() => request.keyCondition('a', schema)).message).toMatch(
    /^Invalid KeyConditionExpression: /,
  )
  // The same text, as something else, is parsed once and bound for what it is.
  for (const kind of ['ConditionExpression', 'FilterExpression'] as const) {
    expect(refusal(() => request.condition('p = :p', kind)).message).toMatch(
      `Invalid ${kind}: An expression attribute`,
    )
  }
  expect(refusal(() => request.condition(5 as unknown as string)).message).toBe(
    'Invalid ConditionExpression: The expression must be a string',
  )
})
