/** A decimal number taken apart: what its texts, its key encoding and its item encoding are made from. */

/** ±d.ddd × 10^exponent. Zero has no digits and no sign, and the exponent that it is written with. */
export interface Digits {
  readonly negative: boolean
  /** The significant digits: neither the first nor the last is 0. */
  readonly text: string
  /** The power of ten of the first digit. */
  readonly exponent: number
}

const syntax = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/

/** The digits of a decimal text like `-12.50`, `.5` or `1e-7`; undefined for text that is no number. Of any size. */
export function digitsOfText(text: string): Digits | undefined {
  const parts = syntax.exec(text)
  if (parts === null) return undefined
  const [, sign, whole = '', fraction = parts[4] ?? '', , power = '0'] = parts
  const all = whole + fraction
  let begin = 0
  while (begin < all.length && all.charCodeAt(begin) === 48) begin++
  if (begin === all.length) return { negative: false, text: '', exponent: Number(power) }
  let end = all.length
  while (all.charCodeAt(end - 1) === 48) end--
  return {
    negative: sign === '-',
    text: all.slice(begin, end),
    exponent: whole.length - 1 - begin + Number(power),
  }
}

/** `-1.25e7`, as JavaScript and decimal.js read it. */
export function scientificText({ negative, text, exponent }: Digits): string {
  if (text === '') return '0'
  const fraction = text.length > 1 ? `.${text.slice(1)}` : ''
  return `${negative ? '-' : ''}${text.charAt(0)}${fraction}e${exponent}`
}

/** The decimal text without exponent. The exponent must be bounded: the text is that long. */
export function plainText({ negative, text, exponent }: Digits): string {
  if (text === '') return '0'
  const sign = negative ? '-' : ''
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${text}`
  const point = exponent + 1
  if (point >= text.length) return sign + text.padEnd(point, '0')
  return `${sign}${text.slice(0, point)}.${text.slice(point)}`
}
