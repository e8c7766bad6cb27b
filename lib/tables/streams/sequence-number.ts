import { describeValue } from '../../util/describe-value.ts'
import { validation } from '../errors.ts'

/** DynamoDB's are at least so long; all of one length, texts are ordered as numbers are. */
const length = 21

/** How a sequence number looks outside. */
export function sequenceText(sequence: number): string {
  return String(sequence).padStart(length, '0')
}

/** The inverse. Throws ValidationException for what is no sequence number of a stream. */
export function parseSequence(text: unknown): number {
  const sequence = typeof text === 'string' && /^\d{1,40}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(sequence)) return sequence
  throw validation(`Invalid SequenceNumber: ${describeValue(text)}; it must be that of a change record`)
}
