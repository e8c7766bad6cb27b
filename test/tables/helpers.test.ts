import fc from 'fast-check'
import { expect, it } from 'vitest'
import { timestamp, toDate, toVector, vector } from '../../lib/tables/helpers.ts'
import { ItemBuilder } from '../../lib/tables/item-builder.ts'
import { decodeItem, encodeItem } from '../../lib/tables/item-codec.ts'

it('vectors are bytes of little-endian floats', () => {
  expect(vector([1, -2])).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0))
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true }), (numbers) => {
      expect(toVector(vector(numbers))).toEqual(numbers)
      // At any place in memory.
      const moved = new Uint8Array(numbers.byteLength + 1)
      moved.set(vector([...numbers]), 1)
      expect(toVector(moved.subarray(1))).toEqual(numbers)
    }),
  )
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e300, '1']) {
    expect(() => vector([0, bad as number])).toThrow('element 1 of the vector')
  }
  expect(() => toVector(new Uint8Array(6))).toThrow('6 bytes are no vector')
})

it('timestamps are milliseconds', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => {
      expect(timestamp(date)).toBe(date.getTime())
      expect(toDate(timestamp(date))).toEqual(date)
      expect(toDate(BigInt(date.getTime()))).toEqual(date)
    }),
  )
  expect(timestamp(-1.5)).toBe(-2)
  for (const bad of [new Date(Number.NaN), Number.NaN, 8.65e15]) {
    expect(() => timestamp(bad)).toThrow('is no point in time')
  }
  expect(() => toDate(10n ** 30n)).toThrow('beyond what a Date can hold')
})

it('an item builder says the types', () => {
  const builder = new ItemBuilder()
    .string('s', 'x')
    .number('n', '0.10')
    .number('m', 5n)
    .bool('t', true)
    .null('z')
    .binary('b', Uint8Array.of(1))
    .list('l', [1, 'a'])
    .map('o', { k: null })
    .stringSet('ss', ['a', 'b', 'a'])
    .numberSet('ns', [1, 2])
    .binarySet('bs', [Uint8Array.of(2)])
    .vector('v', [0.5])
    .timestamp('at', new Date(1000))
    .string('__proto__', 'own')
  const item = builder.build()
  const expected = {
    s: 'x',
    n: 0.1,
    m: 5,
    t: true,
    z: null,
    b: Uint8Array.of(1),
    l: [1, 'a'],
    o: { k: null },
    ss: new Set(['a', 'b']),
    ns: new Set([1, 2]),
    bs: new Set([Uint8Array.of(2)]),
    v: Uint8Array.of(0, 0, 0, 0x3f),
    at: 1000,
    ['__proto__']: 'own',
  }
  expect(decodeItem(encodeItem(item))).toEqual(expected)
  builder.string('s', 'later')
  expect(item['s']).toBe('x')
  expect(() => new ItemBuilder().number('n', 'abc')).toThrow('cannot be converted to a numeric value: abc')
  expect(() => new ItemBuilder().stringSet('ss', []).build()).toThrow('An string set  may not be empty')
})
