import type { OperationCall } from '../kv/debug-host.ts'
import { escapeBytes } from '../util/bytes.ts'

/** Characters of a key that are shown. */
const mostCharacters = 64

/** What a call was about, as plain data for `args` and attributes; keys escaped and abbreviated. */
export interface SubjectArgs {
  readonly key?: string
  /** Keys of getMany, operations of batch, records asked for by next. */
  readonly count?: number
  readonly scan?: number
}

/** Reads only what cannot run code of the user: strings, bytes, lengths of arrays. */
export function describeSubject(call: OperationCall, redact: boolean): SubjectArgs {
  const { name, scan, subject } = call
  switch (name) {
    case 'get':
    case 'has':
    case 'put':
    case 'delete': {
      const key = redact ? undefined : keyText(subject)
      return key === undefined ? {} : { key }
    }
    case 'getMany':
    case 'batch':
      return Array.isArray(subject) ? { count: subject.length } : {}
    case 'next':
      return { scan, ...(typeof subject === 'number' && { count: subject }) }
    case 'scan':
      return { scan }
    default:
      return {}
  }
}

/** A key as text on one line; undefined for what is no string and no bytes. */
export function keyText(key: unknown): string | undefined {
  if (typeof key === 'string') return abbreviated(escapeBytes(Buffer.from(key.slice(0, mostCharacters + 1))))
  if (key instanceof Uint8Array) return abbreviated(escapeBytes(key.subarray(0, mostCharacters + 1)))
  return undefined
}

function abbreviated(text: string): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters - 1)}…`
}
