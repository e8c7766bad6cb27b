/** Random values of tables. */
import fc from 'fast-check'
import { canonicalNumber, Decimal, type NumberValue } from '../../lib/tables/number.ts'
import {
  type AttributeValue,
  type Item,
  type KeyType,
  memberKey,
  setAttribute,
} from '../../lib/tables/value.ts'

/** Texts of numbers of the whole range and precision of DynamoDB, in all notations. */
export function numberTexts(): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.stringMatching(/^[1-9]\d{0,37}$/),
      fc.oneof(fc.integer({ min: -130, max: 125 }), fc.integer({ min: -3, max: 20 })),
      fc.boolean(),
    )
    .map(([sign, digits, exponent, plain]) => {
      const text = `${sign}${digits.charAt(0)}.${digits.slice(1)}e${exponent}`
      return plain ? new Decimal(text).toFixed() : text
    })
}

/** Numbers in range, given as any of the types, also in forms that are not canonical. */
export function anyNumber(): fc.Arbitrary<NumberValue> {
  return fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc
      .double({ noNaN: true, min: -1e125, max: 1e125 })
      .filter((value) => value === 0 || Math.abs(value) >= 1e-130),
    fc.double({ noNaN: true, min: -1000, max: 1000 }).map((value) => Math.round(value * 100) / 100),
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
    fc.bigInt({ min: 2n ** 53n - 5n, max: 2n ** 53n + 5n }),
    numberTexts().map((text) => new Decimal(text)),
  )
}

/** Any character but a lone surrogate. What fast-check has for this takes most of a second to make. */
function codePoint(): fc.Arbitrary<string> {
  return fc
    .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
    .map((point) => String.fromCodePoint(point))
}

/** Text that a key can hold, with many zeros, surrogates and characters near them. */
export function keyText(): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.constantFrom(
      '\0',
      '\u0001',
      'a',
      'b',
      '\u00ff',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
    ),
    codePoint(),
  )
  return fc.string({ unit, minLength: 1, maxLength: 60 })
}

/** Bytes that a key can hold, with many zeros. */
export function keyBytes(): fc.Arbitrary<Uint8Array> {
  const byte = fc.oneof(fc.constantFrom(0, 1, 0xff), fc.nat(255))
  return fc.array(byte, { minLength: 1, maxLength: 40 }).map((bytes) => Uint8Array.from(bytes))
}

/** Values of key attributes. Near ones are frequent. */
export function keyValue(type: KeyType): fc.Arbitrary<AttributeValue> {
  if (type === 'N') return fc.oneof(anyNumber(), fc.integer({ min: -20, max: 20 }))
  const short = fc.array(fc.constantFrom(0, 1, 97), { minLength: 1, maxLength: 4 })
  if (type === 'B')
    return fc.oneof(
      keyBytes(),
      short.map((bytes) => Uint8Array.from(bytes)),
    )
  return fc.oneof(
    keyText(),
    short.map((units) => String.fromCharCode(...units)),
  )
}

/** Names of attributes: few, so that maps share them, and awkward ones. */
export function attributeName(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      'a',
      'b',
      'id',
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      '0',
      'größe',
      '\u{1f600}',
    ),
    fc.string({ unit: codePoint(), minLength: 1, maxLength: 50 }),
  )
}

/** Any value that DynamoDB takes, in the form that is read. */
export function attributeValue(): fc.Arbitrary<AttributeValue> {
  const text = fc.oneof(
    fc.string({ unit: codePoint() }),
    keyText(),
    fc.string({ minLength: 30, maxLength: 300 }),
  )
  const bytes = fc.uint8Array({ maxLength: 200 })
  const number = anyNumber().map(canonicalNumber)
  const set = { minLength: 1, maxLength: 6, selector: memberKey }
  const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'value' },
      text,
      number,
      bytes,
      fc.constantFrom(null, true, false),
      fc.uniqueArray(text, set).map((members) => new Set(members)),
      fc.uniqueArray(number, set).map((members) => new Set(members)),
      fc.uniqueArray(bytes, set).map((members) => new Set(members)),
      fc.array(tie('value'), { maxLength: 5, depthIdentifier: 'value' }),
      attributeMap(tie('value')),
    ),
  }))
  return value
}

/** Any item in the form that is read. */
export function anyItem(): fc.Arbitrary<Item> {
  return attributeMap(attributeValue())
}

function attributeMap(value: fc.Arbitrary<AttributeValue>): fc.Arbitrary<Item> {
  return fc
    .uniqueArray(fc.tuple(attributeName(), value), { selector: ([name]) => name, maxLength: 8 })
    .map((entries) => {
      const map: Item = {}
      for (const [name, member] of entries) setAttribute(map, name, member)
      return map
    })
}
