import type { IndexSchema, TableSchema } from '../../../lib/tables/table-schema.ts'

function table(name: string, fields: Partial<TableSchema>): TableSchema {
  return {
    name,
    id: 1,
    createdAt: 0,
    partitionKey: { name: 'pk', type: 'S' },
    sortKey: undefined,
    indexes: [],
    nextIndexNumber: 1,
    ttl: undefined,
    stream: undefined,
    attributes: [],
    ...fields,
  }
}

function index(name: string, fields: Partial<IndexSchema>): IndexSchema {
  return {
    name,
    kind: 'global',
    number: 1,
    partitionKey: { name: 'city', type: 'S' },
    sortKey: undefined,
    projection: 'ALL',
    status: 'ACTIVE',
    ...fields,
  }
}

/** The tables that plans are made for in tests. */
export const schemas: ReadonlyMap<string, TableSchema> = new Map(
  [
    table('users', {}),
    table('orders', {
      sortKey: { name: 'sk', type: 'N' },
      indexes: [
        index('by-city', { sortKey: { name: 'age', type: 'N' } }),
        index('by-city-keys', { number: 2, projection: { include: ['name'] } }),
        index('by-total', {
          number: 3,
          kind: 'local',
          partitionKey: { name: 'pk', type: 'S' },
          sortKey: { name: 'total', type: 'N' },
          projection: 'KEYS_ONLY',
        }),
      ],
    }),
  ].map((schema) => [schema.name, schema]),
)

/** The keys that a statement about `name`, or its index, is planned for. */
export function keysOf(name: string, indexName?: string): Pick<TableSchema, 'partitionKey' | 'sortKey'> {
  const schema = schemas.get(name) as TableSchema
  return schema.indexes.find((one) => one.name === indexName) ?? schema
}
