import { checkEncoding, type Encoding } from '../base/encodings.ts'

export { badOption, checkNames, readCount, readFlag, readOptions } from '../base/call-options.ts'

/** How keys and values of one call look; the database's own encodings where absent. */
export interface EncodingOptions {
  readonly keyEncoding?: Encoding | undefined
  readonly valueEncoding?: Encoding | undefined
}

export interface Encodings {
  readonly key: Encoding
  readonly value: Encoding
}

export function readEncodings(
  fields: Partial<Record<'keyEncoding' | 'valueEncoding', unknown>>,
  defaults: Encodings,
): Encodings {
  const { keyEncoding, valueEncoding } = fields
  if (keyEncoding === undefined && valueEncoding === undefined) return defaults
  return {
    key: keyEncoding === undefined ? defaults.key : checkEncoding(keyEncoding, 'keyEncoding'),
    value: valueEncoding === undefined ? defaults.value : checkEncoding(valueEncoding, 'valueEncoding'),
  }
}
