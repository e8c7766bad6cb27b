import { type AttributeValue, Decimal, type Item, plainJsonText } from '../../tables.ts'
import { counted } from '../../util/counted.ts'

/** Controls, separators of lines, and what turns the direction of text: a terminal would obey them. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A value in a cell of a table: text as it is, other values as JSON; `-` where there is none. */
export function cellText(value: AttributeValue | undefined): string {
  if (value === undefined) return '-'
  if (typeof value === 'string') return harmless(value)
  return ArrayBuffer.isView(value) ? bytesText(value) : harmless(plainJsonText(value))
}

/** A value in a word or two: `"text"`, `12`, `<3 bytes>`, `[2 items]`, `{4 fields}`. */
export function briefText(value: AttributeValue): string {
  if (ArrayBuffer.isView(value)) return bytesText(value)
  if (value instanceof Set) return `<set of ${value.size}>`
  if (Array.isArray(value)) return `[${counted(value.length, 'item')}]`
  const isMap = typeof value === 'object' && value !== null && !isNumber(value)
  return isMap ? `{${counted(Object.keys(value as Item).length, 'field')}}` : harmless(plainJsonText(value))
}

export function isNumber(value: AttributeValue | undefined): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal
}

/** The text on one line, without anything that a terminal would obey. */
export function harmless(text: string): string {
  return text.replace(unsafe, (character) => {
    if (character === '\n') return '\\n'
    if (character === '\t') return '\\t'
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function bytesText(bytes: ArrayBufferView): string {
  return `<${counted(bytes.byteLength, 'byte')}>`
}
