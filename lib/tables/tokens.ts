/**
 * Idempotency of transactions: a client request token is kept for ten minutes, with a hash of what was asked under it, in
 * the batch that did it. docs/formats.md, "Tables".
 */
import { createHash } from 'node:crypto'
import { holdAll } from '../kv/latches.ts'
import { compareBytes } from '../util/bytes.ts'
import { corruption, TableError } from './errors.ts'
import { encodeItem } from './item-codec.ts'
import { spacePrefix, tokenKey } from './layout.ts'
import { constraint } from './request-limits.ts'
import type { Store } from './store.ts'
import { type AttributeValue, findType, type Item, setAttribute } from './value.ts'

const keptMs = 10 * 60 * 1000
const hashBytes = 32
const recordBytes = 8 + hashBytes
const longestToken = 36

/** The key of the record of a token. Throws ValidationException for what is no token. */
export function keyOfToken(token: unknown): Uint8Array {
  if (typeof token !== 'string') throw constraint(token, 'clientRequestToken', 'be a string')
  if (token.length === 0)
    throw constraint(token, 'clientRequestToken', 'have length greater than or equal to 1')
  if (token.length > longestToken)
    throw constraint(token, 'clientRequestToken', `have length less than or equal to ${longestToken}`)
  return tokenKey(createHash('sha256').update(token, 'utf8').digest())
}

/** The same for requests that ask for the same; the order of attributes does not count. */
export function hashOfRequest(request: unknown): Uint8Array {
  return createHash('sha256')
    .update(encodeItem({ request: ordered(request) }))
    .digest()
}

/** Expiry in milliseconds since 1970, u64 BE · hash of the request. */
export function tokenRecord(hash: Uint8Array, now: number): Uint8Array {
  const record = Buffer.alloc(recordBytes)
  record.writeBigUInt64BE(BigInt(now + keptMs))
  record.set(hash, 8)
  return record
}

/** True when the request was carried out before. Throws IdempotentParameterMismatchException when another one was. */
export function isRepeated(record: Uint8Array | undefined, hash: Uint8Array, now: number): boolean {
  if (record === undefined || expiryOf(record) <= now) return false
  if (compareBytes(record.subarray(8), hash) === 0) return true
  throw new TableError(
    'IdempotentParameterMismatchException',
    'The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical',
  )
}

/** Deletes the records of tokens that have expired. */
export async function sweepTokens(store: Store, now: number, signal: AbortSignal): Promise<void> {
  const expired: Uint8Array[] = []
  for await (const [key, record] of store.entries({ prefix: spacePrefix('tokens'), fillCache: false })) {
    if (signal.aborted) return
    if (expiryOf(record) <= now) expired.push(key)
  }
  if (expired.length > 0) await forget(store, expired, now)
}

/** A token may be used again meanwhile: then its record stays. */
async function forget(store: Store, keys: readonly Uint8Array[], now: number): Promise<void> {
  const holds = holdAll(keys.map((key) => ({ key, exclusive: true })))
  const held = store.latches.acquire(holds)
  if (held !== undefined) await held
  let durable: Promise<void>
  try {
    const records = await store.getMany(keys)
    const batch = store.batch()
    for (const [index, key] of keys.entries()) {
      const record = records[index]
      if (record !== undefined && expiryOf(record) <= now) batch.delete(key)
    }
    durable = batch.commit(undefined)
  } finally {
    store.latches.release(holds)
  }
  await durable
}

function expiryOf(record: Uint8Array): number {
  if (record.length !== recordBytes) throw corruption('the record of a client request token has a bad length')
  return Number(new DataView(record.buffer, record.byteOffset).getBigUint64(0))
}

/** A copy with attributes in the order of their names; undefined is left out. */
function ordered(value: unknown): AttributeValue {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null || findType(value) !== 'M') return value as AttributeValue
  const copy: Item = {}
  for (const name of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[name]
    if (member !== undefined) setAttribute(copy, name, ordered(member))
  }
  return copy
}
