/**
 * Text and bytes in keys: as they are, with 00 written as 00 FF, and 00 01 at the end. So a value stands before all that
 * it begins, the next part of the key begins by itself, and the values with a prefix are those whose bytes begin with it.
 */
import type { FastBuffer } from '../util/fast-buffer.ts'
import { corruption } from './errors.ts'

const zeroFollower = 0xff
const terminator = 1
/** Text up to this length is written unit by unit while it is ASCII; longer text is cheaper in C++. */
const shortText = 48

/** Writes text as UTF-8 without a terminator; where it ends. REQUIRES: room for six bytes a UTF-16 unit and one more. */
export function writeText(bytes: FastBuffer, at: number, text: string): number {
  const { length } = text
  if (length <= shortText) {
    let index = 0
    for (; index < length; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 0x7f || unit === 0) break
      bytes[at + index] = unit
    }
    if (index === length) return at + length
  }
  return escapeZeros(bytes, at, at + bytes.utf8Write(text, at))
}

/** Writes bytes without a terminator; where they end. REQUIRES: room for twice the bytes and one more. */
export function writeBytes(bytes: FastBuffer, at: number, data: Uint8Array): number {
  bytes.set(data, at)
  return escapeZeros(bytes, at, at + data.length)
}

export function writeTerminator(bytes: FastBuffer, at: number): number {
  bytes[at] = 0
  bytes[at + 1] = terminator
  return at + 2
}

/** Puts FF behind each 00 between `begin` and `end`; the new end. */
function escapeZeros(bytes: FastBuffer, begin: number, end: number): number {
  let zeros = 0
  // The search must not run on through the rest of the memory.
  bytes[end] = 0
  for (let at = bytes.indexOf(0, begin); at >= 0 && at < end; at = bytes.indexOf(0, at + 1)) zeros++
  if (zeros === 0) return end
  let to = end + zeros
  for (let from = end; from > begin; ) {
    const byte = bytes[--from]!
    if (byte === 0) bytes[--to] = zeroFollower
    bytes[--to] = byte
  }
  return end + zeros
}

/** Where the text or bytes that begin at `at` end, behind their terminator. Throws BURROW_CORRUPTION when they do not. */
export function endOfBytesKey(bytes: Uint8Array, at: number): number {
  for (
    let zero = bytes.indexOf(0, at);
    zero >= 0 && zero + 1 < bytes.length;
    zero = bytes.indexOf(0, zero + 2)
  ) {
    const follower = bytes[zero + 1]
    if (follower === terminator) return zero + 2
    if (follower !== zeroFollower) break
  }
  throw corruption('a key has text or bytes without an end')
}

/** The bytes between `at` and `end`, which `endOfBytesKey` found: a copy. */
export function readBytesKey(bytes: Uint8Array, at: number, end: number): Uint8Array {
  const escaped = bytes.subarray(at, end - 2)
  const plain = new Uint8Array(escaped.length)
  let length = 0
  for (let index = 0; index < escaped.length; index++) {
    const byte = escaped[index]!
    plain[length++] = byte
    if (byte === 0) index++
  }
  return length === plain.length ? plain : plain.slice(0, length)
}
