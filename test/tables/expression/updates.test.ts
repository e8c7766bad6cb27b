/** What updates make of items. */
import { inspect } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import {
  ExpressionContext,
  type ExpressionNames,
  type ExpressionValues,
} from '../../../lib/tables/expression/context.ts'
import { Decimal } from '../../../lib/tables/number.ts'
import { copyItem, type Item } from '../../../lib/tables/value.ts'
import { refusal } from './refusal.ts'

function update(text: string, values?: ExpressionValues, names?: ExpressionNames) {
  const context = new ExpressionContext(names, values)
  const made = context.update(text, ['p', 'sk'])
  context.finish()
  return made
}

function apply(before: Item | undefined, text: string, values?: ExpressionValues, names?: ExpressionNames) {
  const kept = before === undefined ? undefined : copyItem(before)
  const { item } = update(text, values, names).apply(before)
  // Items are never changed.
  expect(before).toEqual(kept)
  return item
}

type Case = readonly [
  before: Item,
  text: string,
  after: Item,
  values?: ExpressionValues,
  names?: ExpressionNames,
]

function cases(list: readonly Case[]): void {
  for (const [before, text, after, values, names] of list) {
    test(`${text} ${inspect(values)}`, () => expect(apply(before, text, values, names)).toEqual(after))
  }
}

const wrongType = 'An operand in the update expression has an incorrect data type'
const missing = 'The provided expression refers to an attribute that does not exist in the item'
const badPath = 'The document path provided in the update expression is invalid for update'

type Failure = readonly [before: Item | undefined, text: string, message: string, values?: ExpressionValues]

function failures(list: readonly Failure[]): void {
  for (const [before, text, message, values] of list) {
    test(`${text} of ${inspect(before)} fails`, () => {
      expect(refusal(() => apply(before, text, values)).message).toBe(message)
    })
  }
}

describe('SET', () => {
  cases([
    [{}, 'SET a = :v', { a: 4 }, { ':v': 4 }],
    [{ a: 'hi' }, 'SET b = :v, c = :v', { a: 'hi', b: 4, c: 4 }, { ':v': 4 }],
    [{ a: 'hi' }, 'set a=:v', { a: null }, { ':v': null }],
    [{ a: 'hello' }, 'SET b = a', { a: 'hello', b: 'hello' }],
    [{ a: 'hello' }, 'SET a = a', { a: 'hello' }],
    [{ a: 1, b: 2 }, 'SET a = b, b = a', { a: 2, b: 1 }],
    [{ a: { c: { x: 7 } } }, 'SET z = a.c.x', { a: { c: { x: 7 } }, z: 7 }],
    [{ a: { b: 3, c: 4 }, d: 5 }, 'SET a.c = :v, a.n = :v', { a: { b: 3, c: 7, n: 7 }, d: 5 }, { ':v': 7 }],
    [
      { a: { b: 3, c: ['hi', { x: { y: [3, 5, 7] } }] } },
      'SET a.c[1].#n.y[1] = :v',
      { a: { b: 3, c: ['hi', { x: { y: [3, 9, 7] } }] } },
      { ':v': 9 },
      { '#n': 'x' },
    ],
    [{}, 'SET #a = :v', { 'a.b': 3 }, { ':v': 3 }, { '#a': 'a.b' }],
    [{ a: { b: 1 } }, 'SET a.b = :v', { a: { b: { c: [] } } }, { ':v': { c: [] } }],
    [{ p: 'x', sk: 7 }, 'SET n = p, m = sk + sk', { p: 'x', sk: 7, n: 'x', m: 14 }],
  ])
  failures([
    [{ a: 1 }, 'SET c = z', missing],
    [undefined, 'SET c = z', missing],
    [{ a: 1 }, 'SET x = :v, y = x', missing, { ':v': 4 }],
    [{ a: [1] }, 'SET c = a[1]', missing],
    [{ a: 'hello' }, 'SET a.c = :v', badPath, { ':v': 7 }],
    [{ b: ['hi'] }, 'SET b.c = :v', badPath, { ':v': 7 }],
    [{ a: 1 }, 'SET c.c = :v', badPath, { ':v': 7 }],
    [undefined, 'SET c.c = :v', badPath, { ':v': 7 }],
    [undefined, 'SET c[0] = :v', badPath, { ':v': 7 }],
    [{ a: 'hello' }, 'SET a[0] = :v', badPath, { ':v': 7 }],
    [{ a: {} }, 'SET a[0] = :v', badPath, { ':v': 7 }],
    [{ a: new Set(['x']) }, 'SET a[0] = :v', badPath, { ':v': 7 }],
    [{ a: [[1]] }, 'SET a[1][0] = :v', badPath, { ':v': 7 }],
  ])

  describe('list elements', () => {
    cases([
      [{ a: ['one', 'two', 'three'] }, 'SET a[1] = :v', { a: ['one', 'hello', 'three'] }, { ':v': 'hello' }],
      [{ a: ['one'] }, 'SET a[1] = :v', { a: ['one', 'two'] }, { ':v': 'two' }],
      [{ a: ['one'] }, 'SET a[7] = :v', { a: ['one', 'two'] }, { ':v': 'two' }],
      [{ a: [] }, 'SET a[4294967294] = :v', { a: ['two'] }, { ':v': 'two' }],
      [
        { a: ['x'] },
        'SET a[84] = :a1, a[37] = :a2, a[0] = :a0, a[17] = :a3, a[50] = :a4',
        { a: [0, 3, 2, 4, 1] },
        { ':a0': 0, ':a1': 1, ':a2': 2, ':a3': 3, ':a4': 4 },
      ],
    ])
  })

  describe('+ and -', () => {
    cases([
      [{}, 'SET b = :a + :b', { b: 7 }, { ':a': 4, ':b': 3 }],
      [{ a: 9 }, 'SET a = a - :b', { a: 6 }, { ':b': 3 }],
      [{ a: 9, b: 10 }, 'SET a = (b + a)', { a: 19, b: 10 }],
      [{ a: 9 }, 'SET b = (a) - (a)', { a: 9, b: 0 }],
      [{ a: 9 }, 'SET b = ((a) - (:v))', { a: 9, b: 8 }, { ':v': 1 }],
      [{ b: 2 }, 'SET b = if_not_exists(b, :a) + :b', { b: 5 }, { ':a': 9, ':b': 3 }],
      [{}, 'SET b = if_not_exists(b, :a) + :b', { b: 12 }, { ':a': 9, ':b': 3 }],
      // Never through a double.
      [{ a: 0.1 }, 'SET a = a + :b', { a: 0.3 }, { ':b': 0.2 }],
      [{ a: 9007199254740993n }, 'SET a = a + :b', { a: 9007199254740995n }, { ':b': 2 }],
      [{ a: 9007199254740993n }, 'SET a = a - :b', { a: 0 }, { ':b': 9007199254740993n }],
      [
        { a: new Decimal('0.12345678901234567890') },
        'SET a = a + :b',
        { a: new Decimal('1.1234567890123456789') },
        { ':b': 1 },
      ],
    ])
    failures([
      [{ a: 'x' }, 'SET b = a + :v', wrongType, { ':v': 1 }],
      [{ a: [1] }, 'SET b = :v - a', wrongType, { ':v': 1 }],
      [{}, 'SET b = a + :v', missing, { ':v': 1 }],
      [
        { a: 9e125 },
        'SET b = a + a',
        'Number overflow. Attempting to store a number with magnitude larger than supported range',
      ],
      [
        { a: 1e37 },
        'SET b = a + :v',
        'Attempting to store more than 38 significant digits in a Number',
        { ':v': 0.01 },
      ],
    ])
  })

  describe('if_not_exists', () => {
    cases([
      [{}, 'SET a = if_not_exists(a, :v)', { a: 2 }, { ':v': 2 }],
      [{ a: 1 }, 'SET a = if_not_exists(a, :v)', { a: 1 }, { ':v': 2 }],
      [{ a: null }, 'SET b = if_not_exists(a, :v)', { a: null, b: null }, { ':v': 2 }],
      [{ a: 1 }, 'SET b = if_not_exists(c, a)', { a: 1, b: 1 }],
      [{ c: 3 }, 'SET a = if_not_exists(b, if_not_exists(c, :v))', { a: 3, c: 3 }, { ':v': 1 }],
      [{}, 'SET a = if_not_exists(b, if_not_exists(c, :v))', { a: 1 }, { ':v': 1 }],
      [{ m: {} }, 'SET m.a = if_not_exists(m.a, :v)', { m: { a: 1 } }, { ':v': 1 }],
    ])
    failures([[{}, 'SET a = if_not_exists(b, c)', missing]])
  })

  describe('list_append', () => {
    cases([
      [{}, 'SET a = list_append(:a, :b)', { a: [4, 'hello', 'hi'] }, { ':a': [4, 'hello'], ':b': ['hi'] }],
      [{ a: [1] }, 'SET a = list_append(a, :v)', { a: [1, 2] }, { ':v': [2] }],
      [{ a: [1] }, 'SET a = list_append(:v, a)', { a: [2, 1] }, { ':v': [2] }],
      [{ a: [1], b: [] }, 'SET c = list_append(a, b)', { a: [1], b: [], c: [1] }],
      [{}, 'SET a = list_append(if_not_exists(a, :e), :v)', { a: ['x'] }, { ':e': [], ':v': ['x'] }],
      [
        { a: ['w'] },
        'SET a = list_append(if_not_exists(a, :e), :v)',
        { a: ['w', 'x'] },
        { ':e': [], ':v': ['x'] },
      ],
    ])
    failures([
      [undefined, 'SET a = list_append(b, :v)', missing, { ':v': [1] }],
      [{ b: 7 }, 'SET a = list_append(b, :v)', wrongType, { ':v': [1] }],
      [{ b: new Set([1]) }, 'SET a = list_append(:v, b)', wrongType, { ':v': [1] }],
      [{ b: {} }, 'SET a = list_append(:v, b)', wrongType, { ':v': [1] }],
    ])
  })
})

describe('REMOVE', () => {
  cases([
    [{ a: 'hello', b: 'hi' }, 'REMOVE a', { b: 'hi' }],
    [{ b: 'hi' }, 'REMOVE a', { b: 'hi' }],
    [{ a: { x: 3 }, b: ['hi'] }, 'REMOVE a.y, b[7], c', { a: { x: 3 }, b: ['hi'] }],
    [{ a: { b: 1 } }, 'REMOVE a.b', { a: {} }],
    [{ a: [1] }, 'REMOVE a[0]', { a: [] }],
    [{ a: [1, 2, 3, 4] }, 'REMOVE a[0], a[2]', { a: [2, 4] }],
    [{ a: [1, null, 3] }, 'REMOVE a[0]', { a: [null, 3] }],
    [
      { a: { b: 3, c: ['hi', { x: { y: [3, 5, 7] }, q: 2 }] } },
      'REMOVE a.c[1].x.y[1], a.c[1].q',
      { a: { b: 3, c: ['hi', { x: { y: [3, 7] } }] } },
    ],
  ])
  failures([
    [{ a: 'hello' }, 'REMOVE a.c', badPath],
    [{ b: ['hi'] }, 'REMOVE b.c', badPath],
    [{ a: 1 }, 'REMOVE c.c', badPath],
    [{ a: 'hello' }, 'REMOVE a[0]', badPath],
    [{ a: 1 }, 'REMOVE b[0]', badPath],
  ])
})

describe('ADD', () => {
  cases([
    [{ a: 3 }, 'ADD a :v', { a: 7 }, { ':v': 4 }],
    [{}, 'ADD a :v', { a: 4 }, { ':v': 4 }],
    [{ m: { n: 1 }, l: [1] }, 'ADD m.n :v, l[0] :v, l[5] :v', { m: { n: 3 }, l: [3, 2] }, { ':v': 2 }],
    [{ a: 9007199254740993n }, 'ADD a :v', { a: 9007199254740995n }, { ':v': 2 }],
    [{ a: new Set(['x']) }, 'ADD a :v', { a: new Set(['x', 'y']) }, { ':v': new Set(['y', 'x']) }],
    [{}, 'ADD a :v', { a: new Set(['y']) }, { ':v': new Set(['y']) }],
    [
      { a: new Set([1, 12345678901234567890n]) },
      'ADD a :v',
      { a: new Set([1, 12345678901234567890n, 2]) },
      { ':v': new Set([new Decimal('12345678901234567890'), 2, 1n]) },
    ],
    [
      { a: new Set([Uint8Array.of(1)]) },
      'ADD a :v',
      { a: new Set([Uint8Array.of(1), Uint8Array.of(2)]) },
      { ':v': new Set([Uint8Array.of(2), Uint8Array.of(1)]) },
    ],
  ])
  failures([
    [{ a: 'hi' }, 'ADD a :v', wrongType, { ':v': 1 }],
    [{ a: [1] }, 'ADD a :v', wrongType, { ':v': new Set([1]) }],
    [{ a: new Set([1]) }, 'ADD a :v', wrongType, { ':v': 1 }],
    [{ a: new Set([1]) }, 'ADD a :v', wrongType, { ':v': new Set(['1']) }],
    [{}, 'ADD a.b :v', badPath, { ':v': 1 }],
    [undefined, 'ADD a.b :v', badPath, { ':v': 1 }],
  ])
})

describe('DELETE', () => {
  cases([
    [{ a: new Set(['x', 'y']) }, 'DELETE a :v', { a: new Set(['x']) }, { ':v': new Set(['y', 'z']) }],
    [{ a: new Set(['x']), b: 1 }, 'DELETE a :v', { b: 1 }, { ':v': new Set(['x']) }],
    [{ b: 1 }, 'DELETE a :v', { b: 1 }, { ':v': new Set(['x']) }],
    [{ a: new Set([1, 2n]) }, 'DELETE a :v', { a: new Set([1]) }, { ':v': new Set([2]) }],
    [
      { a: new Set([Uint8Array.of(1), Uint8Array.of(2)]) },
      'DELETE a :v',
      { a: new Set([Uint8Array.of(2)]) },
      { ':v': new Set([Uint8Array.of(1)]) },
    ],
    [
      { m: { s: new Set(['x']) }, l: [1, new Set(['x']), 3] },
      'DELETE m.s :v, l[1] :v',
      { m: {}, l: [1, 3] },
      { ':v': new Set(['x']) },
    ],
  ])
  failures([
    [{ a: 'x' }, 'DELETE a :v', wrongType, { ':v': new Set(['x']) }],
    [{ a: new Set([1]) }, 'DELETE a :v', wrongType, { ':v': new Set(['1']) }],
    [{ b: 1 }, 'DELETE a.b :v', badPath, { ':v': new Set(['1']) }],
  ])
})

describe('all clauses together', () => {
  cases([
    [
      { a: { x: 3, y: 4, c: { y: 3 } }, b: { x: 1, y: 2 } },
      'SET a.b = :v, a.c.d = :w, b.x = :x REMOVE a.x, b.y',
      { a: { y: 4, b: 10, c: { y: 3, d: 'dog' } }, b: { x: 17 } },
      { ':v': 10, ':w': 'dog', ':x': 17 },
    ],
    // Everything is read from the item as it was, and indexes are those of the list as it was.
    [{ a: 'hello' }, 'REMOVE a SET b = a', { b: 'hello' }],
    [{ a: 1, b: 2 }, 'ADD a :v SET b = a, c = b', { a: 11, b: 1, c: 2 }, { ':v': 10 }],
    [{ a: [2, 3, 4, 5, 6, 7] }, 'REMOVE a[1] SET a[3] = :v', { a: [2, 4, 17, 6, 7] }, { ':v': 17 }],
    [{ a: [2, 3] }, 'SET a[9] = :v REMOVE a[0], a[8]', { a: [3, 17] }, { ':v': 17 }],
    [{ a: [2, 3] }, 'SET a[0] = a[1], a[1] = a[0]', { a: [3, 2] }],
  ])

  test('reach attributes named __proto__, and nothing else by that name', () => {
    const names = { '#p': '__proto__' }
    const made = apply({}, 'SET #p = :v', { ':v': { x: 1 } }, names) as Item
    expect(Object.keys(made)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
    const nested = apply(made, 'SET #p.y = :v', { ':v': 2 }, names) as Item
    expect(JSON.stringify(nested)).toBe('{"__proto__":{"x":1,"y":2}}')
    expect(Object.keys(apply(nested, 'REMOVE #p', undefined, names) as Item)).toEqual([])
    expect(refusal(() => apply({}, 'SET #p.y = :v', { ':v': 2 }, names)).message).toBe(badPath)
    expect(({} as { y?: number }).y).toBeUndefined()
  })
})

describe('an item that does not exist', () => {
  test('is made of its key', () => {
    const key = { p: 'x', sk: 1 }
    expect(update('SET a = p').apply(undefined, key).item).toEqual({ p: 'x', sk: 1, a: 'x' })
    expect(update('ADD n :v REMOVE a', { ':v': 1 }).apply(undefined, key).item).toEqual({
      p: 'x',
      sk: 1,
      n: 1,
    })
    expect(key).toEqual({ p: 'x', sk: 1 })
  })

  test('is not made by what only takes away', () => {
    expect(update('REMOVE a, b.c, d[0]').apply(undefined, { p: 'x' }).item).toBeUndefined()
    expect(update('DELETE a :v REMOVE b', { ':v': new Set(['x']) }).apply(undefined).item).toBeUndefined()
    // Nothing is missed in it, either.
    expect(update('REMOVE b.c SET a = :v', { ':v': 1 }).apply(undefined).item).toEqual({ a: 1 })
  })
})

test('what did not change is shared', () => {
  const before: Item = { a: { b: { x: 1 }, c: { y: [1, { z: 1 }] } }, d: [1] }
  const { item, touched } = update('SET a.c.y[1].z = :v', { ':v': 2 }).apply(before)
  const after = item as { a: { b: Item; c: Item }; d: number[] }
  expect(after).toEqual({ a: { b: { x: 1 }, c: { y: [1, { z: 2 }] } }, d: [1] })
  expect(after.d).toBe(before['d'])
  expect(after.a.b).toBe((before['a'] as Item)['b'])
  expect(touched).toEqual([['a', 'c', 'y', 1, 'z']])
})

test('touched paths are in the order they are written', () => {
  expect(update('REMOVE z, a.b SET #c[0] = d', undefined, { '#c': 'c' }).touched).toEqual([
    ['z'],
    ['a', 'b'],
    ['c', 0],
  ])
})

describe('updates that can never be right', () => {
  const values = {
    ':S': 's',
    ':N': 1,
    ':L': [1],
    ':M': {},
    ':SS': new Set(['a']),
    ':B': Uint8Array.of(1),
    ':T': true,
    ':Z': null,
  }
  const message = (text: string) => {
    const error = refusal(() =>
      new ExpressionContext({ '#x': 'a', '#y': 'a' }, values).update(text, ['p', 'sk']),
    )
    return [error.message, error.context.position]
  }
  const type = (operator: string, operand: string) =>
    `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${operand}`
  const change = (operator: string, operand: string) =>
    `Incorrect operand type for operator or function; operator: ${operator}, operand type: ${operand}, typeSet: ALLOWED_FOR_${operator}_OPERAND`
  const paths = (verb: string, one: string, two: string) =>
    `Two document paths ${verb} with each other; must remove or rewrite one of these paths; path one: ${one}, path two: ${two}`

  it.each<readonly [string, string, number]>([
    ['SET a = :S + :N', type('+', 'S'), 8],
    ['SET a = :N - :L', type('-', 'L'), 13],
    ['SET a = b + list_append(c, :L)', type('+', 'L'), 24],
    ['SET a = list_append(:L, :S)', type('list_append', 'S'), 24],
    ['SET a = list_append(:SS, b)', type('list_append', 'SS'), 20],
    [
      'SET a = if_not_exists(:N, :N)',
      'Operator or function requires a document path; operator or function: if_not_exists',
      22,
    ],
    [
      'SET a = if_not_exists(if_not_exists(b, :N), :N)',
      'Operator or function requires a document path; operator or function: if_not_exists',
      36,
    ],
    // That it is not given is found before that it is no path.
    [
      'SET a = if_not_exists(:nope, :N)',
      'An expression attribute value used in expression is not defined; attribute value: :nope',
      22,
    ],
    [
      'SET #nope = :N',
      'An expression attribute name used in the document path is not defined; attribute name: #nope',
      4,
    ],
    ['ADD a :S', change('ADD', 'STRING'), 6],
    ['ADD a :L', change('ADD', 'LIST'), 6],
    ['ADD a :M', change('ADD', 'MAP'), 6],
    ['ADD a :B', change('ADD', 'BINARY'), 6],
    ['ADD a :T', change('ADD', 'BOOLEAN'), 6],
    ['ADD a :Z', change('ADD', 'NULL'), 6],
    ['DELETE a :S', change('DELETE', 'STRING'), 9],
    ['DELETE a :N', change('DELETE', 'NUMBER'), 9],
    ['SET a = :N REMOVE a', paths('overlap', '[a]', '[a]'), 18],
    ['SET #x = :N, #y = :N', paths('overlap', '[a]', '[a]'), 13],
    ['SET a = :N, a.b = :S', paths('overlap', '[a]', '[a, b]'), 12],
    ['SET a.b = :N, a = :S', paths('overlap', '[a, b]', '[a]'), 14],
    ['SET a.b.c = :N, a.b = :S', paths('overlap', '[a, b, c]', '[a, b]'), 16],
    ['SET a[1] = :N, a[1][2].x = :S', paths('overlap', '[a, [1]]', '[a, [1], [2], x]'), 15],
    ['SET a[1] = :N REMOVE a', paths('overlap', '[a, [1]]', '[a]'), 21],
    ['SET a.b = :N, a[1] = :S', paths('conflict', '[a, b]', '[a, [1]]'), 14],
    ['SET a.b[2] = :N, a.b.c = :S', paths('conflict', '[a, b, [2]]', '[a, b, c]'), 17],
  ])('%j', (text, expected, position) => {
    expect(message(text)).toEqual([`Invalid UpdateExpression: ${expected}`, position])
  })

  it.each([
    ['SET p = :S', 'p'],
    ['SET a = :S, sk = :S', 'sk'],
    ['REMOVE p', 'p'],
    ['ADD sk :N', 'sk'],
    ['DELETE p :SS', 'p'],
    ['SET p.x = :S', 'p'],
  ])('%j: keys do not change', (text, name) => {
    expect(message(text)[0]).toBe(
      `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
    )
  })

  it('are none of these', () => {
    for (const text of [
      'SET a.b = :N, a.c = :N, b = :N',
      'SET a[0] = :N, a[1] = :N',
      'SET a.b = a, c = a.b',
    ]) {
      expect(() => new ExpressionContext(undefined, { ':N': 1 }).update(text, []), text).not.toThrow()
    }
  })
})
