import { isSharedArrayBuffer } from 'node:util/types'
import { asBuffer } from '../util/bytes.ts'
import { describeValue } from '../util/describe-value.ts'
import type { FastBuffer } from '../util/fast-buffer.ts'
import { formatBytes, GiB } from '../util/units.ts'
import { invalidArgument } from './errors.ts'

/** How keys or values look to JavaScript: text, bytes (`Buffer` when read), or any value that JSON can hold. */
export type Encoding = 'utf8' | 'buffer' | 'json'
export const encodings: readonly Encoding[] = ['utf8', 'buffer', 'json']

/** What native calls take: strings are written as UTF-8 (a lone surrogate becomes U+FFFD). */
export type Encoded = string | Uint8Array

/** Longest key in bytes; the shortest is 1. */
export const maxKeyBytes = 65535
/** Longest value in bytes; a value may be empty. */
const maxValueBytes = GiB

/** A key as native calls take it, checked. Throws BURROW_INVALID_ARGUMENT. */
export function encodeKey(key: unknown, encoding: Encoding): Encoded {
  const encoded = encode(key, encoding, 'key')
  if (encoded.length === 0) {
    throw invalidArgument(`the empty key is refused: a key is 1 to ${maxKeyBytes} bytes long`, {
      key: encoded,
    })
  }
  checkLength(encoded, maxKeyBytes, 'key')
  return encoded
}

/** A value as native calls take it, checked. Throws BURROW_INVALID_ARGUMENT. */
export function encodeValue(value: unknown, encoding: Encoding): Encoded {
  const encoded = encode(value, encoding, 'value')
  checkLength(encoded, maxValueBytes, 'value')
  return encoded
}

/** A bound of a range: like a key, but it may be empty. */
export function encodeBound(bound: unknown, encoding: Encoding): Encoded {
  const encoded = encode(bound, encoding, 'range bound')
  checkLength(encoded, maxKeyBytes, 'range bound')
  return encoded
}

/**
 * What was stored, as JavaScript sees it. Text may arrive as a string or as its UTF-8 bytes. Under 'buffer' the result
 * shares the memory of `stored`. Throws BURROW_INVALID_ARGUMENT when the bytes do not fit the encoding.
 */
export function decode(stored: Encoded, encoding: Encoding): unknown {
  if (encoding === 'buffer') {
    return typeof stored === 'string' ? Buffer.from(stored, 'utf8') : asBuffer(stored)
  }
  const text =
    typeof stored === 'string' ? stored : sliceText(asBuffer(stored) as FastBuffer, 0, stored.byteLength)
  if (encoding === 'utf8') return text
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalidArgument(
      `the stored bytes are not JSON: ${describeValue(text)}. Read them with valueEncoding: 'buffer' or 'utf8'`,
      undefined,
      cause,
    )
  }
}

/** Throws BURROW_INVALID_ARGUMENT unless `encoding` is one. */
export function checkEncoding(encoding: unknown, option: string): Encoding {
  if (encodings.includes(encoding as Encoding)) return encoding as Encoding
  const allowed = encodings.map((name) => `'${name}'`).join(', ')
  throw invalidArgument(`${option} is ${describeValue(encoding)}; it must be one of ${allowed}`, {
    option,
    value: encoding,
    allowed,
  })
}

function encode(value: unknown, encoding: Encoding, what: string): Encoded {
  if (encoding === 'json') return encodeJson(value, what)
  if (typeof value === 'string') return value
  if (ArrayBuffer.isView(value)) return encodeView(value, what)
  throw invalidArgument(
    `a ${what} under '${encoding}' must be a string, a Buffer or another ArrayBufferView, got ${describeValue(value)}`,
    { value },
  )
}

function encodeJson(value: unknown, what: string): string {
  let text: string | undefined
  let cause: unknown
  try {
    text = JSON.stringify(value)
  } catch (error) {
    cause = error
  }
  if (text !== undefined) return text
  throw invalidArgument(
    `a ${what} under 'json' must be something JSON can hold, got ${describeValue(value)}`,
    { value },
    cause,
  )
}

function encodeView(view: ArrayBufferView, what: string): Uint8Array {
  // Native code must not read memory that another thread may write: shared memory is copied first.
  if (isSharedArrayBuffer(view.buffer)) return new Uint8Array(bytesOf(view, what))
  return isPlainBytes(view) && view.byteLength > 0 ? view : bytesOf(view, what)
}

const lengthGetter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')!
  .get!

/** The length that an array cannot lie about; 0 of a detached one. */
export function trueLength(array: Uint8Array): number {
  return lengthGetter.call(array)
}

/**
 * Bytes that can be used as they are. A subclass may say anything about its length, so it is taken by its buffer; a proxy
 * passes for its target, but is no view.
 */
export function isPlainBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && ArrayBuffer.isView(value) && trueLength(value) === value.length
}

function bytesOf(view: ArrayBufferView, what: string): Uint8Array {
  try {
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  } catch (cause) {
    throw invalidArgument(
      `the buffer of the ${what} was detached or shrunk: its bytes are gone`,
      undefined,
      cause,
    )
  }
}

function checkLength(encoded: Encoded, max: number, what: string): void {
  // A UTF-16 unit is at most three bytes of UTF-8, so most strings need no second pass.
  if (encoded.length * 3 <= max) return
  const length = typeof encoded === 'string' ? Buffer.byteLength(encoded, 'utf8') : encoded.byteLength
  if (length <= max) return
  throw invalidArgument(
    `the ${what} is ${length} bytes long; the longest allowed is ${max} (${formatBytes(max)})`,
    {
      length,
      allowed: `at most ${max} bytes`,
    },
  )
}

/** The text that stands in `bytes` as UTF-8. Throws BURROW_INVALID_ARGUMENT when it is too long for Node. */
export function sliceText(bytes: FastBuffer, begin: number, end: number): string {
  try {
    return bytes.utf8Slice(begin, end)
  } catch (cause) {
    throw invalidArgument(
      `${end - begin} bytes are too long for a string of Node. Read them with valueEncoding: 'buffer'`,
      undefined,
      cause,
    )
  }
}
