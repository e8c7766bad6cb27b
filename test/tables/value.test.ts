import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decimal } from '../../lib/tables/number.ts'
import {
  type AttributeValue,
  compareScalars,
  compareText,
  copyItem,
  copyValue,
  equalValues,
  findType,
  type Item,
  memberKey,
  typeOf,
} from '../../lib/tables/value.ts'
import { anyItem, attributeValue, keyText } from './arbitraries.ts'

it('types have the names of DynamoDB', () => {
  const types: [AttributeValue, string][] = [
    ['', 'S'],
    [0, 'N'],
    [0n, 'N'],
    [new Decimal(1), 'N'],
    [true, 'BOOL'],
    [null, 'NULL'],
    [Buffer.from('x'), 'B'],
    [[], 'L'],
    [{}, 'M'],
    [{ toStringTag: '[object Decimal]' }, 'M'],
    [new Set(['a']), 'SS'],
    [new Set([1n]), 'NS'],
    [new Set([new Decimal(1)]), 'NS'],
    [new Set([Uint8Array.of()]), 'BS'],
  ]
  for (const [value, type] of types) expect(typeOf(value)).toBe(type)
  for (const value of [undefined, Symbol('s'), () => 1, new Date(), new Map(), new Set(), new Set([null])]) {
    expect(findType(value)).toBeUndefined()
    expect(() => typeOf(value as never)).toThrow(expect.objectContaining({ name: 'ValidationException' }))
  }
})

describe('equality', () => {
  it('holds between a value and its copy, which share nothing', () => {
    fc.assert(
      fc.property(attributeValue(), (value) => {
        const copy = copyValue(value)
        expect(equalValues(copy, value)).toBe(true)
        expect(copy).toEqual(value)
        disturb(copy)
        expect(sharesObjects(copy, value)).toBe(false)
      }),
    )
  })

  it('is the same from both sides, and that of the values', () => {
    fc.assert(
      fc.property(attributeValue(), attributeValue(), (a, b) => {
        const equal = equalValues(a, b)
        expect(equalValues(b, a)).toBe(equal)
        if (equal) expect(typeOf(a)).toBe(typeOf(b))
      }),
    )
  })

  it('knows numbers by value, sets and maps without order, lists with it', () => {
    const equal: [AttributeValue, AttributeValue][] = [
      [1, 1n],
      [1e23, 10n ** 23n],
      [0.5, new Decimal('0.50')],
      [new Set([1, 2]), new Set([2n, 1n])],
      [new Set(['a', 'b']), new Set(['b', 'a'])],
      [new Set([Uint8Array.of(1)]), new Set([Buffer.of(1)])],
      [Buffer.from('a'), Uint8Array.of(97)],
      [
        { a: 1, b: { c: [2] } },
        { b: { c: [2n] }, a: 1n },
      ],
    ]
    const unequal: [AttributeValue, AttributeValue][] = [
      [1, '1'],
      [0, false],
      [null, false],
      ['', null],
      [
        [1, 2],
        [2, 1],
      ],
      [[1], [1, 2]],
      [['a'], new Set(['a'])],
      [{ a: 1 }, { b: 1 }],
      [{ a: 1 }, { a: 1, b: 2 }],
      [{ toString: 1 }, {}],
      [{ a: 1 }, JSON.parse('{"__proto__": 1}') as Item],
      [new Set([1]), new Set([1, 2])],
      [new Set(['1']), new Set([1])],
      [9007199254740993n, 9007199254740992],
      [Uint8Array.of(1), Uint8Array.of(1, 0)],
    ]
    for (const [a, b] of equal) expect([equalValues(a, b), equalValues(b, a)]).toEqual([true, true])
    for (const [a, b] of unequal) expect([equalValues(a, b), equalValues(b, a)]).toEqual([false, false])
  })

  it('of scalars is that of their member keys', () => {
    const scalar = attributeValue().filter((value) => ['S', 'N', 'B'].includes(typeOf(value)))
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        if (typeOf(a) !== typeOf(b)) return
        expect(memberKey(a as string) === memberKey(b as string)).toBe(equalValues(a, b))
      }),
    )
  })
})

describe('order', () => {
  it('of text is that of its UTF-8 bytes', () => {
    fc.assert(
      fc.property(keyText(), keyText(), (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
      { numRuns: 500 },
    )
    expect(compareText('\uffff', '\u{10000}')).toBeLessThan(0)
  })

  it('is there within the types of keys only', () => {
    expect(compareScalars(2, 10n)).toBeLessThan(0)
    expect(compareScalars('2', '10')).toBeGreaterThan(0)
    expect(compareScalars(Uint8Array.of(0x80), Buffer.of(0x7f))).toBeGreaterThan(0)
    for (const [a, b] of [
      ['1', 1],
      [1, '1'],
      [true, false],
      [[], []],
      [null, null],
      ['a', Buffer.from('b')],
    ] as const) {
      expect(compareScalars(a as AttributeValue, b as AttributeValue)).toBeUndefined()
    }
  })
})

it('copies keep an attribute named __proto__', () => {
  const item = JSON.parse('{"__proto__": {"polluted": "yes"}}') as Item
  const copy = copyItem(item)
  expect(Object.keys(copy)).toEqual(['__proto__'])
  expect((copy as { polluted?: unknown })['polluted']).toBeUndefined()
  fc.assert(
    fc.property(anyItem(), (any) => {
      expect(Object.keys(copyItem(any))).toEqual(Object.keys(any))
    }),
  )
})

function sharesObjects(a: AttributeValue, b: AttributeValue): boolean {
  const parts = new Set(objectsOf(b))
  return objectsOf(a).some((part) => parts.has(part))
}

function objectsOf(value: AttributeValue): object[] {
  if (typeof value !== 'object' || value === null || typeOf(value) === 'N') return []
  const inner = ArrayBuffer.isView(value) ? [] : value instanceof Set ? [...value] : Object.values(value)
  return [value, ...inner.flatMap((part) => objectsOf(part as AttributeValue))]
}

/** Changes what can be changed: a copy that shared it would change the original. */
function disturb(value: AttributeValue): void {
  for (const part of objectsOf(value)) if (part instanceof Uint8Array) part.fill(0xdd)
}
