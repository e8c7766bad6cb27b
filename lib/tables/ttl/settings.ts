import { checkNames, readFlag } from '../../base/call-options.ts'
import { describeValue } from '../../util/describe-value.ts'
import { validation } from '../errors.ts'

/** The option `ttl` of a table; a string stands for `{ attribute }`. */
export interface TtlOptions {
  /** The top-level attribute that says when an item expires: a number, seconds since 1970. Items without one never do. */
  readonly attribute: string
  /**
   * True: expired items are out of sight at once, for reads and conditions, as in KeystoneDB. False, as in DynamoDB:
   * they are there until the sweep deletes them. Default false.
   */
  readonly hideExpired?: boolean | undefined
}

/** The option `ttl` as the catalog keeps it. */
export interface TtlSettings {
  readonly attribute: string
  readonly hideExpired: boolean
  /** `ENABLING`: items that were there before are still being looked through. */
  readonly status: 'ENABLING' | 'ENABLED'
}

const optionNames = new Set(['attribute', 'hideExpired'])
const longestName = 255

/** The option `ttl`; undefined, null or false: items of the table do not expire. */
export function readTtlOptions(
  given: unknown,
  call: string,
  status: TtlSettings['status'] = 'ENABLED',
): TtlSettings | undefined {
  if (given === undefined || given === null || given === false) return undefined
  const fields = typeof given === 'string' ? { attribute: given } : given
  checkNames(fields, optionNames, `${call}: ttl`)
  const { attribute, hideExpired } = fields as Partial<Record<keyof TtlOptions, unknown>>
  if (typeof attribute !== 'string' || attribute === '' || Buffer.byteLength(attribute) > longestName) {
    throw validation(
      `TimeToLiveSpecification.AttributeName must be a string of 1 to ${longestName} bytes, got ${describeValue(attribute)}`,
    )
  }
  return { attribute, hideExpired: readFlag('hideExpired', hideExpired, `${call}: ttl`) ?? false, status }
}
