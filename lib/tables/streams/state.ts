import { corruption } from '../errors.ts'
import { type StreamViewType, viewTypes } from './view-type.ts'

/** The records from one enabling of the stream to its disabling. */
export interface StreamShard {
  /** Counts from 1 within the table. */
  readonly number: number
  readonly viewType: StreamViewType
  /** When the stream was enabled, milliseconds since 1970. */
  readonly createdAt: number
  /** The number that its first record has, or will have. */
  readonly first: number
  /** One above its last record's number, once the stream was disabled. */
  readonly end?: number
}

/** What is kept about a stream besides its records. */
export interface StreamState {
  /** In order; the last one is open, unless the stream is disabled. */
  readonly shards: readonly StreamShard[]
  /** Records below this number are gone. */
  readonly trimmed: number
  /** No record has a number from here up, or did when the state was written: numbers are never used again. */
  readonly next: number
  /** The time of the last record then. */
  readonly time: number
}

/** Of a stream that was never enabled. */
export const noStream: StreamState = { shards: [], trimmed: 1, next: 1, time: 0 }

const formatVersion = 1

export function encodeState(state: StreamState): Uint8Array {
  return Buffer.from(JSON.stringify({ version: formatVersion, ...state }), 'utf8')
}

/** Throws BURROW_CORRUPTION for bytes that `encodeState` cannot have made. */
export function decodeState(bytes: Uint8Array): StreamState {
  const bad = (what: string) => corruption(`The state of a stream cannot be read: ${what}`)
  let read: unknown
  try {
    read = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    throw bad('it is no JSON')
  }
  const { version, ...state } = (read ?? {}) as Partial<StreamState> & { version?: unknown }
  if (version !== formatVersion) throw bad(`format version ${String(version)}`)
  const { next, shards, time, trimmed } = state
  const counts = [next, time, trimmed]
  if (!counts.every(isCount) || !Array.isArray(shards) || !shards.every(isShard))
    throw bad('a field is missing')
  return { next: next!, shards, time: time!, trimmed: trimmed! }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isShard(value: unknown): value is StreamShard {
  if (typeof value !== 'object' || value === null) return false
  const { createdAt, end, first, number, viewType } = value as Partial<StreamShard>
  return (
    isCount(number) &&
    isCount(createdAt) &&
    isCount(first) &&
    (end === undefined || isCount(end)) &&
    viewTypes.includes(viewType as StreamViewType)
  )
}
