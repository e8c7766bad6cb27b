/** Which parts of items projections pick. */
import { describe, expect, it, test } from 'vitest'
import { ExpressionContext, type ExpressionNames } from '../../../lib/tables/expression/context.ts'
import { Projection } from '../../../lib/tables/expression/projection.ts'
import type { Item } from '../../../lib/tables/value.ts'
import { refusal } from './refusal.ts'

const item: Item = {
  p: 'key',
  a: { b: [2, 4, { x: 'hi', y: 'yo' }], c: 5, nil: null },
  b: 'hello',
  'a.b': 'dotted',
}

const project = (text: string, names?: ExpressionNames, of = item) =>
  new ExpressionContext(names).projection(text).apply(of)

it.each<readonly [string, Item]>([
  ['b', { b: 'hello' }],
  [' p  ,\n b ', { p: 'key', b: 'hello' }],
  ['a', { a: { b: [2, 4, { x: 'hi', y: 'yo' }], c: 5, nil: null } }],
  ['a.b', { a: { b: [2, 4, { x: 'hi', y: 'yo' }] } }],
  ['a.nil', { a: { nil: null } }],
  ['a.b[0]', { a: { b: [2] } }],
  ['a.b[2]', { a: { b: [{ x: 'hi', y: 'yo' }] } }],
  ['a.b[2].y', { a: { b: [{ y: 'yo' }] } }],
  // Elements come in the order of the list, without gaps.
  ['a.b[2].y, a.b[0]', { a: { b: [2, { y: 'yo' }] } }],
  ['a.b[0], a.b[1], a.b[9]', { a: { b: [2, 4] } }],
  ['a.b[0], a.c', { a: { b: [2], c: 5 } }],
  ['a.c, b', { a: { c: 5 }, b: 'hello' }],
  // What is not there is left out, with what would be around it.
  ['x', {}],
  ['a.b[3]', {}],
  ['a.x', {}],
  ['a.x.y', {}],
  ['a.b[3].x', {}],
  ['a.b.x', {}],
  ['a[0]', {}],
  ['a.b[0].x', {}],
  ['a.b[0][0]', {}],
  ['b[0]', {}],
  ['a.x, a.b[0], x, a.b[3].x', { a: { b: [2] } }],
])('%s', (text, expected) => {
  expect(project(text)).toEqual(expected)
})

test('#names are one name each', () => {
  expect(project('#n', { '#n': 'a.b' })).toEqual({ 'a.b': 'dotted' })
  expect(project('#a.#b[1]', { '#a': 'a', '#b': 'b' })).toEqual({ a: { b: [4] } })
})

test('own attributes only, also one named __proto__', () => {
  const of = JSON.parse('{"__proto__": {"x": 1, "y": 2}}') as Item
  const picked = project('#p.x', { '#p': '__proto__' }, of)
  expect(JSON.stringify(picked)).toBe('{"__proto__":{"x":1}}')
  expect(Object.getPrototypeOf(picked)).toBe(Object.prototype)
  expect(project('#p.x, toString', { '#p': '__proto__' }, {})).toEqual({})
})

test('what is not taken apart is shared', () => {
  const picked = project('a.b') as { a: { b: unknown } }
  expect(picked.a.b).toBe((item['a'] as Item)['b'])
})

test('names its attributes, and prints', () => {
  const projection = new ExpressionContext({ '#n': 'a.b', '#s': 'size' }).projection('p, a.b[0].#n, #s')
  expect([...projection.attributes]).toEqual(['p', 'a', 'size'])
  expect(projection.toString()).toBe('p, a.b[0]."a.b", "size"')
})

test('paths of other origin', () => {
  expect(new Projection([['b'], ['a', 'b', 1]]).apply(item)).toEqual({ b: 'hello', a: { b: [4] } })
})

describe('paths that cannot go together', () => {
  const message = (text: string) =>
    refusal(() => new ExpressionContext({ '#a': 'a' }).projection(text)).message.replace(
      / with each other; must remove or rewrite one of these paths;/,
      ':',
    )
  it.each([
    ['a, a', 'overlap: path one: [a], path two: [a]'],
    ['a, b, #a', 'overlap: path one: [a], path two: [a]'],
    ['a[1], a[1]', 'overlap: path one: [a, [1]], path two: [a, [1]]'],
    ['a, a.b', 'overlap: path one: [a], path two: [a, b]'],
    ['a.b, a', 'overlap: path one: [a, b], path two: [a]'],
    ['a.b, a.b[2]', 'overlap: path one: [a, b], path two: [a, b, [2]]'],
    ['a, a.b[2].c', 'overlap: path one: [a], path two: [a, b, [2], c]'],
    ['a.b.d.e, a.b', 'overlap: path one: [a, b, d, e], path two: [a, b]'],
    ['a.b, a[1]', 'conflict: path one: [a, b], path two: [a, [1]]'],
    ['a[1].x, a[1][2]', 'conflict: path one: [a, [1], x], path two: [a, [1], [2]]'],
  ])('%s', (text, expected) => {
    expect(message(text)).toBe(`Invalid ProjectionExpression: Two document paths ${expected}`)
  })

  it.each(['a, b', 'a.b, a.c', 'a.b.d, a.b.e', 'a[1], a[2]', 'a.b, a.c[2]', 'a.b[1].c, a.b[2][0]'])(
    '%s can',
    (text) => {
      expect(() => project(text)).not.toThrow()
    },
  )
})
