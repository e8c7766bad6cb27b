/** Whatever the text is: an expression that can be evaluated, or a ValidationException. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTableError } from '../../../lib/tables/errors.ts'
import { ExpressionContext } from '../../../lib/tables/expression/context.ts'
import { printCondition } from '../../../lib/tables/expression/print.ts'
import { TreeCache } from '../../../lib/tables/expression/tree-cache.ts'
import type { Item } from '../../../lib/tables/value.ts'

const words = [
  'a',
  'b',
  'size',
  'contains',
  'begins_with',
  'attribute_exists',
  'attribute_type',
  'list_append',
]
const tokens = [
  ...words,
  ...['if_not_exists', 'name', 'AND', 'or', 'Not', 'BETWEEN', 'in', 'SET', 'remove', 'ADD', 'Delete'],
  ...['#n', '#m', ':v', ':w', ':x', '#', ':', '0', '1', '42', '99999999999', '_', 'é', '"', '\0', '😀'],
  ...['=', '<>', '<', '<=', '>', '>=', '(', ')', '[', ']', '.', ',', '+', '-', '!', ' ', '  ', '\n'],
]

const soup = () => fc.array(fc.constantFrom(...tokens), { maxLength: 40 }).map((list) => list.join(' '))
/** Sound expressions, with some tokens replaced, left out or doubled: these get further than soup does. */
const spoiled = () => {
  const sound = [
    '( a . b [ 0 ] = :v AND NOT contains ( #n , :w ) ) OR a IN ( :v , b , size ( #m ) )',
    'a BETWEEN :v AND size ( b ) AND attribute_type ( a , :w ) OR begins_with ( #n , :x )',
    'SET a = if_not_exists ( b , :v ) + #n , b [ 1 ] . c = list_append ( #m , :x ) REMOVE d ADD e :v DELETE f :x',
    'a . b [ 0 ] , #n , c . #m',
  ].map((text) => text.split(' '))
  const change = fc.record({
    at: fc.nat(40),
    take: fc.nat(1),
    put: fc.array(fc.constantFrom(...tokens), { maxLength: 2 }),
  })
  return fc.tuple(fc.constantFrom(...sound), fc.array(change, { maxLength: 2 })).map(([start, changes]) => {
    const list = [...start]
    for (const { at, take, put } of changes) list.splice(at % (list.length + 1), take, ...put)
    return list.join(' ')
  })
}

const items: readonly Item[] = [
  {},
  { a: { b: [1, 'x'] }, b: [1, { c: 2 }], e: 1, f: new Set(['x']) },
  { a: 'text', b: new Set([1]), d: null },
]
const schema = { partitionKey: { name: 'a', type: 'S' }, sortKey: { name: 'b', type: 'N' } } as const

test('any text', () => {
  const seen = { sound: 0, refused: 0 }
  const run = (call: () => void, text: string) => {
    try {
      call()
      seen.sound++
    } catch (error) {
      expect(isTableError(error, 'ValidationException'), `${text}: ${error}`).toBe(true)
      seen.refused++
    }
  }
  const text = fc.oneof(
    { weight: 2, arbitrary: soup() },
    { weight: 4, arbitrary: spoiled() },
    fc.string({ maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
  )
  fc.assert(
    fc.property(text, (expression) => {
      const context = () =>
        new ExpressionContext({ '#n': 'a', '#m': 'x.y' }, { ':v': 1, ':w': 'S', ':x': ['y'] })
      run(() => {
        const condition = context().condition(expression)
        for (const item of items) expect(typeof condition.test(item)).toBe('boolean')
        expect(printCondition(condition.tree)).not.toBe('')
      }, expression)
      run(() => {
        const update = context().update(expression, ['p'])
        for (const item of [undefined, ...items]) run(() => update.apply(item), expression)
      }, expression)
      run(() => {
        const projection = context().projection(expression)
        for (const item of items) projection.apply(item)
      }, expression)
      run(() => {
        context().keyCondition(expression, schema)
      }, expression)
    }),
    { numRuns: 3000 },
  )
  expect(seen.sound).toBeGreaterThan(200)
  expect(seen.refused).toBeGreaterThan(3000)
})

test('the cache keeps trees, and not too many', () => {
  let parsed = 0
  const cache = new TreeCache(({ text }) => {
    parsed++
    return { text }
  })
  const get = (text: string) => cache.get({ kind: 'ConditionExpression', text })
  const first = get('first')
  const text = (i: number) => `${i} `.padEnd(1024, 'x')
  for (let i = 0; i < 1000; i++) {
    expect(get(text(i))).toEqual({ text: text(i) })
    // In use all the time: parsed once.
    expect(get('first')).toBe(first)
    // Two generations of 64 KiB.
    expect(cache.size).toBeLessThanOrEqual(2 * 64)
  }
  expect(parsed).toBe(1001)
  get(text(999))
  expect(parsed).toBe(1001)
  get(text(0))
  expect(parsed).toBe(1002)
})

test('what cannot be parsed is not kept, and errors stay the same', () => {
  const message = () => {
    try {
      new ExpressionContext().condition('a = (b')
      return 'none'
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(message()).toContain('Syntax error')
  expect(message()).toBe(message())
})
