import { describe, expect, it } from 'vitest'
import type { TableDefinition } from '../../lib/tables.ts'
import { failure, openTables } from './open-tables.ts'

const id = { name: 'id', type: 'S' } as const
const at = { name: 'at', type: 'N' } as const
const plain = { name: 'users', partitionKey: id }
const sorted = { ...plain, sortKey: at }
const index = { name: 'idx', partitionKey: { name: 'x', type: 'S' } } as const
const names = (count: number) => Array.from({ length: count }, (_, n) => `a${n}`)
const indexes = (count: number) => Array.from({ length: count }, (_, n) => ({ ...index, name: `idx-${n}` }))

const bad: [title: string, definition: unknown, message: string][] = [
  [
    'a short name',
    { ...plain, name: 'ab' },
    'TableName must be at least 3 characters long and at most 255 characters long',
  ],
  [
    'a long name',
    { ...plain, name: 'a'.repeat(256) },
    'TableName must be at least 3 characters long and at most 255 characters long',
  ],
  [
    'a name with other characters',
    { ...plain, name: 'a b;' },
    "1 validation error detected: Value 'a b;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
  ],
  [
    'no name',
    { partitionKey: id },
    "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null",
  ],
  [
    'no key',
    { name: 'users' },
    "1 validation error detected: Value null at 'keySchema' failed to satisfy constraint: Member must not be null",
  ],
  [
    'another type of key',
    { ...plain, partitionKey: { name: 'id', type: 'BOOL' } },
    "1 validation error detected: Value 'BOOL' at 'attributeDefinitions.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]",
  ],
  [
    'a key without a name',
    { ...plain, partitionKey: { name: '', type: 'S' } },
    "1 validation error detected: Value '' at 'keySchema.member.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
  [
    'one attribute for both keys',
    { ...plain, sortKey: { name: 'id', type: 'S' } },
    'Both the Hash Key and the Range Key element in the KeySchema have the same name',
  ],
  [
    'two indexes of one name',
    { ...plain, globalIndexes: [index, index] },
    'One or more parameter values were invalid: Duplicate index name: idx',
  ],
  [
    'a global and a local index of one name',
    { ...sorted, globalIndexes: [index], localIndexes: [{ name: 'idx', sortKey: { name: 'x', type: 'S' } }] },
    'One or more parameter values were invalid: Duplicate index name: idx',
  ],
  [
    '21 global indexes',
    { ...plain, globalIndexes: indexes(21) },
    'One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of 20',
  ],
  [
    '6 local indexes',
    { ...sorted, localIndexes: indexes(6).map(({ name }) => ({ name, sortKey: { name: 'x', type: 'S' } })) },
    'One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds per-table limit of 5',
  ],
  [
    'a local index of a table without a sort key',
    { ...plain, localIndexes: [{ name: 'idx', sortKey: { name: 'x', type: 'S' } }] },
    'One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex',
  ],
  [
    'a local index without a sort key',
    { ...sorted, localIndexes: [{ name: 'idx' }] },
    'One or more parameter values were invalid: Index KeySchema does not have a range key for index: idx',
  ],
  [
    'a local index of other partitions',
    { ...sorted, localIndexes: [{ ...index, sortKey: { name: 'y', type: 'S' } }] },
    'One or more parameter values were invalid: Index KeySchema does not have the same leading hash key as table KeySchema for index: idx. index hash key: x, table hash key: id',
  ],
  [
    'another projection',
    { ...plain, globalIndexes: [{ ...index, projection: 'SOME' }] },
    'One or more parameter values were invalid: Unknown ProjectionType: SOME',
  ],
  [
    'a projection of nothing',
    { ...plain, globalIndexes: [{ ...index, projection: { include: [] } }] },
    'One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes is not specified',
  ],
  [
    'projections of 101 attributes',
    {
      ...plain,
      globalIndexes: [
        { ...index, projection: { include: names(60) } },
        { ...index, name: 'idx-2', projection: { include: names(41) } },
      ],
    },
    'One or more parameter values were invalid: Number of attributes in the projections of all indexes (101) exceeds the limit of 100',
  ],
  [
    'an attribute with two types',
    { ...plain, globalIndexes: [{ ...index, sortKey: { name: 'id', type: 'N' } }] },
    'One or more parameter values were invalid: Attribute id is defined as S and as N: it has one type in all keys',
  ],
  [
    'an index with a short name',
    { ...plain, globalIndexes: [{ ...index, name: 'ab' }] },
    "1 validation error detected: Value 'ab' at 'globalSecondaryIndexes.member.indexName' failed to satisfy constraint: Member must have length greater than or equal to 3",
  ],
]

describe('the definition of a table', () => {
  it.each(bad)('with %s is refused', async (_, definition, message) => {
    const tables = await openTables()
    const error = await failure(tables.create(definition as TableDefinition))
    expect(error).toMatchObject({ name: 'ValidationException', code: 'BURROW_INVALID_ARGUMENT', message })
    expect(await tables.list()).toEqual([])
  })

  it.each([
    [
      { ...plain, globalIndex: [] },
      "create has no option named 'globalIndex'; did you mean 'globalIndexes'?",
    ],
    [
      { ...plain, partitionKey: { ...id, typ: 'S' } },
      "create: partitionKey has no option named 'typ'; did you mean 'type'?",
    ],
    [
      { ...plain, globalIndexes: [{ ...index, projections: 'ALL' }] },
      "create: an index has no option named 'projections'; did you mean 'projection'?",
    ],
    [null, 'create: options must be an object, got null'],
  ])('with unknown names is refused: %o', async (definition, message) => {
    const tables = await openTables()
    expect(await failure(tables.create(definition as TableDefinition))).toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message,
    })
  })

  it('takes all that there can be', async () => {
    const tables = await openTables()
    const { globalIndexes, localIndexes } = await tables.create({
      ...sorted,
      globalIndexes: indexes(20),
      localIndexes: names(5).map((name) => ({ name: `local-${name}`, sortKey: { name, type: 'B' } })),
    })
    expect([globalIndexes.length, localIndexes.length]).toEqual([20, 5])
  })

  it('names a table that is asked for by a name that none can have', async () => {
    const tables = await openTables()
    expect(() => tables.table('x')).toThrow(
      "Value 'x' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
    )
    expect(() => tables.table('')).toThrow(
      "2 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
    )
    expect(await failure(tables.describe(undefined as never))).toMatchObject({ name: 'ValidationException' })
  })
})
