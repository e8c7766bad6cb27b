import { checkNames } from '../base/call-options.ts'
import { describeValue } from '../util/describe-value.ts'
import { invalidParameter as invalid, validation } from './errors.ts'
import type { KeyAttribute } from './key-schema.ts'
import type { AttributeSchema } from './schema/attribute-schema.ts'
import type { StreamOptions } from './streams/view-type.ts'
import type { IndexProjection } from './table-schema.ts'
import type { TtlOptions } from './ttl/settings.ts'
import type { KeyType } from './value.ts'

/** A secondary index of a table that is to be created. */
export interface IndexDefinition {
  /** 3 to 255 of `a-z A-Z 0-9 _ . -`. */
  readonly name: string
  /** Of a local index it may be left out: it is that of the table. */
  readonly partitionKey?: KeyAttribute
  /** A local index needs one. */
  readonly sortKey?: KeyAttribute | undefined
  /** Default 'ALL'. */
  readonly projection?: IndexProjection | undefined
}

/** A table that is to be created. */
export interface TableDefinition {
  /** 3 to 255 of `a-z A-Z 0-9 _ . -`. */
  readonly name: string
  readonly partitionKey: KeyAttribute
  readonly sortKey?: KeyAttribute | undefined
  /** At most 20. */
  readonly globalIndexes?: readonly IndexDefinition[] | undefined
  /** At most 5; the table needs a sort key. */
  readonly localIndexes?: readonly IndexDefinition[] | undefined
  /** When items expire: the name of the attribute that says it, or more; see TtlOptions. */
  readonly ttl?: string | TtlOptions | undefined
  /** Change records of items; true: with both images. */
  readonly stream?: boolean | StreamOptions | undefined
  /** What attributes of items must be like. */
  readonly attributes?: readonly AttributeSchema[] | undefined
}

/** A definition that was checked, with what was left out filled in. */
export interface CheckedIndex {
  readonly name: string
  readonly kind: 'global' | 'local'
  readonly partitionKey: KeyAttribute
  readonly sortKey: KeyAttribute | undefined
  readonly projection: IndexProjection
}

export interface TableKeys {
  readonly partitionKey: KeyAttribute
  readonly sortKey: KeyAttribute | undefined
}

export const maxGlobalIndexes = 20
export const maxLocalIndexes = 5
/** Attributes that the indexes of a table include by name, all together. */
const maxIncluded = 100
const longestKeyName = 255
const definitionNames = new Set([
  'name',
  'partitionKey',
  'sortKey',
  'globalIndexes',
  'localIndexes',
  'ttl',
  'stream',
  'attributes',
])
const indexNames = new Set(['name', 'partitionKey', 'sortKey', 'projection'])
const keyNames = new Set(['name', 'type'])
const projectionNames = new Set(['include'])
const keyTypes: readonly unknown[] = ['S', 'N', 'B'] satisfies KeyType[]

const constraint = (value: unknown, place: string, rule: string) =>
  validation(
    `1 validation error detected: Value ${typeof value === 'string' ? `'${value}'` : describeValue(value)} at '${place}' failed to satisfy constraint: Member must ${rule}`,
  )

/** Throws DynamoDB's ValidationException unless `name` can be that of a table. */
export function checkTableName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw constraint(name ?? null, 'tableName', 'not be null')
  const broken: string[] = []
  if (!/^[a-zA-Z0-9_.-]+$/.test(name)) broken.push('satisfy regular expression pattern: [a-zA-Z0-9_.-]+')
  if (name.length < 3) broken.push('have length greater than or equal to 3')
  if (name.length > 255) broken.push('have length less than or equal to 255')
  if (broken.length === 0) return
  const errors = broken.length === 1 ? '1 validation error' : `${broken.length} validation errors`
  const list = broken.map(
    (rule) => `Value '${name}' at 'tableName' failed to satisfy constraint: Member must ${rule}`,
  )
  throw validation(`${errors} detected: ${list.join('; ')}`)
}

/** As DynamoDB says it of a table that is to be created. */
function checkNewTableName(name: unknown): asserts name is string {
  if (typeof name === 'string' && (name.length < 3 || name.length > 255))
    throw validation('TableName must be at least 3 characters long and at most 255 characters long')
  checkTableName(name)
}

/** The keys and indexes of a definition. Throws ValidationException, or BURROW_INVALID_ARGUMENT for unknown names. */
export function checkDefinition(definition: TableDefinition): TableKeys & { indexes: CheckedIndex[] } {
  checkNames(definition, definitionNames, 'create')
  checkNewTableName(definition.name)
  const keys = checkKeys(definition, 'create', 'keySchema')
  const { globalIndexes, localIndexes } = definition
  const indexes = [
    ...checkList(localIndexes, 'localIndexes').map((index) => checkIndex(index, 'local', keys, 'create')),
    ...checkList(globalIndexes, 'globalIndexes').map((index) => checkIndex(index, 'global', keys, 'create')),
  ]
  checkIndexes(keys, indexes)
  return { ...keys, indexes }
}

/** What the indexes of one table must keep together. Throws ValidationException. */
export function checkIndexes(table: TableKeys, indexes: readonly CheckedIndex[]): void {
  const count = (kind: string) => indexes.filter((index) => index.kind === kind).length
  if (count('local') > maxLocalIndexes)
    throw invalid(`Number of LocalSecondaryIndexes exceeds per-table limit of ${maxLocalIndexes}`)
  if (count('global') > maxGlobalIndexes)
    throw invalid(`GlobalSecondaryIndex count exceeds the per-table limit of ${maxGlobalIndexes}`)
  const names = new Set<string>()
  for (const { name } of indexes) {
    if (names.has(name)) throw invalid(`Duplicate index name: ${name}`)
    names.add(name)
  }
  const types = new Map<string, KeyType>()
  for (const { partitionKey, sortKey } of [table, ...indexes]) {
    for (const key of sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]) {
      const known = types.get(key.name) ?? key.type
      if (known !== key.type)
        throw invalid(
          `Attribute ${key.name} is defined as ${known} and as ${key.type}: it has one type in all keys`,
        )
      types.set(key.name, key.type)
    }
  }
  let included = 0
  for (const { projection } of indexes)
    included += typeof projection === 'object' ? projection.include.length : 0
  if (included > maxIncluded)
    throw invalid(
      `Number of attributes in the projections of all indexes (${included}) exceeds the limit of ${maxIncluded}`,
    )
}

/** One index of a definition. Throws ValidationException. */
export function checkIndex(
  index: IndexDefinition,
  kind: 'global' | 'local',
  table: TableKeys,
  call: string,
): CheckedIndex {
  checkNames(index, indexNames, `${call}: an index`)
  const { name, projection } = index
  const list = kind === 'global' ? 'globalSecondaryIndexes' : 'localSecondaryIndexes'
  checkIndexName(name, `${list}.member.indexName`)
  const partitionKey = index.partitionKey ?? (kind === 'local' ? table.partitionKey : undefined)
  const keys = checkKeys(
    { partitionKey, sortKey: index.sortKey },
    `${call}: index ${name}`,
    `${list}.member.keySchema`,
  )
  if (kind === 'local') {
    if (table.sortKey === undefined)
      throw invalid(
        'Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex',
      )
    if (keys.sortKey === undefined)
      throw invalid(`Index KeySchema does not have a range key for index: ${name}`)
    const [own, base] = [keys.partitionKey.name, table.partitionKey.name]
    if (own !== base)
      throw invalid(
        `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${name}. index hash key: ${own}, table hash key: ${base}`,
      )
  }
  return { name, kind, ...keys, projection: checkProjection(projection) }
}

/** Throws ValidationException unless `name` can be that of an index. */
export function checkIndexName(name: unknown, place: string): asserts name is string {
  if (typeof name !== 'string') throw constraint(name ?? null, place, 'not be null')
  if (name.length < 3) throw constraint(name, place, 'have length greater than or equal to 3')
  if (name.length > 255) throw constraint(name, place, 'have length less than or equal to 255')
  if (!/^[a-zA-Z0-9_.-]+$/.test(name))
    throw constraint(name, place, 'satisfy regular expression pattern: [a-zA-Z0-9_.-]+')
}

function checkKeys(
  keys: { readonly partitionKey?: unknown; readonly sortKey?: unknown },
  call: string,
  place: string,
): TableKeys {
  const partitionKey = checkKey(keys.partitionKey, `${call}: partitionKey`, place)
  if (keys.sortKey === undefined) return { partitionKey, sortKey: undefined }
  const sortKey = checkKey(keys.sortKey, `${call}: sortKey`, place)
  if (partitionKey.name === sortKey.name)
    throw validation('Both the Hash Key and the Range Key element in the KeySchema have the same name')
  return { partitionKey, sortKey }
}

function checkKey(key: unknown, call: string, place: string): KeyAttribute {
  if (key === undefined || key === null) throw constraint(null, place, 'not be null')
  checkNames(key, keyNames, call)
  const { name, type } = key as Record<string, unknown>
  const at = `${place}.member.attributeName`
  if (typeof name !== 'string') throw constraint(name ?? null, at, 'not be null')
  if (name.length === 0) throw constraint(name, at, 'have length greater than or equal to 1')
  if (Buffer.byteLength(name) > longestKeyName)
    throw constraint(name, at, `have length less than or equal to ${longestKeyName}`)
  if (!keyTypes.includes(type))
    throw constraint(type, 'attributeDefinitions.member.attributeType', 'satisfy enum value set: [B, N, S]')
  return { name, type: type as KeyType }
}

function checkProjection(projection: unknown): IndexProjection {
  if (projection === undefined) return 'ALL'
  if (projection === 'ALL' || projection === 'KEYS_ONLY') return projection
  if (typeof projection !== 'object' || projection === null)
    throw invalid(`Unknown ProjectionType: ${String(projection)}`)
  checkNames(projection, projectionNames, 'projection')
  const { include } = projection as { include?: unknown }
  if (!Array.isArray(include) || include.length === 0)
    throw invalid('ProjectionType is INCLUDE, but NonKeyAttributes is not specified')
  for (const name of include) {
    if (typeof name !== 'string' || name.length === 0)
      throw invalid(`NonKeyAttributes holds ${describeValue(name)}; it must hold names of attributes`)
  }
  if (new Set(include).size !== include.length) throw invalid('NonKeyAttributes holds an attribute twice')
  return { include: [...include] }
}

function checkList(list: unknown, option: 'globalIndexes' | 'localIndexes'): IndexDefinition[] {
  if (list === undefined) return []
  if (!Array.isArray(list)) throw invalid(`${option} must be an array, got ${describeValue(list)}`)
  return list
}

/** The types of the attributes of these keys. */
export function keyTypesOf(keys: readonly TableKeys[]): Map<string, KeyType> {
  const types = new Map<string, KeyType>()
  for (const { partitionKey, sortKey } of keys) {
    types.set(partitionKey.name, partitionKey.type)
    if (sortKey !== undefined) types.set(sortKey.name, sortKey.type)
  }
  return types
}
