import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BurrowError } from '../../lib/base/errors.ts'
import { decodeItem, encodeItem, readAttribute, storedSize } from '../../lib/tables/item-codec.ts'
import { Decimal } from '../../lib/tables/number.ts'
import { equalValues, getAttribute, type Item } from '../../lib/tables/value.ts'
import { readGoldenHex, rewriteGolden, writeGoldenHex } from '../golden/hex.ts'
import { anyItem, anyNumber, attributeName } from './arbitraries.ts'

describe('encoded items', () => {
  it('decode to what they were, in the same order, and share no memory', () => {
    fc.assert(
      fc.property(anyItem(), (item) => {
        const bytes = encodeItem(item)
        const decoded = decodeItem(bytes)
        expect(decoded).toEqual(item)
        expect(Object.keys(decoded)).toEqual(Object.keys(item))
        expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype)
        // As a view in the middle of other bytes, and not as a Buffer.
        const within = new Uint8Array(bytes.length + 2)
        within.set(bytes, 1)
        const again = decodeItem(within.subarray(1, -1))
        bytes.fill(0xee)
        within.fill(0xee)
        expect(decoded).toEqual(item)
        expect(again).toEqual(item)
      }),
    )
  })

  it('give back every number that is equal to what was given', () => {
    fc.assert(
      fc.property(fc.array(anyNumber(), { maxLength: 20 }), (numbers) => {
        const decoded = decodeItem(encodeItem({ numbers }))['numbers'] as typeof numbers
        expect(equalValues(decoded, numbers)).toBe(true)
        for (const [index, given] of numbers.entries()) {
          if (typeof given === 'number') expect(decoded[index]).toBe(given + 0)
        }
      }),
      { numRuns: 300 },
    )
    for (const given of [
      127,
      128,
      -1,
      -2,
      2 ** 31,
      2 ** 32,
      2 ** 53 - 1,
      -(2 ** 53) + 1,
      2 ** 53,
      1e125,
      0.1,
    ]) {
      expect(decodeItem(encodeItem({ given }))['given']).toBe(given)
    }
    expect(Object.is(decodeItem(encodeItem({ zero: -0 }))['zero'], 0)).toBe(true)
  })

  it('take any view of bytes, and return plain bytes', () => {
    const floats = Float64Array.of(1.5, -2)
    const decoded = decodeItem(
      encodeItem({ a: floats as never, b: Buffer.from('xy'), c: new DataView(new ArrayBuffer(3)) as never }),
    )
    expect(decoded['a']).toEqual(new Uint8Array(floats.buffer))
    expect(decoded['b']).toEqual(Uint8Array.of(0x78, 0x79))
    expect(Object.getPrototypeOf(decoded['b'])).toBe(Uint8Array.prototype)
    expect(decoded['c']).toEqual(new Uint8Array(3))
  })

  it('keep text whatever its length and characters', () => {
    for (const unit of ['x', '\0', 'é', '€', '\u{1f600}']) {
      for (const length of [
        0, 1, 20, 21, 39, 40, 41, 42, 43, 62, 63, 64, 65, 127, 128, 5461, 16383, 16384, 40_000,
      ]) {
        const text = unit.repeat(length)
        const mixed = `${'x'.repeat(length)}${unit}`
        const decoded = decodeItem(encodeItem({ text, mixed, set: new Set([text]) }))
        expect(decoded).toEqual({ text, mixed, set: new Set([text]) })
      }
    }
  })

  it('are read in part without the rest', () => {
    fc.assert(
      fc.property(anyItem(), fc.array(attributeName(), { maxLength: 3 }), (item, others) => {
        const bytes = encodeItem(item)
        for (const name of [...Object.keys(item), ...others]) {
          expect(readAttribute(bytes, name)).toEqual(getAttribute(item, name))
        }
        const names = new Set([...Object.keys(item).slice(1), ...others])
        const expected = Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)))
        expect(decodeItem(bytes, names)).toEqual(expected)
      }),
    )
  })

  it('tell names apart that the cache of names puts into one place', () => {
    for (const name of ['abcde', 'axcye', 'a-c-e', 'abcde']) {
      expect(Object.keys(decodeItem(encodeItem({ [name]: 1 })))).toEqual([name])
    }
  })

  it('pollute no prototype', () => {
    const item = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}}') as Item
    const decoded = decodeItem(encodeItem(item))
    expect(Object.hasOwn(decoded, '__proto__')).toBe(true)
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype)
    expect((decoded as { polluted?: boolean }).polluted).toBeUndefined()
    expect(readAttribute(encodeItem({}), 'toString')).toBeUndefined()
  })
})

describe('the size that DynamoDB counts', () => {
  it('of numbers is what measuring DynamoDB gave', () => {
    const measured: [string, number][] = [
      ['0', 1],
      ['1', 2],
      ['12', 2],
      ['123', 3],
      ['1234', 3],
      ['12345678901234567890123456789012345678', 20],
      ['100', 2],
      ['1010', 3],
      ['0.0000001', 2],
      ['1E125', 2],
      ['1E-100', 2],
      ['1.5', 3],
      ['15', 2],
      ['1.234', 4],
      ['3.14159', 5],
      ['123456', 4],
      ['100.5', 4],
      ['0.15', 2],
      ['-42', 3],
      ['-0', 1],
    ]
    for (const [text, size] of measured) {
      const forms = [new Decimal(text), Number(text)].filter((form) => new Decimal(form).eq(text))
      for (const n of forms) expect(storedSize(encodeItem({ n })) - 1, text).toBe(size)
    }
  })

  it('of numbers follows their digits', () => {
    fc.assert(
      fc.property(anyNumber(), (n) => {
        const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(
          new Decimal(String(n)).toFixed(),
        )!
        const integral = fraction === '' ? whole!.replace(/0+$/, '') : whole!.replace(/^0$/, '')
        const rest = integral === '' ? fraction.replace(/^0+/, '') : fraction
        const zero = integral === '' && rest === ''
        const size =
          1 + Math.ceil(integral.length / 2) + Math.ceil(rest.length / 2) + (sign === '-' && !zero ? 1 : 0)
        expect(storedSize(encodeItem({ n })) - 1).toBe(size)
      }),
      { numRuns: 500 },
    )
  })

  it('of other values is that of their bytes', () => {
    const sizes: [Item, number][] = [
      [{}, 0],
      [{ größe: 'é' }, 7 + 2],
      [{ a: null, b: true, c: false }, 6],
      [{ a: new Uint8Array(100) }, 101],
      [
        { a: new Set(['x', 'yy']), b: new Set([Uint8Array.of(1, 2, 3)]), c: new Set([1, 100, 1.5]) },
        4 + 4 + 8,
      ],
      [{ l: [] }, 1 + 3],
      [{ l: ['ab', true, []] }, 1 + 3 + (1 + 2) + (1 + 1) + (1 + 3)],
      [{ m: {} }, 1 + 3],
      [{ m: { k: 'ab', n: { z: null } } }, 1 + 3 + (1 + 1 + 2) + (1 + 1 + (3 + 1 + 1 + 1))],
    ]
    for (const [item, size] of sizes) expect(storedSize(encodeItem(item))).toBe(size)
  })
})

describe('damaged bytes', () => {
  const accepted = ['BURROW_CORRUPTION', 'BURROW_UNSUPPORTED']

  it('are corruption or another item, never anything else', () => {
    fc.assert(
      fc.property(
        anyItem(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (item, flips) => {
          const good = encodeItem(item)
          const flipped = Buffer.from(good)
          for (const [at, value] of flips) flipped[at % good.length] = value
          const cut = good.subarray(0, flips[0]![0] % good.length)
          for (const bad of [flipped, cut, Buffer.concat([good, flipped])]) {
            for (const read of [
              () => decodeItem(bad),
              () => readAttribute(bad, 'id'),
              () => storedSize(bad),
            ]) {
              try {
                read()
              } catch (error) {
                if (!(error instanceof BurrowError)) throw error
                expect(accepted).toContain(error.code)
              }
            }
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('do not make allocations that they are too short for', () => {
    const huge = (tag: number) => Buffer.of(1, 0, 0, 0, 1, 0x61, tag, 0xff, 0xff, 0xff, 0xff, 0x7f)
    // All tags with a length, and those that there are none of.
    for (let tag = 7; tag < 64; tag++) {
      expect(() => decodeItem(huge(tag))).toThrow(expect.objectContaining({ code: 'BURROW_CORRUPTION' }))
    }
  })

  it('have integers in their shortest form, and none above 2^53 − 1', () => {
    const item = (...integer: number[]) => Buffer.of(1, 0, 0, 0, 1, 0x61, 3, ...integer)
    expect(decodeItem(item(0x80, 1))).toEqual({ a: 128 })
    expect(decodeItem(item(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f))).toEqual({ a: 2 ** 53 - 1 })
    for (const bad of [
      item(0x80, 0),
      item(0x80),
      item(),
      item(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f),
    ]) {
      expect(() => decodeItem(bad)).toThrow(expect.objectContaining({ code: 'BURROW_CORRUPTION' }))
      expect(() => readAttribute(bad, 'b')).toThrow(expect.objectContaining({ code: 'BURROW_CORRUPTION' }))
    }
  })

  it('have no empty sets', () => {
    for (const tag of [12, 13, 14]) {
      const bytes = Buffer.of(1, 0, 0, 0, 1, 0x61, tag, 0, 0, 0, 0)
      expect(() => decodeItem(bytes)).toThrow('a set is empty')
    }
  })

  it('do not exhaust the stack', () => {
    // Lists within lists, each with a good length.
    const levels = 100_000
    const bytes = Buffer.alloc(6 + 5 * levels)
    bytes.set([1, 0, 0, 0, 1, 0x61])
    for (let level = 0; level < levels; level++) {
      bytes[6 + 5 * level] = 10
      bytes.writeUInt32LE(5 * (levels - level - 1), 7 + 5 * level)
    }
    expect(() => decodeItem(bytes)).toThrow('nested too deeply')
    expect(readAttribute(bytes, 'b')).toBeUndefined()
  })

  it('of a later version are not supported', () => {
    const bytes = encodeItem({ a: 1 })
    bytes[0] = 2
    for (const read of [decodeItem, storedSize]) {
      expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'BURROW_UNSUPPORTED' }))
    }
  })
})

it('the format has not changed', () => {
  const path = 'formats/item.hex'
  const item: Item = {
    id: 'user#1',
    '': null,
    no: false,
    yes: true,
    integers: [0, 127, 128, -1, -300, 2 ** 40],
    double: -1.5,
    decimal: new Decimal('0.12345678901234567890123456789'),
    bigint: -9007199254740993n,
    text: 'grüße',
    long: 'x'.repeat(70),
    bytes: Uint8Array.of(0, 255),
    map: { größe: 1, inner: {} },
    names: new Set(['a', 'ü']),
    numbers: new Set([1, 2.5]),
    blobs: new Set([Uint8Array.of(1), Uint8Array.of()]),
  }
  if (rewriteGolden) writeGoldenHex(path, 'docs/formats.md "Items": one value of each kind', encodeItem(item))
  expect(encodeItem(item)).toEqual(readGoldenHex(path))
  expect(decodeItem(readGoldenHex(path))).toEqual(item)
})
