import { digitsOf, type NumberValue } from './number.ts'

/**
 * The bytes that DynamoDB counts for a number: one, one for a minus sign, and one for each two significant digits of
 * its integral part and of its fraction, rounded up each. Zero takes one.
 */
export function numberSize(value: NumberValue): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return integerSize(value)
  if (typeof value === 'number') {
    const text = String(value)
    const point = text.indexOf('.')
    if (Math.abs(value) >= 1 && point > 0 && !text.includes('e')) {
      return (value < 0 ? 2 : 1) + pairs(value < 0 ? point - 1 : point) + pairs(text.length - point - 1)
    }
  }
  const { negative, text, exponent } = digitsOf(value)
  if (text === '') return 1
  const integral = exponent + 1
  const mixed = integral > 0 && integral < text.length
  return (negative ? 2 : 1) + (mixed ? pairs(integral) + pairs(text.length - integral) : pairs(text.length))
}

function pairs(digits: number): number {
  return (digits + 1) >>> 1
}

function integerSize(value: number): number {
  if (value === 0) return 1
  let fixed = 1
  if (value < 0) {
    value = -value
    fixed = 2
  }
  // Integers that fit 32 bits have quicker arithmetic.
  while (value > 0x7fffffff) {
    if (value % 100 !== 0) return fixed + longSize(value)
    value /= 100
  }
  let digits = value | 0
  while (digits % 10 === 0) digits = (digits / 10) | 0
  let size = fixed + 1
  for (; digits >= 100; digits = (digits / 100) | 0) size++
  return size
}

/** How many pairs of digits an integer has that does not end with two zeros. */
function longSize(value: number): number {
  let digits = value % 10 === 0 ? value / 10 : value
  let size = 1
  for (; digits >= 100; digits = Math.floor(digits / 100)) size++
  return size
}
