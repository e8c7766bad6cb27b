/** The parameters that DynamoDB had before expressions, as options of calls: checked, and made what expressions become. */
import { checkNames, readFlag } from '../base/call-options.ts'
import type { Condition } from './expression/condition.ts'
import type { KeyCondition } from './expression/key-condition.ts'
import {
  type AttributeUpdate,
  type ConditionalOperator,
  type ExpectedAttribute,
  type LegacyCondition,
  legacyExpected,
  legacyFilter,
  legacyKeyConditions,
  legacyProjection,
  legacyUpdate,
  refuseMixture,
} from './expression/legacy.ts'
import type { Projection } from './expression/projection.ts'
import type { Update } from './expression/update.ts'
import type { KeySchema } from './key-schema.ts'
import { checkList, checkObject, constraint } from './request-limits.ts'
import { keyNames } from './table-schema.ts'

/** In place of `condition`, never beside an expression. */
export interface LegacyConditionOptions {
  /** What must be so of attributes, by their names, for the write to happen. */
  readonly expected?: Readonly<Record<string, ExpectedAttribute>> | undefined
  /** Whether all that is expected must be so or one of it, with two attributes and more. Default 'AND'. */
  readonly conditionalOperator?: ConditionalOperator | undefined
}

/** In place of an update expression, never beside an expression. */
export interface LegacyUpdateOptions extends LegacyConditionOptions {
  /** What becomes of attributes, by their names. */
  readonly attributeUpdates?: Readonly<Record<string, AttributeUpdate>> | undefined
}

/** In place of `projection`, never beside an expression. */
export interface LegacyProjectionOptions {
  /** The names of 1 to 255 attributes: only these are returned. */
  readonly attributesToGet?: readonly string[] | undefined
}

/** Conditions on attributes, by their names. */
export type LegacyConditions = Readonly<Record<string, LegacyCondition>>

/** In place of the expressions of a scan. */
export interface LegacyScanParameters extends LegacyProjectionOptions {
  /** In place of `filter`. */
  readonly scanFilter?: LegacyConditions | undefined
  /** Whether all conditions of the filter must hold or one of them, with two attributes and more. Default 'AND'. */
  readonly conditionalOperator?: ConditionalOperator | undefined
}

/** In place of the expressions of a query. */
export interface LegacyQueryParameters extends LegacyProjectionOptions {
  /** In place of `key`; may stand beside `filter` and `projection`. */
  readonly keyConditions?: LegacyConditions | undefined
  /** In place of `filter`. */
  readonly queryFilter?: LegacyConditions | undefined
  /** Whether all conditions of the filter must hold or one of them, with two attributes and more. Default 'AND'. */
  readonly conditionalOperator?: ConditionalOperator | undefined
}

interface Expressions {
  readonly key?: string | undefined
  readonly filter?: string | undefined
  readonly projection?: string | undefined
}

const conditionNames = new Set(['comparisonOperator', 'attributeValueList'])
const expectedNames = new Set([...conditionNames, 'value', 'exists'])
const updateNames = new Set(['action', 'value'])
const mostAttributes = 255

/** The condition of a put or delete; undefined: none that is given in this way. Throws ValidationException. */
export function readExpected(
  options: LegacyConditionOptions,
  expression: string | undefined,
): Condition | undefined {
  const { conditionalOperator, expected } = options
  if (expected === undefined && conditionalOperator === undefined) return undefined
  refuseBoth(
    { Expected: expected, ConditionalOperator: conditionalOperator },
    { ConditionExpression: expression },
  )
  return makeExpected(options)
}

/** What an update does and on what condition; undefined: nothing is given in this way. Throws ValidationException. */
export function readLegacyUpdate(
  options: LegacyUpdateOptions & { readonly condition?: string | undefined },
  expression: string | undefined,
  schema: KeySchema,
): { readonly update: Update | undefined; readonly condition: Condition } | undefined {
  const { attributeUpdates, condition, conditionalOperator, expected } = options
  if (attributeUpdates === undefined && expected === undefined && conditionalOperator === undefined) {
    return undefined
  }
  refuseBoth(
    { AttributeUpdates: attributeUpdates, Expected: expected, ConditionalOperator: conditionalOperator },
    { UpdateExpression: expression, ConditionExpression: condition },
  )
  if (attributeUpdates !== undefined) checkEntries(attributeUpdates, 'attributeUpdates', updateNames)
  return {
    update: attributeUpdates === undefined ? undefined : legacyUpdate(attributeUpdates, keyNames(schema)),
    condition: makeExpected(options),
  }
}

/** The projection of a read; undefined: none that is given in this way. Throws ValidationException. */
export function readAttributesToGet(
  attributesToGet: readonly string[] | undefined,
  projection: string | undefined,
): Projection | undefined {
  if (attributesToGet === undefined) return undefined
  refuseBoth({ AttributesToGet: attributesToGet }, { ProjectionExpression: projection })
  return makeProjection(attributesToGet)
}

/** The filter and projection of a query or scan; undefined: none is given in this way. Throws ValidationException. */
export function readLegacyFilter(
  options: Expressions & LegacyQueryParameters & LegacyScanParameters,
): { readonly filter: Condition | undefined; readonly projection: Projection | undefined } | undefined {
  const { attributesToGet, conditionalOperator, key, keyConditions, queryFilter, scanFilter } = options
  const given = queryFilter === undefined ? scanFilter : queryFilter
  if (
    attributesToGet === undefined &&
    conditionalOperator === undefined &&
    given === undefined &&
    keyConditions === undefined
  ) {
    return undefined
  }
  refuseBoth(
    {
      AttributesToGet: attributesToGet,
      QueryFilter: queryFilter,
      ScanFilter: scanFilter,
      ConditionalOperator: conditionalOperator,
      // Only these may be given beside expressions for the rest.
      KeyConditions: key === undefined ? undefined : keyConditions,
    },
    {
      ProjectionExpression: options.projection,
      FilterExpression: options.filter,
      KeyConditionExpression: key,
    },
  )
  if (given !== undefined) checkConditions(given, queryFilter === undefined ? 'scanFilter' : 'queryFilter')
  const hasFilter = given !== undefined || conditionalOperator !== undefined
  return {
    filter: hasFilter ? legacyFilter(given ?? {}, conditionalOperator) : undefined,
    projection: attributesToGet === undefined ? undefined : makeProjection(attributesToGet),
  }
}

/** What a query of a table or index with this key reads. Throws ValidationException. */
export function readKeyConditions(conditions: LegacyConditions, schema: KeySchema): KeyCondition {
  checkConditions(conditions, 'keyConditions')
  return legacyKeyConditions(conditions, schema)
}

function makeExpected({ conditionalOperator, expected = {} }: LegacyConditionOptions): Condition {
  checkEntries(expected, 'expected', expectedNames)
  return legacyExpected(expected, conditionalOperator)
}

function makeProjection(attributes: readonly string[]): Projection {
  checkList(attributes, 'attributesToGet', 1, mostAttributes)
  for (const name of attributes) {
    if (typeof name !== 'string')
      throw constraint(name ?? null, 'attributesToGet', 'be the name of an attribute')
  }
  return legacyProjection(attributes)
}

/** Throws when parameters of both kinds are given. */
function refuseBoth(legacy: Record<string, unknown>, expressions: Record<string, unknown>): void {
  const given = (parameters: Record<string, unknown>) =>
    Object.keys(parameters).filter((name) => parameters[name] !== undefined)
  refuseMixture(given(legacy), given(expressions))
}

function checkConditions(conditions: LegacyConditions, place: string): void {
  checkEntries(conditions, place, conditionNames)
  for (const [name, { comparisonOperator }] of Object.entries(conditions)) {
    if (comparisonOperator === undefined)
      throw constraint(null, `${place}.${name}.member.comparisonOperator`, 'not be null')
  }
}

/** Throws unless `given` has an object with no other members than `names` for each attribute. */
function checkEntries(given: unknown, place: string, names: ReadonlySet<string>): void {
  checkObject(given, place)
  for (const [name, entry] of Object.entries(given)) {
    const where = `${place}.${name}.member`
    checkObject(entry, where)
    checkNames(entry, names, where)
    const { attributeValueList, exists } = entry
    if (attributeValueList !== undefined) {
      checkList(attributeValueList, `${where}.attributeValueList`, 0, Number.POSITIVE_INFINITY)
    }
    readFlag('exists', exists, where)
  }
}
