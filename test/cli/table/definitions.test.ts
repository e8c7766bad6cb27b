import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { UsageError } from '../../../lib/cli/failure.ts'
import { definitionOf } from '../../../lib/cli/table/definition.ts'
import { fromDynamoDefinition } from '../../../lib/cli/table/dynamodb-definition.ts'
import { Tables } from '../../../lib/tables.ts'
import { TemporaryFolder } from '../burrow.ts'
import { burrowHere, burrowJsonHere } from '../in-process.ts'

const createTable = {
  TableName: 'orders',
  AttributeDefinitions: [
    { AttributeName: 'customer', AttributeType: 'S' },
    { AttributeName: 'number', AttributeType: 'N' },
    { AttributeName: 'day', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'customer', KeyType: 'HASH' },
    { AttributeName: 'number', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byDay',
      KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['total'] },
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: 'ofDay',
      KeySchema: [
        { AttributeName: 'customer', KeyType: 'HASH' },
        { AttributeName: 'day', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  BillingMode: 'PAY_PER_REQUEST',
}
const S = (name: string) => ({ name, type: 'S' })
const definition = {
  name: 'orders',
  partitionKey: S('customer'),
  sortKey: { name: 'number', type: 'N' },
  globalIndexes: [{ name: 'byDay', partitionKey: S('day'), projection: { include: ['total'] } }],
  localIndexes: [{ name: 'ofDay', partitionKey: S('customer'), sortKey: S('day'), projection: 'KEYS_ONLY' }],
  stream: { viewType: 'NEW_IMAGE' },
}

test('CreateTable and DescribeTable of DynamoDB describe a table', () => {
  expect(fromDynamoDefinition(createTable)).toEqual(definition)
  expect(fromDynamoDefinition({ Table: { ...createTable, TableStatus: 'ACTIVE', ItemCount: 3 } })).toEqual(
    definition,
  )
  expect(() => fromDynamoDefinition({ ...createTable, AttributeDefinitions: [] })).toThrow(
    new UsageError('AttributeDefinitions has no type for the key attribute customer'),
  )
  expect(() => fromDynamoDefinition({ ...createTable, KeySchema: 'x' })).toThrow(UsageError)
})

test('options describe a table', () => {
  expect(
    definitionOf('orders', {
      partitionKey: 'customer:S',
      sortKey: 'number:N',
      globalIndex: [
        'byDay,day:S,number:N,KEYS_ONLY',
        '{"name":"all","partitionKey":{"name":"x","type":"B"}}',
      ],
      localIndex: ['ofDay,day:S'],
      ttl: 'until',
      stream: true,
    }),
  ).toEqual({
    name: 'orders',
    partitionKey: S('customer'),
    sortKey: { name: 'number', type: 'N' },
    globalIndexes: [
      {
        name: 'byDay',
        partitionKey: S('day'),
        sortKey: { name: 'number', type: 'N' },
        projection: 'KEYS_ONLY',
      },
      { name: 'all', partitionKey: { name: 'x', type: 'B' } },
    ],
    localIndexes: [{ name: 'ofDay', sortKey: S('day') }],
    ttl: 'until',
    stream: true,
  })
  for (const wrong of [{}, { partitionKey: 'id' }, { partitionKey: 'id:X' }])
    expect(() => definitionOf('orders', wrong)).toThrow(UsageError)
  for (const globalIndex of [['byDay'], ['byDay,day'], ['a,b:S,c:S,d:S'], ['{']])
    expect(() => definitionOf('orders', { partitionKey: 'id:S', globalIndex })).toThrow(UsageError)
})

test('create from options and from a file, and drop', async () => {
  using folder = new TemporaryFolder()
  const [db, file] = [folder.join('db'), folder.join('orders.json')]
  writeFileSync(file, JSON.stringify(createTable))
  const made = await burrowHere([
    'table',
    'create',
    db,
    'users',
    '--partition-key',
    'id:S',
    '--ttl',
    'until',
    '--stream',
  ])
  expect(made).toMatchObject({ code: 0, stdout: '', stderr: '' })
  expect(await burrowJsonHere(['table', 'create', db, '--from', file])).toMatchObject({
    name: 'orders',
    globalIndexes: [{ name: 'byDay', projection: { include: ['total'] } }],
    stream: { viewType: 'NEW_IMAGE' },
  })
  const again = await burrowHere(['table', 'create', db, '--from', file])
  expect(again).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^burrow: BURROW_EXISTS ResourceInUseException: /),
  })
  expect(await burrowHere(['table', 'create', db, 'x1y', '--from', file, '--ttl', 'a'])).toMatchObject({
    code: 2,
  })
  expect(await burrowHere(['table', 'drop', db, 'users'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  await using tables = await Tables.open(db)
  expect(await tables.list()).toEqual(['orders'])
})
