import { isUtf8 } from 'node:buffer'

/** Controls, format characters, line separators, what is not assigned, and the backslash itself. */
const special = /[\\\p{C}\p{Zl}\p{Zp}]/gu

/** Bytes as text on one line that cannot be mistaken for other bytes: what cannot be printed is \xNN, a backslash is two. */
export function printable(given: Uint8Array): string {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength)
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(special, escapeCharacter)
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const character = bytes.subarray(at, at + length)
    const valid = character.length === length && isUtf8(character)
    text += valid ? character.toString('utf8').replace(special, escapeCharacter) : escapeByte(lead)
    at += valid ? length : 1
  }
  return text
}

const shownBytes = 48

/** The same of the first bytes, with how many there are (`total`) when that is not all. */
export function abbreviate(bytes: Buffer, total = bytes.length): string {
  if (total <= shownBytes) return printable(bytes)
  // Not in the middle of a character, if it is one.
  let end = shownBytes
  while (end > shownBytes - 3 && (bytes[end]! & 0xc0) === 0x80) end--
  return `${printable(bytes.subarray(0, end))}… (${total} bytes)`
}

function escapeCharacter(character: string): string {
  return character === '\\' ? '\\\\' : [...Buffer.from(character, 'utf8')].map(escapeByte).join('')
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}
