/** Where a SELECT goes on: opaque to callers, and good for the same statement, parameters and table only. */
import { createHash } from 'node:crypto'
import { validation } from '../errors.ts'
import { encodeItem } from '../item-codec.ts'
import type { KeyCodec } from '../key-codec.ts'
import type { AttributeValue, Item } from '../value.ts'

/** How far a SELECT has come. */
export interface Position {
  /** Which of its reads is next. */
  readonly read: number
  /** Inside that read: the key of the row that was read last. */
  readonly startKey: Item | undefined
  /** Results that OFFSET still leaves out. */
  readonly skip: number
  /** Results that LIMIT still allows; undefined: any number. */
  readonly left: number | undefined
}

const version = 1
const hashBytes = 12

/** What tokens of a request are bound to. */
export function requestHash(text: string, parameters: readonly AttributeValue[], tableId: number): Buffer {
  return createHash('sha256')
    .update(`${tableId}:${text.length}:${text}`)
    .update(encodeItem({ parameters: [...parameters] }))
    .digest()
    .subarray(0, hashBytes)
}

export function encodeToken(
  { left, read, skip, startKey }: Position,
  request: Buffer,
  keys: KeyCodec,
): string {
  const row = startKey === undefined ? null : keys.encode(startKey).toString('base64url')
  const body = Buffer.from(JSON.stringify([version, read, skip, left ?? null, row]))
  return Buffer.concat([request, seal(request, body), body]).toString('base64url')
}

/** Throws ValidationException for what is no token, and for one of another request. */
export function decodeToken(token: unknown, request: Buffer, keys: KeyCodec): Position {
  if (typeof token !== 'string') throw invalid('it must be the nextToken of a result')
  const bytes = Buffer.from(token, 'base64url')
  const [owner, found, body] = [
    bytes.subarray(0, hashBytes),
    bytes.subarray(hashBytes, 2 * hashBytes),
    bytes.subarray(2 * hashBytes),
  ]
  if (bytes.toString('base64url') !== token || !found.equals(seal(owner, body)))
    throw invalid('it is damaged')
  if (!owner.equals(request)) {
    throw validation(
      'NextToken does not match request: it is of another statement, other parameters or another table',
    )
  }
  const [written, read, skip, left, row] = JSON.parse(body.toString()) as [
    number,
    number,
    number,
    number | null,
    string | null,
  ]
  if (written !== version) throw invalid('it is of another version of burrowdb')
  return { read, skip, left: left ?? undefined, startKey: row === null ? undefined : rowKey(row, keys) }
}

function rowKey(row: string, keys: KeyCodec): Item {
  return keys.decode(Buffer.from(row, 'base64url'))
}

/** Finds tokens that were cut off or changed by accident; it keeps no secrets. */
function seal(owner: Buffer, body: Buffer): Buffer {
  return createHash('sha256').update(owner).update(body).digest().subarray(0, hashBytes)
}

function invalid(why: string): Error {
  return validation(`Invalid NextToken: ${why}`)
}
