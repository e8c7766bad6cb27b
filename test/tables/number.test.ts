import { Decimal as OtherDecimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addNumbers,
  canonicalNumber,
  compareNumbers,
  Decimal,
  isDecimal,
  type NumberValue,
  numberText,
  parseNumber,
  subtractNumbers,
} from '../../lib/tables/number.ts'
import { anyNumber, numberTexts } from './arbitraries.ts'

const overflow = 'Number overflow. Attempting to store a number with magnitude larger than supported range'
const underflow = 'Number underflow. Attempting to store a number with magnitude smaller than supported range'

/** An independent judge of values: a rational as two bigints would do as well. */
const Judge = OtherDecimal.clone({ precision: 600, defaults: true })
const judge = (value: NumberValue) => new Judge(numberText(value))

describe('the form of numbers', () => {
  it('is a number where exact, else a bigint, else a Decimal', () => {
    const forms: [string, NumberValue][] = [
      ['0', 0],
      ['-0.00', 0],
      ['+007.50', 7.5],
      ['.5', 0.5],
      ['0e125', 0],
      ['5.', 5],
      ['1e3', 1000],
      ['1E-130', 1e-130],
      ['0.1', 0.1],
      ['9007199254740991', 9007199254740991],
      ['9007199254740992', 9007199254740992],
      ['9007199254740993', 9007199254740993n],
      // The double nearest to it has this text, but another value.
      ['100000000000000000000000', 10n ** 23n],
      // A double, whose text is another number.
      ['18446744073709551616', 18446744073709551616n],
      ['72057594037927936', 72057594037927936n],
      ['100000000000000000000', 100000000000000000000],
      ['99999999999999999999999999999999999999', 10n ** 38n - 1n],
    ]
    for (const [text, value] of forms) expect(parseNumber(text), text).toBe(value)
    const precise = parseNumber('0.12345678901234567890123456789012345678')
    expect(precise).toBeInstanceOf(Decimal)
    expect(String(precise)).toBe('0.12345678901234567890123456789012345678')
    expect(String(parseNumber('1.0000000000000000000000000000000000001e-90'))).toMatch(/^0\.0+1\d+$/)
  })

  it('keeps every JavaScript number that is in range, and what other numbers say', () => {
    fc.assert(
      fc.property(anyNumber(), (value) => {
        const canonical = canonicalNumber(value)
        expect(compareNumbers(canonical, value)).toBe(0)
        if (typeof value === 'number') expect(canonical).toBe(value + 0)
        else expect(compareNumbers(parseNumber(numberText(value)), canonical)).toBe(0)
        if (typeof value === 'bigint' && typeof canonical === 'number') expect(BigInt(canonical)).toBe(value)
      }),
    )
    expect(Object.is(canonicalNumber(-0), 0)).toBe(true)
    expect(numberText(-0)).toBe('0')
  })

  it('reads back from its text', () => {
    fc.assert(
      fc.property(numberTexts(), (text) => {
        const value = parseNumber(text)
        expect(numberText(value)).toBe(new Judge(text).toFixed())
        expect(numberText(value)).not.toMatch(/[eE+]/)
        expect(compareNumbers(parseNumber(numberText(value)), value)).toBe(0)
      }),
    )
  })

  it('refuses what DynamoDB refuses, in its words', () => {
    const refusals: [string, string][] = [
      ['1e126', overflow],
      ['-1e126', overflow],
      ['1e99999999999999999999', overflow],
      [`1${'0'.repeat(126)}`, overflow],
      ['1e-131', underflow],
      ['-0.9e-130', underflow],
      [
        '123456789012345678901234567890123456789',
        'Attempting to store more than 38 significant digits in a Number',
      ],
      ['', 'The parameter cannot be converted to a numeric value'],
      // As DynamoDB does, zero is checked by the exponent that it is written with.
      ['0e126', overflow],
      ['0e-131', underflow],
      ['NaN', 'The parameter cannot be converted to a numeric value: NaN'],
      [' 1', 'The parameter cannot be converted to a numeric value:  1'],
      ['0x10', 'The parameter cannot be converted to a numeric value: 0x10'],
      ['1e', 'The parameter cannot be converted to a numeric value: 1e'],
      ['.', 'The parameter cannot be converted to a numeric value: .'],
    ]
    for (const [text, message] of refusals) {
      expect(() => parseNumber(text), text).toThrow(
        expect.objectContaining({ name: 'ValidationException', code: 'BURROW_INVALID_ARGUMENT', message }),
      )
    }
    const values: [NumberValue, string][] = [
      [Number.NaN, 'The parameter cannot be converted to a numeric value: NaN'],
      [Number.NEGATIVE_INFINITY, 'The parameter cannot be converted to a numeric value: -Infinity'],
      [new Decimal('NaN'), 'The parameter cannot be converted to a numeric value: NaN'],
      [Number.MAX_VALUE, overflow],
      [1e126, overflow],
      [Number.MIN_VALUE, underflow],
      [-(10n ** 126n), overflow],
      [1n << 100_000n, overflow],
      [new Decimal('1e-131'), underflow],
      [new OtherDecimal('1e9000000000000000'), overflow],
    ]
    for (const [value, message] of values) {
      expect(() => canonicalNumber(value)).toThrow(
        expect.objectContaining({ name: 'ValidationException', message }),
      )
    }
    expect(canonicalNumber(10n ** 126n - 10n ** 90n)).toBe(10n ** 126n - 10n ** 90n)
  })

  it('knows decimals of any configuration, and no lookalikes', () => {
    expect(isDecimal(new OtherDecimal(1))).toBe(true)
    expect(isDecimal({ toStringTag: '[object Decimal]', toExponential: () => '1' })).toBe(false)
    expect(isDecimal(null)).toBe(false)
    const Small = OtherDecimal.clone({ precision: 3, toExpPos: 1, defaults: true })
    expect(canonicalNumber(new Small('123456.5'))).toBe(123456.5)
  })
})

describe('arithmetic', () => {
  it('is exact', () => {
    expect(addNumbers(0.1, 0.2)).toBe(0.3)
    expect(subtractNumbers(0.3, 0.1)).toBe(0.2)
    expect(addNumbers(9007199254740991, 2)).toBe(9007199254740993n)
    expect(subtractNumbers(9007199254740993n, 2)).toBe(9007199254740991)
    expect(Object.is(subtractNumbers(5, 5), 0)).toBe(true)
    expect(() => addNumbers(1e125, 9e125)).toThrow(overflow)
    expect(() => addNumbers(1e38, 1)).toThrow('more than 38 significant digits')
    expect(() => addNumbers(1e125, 1e-130)).toThrow('more than 38 significant digits')
  })

  it('agrees with a judge, and orders by value', () => {
    fc.assert(
      fc.property(anyNumber(), anyNumber(), (a, b) => {
        expect(Math.sign(compareNumbers(a, b))).toBe(judge(a).cmp(judge(b)))
        for (const [mine, theirs] of [
          [addNumbers, judge(a).plus(judge(b))],
          [subtractNumbers, judge(a).minus(judge(b))],
        ] as const) {
          const inRange = theirs.isZero() || (theirs.e <= 125 && theirs.e >= -130 && theirs.sd() <= 38)
          if (inRange) expect(numberText(mine(a, b))).toBe(theirs.toFixed())
          else expect(() => mine(a, b)).toThrow(/Number/)
        }
      }),
    )
  })
})
