/**
 * DynamoDB's numbers: decimals of up to 38 significant digits, 0 and ±1E-130 to ±9.99…E+125. To JavaScript one is a
 * number where that is exact, else a bigint if it is integral, else a Decimal. A JavaScript number means the decimal that
 * its text writes, and comes back as itself; nothing else passes through a double.
 */
import { Decimal as AnyDecimal } from 'decimal.js'
import { type Digits, digitsOfText, plainText, scientificText } from './digits.ts'
import { validation } from './errors.ts'

/** A decimal of 38 digits; its text never has an exponent. The class is a configuration of decimal.js. */
export const Decimal = AnyDecimal.clone({
  defaults: true,
  precision: 38,
  toExpNeg: -9e15,
  toExpPos: 9e15,
})
export type Decimal = AnyDecimal

/** A number as values hold it. */
export type NumberValue = number | bigint | Decimal

/** The exponents of the largest and the smallest magnitude, as in 9.99E+125. */
const maxExponent = 125
const minExponent = -130
const maxDigits = 38
/** No bigint with more bits than this is in range: 10^126 has 419. */
const maxBits = 420

/** Sums and differences of two numbers in range are exact with this many digits (10^125 + 10^-130 and the 38 digits). */
const ExactDecimal = AnyDecimal.clone({ defaults: true, precision: 400 })

/** True for decimals of this class, of other configurations and of other copies of decimal.js. */
export function isDecimal(value: unknown): value is Decimal {
  if (value instanceof AnyDecimal) return true
  if (typeof value !== 'object' || value === null) return false
  // An attribute map from outside may have a `toStringTag` of its own; it does not inherit one.
  const proto = Object.getPrototypeOf(value) as { toStringTag?: unknown; toExponential?: unknown } | null
  return proto?.toStringTag === '[object Decimal]' && typeof proto.toExponential === 'function'
}

/** The number that `text` writes (`-12.50`, `.5`, `1e-7`). Throws ValidationException in DynamoDB's words. */
export function parseNumber(text: string): NumberValue {
  const digits = digitsOfText(text)
  if (digits === undefined) {
    const shown = text.length > 200 ? `${text.slice(0, 199)}…` : text
    const what = 'The parameter cannot be converted to a numeric value'
    throw validation(text === '' ? what : `${what}: ${shown}`)
  }
  return numberOfDigits(checkRange(digits))
}

/**
 * `value` in the form that numbers come back in: a JavaScript number as it is (−0 as 0), a bigint or Decimal as a number
 * where that is exact, a bigint where it is integral. Throws ValidationException when it is out of range.
 */
export function canonicalNumber(value: NumberValue): NumberValue {
  if (typeof value === 'number') {
    const magnitude = Math.abs(value)
    // The text of a double has at most 17 digits, and texts are ordered as doubles are.
    if (magnitude < 1e126 && (magnitude >= 1e-130 || magnitude === 0)) return value + 0
    throw numberRefused(value)
  }
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value)
  return numberOfDigits(digitsOf(value))
}

/** The decimal text of a number, without exponent: what DynamoDB JSON holds. The number must be in range. */
export function numberText(value: NumberValue): string {
  if (typeof value === 'number') {
    const text = String(value + 0)
    return text.includes('e') ? plainText(digitsOf(value)) : text
  }
  return typeof value === 'bigint' ? value.toString() : value.toFixed()
}

/** The order of two numbers by value: < 0, 0 or > 0. */
export function compareNumbers(a: NumberValue, b: NumberValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  if (isExact(a) && isExact(b)) return a < b ? -1 : a > b ? 1 : 0
  return exact(a).cmp(exact(b))
}

/** a + b, exactly. Throws ValidationException when the sum is out of range or needs more than 38 digits. */
export function addNumbers(a: NumberValue, b: NumberValue): NumberValue {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && Number.isSafeInteger(sum)) return sum + 0
  }
  return canonicalNumber(exact(a).plus(exact(b)))
}

/** a − b, exactly. Throws ValidationException when the difference is out of range or needs more than 38 digits. */
export function subtractNumbers(a: NumberValue, b: NumberValue): NumberValue {
  return addNumbers(a, typeof b === 'object' ? b.neg() : -b)
}

/** Sign, digits and exponent of a number. Throws ValidationException when it is out of range. */
export function digitsOf(value: NumberValue): Digits {
  if (typeof value === 'bigint' && BigInt.asIntN(maxBits, value) !== value) throw numberRefused(value)
  const text = typeof value === 'object' ? value.toExponential() : String(value)
  const digits = digitsOfText(text)
  if (digits === undefined) throw numberRefused(value)
  return checkRange(digits)
}

/** The number in the form of `canonicalNumber`. The digits must be in range. */
export function numberOfDigits(digits: Digits): NumberValue {
  const { text, exponent } = digits
  const count = text.length
  const integral = exponent >= count - 1
  // A double holds every decimal of 15 digits, and no decimal of 18 is the shortest text of one.
  if (count <= 17) {
    const scientific = scientificText(digits)
    const double = Number(scientific)
    const large = integral && !Number.isSafeInteger(double)
    if (large) return exactDouble(double, BigInt(plainText(digits)))
    if (count <= 15 || digitsOfText(String(double))?.text === text) return double
  }
  return integral ? BigInt(plainText(digits)) : new Decimal(scientificText(digits))
}

/** The double, where both its value and its text are those of `integer`. */
function exactDouble(double: number, integer: bigint): number | bigint {
  return BigInt(double) === integer && plainText(digitsOf(double)) === integer.toString() ? double : integer
}

/** Where JavaScript's comparison is the right one: an unsafe number means its text, not its binary value. */
function isExact(value: NumberValue): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

function exact(value: NumberValue): AnyDecimal {
  return new ExactDecimal(typeof value === 'object' ? value.toExponential() : String(value))
}

function checkRange(digits: Digits): Digits {
  if (digits.text.length > maxDigits) {
    throw validation('Attempting to store more than 38 significant digits in a Number')
  }
  if (digits.exponent > maxExponent) throw overflow()
  if (digits.exponent < minExponent) throw underflow()
  return digits
}

function overflow(): Error {
  return validation(
    'Number overflow. Attempting to store a number with magnitude larger than supported range',
  )
}

function underflow(): Error {
  return validation(
    'Number underflow. Attempting to store a number with magnitude smaller than supported range',
  )
}

/** The error for a number that is none of DynamoDB's: NaN, an infinity, or out of range. */
function numberRefused(value: NumberValue): Error {
  if (typeof value === 'bigint') return overflow()
  if (typeof value === 'number' && Number.isFinite(value)) {
    return Math.abs(value) >= 1 ? overflow() : underflow()
  }
  return validation(`The parameter cannot be converted to a numeric value: ${String(value)}`)
}
