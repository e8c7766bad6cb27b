/** Random values of tables. */
import fc from 'fast-check'
import { Decimal, type NumberValue } from '../../lib/tables/number.ts'
import type { AttributeValue, KeyType } from '../../lib/tables/value.ts'

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
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
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
