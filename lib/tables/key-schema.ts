/** What the key of a table or index is made of, and DynamoDB's checks of keys. */

import { isWellFormed } from '../util/well-formed.ts'
import { invalidParameter, validation } from './errors.ts'
import { bytesOf, findType, getAttribute, type Item, type KeyType } from './value.ts'

/** An attribute that is part of a key. */
export interface KeyAttribute {
  readonly name: string
  readonly type: KeyType
}

export interface KeySchema {
  readonly partitionKey: KeyAttribute
  readonly sortKey?: KeyAttribute
}

/** Longest partition key and sort key, in bytes of text or binary. */
export const maxPartitionKeyBytes = 2048
export const maxSortKeyBytes = 1024

type Problem = 'missing' | 'type' | 'empty' | 'size' | 'text'

/** The attributes of a key, the partition key first. */
export function attributesOf(schema: KeySchema): readonly KeyAttribute[] {
  const { partitionKey, sortKey } = schema
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
}

/** Throws ValidationException unless `key` has exactly the attributes of the schema, each with a value that a key can have. */
export function checkKey(schema: KeySchema, key: Item): void {
  const attributes = attributesOf(schema)
  const problems = attributes.map((attribute) => problemOf(schema, attribute, key))
  const mismatch = problems.some((problem) => problem === 'missing' || problem === 'type')
  if (mismatch || Object.keys(key).length !== attributes.length) {
    throw validation('The provided key element does not match the schema')
  }
  for (const [index, attribute] of attributes.entries()) refuse(problems[index], schema, attribute)
}

/** Throws ValidationException unless the item has the attributes of the schema, each with a value that a key can have. */
export function checkItemKey(schema: KeySchema, item: Item): void {
  for (const attribute of attributesOf(schema)) {
    const { name, type } = attribute
    const problem = problemOf(schema, attribute, item)
    if (problem === 'missing') throw invalidParameter(`Missing the key ${name} in the item`)
    if (problem === 'type') {
      const actual = findType(getAttribute(item, name))
      throw invalidParameter(`Type mismatch for key ${name} expected: ${type} actual: ${actual}`)
    }
    refuse(problem, schema, attribute)
  }
}

/** Throws ValidationException when the item has a key attribute of an index with a value that a key cannot have. It may have none. */
export function checkIndexKey(indexName: string, schema: KeySchema, item: Item): void {
  for (const attribute of attributesOf(schema)) {
    const { name, type } = attribute
    const problem = problemOf(schema, attribute, item)
    if (problem === 'type') {
      const actual = findType(getAttribute(item, name))
      throw invalidParameter(
        `Type mismatch for Index Key ${name} Expected: ${type} Actual: ${actual} IndexName: ${indexName}`,
      )
    }
    if (problem === 'empty') {
      throw validation(
        'One or more parameter values are not valid. A value specified for a secondary index key is not supported. ' +
          `${emptyKey(type)} IndexName: ${indexName}, IndexKey: ${name}`,
      )
    }
    if (problem !== 'missing') refuse(problem, schema, attribute)
  }
}

/** True when the item has all attributes of the schema, with values that a key can have: a sparse index has a row for it. */
export function hasKey(schema: KeySchema, item: Item): boolean {
  const { partitionKey, sortKey } = schema
  if (problemOf(schema, partitionKey, item) !== undefined) return false
  return sortKey === undefined || problemOf(schema, sortKey, item) === undefined
}

function problemOf(schema: KeySchema, attribute: KeyAttribute, item: Item): Problem | undefined {
  const value = getAttribute(item, attribute.name)
  if (value === undefined) return 'missing'
  if (findType(value) !== attribute.type) return 'type'
  if (attribute.type === 'N') return undefined
  const limit = limitOf(schema, attribute)
  if (typeof value !== 'string') return sizeProblem(bytesOf(value as Uint8Array).length, limit)
  if (!isWellFormed(value)) return 'text'
  // A UTF-16 unit is at most three bytes of UTF-8.
  const long = value.length * 3 > limit
  return sizeProblem(long ? Buffer.byteLength(value, 'utf8') : value.length, limit)
}

function sizeProblem(size: number, limit: number): Problem | undefined {
  if (size === 0) return 'empty'
  return size > limit ? 'size' : undefined
}

function limitOf(schema: KeySchema, attribute: KeyAttribute): number {
  return attribute === schema.partitionKey ? maxPartitionKeyBytes : maxSortKeyBytes
}

/** Throws for the problems that have the same words everywhere. The missing space is DynamoDB's. */
function refuse(problem: Problem | undefined, schema: KeySchema, attribute: KeyAttribute): void {
  const { name, type } = attribute
  if (problem === 'empty') {
    throw validation(`One or more parameter values are not valid. ${emptyKey(type)} Key: ${name}`)
  }
  if (problem === 'text') throw invalidParameter(`The text of the key attribute ${name} has a lone surrogate`)
  if (problem !== 'size') return
  throw invalidParameter(
    attribute === schema.partitionKey
      ? `Size of hashkey has exceeded the maximum size limit of${maxPartitionKeyBytes} bytes`
      : `Aggregated size of all range keys has exceeded the size limit of ${maxSortKeyBytes} bytes`,
    { attribute: name },
  )
}

function emptyKey(type: KeyType): string {
  const what = type === 'S' ? 'string' : 'binary'
  return `The AttributeValue for a key attribute cannot contain an empty ${what} value.`
}
