import { describeValue } from '../../util/describe-value.ts'
import { corruption, validation } from '../errors.ts'
import { consumerKey } from './consumer-key.ts'
import type { StreamLog } from './log.ts'
import { sequenceText } from './sequence-number.ts'

/** A named reader of a stream, and how far it is. */
export interface StreamConsumer {
  readonly name: string
  /** The record to go on with, or, if there is none yet, the next one after it. */
  readonly sequenceNumber: string
  /** When it got so far, milliseconds since 1970. */
  readonly updatedAt: number
}

const longestName = 255
const formatVersion = 1

/** Throws ValidationException for what cannot be the name of a consumer. */
export function checkConsumerName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= longestName) return
  throw validation(
    `The name of a stream consumer must be a string of 1 to ${longestName} bytes, got ${describeValue(name)}`,
  )
}

/** The number of the record to go on with; undefined for a consumer that has no checkpoint yet. */
export function readCheckpoint({ db, tableId }: StreamLog, name: string): number | undefined {
  const value = db.getSync(consumerKey(tableId, name), { valueEncoding: 'buffer' })
  return value === undefined ? undefined : decodeCheckpoint(value).next
}

/** `sync: false`: as safe as the next durable write makes it; a crash repeats records. */
export async function writeCheckpoint(
  { db, now, tableId }: StreamLog,
  name: string,
  next: number,
  options: { sync: false } | undefined,
): Promise<void> {
  const value = JSON.stringify({ version: formatVersion, next, at: now() })
  await db.put(consumerKey(tableId, name), value, {
    keyEncoding: 'buffer',
    valueEncoding: 'utf8',
    ...options,
  })
}

/** Every consumer that has a checkpoint, by name. */
export async function listConsumers({ db, tableId }: StreamLog): Promise<StreamConsumer[]> {
  const prefix = consumerKey(tableId, '')
  const rows = await db.entries({ prefix, keyEncoding: 'buffer', valueEncoding: 'buffer' }).all()
  return rows.map(([key, value]) => {
    const { at, next } = decodeCheckpoint(value)
    const name = key.subarray(prefix.byteLength).toString('utf8')
    return { name, sequenceNumber: sequenceText(next), updatedAt: at }
  })
}

/** Forgets a consumer's checkpoint; nothing happens when there is none. */
export async function deleteConsumer({ db, tableId }: StreamLog, name: unknown): Promise<void> {
  checkConsumerName(name)
  await db.delete(consumerKey(tableId, name), { keyEncoding: 'buffer' })
}

function decodeCheckpoint(value: Uint8Array): { next: number; at: number } {
  try {
    const { at, next, version } = JSON.parse(Buffer.from(value).toString('utf8')) as Record<string, unknown>
    if (version === formatVersion && Number.isSafeInteger(next) && Number.isSafeInteger(at)) {
      return { next: next as number, at: at as number }
    }
  } catch {
    // Said below.
  }
  throw corruption(
    `The checkpoint of a stream consumer cannot be read: ${describeValue(Buffer.from(value).toString('latin1'))}`,
  )
}
