import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkItem, checkItemSize, checkValue, maxItemSize } from '../../lib/tables/check-item.ts'
import type { AttributeValue } from '../../lib/tables/value.ts'
import { anyItem } from './arbitraries.ts'

function refusal(item: unknown): string {
  try {
    checkItem(item)
  } catch (error) {
    expect(error).toMatchObject({ name: 'ValidationException', code: 'BURROW_INVALID_ARGUMENT' })
    return (error as Error).message
  }
  return 'accepted'
}

const invalid = 'One or more parameter values were invalid: '

function nested(levels: number, make: (inner: AttributeValue) => AttributeValue): AttributeValue {
  let value: AttributeValue = 'leaf'
  for (let level = 0; level < levels; level++) value = make(value)
  return value
}

describe('items', () => {
  it('that DynamoDB takes pass', () => {
    fc.assert(
      fc.property(anyItem(), (item) => {
        expect(refusal(item)).toBe('accepted')
      }),
    )
    expect(refusal(Object.assign(Object.create(null), { a: 1 }))).toBe('accepted')
    expect(refusal(runInNewContext('({ a: [1, { b: null }], s: new Set(["x"]) })'))).toBe('accepted')
    expect(refusal({ a: '', b: new Uint8Array(), c: [], d: {}, e: new Set(['']) })).toBe('accepted')
  })

  it('are plain objects', () => {
    for (const item of [null, undefined, 'a', [], new Map(), new (class Thing {})()]) {
      expect(refusal(item)).toContain('an item must be a plain object of attributes')
    }
  })

  it('hold values only, and the message says what to do', () => {
    const hints: [unknown, string][] = [
      [undefined, 'x.y is undefined. Leave the attribute out, or give null'],
      [new Date(0), 'Give a date as text (toISOString) or as a number: timestamp(date)'],
      [new Map(), 'Object.fromEntries(map)'],
      [new ArrayBuffer(4), 'new Uint8Array(buffer)'],
      [new (class Point {})(), '{ ...value }'],
      [() => 1, 'Attributes are strings'],
      [Symbol('s'), 'Attributes are strings'],
      [new Set([true]), 'A Set has members of one type'],
    ]
    for (const [value, hint] of hints) expect(refusal({ x: { y: value } })).toContain(hint)
    expect(refusal({ x: [1, [undefined]] })).toContain('x[1][0] is undefined')
  })

  it('have names that UTF-8 can express, of 1 to 65535 bytes', () => {
    expect(refusal({ '': 1 })).toBe('Empty attribute name')
    expect(refusal({ m: { '': 1 } })).toBe('Empty attribute name')
    expect(refusal({ ['x'.repeat(65_535)]: 1 })).toBe('accepted')
    expect(refusal({ ['é'.repeat(32_768)]: 1 })).toBe(
      'Attribute name is too large, must be less than 65536 bytes',
    )
    expect(refusal({ '\ud800': 1 })).toContain('has a lone surrogate')
    expect(refusal({ a: ['\udc00x'] })).toContain('the text of a[0] has a lone surrogate')
  })

  it('are nested no deeper than 32 levels, the leaf included', () => {
    const message =
      'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit'
    for (const make of [(inner: AttributeValue) => [inner], (inner: AttributeValue) => ({ n: inner })]) {
      expect(refusal({ a: nested(31, make) })).toBe('accepted')
      expect(refusal({ a: nested(32, make) })).toBe(message)
    }
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(refusal({ cycle })).toBe(message)
  })

  it('that share parts take no longer than they are large', () => {
    expect(refusal({ a: nested(30, (inner) => [inner, inner]) })).toBe(
      'Item size has exceeded the maximum allowed size',
    )
  })

  it('have numbers of DynamoDB', () => {
    expect(refusal({ a: Number.NaN })).toBe('The parameter cannot be converted to a numeric value: NaN')
    expect(refusal({ a: [Number.POSITIVE_INFINITY] })).toContain(
      'cannot be converted to a numeric value: Infinity',
    )
    expect(refusal({ a: new Set([1e126]) })).toContain('Number overflow')
    expect(refusal({ a: 1e-131 })).toContain('Number underflow')
    expect(refusal({ a: 10n ** 38n + 1n })).toContain('more than 38 significant digits')
  })

  it('have no empty and no mixed sets, and no member twice', () => {
    expect(refusal({ a: new Set() })).toContain(`${invalid}An string set  may not be empty`)
    expect(refusal({ a: new Set(['x', 1]) })).toContain('members of different types')
    expect(refusal({ a: new Set([1, 'x']) })).toContain('members of different types')
    expect(refusal({ a: new Set([1, 1n]) })).toBe('Input collection contains duplicates')
    const bytes = (byte: number) => Uint8Array.of(byte)
    expect(refusal({ a: new Set([bytes(255), bytes(0), bytes(0)]) })).toBe(
      `${invalid}Input collection [AA==, /w==, AA==]of type BS contains duplicates.`,
    )
  })

  it('have their bytes', () => {
    const view = new Uint8Array(4)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    expect(refusal({ a: view })).toContain('the buffer of a was detached')
    expect(refusal({ a: new Set([view]) })).toContain('the buffer of a was detached')
  })
})

it('values are checked as attributes are', () => {
  expect(() => checkValue(undefined, ':v')).toThrow(':v is undefined')
  expect(() =>
    checkValue(
      nested(32, (inner) => [inner]),
      ':v',
    ),
  ).toThrow('Nesting Levels')
  checkValue(
    nested(31, (inner) => [inner]),
    ':v',
  )
})

it('the largest item has 409600 bytes', () => {
  checkItemSize(maxItemSize)
  checkItemSize(maxItemSize, 'update')
  expect(() => checkItemSize(409_601)).toThrow('Item size has exceeded the maximum allowed size')
  expect(() => checkItemSize(409_601, 'update')).toThrow(
    'Item size to update has exceeded the maximum allowed size',
  )
})
