import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decimal } from '../../lib/tables/number.ts'
import { parsePlainJson, plainJsonText } from '../../lib/tables/plain-json.ts'
import { type AttributeValue, equalValues, typeOf } from '../../lib/tables/value.ts'
import { anyItem } from './arbitraries.ts'

describe('plain JSON', () => {
  it('carries what JSON has, with all digits', () => {
    fc.assert(
      fc.property(anyItem(), fc.constantFrom(0, 2), (item, indent) => {
        const read = parsePlainJson(plainJsonText(item, indent))
        expect(equalValues(read, asRead(item))).toBe(true)
      }),
    )
    expect(parsePlainJson('12345678901234567890')).toBe(12345678901234567890n)
    expect(String(parsePlainJson('[0.1234567890123456789]'))).toBe('0.1234567890123456789')
    expect(parsePlainJson('{"n1": "s1", "s": "n", "": [1e2, "1e2", "\\"1"]}')).toEqual({
      n1: 's1',
      s: 'n',
      '': [100, '1e2', '"1'],
    })
  })

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (text) => {
        // JSON has numbers that DynamoDB has not.
        fc.pre(!/e[+-]\d{3}/.test(text))
        expect(equalValues(parsePlainJson(text), JSON.parse(text) as AttributeValue)).toBe(true)
      }),
    )
  })

  it('shows bytes as base64 and sets as arrays', () => {
    const value = {
      b: Uint8Array.of(0, 255),
      s: new Set(['a']),
      n: new Set([1, new Decimal('0.10000000000000000001')]),
      e: [],
      m: {},
    }
    expect(plainJsonText(value)).toBe('{"b":"AP8=","s":["a"],"n":[1,0.10000000000000000001],"e":[],"m":{}}')
    expect(plainJsonText({ a: [1], m: { x: null } }, 2)).toBe(
      JSON.stringify({ a: [1], m: { x: null } }, undefined, 2),
    )
  })

  it('is refused where it is not JSON, or has numbers out of range', () => {
    for (const text of ['', '{', "{'a': 1}", '{1: 2}', '[01]', '[1 2]', 'NaN', '[1,]']) {
      expect(() => parsePlainJson(text), text).toThrow('the text is not JSON')
    }
    expect(() => parsePlainJson('[1e999]')).toThrow('Number overflow')
    expect(() => parsePlainJson('['.repeat(50_000) + ']'.repeat(50_000))).toThrow('Nesting Levels')
  })
})

/** What plain JSON makes of a value: it has no bytes and no sets. */
function asRead(value: AttributeValue): AttributeValue {
  switch (typeOf(value)) {
    case 'B':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'SS':
    case 'NS':
    case 'BS':
      return [...(value as Set<string>)].map(asRead)
    case 'L':
      return (value as AttributeValue[]).map(asRead)
    case 'M': {
      const entries = Object.entries(value as object).map(([name, member]) => [
        name,
        asRead(member as AttributeValue),
      ])
      return Object.fromEntries(entries) as AttributeValue
    }
    default:
      return value
  }
}
