import type { IndexDefinition, IndexProjection, KeyAttribute, TableDefinition } from '../../tables.ts'
import { UsageError } from '../failure.ts'
import { given } from './options.ts'

type Fields = Readonly<Record<string, unknown>>

/** True for what CreateTable of DynamoDB takes or DescribeTable prints. */
export function isDynamoDefinition(fields: Fields): boolean {
  return 'Table' in fields || 'TableName' in fields || 'KeySchema' in fields
}

/**
 * The table that a request of CreateTable, or what DescribeTable printed, describes. Capacity, billing, encryption at rest and
 * tags are passed over: there is nothing here that they could say. Throws UsageError.
 */
export function fromDynamoDefinition(definition: Fields): TableDefinition {
  const fields = 'Table' in definition ? object(definition['Table'], 'Table') : definition
  const types = new Map(
    list(fields['AttributeDefinitions'], 'AttributeDefinitions').map((attribute) => [
      text(attribute['AttributeName'], 'AttributeName'),
      text(attribute['AttributeType'], 'AttributeType') as KeyAttribute['type'],
    ]),
  )
  const indexes = (name: string) => {
    const found = list(fields[name], name).map((index) => indexOf(index, types))
    return found.length === 0 ? undefined : found
  }
  return {
    name: text(fields['TableName'], 'TableName'),
    ...keysOf(fields, types),
    ...given({
      globalIndexes: indexes('GlobalSecondaryIndexes'),
      localIndexes: indexes('LocalSecondaryIndexes'),
      stream: streamOf(fields['StreamSpecification']),
    }),
  }
}

type Types = ReadonlyMap<string, KeyAttribute['type']>

function indexOf(fields: Fields, types: Types): IndexDefinition {
  const projection = fields['Projection'] === undefined ? undefined : projectionOf(fields['Projection'])
  return { name: text(fields['IndexName'], 'IndexName'), ...keysOf(fields, types), ...given({ projection }) }
}

function keysOf(fields: Fields, types: Types): Pick<TableDefinition, 'partitionKey' | 'sortKey'> {
  let partitionKey: KeyAttribute | undefined
  let sortKey: KeyAttribute | undefined
  for (const element of list(fields['KeySchema'], 'KeySchema')) {
    const name = text(element['AttributeName'], 'AttributeName')
    const type = types.get(name)
    if (type === undefined)
      throw new UsageError(`AttributeDefinitions has no type for the key attribute ${name}`)
    if (element['KeyType'] === 'HASH') partitionKey = { name, type }
    else if (element['KeyType'] === 'RANGE') sortKey = { name, type }
    else throw new UsageError(`KeyType of ${name} must be HASH or RANGE`)
  }
  if (partitionKey === undefined) throw new UsageError('KeySchema has no HASH key')
  return { partitionKey, ...given({ sortKey }) }
}

function projectionOf(value: unknown): IndexProjection {
  const { NonKeyAttributes, ProjectionType = 'ALL' } = object(value, 'Projection')
  if (ProjectionType === 'ALL' || ProjectionType === 'KEYS_ONLY') return ProjectionType
  if (ProjectionType !== 'INCLUDE' || !Array.isArray(NonKeyAttributes))
    throw new UsageError('Projection must be ALL, KEYS_ONLY, or INCLUDE with NonKeyAttributes')
  return { include: NonKeyAttributes.map((name) => text(name, 'NonKeyAttributes')) }
}

function streamOf(value: unknown): TableDefinition['stream'] {
  if (value === undefined || value === null) return undefined
  const { StreamEnabled, StreamViewType } = object(value, 'StreamSpecification')
  if (StreamEnabled !== true) return undefined
  return { viewType: text(StreamViewType, 'StreamViewType') as 'NEW_IMAGE' }
}

function object(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new UsageError(`${name} must be an object`)
}

function list(value: unknown, name: string): Fields[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new UsageError(`${name} must be an array`)
  return value.map((element) => object(element, name))
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw new UsageError(`${name} must be a string`)
}
