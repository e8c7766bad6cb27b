import { isUtf8 } from 'node:buffer'
import { type Encoding, encodings } from '../base/encodings.ts'
import { badOption, readFlag } from '../kv/call-options.ts'
import { asBuffer } from '../util/bytes.ts'
import { printable } from '../util/printable.ts'
import { redacted } from '../util/redacted.ts'

/**
 * How keys or values look in what the debugger returns. An encoding: as in reads, but bytes that it cannot be (no UTF-8,
 * no JSON) come as Buffer. `hex`, `base64`; `escaped`: text on one line, with bytes that cannot be printed as `\xNN`.
 */
export type ByteFormat = Encoding | 'hex' | 'base64' | 'escaped'

/** How a dump or an explanation shows keys and values. */
export interface ShowOptions {
  /** Default: the database's keyEncoding. */
  readonly keyFormat?: ByteFormat | undefined
  /** Default: the database's valueEncoding. */
  readonly valueFormat?: ByteFormat | undefined
  /** Show no key and no value, only how long each is: `<12 bytes>`. Default false. */
  readonly redact?: boolean | undefined
}

export const showNames = ['keyFormat', 'valueFormat', 'redact'] as const
type ShowFields = Partial<Record<(typeof showNames)[number], unknown>>

const formats: readonly ByteFormat[] = [...encodings, 'hex', 'base64', 'escaped']

/** Shows bytes as an options object asks for it. */
export interface Show {
  readonly redact: boolean
  key(bytes: Uint8Array): unknown
  value(bytes: Uint8Array): unknown
  /** A key within a message. */
  text(key: Uint8Array): string
}

/** Throws BURROW_INVALID_ARGUMENT for a format that is none. */
export function readShow(
  fields: ShowFields,
  defaults: { readonly keyEncoding: Encoding; readonly valueEncoding: Encoding },
  call: string,
): Show {
  const keyFormat = readFormat('keyFormat', fields.keyFormat, defaults.keyEncoding, call)
  const valueFormat = readFormat('valueFormat', fields.valueFormat, defaults.valueEncoding, call)
  const redact = readFlag('redact', fields.redact, call) ?? false
  return {
    redact,
    key: (bytes) => (redact ? redacted(bytes) : format(bytes, keyFormat)),
    value: (bytes) => (redact ? redacted(bytes) : format(bytes, valueFormat)),
    text: (key) => (redact ? redacted(key) : printable(key)),
  }
}

function readFormat(name: string, value: unknown, fallback: ByteFormat, call: string): ByteFormat {
  const found = formats.find((format) => format === (value ?? fallback))
  if (found !== undefined) return found
  throw badOption(name, value, `one of ${formats.map((format) => `'${format}'`).join(', ')}`, call)
}

function format(bytes: Uint8Array, as: ByteFormat): unknown {
  const buffer = asBuffer(bytes)
  switch (as) {
    case 'utf8':
      return isUtf8(buffer) ? buffer.toString('utf8') : Buffer.from(buffer)
    case 'json':
      return parsed(buffer) ?? Buffer.from(buffer)
    case 'buffer':
      return Buffer.from(buffer)
    case 'hex':
    case 'base64':
      return buffer.toString(as)
    case 'escaped':
      return printable(buffer)
  }
}

/** undefined for what is no JSON, which `undefined` cannot be. */
function parsed(buffer: Buffer): unknown {
  try {
    return JSON.parse(buffer.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}
