import { checkNames, readFlag } from '../../base/call-options.ts'
import { describeValue } from '../../util/describe-value.ts'
import { validation } from '../errors.ts'
import { readWhole } from '../query/options.ts'
import type { Durability } from '../store.ts'

/** Options of `execute`. */
export interface ExecuteOptions extends Durability {
  /** Of a SELECT: rows to be read, from 1 up, before WHERE is tested on them. Default: a page of 1 MiB. */
  readonly limit?: number | undefined
  /** Of a SELECT: the `nextToken` of the result before. */
  readonly nextToken?: string | undefined
  /** Reads are always consistent; global indexes refuse the word. */
  readonly consistent?: boolean | undefined
  /** 'ALL_OLD': the error of a condition that failed has the item as `item`. Default 'NONE'. */
  readonly returnValuesOnConditionCheckFailure?: 'NONE' | 'ALL_OLD' | undefined
}

const executeNames = new Set([
  'limit',
  'nextToken',
  'consistent',
  'returnValuesOnConditionCheckFailure',
  'sync',
])

/** What of the options concerns reads and what concerns writes, checked. */
export interface CheckedOptions {
  readonly limit: number | undefined
  readonly nextToken: unknown
  readonly consistent: boolean
  /** A failed condition tells the item. */
  readonly tell: boolean
  readonly durability: Durability | undefined
}

/** Throws BURROW_INVALID_ARGUMENT for an unknown option, ValidationException for a value that one cannot have. */
export function checkExecuteOptions(options: ExecuteOptions, call: string): CheckedOptions {
  checkNames(options, executeNames, call)
  const { nextToken, sync } = options
  readFlag('sync', sync, call)
  return {
    limit: readWhole('limit', options.limit, 1),
    nextToken,
    consistent: readFlag('consistent', options.consistent, call) ?? false,
    tell: readTell(options.returnValuesOnConditionCheckFailure),
    durability: sync === undefined ? undefined : { sync },
  }
}

export function readTell(value: unknown): boolean {
  if (value === undefined || value === 'NONE') return false
  if (value === 'ALL_OLD') return true
  const shown = typeof value === 'string' ? `'${value}'` : describeValue(value)
  throw validation(
    `1 validation error detected: Value ${shown} at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]`,
  )
}
