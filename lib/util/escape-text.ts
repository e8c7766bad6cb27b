import { isUtf8 } from 'node:buffer'

/** Controls, format characters, line separators, what is not assigned, and the backslash itself. */
const special = /[\\\p{C}\p{Zl}\p{Zp}]/gu

/**
 * Bytes as text on one line, without tabs, that cannot be mistaken for other bytes: what is UTF-8 and can be printed as
 * it is, every other byte as `\xNN`, and a backslash as two.
 */
export function escapeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return buffer.toString('utf8').replace(special, escapeCharacter)
  let text = ''
  for (let at = 0; at < buffer.length; ) {
    const lead = buffer[at]!
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const character = buffer.subarray(at, at + length)
    const valid = character.length === length && isUtf8(character)
    text += valid ? character.toString('utf8').replace(special, escapeCharacter) : escapeByte(lead)
    at += valid ? length : 1
  }
  return text
}

function escapeCharacter(character: string): string {
  return character === '\\' ? '\\\\' : [...Buffer.from(character, 'utf8')].map(escapeByte).join('')
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}
