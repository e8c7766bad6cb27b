import { checkNames, readFlag } from '../base/call-options.ts'
import { describeValue } from '../util/describe-value.ts'
import { validation } from './errors.ts'
import type {
  LegacyConditionOptions,
  LegacyProjectionOptions,
  LegacyUpdateOptions,
} from './legacy-parameters.ts'
import type { Durability } from './store.ts'
import type { AttributeValue } from './value.ts'

/** What stands for names and values in the expressions of a call. */
export interface Placeholders {
  /** `{ '#n': 'name' }` */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** `{ ':v': value }` */
  readonly values?: Readonly<Record<string, AttributeValue>> | undefined
}

/** What must hold for a write to happen. */
export interface ConditionOptions extends Placeholders {
  /** A condition expression, tested on the item as it is. */
  readonly condition?: string | undefined
  /** 'ALL_OLD': the error of a condition that failed has the item as `item`. Default 'NONE'. */
  readonly returnValuesOnConditionCheckFailure?: 'NONE' | 'ALL_OLD' | undefined
}

/**
 * Optimistic locking: the write happens only if the item still has the version that was read, and then the item gets the
 * next one. The name of the attribute that counts versions, or that with the version that was read.
 */
export type VersionOption =
  | string
  | {
      readonly attribute: string /** Undefined: there must be no item yet. */
      readonly expected?: number | undefined
    }

/** Options of a write in a transaction. */
export interface WriteFields extends ConditionOptions {
  readonly version?: VersionOption | undefined
}

/** Which attributes a write resolves to: none, all or those that it updated, as they were or as they are. Default 'NONE'. */
export type ReturnValues = 'NONE' | 'ALL_OLD' | 'UPDATED_OLD' | 'ALL_NEW' | 'UPDATED_NEW'

export interface PutOptions extends WriteFields, LegacyConditionOptions, Durability {
  readonly returnValues?: 'NONE' | 'ALL_OLD' | undefined
  /** Only where there is no item yet. Default false. */
  readonly ifNotExists?: boolean | undefined
}

export interface DeleteOptions extends WriteFields, LegacyConditionOptions, Durability {
  readonly returnValues?: 'NONE' | 'ALL_OLD' | undefined
}

export interface UpdateOptions extends WriteFields, LegacyUpdateOptions, Durability {
  readonly returnValues?: ReturnValues | undefined
}

export interface GetOptions extends Pick<Placeholders, 'names'>, LegacyProjectionOptions {
  /** A projection expression: only these attributes. */
  readonly projection?: string | undefined
  /** Reads see all that was written before, with or without. Taken for the sake of programs made for DynamoDB. */
  readonly consistent?: boolean | undefined
}

const conditionNames = ['condition', 'names', 'values', 'returnValuesOnConditionCheckFailure'] as const
export const checkFieldNames: readonly string[] = conditionNames
export const writeFieldNames: readonly string[] = [...conditionNames, 'version']
const writeNames = new Set([...writeFieldNames, 'returnValues', 'sync', 'expected', 'conditionalOperator'])
const putNames = new Set([...writeNames, 'ifNotExists'])
const updateNames = new Set([...writeNames, 'attributeUpdates'])
const getNames = new Set(['projection', 'names', 'consistent', 'attributesToGet'])

const allReturnValues: readonly unknown[] = ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW']

/** Throws unless these are options of `put`. */
export function checkPutOptions(options: PutOptions): void {
  checkNames(options, putNames, 'put')
  readFlag('ifNotExists', options.ifNotExists, 'put')
  checkWriteOptions(options, 'put')
  checkOldOnly(options.returnValues)
}

export function checkDeleteOptions(options: DeleteOptions): void {
  checkNames(options, writeNames, 'delete')
  checkWriteOptions(options, 'delete')
  checkOldOnly(options.returnValues)
}

export function checkUpdateOptions(options: UpdateOptions): void {
  checkNames(options, updateNames, 'update')
  checkWriteOptions(options, 'update')
}

export function checkGetOptions(options: GetOptions): void {
  checkNames(options, getNames, 'get')
  readFlag('consistent', options.consistent, 'get')
}

/** What a write says about its durability; undefined: the database's default. */
export function durabilityOf({ sync }: Durability): Durability | undefined {
  return sync === undefined ? undefined : { sync }
}

export function checkConditionFields(options: ConditionOptions): void {
  const onFailure: unknown = options.returnValuesOnConditionCheckFailure
  if (onFailure !== undefined && onFailure !== 'NONE' && onFailure !== 'ALL_OLD')
    throw notInSet(onFailure, 'returnValuesOnConditionCheckFailure', ['ALL_OLD', 'NONE'])
}

function checkWriteOptions(options: UpdateOptions, call: string): void {
  readFlag('sync', options.sync, call)
  checkConditionFields(options)
  const { returnValues } = options
  if (returnValues !== undefined && !allReturnValues.includes(returnValues))
    throw notInSet(returnValues, 'returnValues', ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'])
}

function checkOldOnly(returnValues: unknown): void {
  if (returnValues !== undefined && returnValues !== 'NONE' && returnValues !== 'ALL_OLD')
    throw validation('ReturnValues can only be ALL_OLD or NONE')
}

function notInSet(value: unknown, name: string, allowed: string[]): Error {
  const text = typeof value === 'string' ? `'${value}'` : describeValue(value)
  return validation(
    `1 validation error detected: Value ${text} at '${name}' failed to satisfy constraint: Member must satisfy enum value set: [${allowed.join(', ')}]`,
  )
}
