/** `burrowdb/tables` asked in DynamoDB's wire protocol, as much of it as the judge needs. */
import { itemFromDynamoJson, itemToDynamoJson, valueFromDynamoJson } from '../../lib/tables/dynamodb-json.ts'
import { isTableError, validation } from '../../lib/tables/errors.ts'
import { type Item, type TableDefinition, Tables, type WriteResult } from '../../lib/tables.ts'
import type { Judged } from './dynalite.ts'
import type { Json, JsonObject } from './random-values.ts'

/** Any options: what the API says of those that no type allows is compared, too. */
type Given = never

export async function openOurs(place = ':memory:'): Promise<Judged> {
  const tables = await Tables.open(place)
  return {
    async send(operation, body) {
      const run = operations[operation]
      if (run === undefined) throw new Error(`the judge has no ${operation}`)
      try {
        return { answer: await run(tables, body) }
      } catch (error) {
        if (isTableError(error)) return { error: error.name, message: error.message }
        const { code = 'crash', message, stack } = error as Error & { code?: string }
        return { error: code, message: code === 'crash' ? String(stack) : message }
      }
    },
    close: () => tables.close(),
  }
}

const operations: Readonly<Record<string, (tables: Tables, body: JsonObject) => Promise<JsonObject>>> = {
  async PutItem(tables, body) {
    const item = itemFromDynamoJson(body['Item'])
    return written(await table(tables, body).put(item, writeOptions(body) as Given))
  },
  async GetItem(tables, body) {
    const { ConsistentRead: consistent, Key, ProjectionExpression: projection } = body
    const names = body['ExpressionAttributeNames']
    const found = await table(tables, body).get(itemFromDynamoJson(Key), {
      consistent,
      names,
      projection,
    } as Given)
    return { ...(found === undefined ? {} : { Item: itemToDynamoJson(found) }) }
  },
  async UpdateItem(tables, body) {
    const key = itemFromDynamoJson(body['Key'])
    const expression = body['UpdateExpression'] as Given
    return written(await table(tables, body).update(key, expression, writeOptions(body) as Given))
  },
  async DeleteItem(tables, body) {
    const key = itemFromDynamoJson(body['Key'])
    return written(await table(tables, body).delete(key, writeOptions(body) as Given))
  },
  async Query(tables, body) {
    const options = readOptions(body)
    const { KeyConditionExpression: key, ScanIndexForward: forward } = body
    const given = { ...options, key, reverse: forward === undefined ? undefined : !forward }
    return page(body, await table(tables, body).query(given as Given))
  },
  async Scan(tables, body) {
    const { Segment: segment, TotalSegments: totalSegments } = body
    return page(
      body,
      await table(tables, body).scan({ ...readOptions(body), segment, totalSegments } as Given),
    )
  },
  async BatchGetItem(tables, body) {
    const requests = mapValues(body['RequestItems'], (request) => {
      const {
        ExpressionAttributeNames: names,
        Keys,
        ProjectionExpression: projection,
      } = request as JsonObject
      return { keys: (Keys as Json[]).map(itemFromDynamoJson), names, projection }
    })
    const { items } = await tables.batchGet(requests as Given)
    return { Responses: mapValues(items, (found) => (found as unknown as Item[]).map(itemToDynamoJson)) }
  },
  async BatchWriteItem(tables, body) {
    const requests = mapValues(body['RequestItems'], (writes) => {
      const all = writes as { PutRequest?: { Item: Json }; DeleteRequest?: { Key: Json } }[]
      return {
        put: all.flatMap(({ PutRequest }) =>
          PutRequest === undefined ? [] : [itemFromDynamoJson(PutRequest.Item)],
        ),
        delete: all.flatMap(({ DeleteRequest }) =>
          DeleteRequest === undefined ? [] : [itemFromDynamoJson(DeleteRequest.Key)],
        ),
      }
    })
    await tables.batchWrite(requests as Given)
    return {}
  },
  async CreateTable(tables, body) {
    const types = new Map(
      (body['AttributeDefinitions'] as { AttributeName: string; AttributeType: string }[]).map((one) => [
        one.AttributeName,
        one.AttributeType,
      ]),
    )
    const indexes = (list: Json | undefined) =>
      (list as JsonObject[] | undefined)?.map((index) => ({
        name: index['IndexName'],
        ...keys(index, types),
        projection: projectionOf(index['Projection'] as JsonObject),
      }))
    const definition = {
      name: body['TableName'],
      ...keys(body, types),
      globalIndexes: indexes(body['GlobalSecondaryIndexes']),
      localIndexes: indexes(body['LocalSecondaryIndexes']),
    }
    await tables.create(definition as TableDefinition)
    return {}
  },
  async DeleteTable(tables, body) {
    await tables.drop(body['TableName'] as string)
    return {}
  },
  async DescribeTable(tables, body) {
    const { itemCount } = await tables.describe(body['TableName'] as string)
    return { Table: { ItemCount: itemCount! } }
  },
}

function table(tables: Tables, body: JsonObject) {
  return tables.table(body['TableName'] as string)
}

function written({ attributes }: WriteResult): JsonObject {
  return attributes === undefined ? {} : { Attributes: itemToDynamoJson(attributes) }
}

function writeOptions(body: JsonObject) {
  const { ConditionExpression: condition, ReturnValues: returnValues } = body
  return { condition, returnValues, names: body['ExpressionAttributeNames'], values: valuesOf(body) }
}

function readOptions(body: JsonObject) {
  const { ExclusiveStartKey: startKey } = body
  return {
    filter: body['FilterExpression'],
    projection: body['ProjectionExpression'],
    names: body['ExpressionAttributeNames'],
    values: valuesOf(body),
    index: body['IndexName'],
    limit: body['Limit'],
    select: body['Select'],
    consistent: body['ConsistentRead'],
    startKey: startKey === undefined ? undefined : itemFromDynamoJson(startKey),
  }
}

/** As a server says what is wrong with one of them. */
function valuesOf(body: JsonObject) {
  const values = body['ExpressionAttributeValues']
  if (values === undefined) return undefined
  return mapValues(values, (value, placeholder) => {
    try {
      return valueFromDynamoJson(value)
    } catch (error) {
      if (!isTableError(error, 'ValidationException')) throw error
      throw validation(
        `ExpressionAttributeValues contains invalid value: ${error.message} for key ${placeholder}`,
      )
    }
  })
}

function page(
  body: JsonObject,
  found: Awaited<ReturnType<ReturnType<Tables['table']>['query']>>,
): JsonObject {
  const { count, items, lastKey, scannedCount } = found
  return {
    Count: count,
    ScannedCount: scannedCount,
    ...(body['Select'] !== 'COUNT' ? { Items: items.map(itemToDynamoJson) } : {}),
    ...(lastKey === undefined ? {} : { LastEvaluatedKey: itemToDynamoJson(lastKey) }),
  }
}

function keys(of: JsonObject, types: ReadonlyMap<string, string>) {
  const [partitionKey, sortKey] = (of['KeySchema'] as { AttributeName: string }[]).map(
    ({ AttributeName: name }) => ({
      name,
      type: types.get(name),
    }),
  )
  return { partitionKey, ...(sortKey === undefined ? {} : { sortKey }) }
}

function projectionOf({ NonKeyAttributes: include, ProjectionType: type }: JsonObject) {
  return type === 'INCLUDE' ? { include } : type
}

function mapValues<T>(object: unknown, map: (value: Json, name: string) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(object as JsonObject).map(([name, value]) => [name, map(value, name)]),
  )
}
