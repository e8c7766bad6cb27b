/**
 * Numbers in keys: bytes that order as the numbers do and that end by themselves. docs/formats.md, "Tables": a sign byte;
 * unless the number is zero, its exponent + 130 and pairs of its digits, twice their value, plus one where another pair
 * follows. Negative numbers have all bytes after the sign inverted.
 */
import { corruption } from './errors.ts'
import { digitsOf, type NumberValue, numberOfDigits } from './number.ts'

const negativeSign = 1
const zeroSign = 2
const positiveSign = 3
const exponentBias = 130

/** Longest encoding of a number in a key, in bytes. */
export const maxNumberKeyBytes = 21

/** Writes a number at `at`; where its bytes end. REQUIRES: room. Throws ValidationException when it is out of range. */
export function writeNumberKey(bytes: Uint8Array, at: number, value: NumberValue): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    const text = String(value < 0 ? -value : value)
    let end = text.length
    while (end > 1 && text.charCodeAt(end - 1) === 48) end--
    return write(bytes, at, value < 0, value === 0 ? '' : text, end, text.length - 1)
  }
  const { negative, text, exponent } = digitsOf(value)
  return write(bytes, at, negative, text, text.length, exponent)
}

/** The first `count` characters of `text` are the digits; none for zero. */
function write(
  bytes: Uint8Array,
  at: number,
  negative: boolean,
  text: string,
  count: number,
  exponent: number,
): number {
  if (text === '') {
    bytes[at] = zeroSign
    return at + 1
  }
  const flip = negative ? 0xff : 0
  bytes[at++] = negative ? negativeSign : positiveSign
  bytes[at++] = (exponent + exponentBias) ^ flip
  for (let index = 0; index < count; index += 2) {
    const low = index + 1 < count ? text.charCodeAt(index + 1) - 48 : 0
    const pair = (text.charCodeAt(index) - 48) * 10 + low
    bytes[at++] = (2 * pair + (index + 2 < count ? 1 : 0)) ^ flip
  }
  return at
}

/** Where the number that begins at `at` ends. Throws BURROW_CORRUPTION when it does not. */
export function endOfNumberKey(bytes: Uint8Array, at: number): number {
  const sign = bytes[at]
  if (sign === zeroSign) return at + 1
  if (sign !== negativeSign && sign !== positiveSign) throw corruption('a key has a number without a sign')
  const flip = sign === negativeSign ? 0xff : 0
  for (let end = at + 2; end < bytes.length && end < at + maxNumberKeyBytes; end++) {
    if (((bytes[end]! ^ flip) & 1) === 0) return end + 1
  }
  throw corruption('a key ends inside a number')
}

/** The number in `bytes` from `at` to `end`, which `endOfNumberKey` found. */
export function readNumberKey(bytes: Uint8Array, at: number, end: number): NumberValue {
  if (bytes[at] === zeroSign) return 0
  const negative = bytes[at] === negativeSign
  const flip = negative ? 0xff : 0
  let text = ''
  for (let index = at + 2; index < end; index++) {
    const pair = (bytes[index]! ^ flip) >>> 1
    if (pair > 99) throw corruption('a key has a number with a bad digit')
    text += pair < 10 ? `0${pair}` : pair
  }
  if (text.endsWith('0')) text = text.slice(0, -1)
  if (text.startsWith('0') || text.endsWith('0')) throw corruption('a key has a number with idle zeros')
  return numberOfDigits({ negative, text, exponent: (bytes[at + 1]! ^ flip) - exponentBias })
}
