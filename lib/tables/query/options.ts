import { readFlag } from '../../base/call-options.ts'
import { describeValue } from '../../util/describe-value.ts'
import { validation } from '../errors.ts'
import type { LegacyConditions, LegacyQueryParameters, LegacyScanParameters } from '../legacy-parameters.ts'
import type { AttributeValue, Item } from '../value.ts'
import type { Select } from './select.ts'

/** What queries and scans have in common. */
export interface ReadOptions {
  /** Only items for which this condition holds are returned; `limit` and pages count the others, too. */
  readonly filter?: string | undefined
  /** The paths that are returned of each item, with commas between them. Default: see `select`. */
  readonly projection?: string | undefined
  /** What `:name` stands for in the expressions. */
  readonly values?: { readonly [placeholder: string]: AttributeValue } | undefined
  /** What `#name` stands for in the expressions. */
  readonly names?: { readonly [placeholder: string]: string } | undefined
  /** The index to read. Default: the table. */
  readonly index?: string | undefined
  /** Items to be read, from 1 up, before the filter. Default: a page of 1 MiB. */
  readonly limit?: number | undefined
  /** The `lastKey` of the page before. */
  readonly startKey?: Item | undefined
  /** Default: SPECIFIC_ATTRIBUTES with a projection, else all that the table, or the index, has. */
  readonly select?: Select | undefined
  /** Reads are always consistent; global indexes refuse the word, as DynamoDB's cannot be. */
  readonly consistent?: boolean | undefined
}

export interface QueryOptions extends ReadOptions {
  /** The partition, and what is asked of the sort key: `pk = :p AND begins_with(sk, :s)`. */
  readonly key: string
  /** From the highest sort key down. Default false. */
  readonly reverse?: boolean | undefined
}

/** A query whose key condition is given in the way of the time before expressions. */
export interface LegacyQueryOptions extends Omit<QueryOptions, 'key'>, LegacyQueryParameters {
  readonly key?: undefined
  readonly keyConditions: LegacyConditions
}

export interface ScanOptions extends ReadOptions, LegacyScanParameters {
  /** Which of `totalSegments` parts to scan, from 0. */
  readonly segment?: number | undefined
  /** 1 to 1000000 parts that are scanned independently, for example in parallel. */
  readonly totalSegments?: number | undefined
}

const common = [
  'filter',
  'projection',
  'values',
  'names',
  'index',
  'limit',
  'startKey',
  'select',
  'consistent',
  'attributesToGet',
  'conditionalOperator',
] as const
export const queryNames: ReadonlySet<string> = new Set([
  ...common,
  'key',
  'reverse',
  'keyConditions',
  'queryFilter',
])
export const scanNames: ReadonlySet<string> = new Set([...common, 'segment', 'totalSegments', 'scanFilter'])

/** Members of a request that are whole numbers. Throws ValidationException. */
export function readWhole(
  name: 'limit' | 'segment' | 'totalSegments',
  value: unknown,
  least: number,
  most = Number.POSITIVE_INFINITY,
): number | undefined {
  if (value === undefined) return undefined
  const wrong = (rule: string) =>
    validation(
      `1 validation error detected: Value ${typeof value === 'number' ? `'${value}'` : describeValue(value)} at '${name}' failed to satisfy constraint: Member must ${rule}`,
    )
  if (!Number.isInteger(value)) throw wrong('be a whole number')
  if ((value as number) < least) throw wrong(`have value greater than or equal to ${least}`)
  if ((value as number) > most) throw wrong(`have value less than or equal to ${most}`)
  return value as number
}

export function readIndexName(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw validation(`The index must be given by its name, got ${describeValue(value)}`)
}

export function readConsistent(value: unknown, call: string): boolean {
  return readFlag('consistent', value, call) ?? false
}
