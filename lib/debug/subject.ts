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

/** What is kept of a subject until somebody looks. */
export interface KeptSubject {
  readonly key?: string | Uint8Array
  readonly count?: number
  readonly scan?: number
}

/** Reads only what cannot run code of the user: strings, bytes, lengths of arrays. Copies bytes. */
export function keepSubject({ name, scan, subject }: OperationCall, redact: boolean): KeptSubject {
  switch (name) {
    case 'get':
    case 'has':
    case 'put':
    case 'delete':
      if (redact) return {}
      if (typeof subject === 'string') return { key: subject.slice(0, mostCharacters + 1) }
      try {
        return subject instanceof Uint8Array
          ? { key: Uint8Array.prototype.slice.call(subject, 0, mostCharacters + 1) }
          : {}
      } catch {
        // A detached buffer, or a revoked proxy: the call is refused, and there is nothing to show.
        return {}
      }
    case 'getMany':
    case 'batch':
      return Array.isArray(subject) ? { count: subject.length } : {}
    case 'next':
      return typeof subject === 'number' ? { scan, count: subject } : { scan }
    case 'scan':
      return { scan }
    default:
      return {}
  }
}

export function describeSubject({ key, ...rest }: KeptSubject): SubjectArgs {
  return key === undefined ? rest : { key: keyText(key), ...rest }
}

/** A key as text on one line. */
function keyText(key: string | Uint8Array): string {
  const text = escapeBytes(typeof key === 'string' ? Buffer.from(key) : key)
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters - 1)}…`
}
