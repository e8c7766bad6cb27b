/** Attribute names as strings: the same few names come with every item, and making a string is dear. */
import type { FastBuffer } from '../util/fast-buffer.ts'

const slots = 1024
const longestKept = 40
/** By the hash of their bytes; only ASCII, so a unit of the string is a byte. */
const names: (string | undefined)[] = new Array<string | undefined>(slots).fill(undefined)

/** The name that `length` bytes at `begin` write as UTF-8. REQUIRES: the bytes are there. */
export function nameAt(bytes: FastBuffer, begin: number, length: number): string {
  if (length === 0 || length > longestKept) return bytes.utf8Slice(begin, begin + length)
  const slot = slotOf(bytes, begin, length)
  const known = names[slot]
  if (known !== undefined && isAsciiAt(bytes, begin, length, known)) return known
  const name = bytes.utf8Slice(begin, begin + length)
  // As a key of an object it has become the one copy that all property accesses want.
  if (name.length === length) names[slot] = Object.keys({ [name]: 0 })[0]
  return name
}

/** True when the bytes are the units of `text`. */
export function isAsciiAt(bytes: Uint8Array, begin: number, length: number, text: string): boolean {
  if (text.length !== length) return false
  for (let index = 0; index < length; index++) {
    if (bytes[begin + index] !== text.charCodeAt(index)) return false
  }
  return true
}

function slotOf(bytes: Uint8Array, begin: number, length: number): number {
  const first = bytes[begin]!
  const middle = bytes[begin + (length >>> 1)]!
  const last = bytes[begin + length - 1]!
  return (first ^ (middle << 2) ^ (last << 4) ^ (length << 5)) & (slots - 1)
}
