import { randomBytes } from 'node:crypto'
import { badOption } from '../base/call-options.ts'

/** Which bytes there are: a whole number from 0 to 2^53 − 1, or a bigint from 0 to 2^64 − 1. */
export type Seed = number | bigint

const limit = 1n << 64n

/** Throws BURROW_INVALID_ARGUMENT for what is no seed; `undefined` is a random one. */
export function readSeed(value: unknown, call: string): bigint {
  if (value === undefined) return randomBytes(8).readBigUInt64LE()
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  if (typeof value === 'bigint' && value >= 0n && value < limit) return value
  throw badOption(
    'seed',
    value,
    'a whole number from 0 to 9007199254740991 (2^53 - 1), or a bigint from 0n to 2^64 - 1',
    call,
  )
}
