import { describeValue } from '../../util/describe-value.ts'
import { validation } from '../errors.ts'
import type { StreamLog } from './log.ts'
import { parseSequence } from './sequence-number.ts'

/**
 * A place in a stream: its oldest record; the next one to be committed; the record with a sequence number, or the one
 * after it. A sequence number alone means after it.
 */
export type StreamPosition =
  | 'TRIM_HORIZON'
  | 'LATEST'
  | { readonly at: string }
  | { readonly after: string }
  | (string & {})

/** The number to read from; 0: from whatever is the oldest then. Throws ValidationException for what is no position, TrimmedDataAccessException for what is gone. */
export function readPosition(log: StreamLog, position: unknown): number {
  if (position === 'TRIM_HORIZON') return 0
  if (position === 'LATEST') return log.visible
  if (typeof position === 'string' && /^\d/.test(position)) return numbered(log, position, 1)
  if (typeof position === 'object' && position !== null) {
    const [name, ...others] = Object.keys(position)
    if (others.length === 0 && (name === 'at' || name === 'after')) {
      return numbered(log, (position as Record<string, unknown>)[name], name === 'after' ? 1 : 0)
    }
  }
  throw validation(
    `A position in a stream is 'TRIM_HORIZON', 'LATEST', { at: sequenceNumber } or { after: sequenceNumber }, got ${describeValue(position)}`,
  )
}

function numbered(log: StreamLog, text: unknown, step: number): number {
  const sequence = parseSequence(text) + step
  log.checkTrimmed(sequence)
  return sequence
}
