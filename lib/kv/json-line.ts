import { isUtf8 } from 'node:buffer'
import type { Encoded } from '../base/encodings.ts'

/** A line of JSONL that is no record. */
export class BadLine extends Error {}

export interface LineRecord {
  readonly key: Encoded
  readonly value: Encoded
}

/** Longer lines are taken apart by hand where they have the form that the export gives to long values. */
const longLineBytes = 16 * 1024 * 1024
/** The longest that can be a key and what stands around it: six characters for each byte at worst. */
const longestHead = 6 * 65_536 + 64
const valueMark = Buffer.from(',"value":{"base64":"')
const end = Buffer.from('"}}')
/** Characters of base64 that are decoded at once; a multiple of four. */
const pieceLength = 4 * 256 * 1024
const loneSurrogate = /\p{Surrogate}/u

/** The record of one line; undefined for an empty one. Throws BadLine. */
export function parseLine(line: Buffer): LineRecord | undefined {
  const long = line.byteLength > longLineBytes ? parseLongLine(line) : undefined
  if (long !== undefined) return long
  const document = parseJson(line)
  if (document === undefined) return undefined
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new BadLine('it is no object {"key", "value"}')
  }
  for (const name of ['key', 'value']) {
    if (!Object.hasOwn(document, name)) throw new BadLine(`it has no "${name}"`)
  }
  const { key, value, ...rest } = document as Record<string, unknown>
  const [other] = Object.keys(rest)
  if (other !== undefined)
    throw new BadLine(`it has ${JSON.stringify(other)}; a record has "key" and "value"`)
  return { key: toBytes(key, 'key'), value: toBytes(value, 'value') }
}

function parseJson(line: Buffer): unknown {
  if (!isUtf8(line)) throw new BadLine('it is not UTF-8')
  let text: string
  try {
    text = line.toString('utf8')
  } catch {
    throw new BadLine(
      `its ${line.byteLength} bytes are too long for a string of Node; such values go in as base64`,
    )
  }
  if (/^\s*$/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BadLine(`it is not JSON: ${(error as Error).message}`)
  }
}

/** The form of long values, `{"key":…,"value":{"base64":"…"}}` without spaces, without making a string of it. */
function parseLongLine(line: Buffer): LineRecord | undefined {
  const length = line.at(-1) === 0x0d ? line.byteLength - 1 : line.byteLength
  const mark = line.subarray(0, longestHead).indexOf(valueMark)
  if (mark < 0 || !line.subarray(length - end.byteLength, length).equals(end)) return undefined
  const head = parseJson(Buffer.concat([line.subarray(0, mark), Buffer.from('}')]))
  if (typeof head !== 'object' || head === null || Object.keys(head).join() !== 'key') return undefined
  const base64 = line.subarray(mark + valueMark.byteLength, length - end.byteLength)
  const pieces: Buffer[] = []
  for (let at = 0; at < base64.byteLength; at += pieceLength) {
    pieces.push(
      fromBase64(
        base64.toString('latin1', at, at + pieceLength),
        'value',
        at + pieceLength >= base64.byteLength,
      ),
    )
  }
  return { key: toBytes((head as Record<string, unknown>)['key'], 'key'), value: Buffer.concat(pieces) }
}

function toBytes(field: unknown, name: string): Encoded {
  if (typeof field === 'string') {
    if (!loneSurrogate.test(field)) return field
    throw new BadLine(
      `its "${name}" has half of a surrogate pair, which UTF-8 cannot hold; use {"base64": "…"}`,
    )
  }
  if (typeof field === 'object' && field !== null && Object.keys(field).join() === 'base64') {
    const { base64 } = field as { readonly base64: unknown }
    if (typeof base64 === 'string') return fromBase64(base64, name, true)
  }
  throw new BadLine(`its "${name}" is neither a string nor {"base64": "…"}`)
}

/** Strict: the standard alphabet, padded; padding only at the `last` piece. */
function fromBase64(text: string, name: string, last: boolean): Buffer {
  const padding = !last ? 0 : text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = padding === 0 ? text : text.slice(0, -padding)
  if (text.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(digits)) {
    throw new BadLine(`the base64 of its "${name}" is malformed`)
  }
  return Buffer.from(text, 'base64')
}

const newline = 0x0a
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
/** The longest line that can be a record: a value of 1 GiB as base64, and a key. */
const longestLine = Math.ceil((1024 ** 3 * 4) / 3) + 1024 * 1024

/** Cuts a stream of chunks into lines. Strings may be cut anywhere, also within a character. */
export class LineSplitter {
  #parts: Buffer[] = []
  #length = 0
  #half = ''
  #begun = false

  /** The last line, if it has no end. */
  finish(): Buffer | undefined {
    if (this.#half !== '') throw new BadLine('it ends with half of a surrogate pair')
    return this.#length === 0 ? undefined : this.#complete(Buffer.alloc(0))
  }

  /** The lines that this chunk completes, without their ends; their bytes may be those of the chunk. Throws BadLine. */
  *push(chunk: string | Uint8Array): Generator<Buffer, void, undefined> {
    let bytes = this.#bytesOf(chunk)
    if (bytes.byteLength === 0) return
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline)) {
      yield this.#complete(bytes.subarray(0, at))
      bytes = bytes.subarray(at + 1)
    }
    if (bytes.byteLength === 0) return
    this.#length += bytes.byteLength
    if (this.#length > longestLine)
      throw new BadLine(`it is longer than ${longestLine} bytes, which no record can be`)
    // The chunk may be used again by who made it.
    this.#parts.push(Buffer.from(bytes))
  }

  #complete(rest: Buffer): Buffer {
    const line = this.#parts.length === 0 ? rest : Buffer.concat([...this.#parts, rest])
    this.#parts = []
    this.#length = 0
    const first = !this.#begun
    this.#begun = true
    return first && line.subarray(0, 3).equals(byteOrderMark) ? line.subarray(3) : line
  }

  #bytesOf(chunk: string | Uint8Array): Buffer {
    if (typeof chunk !== 'string') return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const text = this.#half + chunk
    const lastUnit = text.charCodeAt(text.length - 1)
    this.#half = lastUnit >= 0xd800 && lastUnit < 0xdc00 ? text.slice(-1) : ''
    const whole = this.#half === '' ? text : text.slice(0, -1)
    const lone = whole.search(loneSurrogate)
    // What UTF-8 cannot hold must not become something else: a byte that is none makes its line a bad one.
    if (lone >= 0)
      return Buffer.concat([
        Buffer.from(whole.slice(0, lone)),
        Buffer.of(0xff),
        Buffer.from(whole.slice(lone)),
      ])
    return Buffer.from(whole, 'utf8')
  }
}
