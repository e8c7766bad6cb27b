/** What conditions mean for items. */
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  ExpressionContext,
  type ExpressionNames,
  type ExpressionValues,
} from '../../../lib/tables/expression/context.ts'
import { Decimal } from '../../../lib/tables/number.ts'
import type { Item } from '../../../lib/tables/value.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** Any view of bytes is a value. */
const hiThere = new DataView(bytes('hi there').buffer)

const item: Item = {
  pk: 'user#1',
  s: 'hello',
  blank: '',
  n: 5,
  big: 12345678901234567890n,
  exact: new Decimal('0.12345678901234567890123'),
  b: bytes('hi there'),
  yes: true,
  nope: false,
  nil: null,
  l: [2, 'dog', new Set([1, 2]), [3, 4], { x: 1 }, null],
  m: { x: 2, y: { z: [10, { deep: 'yes' }] }, 'a.b': 'dotted' },
  ss: new Set(['a', 'b']),
  ns: new Set([1, 2.5, 12345678901234567890n]),
  bs: new Set([bytes('x'), bytes('y')]),
  five: 5,
  six: 6,
  emptyList: [],
  emptyMap: {},
}

function holds(
  text: string,
  values?: ExpressionValues,
  names?: ExpressionNames,
  of: Item | undefined = item,
): boolean {
  const context = new ExpressionContext(names, values)
  const condition = context.condition(text)
  context.finish()
  const result = condition.test(of)
  // The same through one more negation, which no operator can tell from the truth.
  expect(new ExpressionContext(names, values).condition(`NOT (${text})`).test(of)).toBe(!result)
  return result
}

type Case = readonly [boolean, string, ExpressionValues?, ExpressionNames?]

function cases(list: readonly Case[]): void {
  for (const [expected, text, values, names] of list) {
    test(`${expected}: ${text} ${inspect(values)}`, () => {
      expect(holds(text, values, names)).toBe(expected)
    })
  }
}

const samples: ExpressionValues = {
  ':S': 'hello',
  ':N': 5,
  ':B': bytes('hello'),
  ':BOOL': true,
  ':NULL': null,
  ':L': ['hello', 5],
  ':M': { hello: 5 },
  ':SS': new Set(['hello', 'world']),
  ':NS': new Set([5, 6]),
  ':BS': new Set([bytes('hello'), bytes('world')]),
}

describe('equality', () => {
  test('is there between equal values of one type and no others', () => {
    for (const [left, value] of Object.entries(samples)) {
      for (const [right, other] of Object.entries(samples)) {
        const of: Item = { left: value, right: other }
        const equal = left === right
        const names = { '#l': 'left', '#r': 'right' }
        expect(holds('#l = #r', undefined, names, of), `${left} ${right}`).toBe(equal)
        expect(holds('#l <> #r', undefined, names, of), `${left} ${right}`).toBe(!equal)
        expect(holds('#l = :v', { ':v': other }, { '#l': 'left' }, of)).toBe(equal)
        expect(holds('#l IN (:v)', { ':v': other }, { '#l': 'left' }, of)).toBe(equal)
      }
    }
  })

  cases([
    [true, 'n = five'],
    [false, 'n = six'],
    [true, 'n <> six'],
    [true, 'n = :v', { ':v': 5n }],
    [true, 'n = :v', { ':v': new Decimal('5.00') }],
    [false, 'n = :v', { ':v': '5' }],
    [true, 'big = :v', { ':v': new Decimal('12345678901234567890') }],
    [false, 'big = :v', { ':v': 12345678901234567891n }],
    [true, 'exact = :v', { ':v': new Decimal('0.12345678901234567890123') }],
    [false, 'exact = :v', { ':v': new Decimal('0.12345678901234567890124') }],
    [true, 'ss = :v', { ':v': new Set(['b', 'a']) }],
    [true, 'ns = :v', { ':v': new Set([12345678901234567890n, 2.5, 1n]) }],
    [true, 'bs = :v', { ':v': new Set([bytes('y'), bytes('x')]) }],
    [false, 'ss = :v', { ':v': new Set(['a']) }],
    [true, 'm.y = :v', { ':v': { z: [10, { deep: 'yes' }] } }],
    [false, 'm.y = :v', { ':v': { z: [{ deep: 'yes' }, 10] } }],
    [true, 'b = :v', { ':v': Buffer.from('hi there') }],
    [true, 'b = :v', { ':v': hiThere as unknown as Uint8Array }],
    // What is missing is not equal to anything, not even to what is missing as well.
    [false, 'q = :v', { ':v': 5 }],
    [false, 'q = z'],
    [true, 'q <> z'],
    [true, 'q <> n'],
    [true, ':v <> q', { ':v': null }],
    [false, 'nil = q'],
    [true, 'nil = :v', { ':v': null }],
  ])
})

describe('order', () => {
  cases([
    [true, 'n < six'],
    [false, 'n < five'],
    [true, 'n <= five'],
    [true, 'six > n'],
    [false, 'five > n'],
    [true, 'five >= n'],
    [false, 'n >= six'],
    [true, 'n < :v', { ':v': 12345678901234567890n }],
    [true, 'exact < :v', { ':v': new Decimal('0.12345678901234567890124') }],
    [true, 's < :v', { ':v': 'help' }],
    [false, 's < :v', { ':v': 'hell' }],
    [true, 's > blank'],
    [true, 'b < :v', { ':v': bytes('hj') }],
    [true, 'b > :v', { ':v': bytes('hi') }],
    [true, ':v < :w', { ':v': Uint8Array.of(127), ':w': Uint8Array.of(128) }],
    // By bytes of UTF-8: U+FFFD before U+10000, although its unit is the larger one.
    [true, ':v < :w', { ':v': '\ufffd', ':w': '\u{10000}' }],
    // Of different types, without order, or missing: false, whichever way.
    [false, 'n < s'],
    [false, 'n >= s'],
    [false, 'l < :v', { ':v': 1 }],
    [false, ':v <= l', { ':v': 1 }],
    [false, 'l >= emptyList'],
    [false, 'yes > nope'],
    [false, 'nil <= nothing'],
    [false, 'q < n'],
    [false, 'q >= n'],
    [false, 'q < z'],
    [false, 'q >= z'],
  ])

  describe('between', () => {
    cases([
      [true, 'n BETWEEN :a AND :b', { ':a': 5, ':b': 5 }],
      [true, 'n BETWEEN :a AND :b', { ':a': 4, ':b': 6 }],
      [false, 'n BETWEEN :a AND :b', { ':a': 6, ':b': 7 }],
      [false, 'n BETWEEN :a AND :b', { ':a': '0', ':b': '9' }],
      [true, 's between blank and :b', { ':b': 'z' }],
      [true, 'b BETWEEN :a AND :b', { ':a': bytes('a'), ':b': bytes('i') }],
      [true, 'n BETWEEN size(ss) AND six'],
      [true, 'size(s) BETWEEN n AND six'],
      [false, 'n BETWEEN six AND :a', { ':a': 1 }],
      [false, 'n BETWEEN six AND s'],
      [false, 'n BETWEEN l AND m'],
      [false, 'q BETWEEN n AND six'],
      [false, 'n BETWEEN q AND six'],
      [false, 'n BETWEEN five AND q'],
      [true, 'n BETWEEN five AND six AND n < six'],
    ])
  })

  describe('in', () => {
    cases([
      [true, 'n IN (:a, :b)', { ':a': 'dog', ':b': 5 }],
      [false, 'n IN (:a, :b)', { ':a': '5', ':b': 6 }],
      [true, 'n IN (q, six, five)'],
      [true, 'size(s) in (n)'],
      [true, 'n IN (size(s))'],
      [false, 'q IN (:a)', { ':a': 5 }],
      [false, 'q IN (z, n)'],
      [true, 'nil IN (:a)', { ':a': null }],
      [true, ':a IN (ss, s)', { ':a': 'hello' }],
    ])
  })
})

describe('functions', () => {
  describe('attribute_exists, attribute_not_exists', () => {
    cases([
      [true, 'attribute_exists(s)'],
      [true, 'attribute_exists (nil)'],
      [false, 'attribute_exists(q)'],
      [true, 'attribute_not_exists(q)'],
      [false, 'attribute_not_exists(nope)'],
      [true, 'attribute_exists(m.y.z[1].deep)'],
      [false, 'attribute_exists(m.y.z[2])'],
      [false, 'attribute_exists(m.y[0])'],
      [false, 'attribute_exists(l.x)'],
      [false, 'attribute_exists(s[0])'],
      [false, 'attribute_exists(s.x)'],
      [false, 'attribute_exists(ss[0])'],
      [false, 'attribute_exists(b[0])'],
      [false, 'attribute_exists(nil.x)'],
      [false, 'attribute_exists(m.toString)'],
      [false, 'attribute_exists(hasOwnProperty)'],
      [false, 'attribute_exists(#p)', undefined, { '#p': '__proto__' }],
      [true, 'attribute_exists(m.#d)', undefined, { '#d': 'a.b' }],
      [false, 'attribute_exists(#d)', undefined, { '#d': 'm.x' }],
    ])
  })

  describe('attribute_type', () => {
    const attributes = {
      S: 's',
      N: 'big',
      B: 'b',
      BOOL: 'nope',
      NULL: 'nil',
      L: 'l',
      M: 'm',
      SS: 'ss',
      NS: 'ns',
      BS: 'bs',
    }
    test('tells the ten types apart', () => {
      for (const [type, attribute] of Object.entries(attributes)) {
        for (const other of Object.keys(attributes)) {
          expect(holds(`attribute_type(${attribute}, :t)`, { ':t': other })).toBe(type === other)
        }
      }
    })
    cases([
      [false, 'attribute_type(q, :t)', { ':t': 'NULL' }],
      [true, 'attribute_type(exact, :t)', { ':t': 'N' }],
      [true, 'attribute_type(:v, :t)', { ':v': 1, ':t': 'N' }],
      [true, 'attribute_type(l[4], :t)', { ':t': 'M' }],
    ])
  })

  describe('begins_with', () => {
    cases([
      [true, 'begins_with(s, :p)', { ':p': 'hell' }],
      [true, 'begins_with(s, :p)', { ':p': '' }],
      [true, 'begins_with(s, :p)', { ':p': 'hello' }],
      [false, 'begins_with(s, :p)', { ':p': 'hello ' }],
      [false, 'begins_with(s, :p)', { ':p': 'ello' }],
      [true, 'begins_with(b, :p)', { ':p': bytes('hi') }],
      [false, 'begins_with(b, :p)', { ':p': bytes('ho') }],
      [false, 'begins_with(b, :p)', { ':p': 'hi' }],
      [false, 'begins_with(s, b)'],
      [true, 'begins_with(:t, s)', { ':t': 'hello world' }],
      [false, 'begins_with(n, :p)', { ':p': '5' }],
      [false, 'begins_with(q, :p)', { ':p': 'x' }],
      [false, 'begins_with(s, q)'],
    ])
  })

  describe('contains', () => {
    cases([
      [true, 'contains(s, :v)', { ':v': 'ell' }],
      [true, 'contains(s, :v)', { ':v': '' }],
      [false, 'contains(s, :v)', { ':v': 'elo' }],
      [false, 'contains(s, :v)', { ':v': 5 }],
      [true, 'contains(b, :v)', { ':v': bytes('here') }],
      [false, 'contains(b, :v)', { ':v': bytes('dog') }],
      [false, 'contains(b, :v)', { ':v': 'here' }],
      [true, 'contains(ss, :v)', { ':v': 'a' }],
      [false, 'contains(ss, :v)', { ':v': 'c' }],
      [true, 'contains(ns, :v)', { ':v': new Decimal('2.50') }],
      [true, 'contains(ns, :v)', { ':v': 1 }],
      [true, 'contains(ns, :v)', { ':v': new Decimal('12345678901234567890') }],
      [false, 'contains(ns, :v)', { ':v': 3 }],
      [false, 'contains(ns, :v)', { ':v': '1' }],
      [false, 'contains(:set, :v)', { ':set': new Set(['1']), ':v': 1 }],
      [false, 'contains(:set, :v)', { ':set': new Set(['a']), ':v': bytes('a') }],
      [true, 'contains(bs, :v)', { ':v': bytes('y') }],
      [false, 'contains(bs, :v)', { ':v': bytes('z') }],
      [false, 'contains(bs, :v)', { ':v': 'y' }],
      [true, 'contains(l, :v)', { ':v': 2 }],
      [false, 'contains(l, :v)', { ':v': '2' }],
      [true, 'contains(l, :v)', { ':v': new Set([2, 1]) }],
      [true, 'contains(l, :v)', { ':v': [3, 4] }],
      [true, 'contains(l, :v)', { ':v': { x: 1 } }],
      [true, 'contains(l, :v)', { ':v': null }],
      [false, 'contains(l, :v)', { ':v': [4, 3] }],
      [false, 'contains(m, :v)', { ':v': 'x' }],
      [false, 'contains(n, :v)', { ':v': 5 }],
      [false, 'contains(ss, :v)', { ':v': new Set(['a']) }],
      [false, 'contains(q, :v)', { ':v': 'x' }],
      [false, 'contains(s, q)'],
      [true, 'contains(:v, s)', { ':v': ['hello'] }],
    ])
  })

  describe('size', () => {
    cases([
      [true, 'size(s) = :v', { ':v': 5 }],
      [true, 'size(blank) = :v', { ':v': 0 }],
      [true, 'size(b) = :v', { ':v': 8 }],
      [true, 'size(l) = :v', { ':v': 6 }],
      [true, 'size(m) = :v', { ':v': 3 }],
      [true, 'size(ss) = size(bs)'],
      [true, 'size(ns) = :v', { ':v': 3 }],
      [true, 'size(emptyList) = size(emptyMap)'],
      [true, 'size(s) = n'],
      [true, 'size(s) <> :v', { ':v': 4 }],
      [true, 'size(s) < :v', { ':v': 7 }],
      [true, 'size(:w) > size(s)', { ':w': 'longer' }],
      [false, 'size(s) = :v', { ':v': '5' }],
      // Of what has no size, and of what is missing, it is missing.
      [false, 'size(n) >= :v', { ':v': 0 }],
      [false, 'size(yes) = :v', { ':v': 1 }],
      [false, 'size(nil) = :v', { ':v': 0 }],
      [false, 'size(q) = :v', { ':v': 0 }],
      [true, 'size(q) <> :v', { ':v': 0 }],
    ])
  })
})

describe('paths', () => {
  cases([
    [true, 'm.x < m.y.z[0]'],
    [true, 'm.y.z[1].deep = :v', { ':v': 'yes' }],
    [true, '#m.#y.z[0] = :v', { ':v': 10 }, { '#m': 'm', '#y': 'y' }],
    [true, 'm.#d = :v', { ':v': 'dotted' }, { '#d': 'a.b' }],
    [true, 'l[3][1] = :v', { ':v': 4 }],
    [false, 'm.q < l[100]'],
    [true, '(m).y.z[0] = :v', { ':v': 10 }],
  ])

  test('find own attributes only, also one named __proto__', () => {
    const of = JSON.parse('{"__proto__": {"x": 1}, "m": {"__proto__": 2}}') as Item
    const names = { '#p': '__proto__' }
    expect(holds('#p.x = :v', { ':v': 1 }, names, of)).toBe(true)
    expect(holds('m.#p = :v', { ':v': 2 }, names, of)).toBe(true)
    expect(holds('attribute_not_exists(#p)', undefined, names, {})).toBe(true)
  })

  test('find nothing in an item that does not exist', () => {
    const context = new ExpressionContext()
    expect(context.condition('attribute_not_exists(pk)').test(undefined)).toBe(true)
    expect(context.condition('attribute_exists(pk)').test(undefined)).toBe(false)
  })
})

describe('AND, OR, NOT', () => {
  const t = 'n = five'
  const f = 'n = six'
  cases([
    [true, `${t} AND ${t}`],
    [false, `${t} AND ${f}`],
    [true, `${t} OR ${f}`],
    [true, `${f} OR ${t}`],
    [false, `${f} or ${f}`],
    [true, `NOT ${f}`],
    [false, `NOT ${t}`],
    [true, `NOT NOT NOT NOT ${t}`],
    // NOT before AND before OR.
    [true, `${t} OR ${f} AND ${f}`],
    [false, `(${t} OR ${f}) AND ${f}`],
    [false, `NOT ${t} AND ${f}`],
    [true, `NOT (${t} AND ${f})`],
    [true, `NOT ${f} OR ${f}`],
    [true, `${f} AND ${f} OR ${t} aNd ${t}`],
    [true, `n BETWEEN five AND six AND ${t} OR ${f}`],
  ])
})
