import { Faults } from './faults.ts'
import type { Random } from './random.ts'
import { Placeholders, RandomExpressions } from './random-expressions.ts'
import { type Json, type JsonObject, plainNames, RandomValues } from './random-values.ts'
import { type IndexShape, type Key, keysOf, primaryKeys, type Shape, shapes } from './shapes.ts'

/** The plain attributes that a global index holds. */
function namesOf({ projection }: IndexShape): readonly string[] {
  return typeof projection === 'string' ? [] : projection
}

export interface Request {
  readonly operation: string
  readonly body: JsonObject
}

const keyTexts = ['a', 'ab', 'b', 'é', 'a\u0000', '\u{1f600}', 'key']
const keyNumbers = ['0', '1', '-1', '2', '10', '1.5', '-1.5', '100', '1e20', '9007199254740993', '-1e-20']
const keyBytes = ['AA==', 'AAE=', 'AQ==', '/w==', '//8=', 'YWJj']

/** Random requests in DynamoDB's wire protocol: most of them good, some bad in one way or another. */
export class RandomRequests {
  readonly #random: Random
  readonly #values: RandomValues
  readonly #faults: Faults
  #created = 0

  constructor(random: Random) {
    this.#random = random
    this.#values = new RandomValues(random)
    this.#faults = new Faults(random)
  }

  next(): Request {
    const random = this.#random
    this.#faults.arm(random.chance(0.4))
    const make: readonly [number, () => Request][] = [
      [24, () => this.#put()],
      [10, () => this.#get()],
      [26, () => this.#update()],
      [8, () => this.#delete()],
      [18, () => this.#query()],
      [8, () => this.#scan()],
      [4, () => this.#batchGet()],
      [4, () => this.#batchWrite()],
      [1, () => this.#createTable()],
      [1, () => this.#describe()],
    ]
    let at = random.below(make.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, one] of make) {
      if (at < weight) return one()
      at -= weight
    }
    throw new Error('unreachable: weights sum up')
  }

  #shape(): Shape {
    return this.#random.pick([...shapes, shapes[1]!, shapes[1]!])
  }

  #tableName({ name }: Shape): string {
    return this.#bad(0.05) ? this.#random.pick(['missing', 'x', '', 'no spaces', 'a'.repeat(256)]) : name
  }

  #bad(likely = 0.2): boolean {
    return this.#faults.here(likely)
  }

  #keyValue({ type }: Key): JsonObject {
    const random = this.#random
    if (this.#bad(0.05)) return this.#values.value()
    if (this.#bad(0.04)) return this.#values.wrong()
    if (this.#bad(0.04)) return { S: random.pick(['', 'k'.repeat(1025), 'k'.repeat(2049)]) }
    if (type === 'S') return { S: random.pick(keyTexts) }
    return type === 'N' ? { N: random.pick(keyNumbers) } : { B: random.pick(keyBytes) }
  }

  #key(shape: Shape): JsonObject {
    const key: JsonObject = {}
    for (const one of primaryKeys(shape)) if (!this.#bad(0.04)) key[one.name] = this.#keyValue(one)
    if (this.#bad(0.04)) key['extra'] = this.#values.value()
    return key
  }

  #item(shape: Shape): JsonObject {
    const random = this.#random
    const item = this.#key(shape)
    for (const name of plainNames) if (random.chance(0.3)) item[name] = this.#values.attribute(name)
    for (const key of keysOf(shape))
      if (!(key.name in item) && random.chance(0.7)) item[key.name] = this.#keyValue(key)
    if (this.#bad(0.3)) item[random.pick(plainNames)] = this.#values.wrong()
    if (this.#bad(0.02)) item['big'] = { S: 'x'.repeat(random.pick([409_000, 409_590, 410_000])) }
    for (const { name } of primaryKeys(shape)) if (this.#bad(0.02)) delete item[name]
    return item
  }

  /** `keys`: those attributes of keys that the expressions may name. */
  #expressions(
    shape: Shape,
    except: Pick<Shape, 'partition' | 'sort'> | undefined = undefined,
  ): { placeholders: Placeholders; expressions: RandomExpressions } {
    const placeholders = new Placeholders()
    const taken = except === undefined ? [] : primaryKeys(except).map(({ name }) => name)
    const names = keysOf(shape).flatMap(({ name }) => (taken.includes(name) ? [] : [name]))
    return {
      placeholders,
      expressions: new RandomExpressions(
        this.#values,
        this.#faults,
        placeholders,
        this.#random.chance(0.5) ? names : [],
      ),
    }
  }

  #close(body: JsonObject, { names, values }: Placeholders): JsonObject {
    if (this.#bad(0.04)) values[':unused'] = { N: '1' }
    if (this.#bad(0.04)) names['#unused'] = 'a'
    if (this.#bad(0.02)) values['wrong'] = { N: '1' }
    if (this.#bad(0.02)) names['wrong'] = 'a'
    if (Object.keys(names).length > 0 || this.#bad(0.02)) body['ExpressionAttributeNames'] = names
    if (Object.keys(values).length > 0 || this.#bad(0.02)) body['ExpressionAttributeValues'] = values
    return body
  }

  #put(): Request {
    const shape = this.#shape()
    const { expressions, placeholders } = this.#expressions(shape)
    const body: JsonObject = { TableName: this.#tableName(shape), Item: this.#item(shape) }
    if (this.#random.chance(0.3)) body['ConditionExpression'] = expressions.condition()
    if (this.#random.chance(0.4)) body['ReturnValues'] = this.#returnValues(['NONE', 'ALL_OLD'])
    return { operation: 'PutItem', body: this.#close(body, placeholders) }
  }

  #delete(): Request {
    const shape = this.#shape()
    const { expressions, placeholders } = this.#expressions(shape)
    const body: JsonObject = { TableName: this.#tableName(shape), Key: this.#key(shape) }
    if (this.#random.chance(0.4)) body['ConditionExpression'] = expressions.condition()
    if (this.#random.chance(0.5)) body['ReturnValues'] = this.#returnValues(['NONE', 'ALL_OLD'])
    return { operation: 'DeleteItem', body: this.#close(body, placeholders) }
  }

  #update(): Request {
    const random = this.#random
    const shape = this.#shape()
    const { expressions, placeholders } = this.#expressions(shape)
    const body: JsonObject = { TableName: this.#tableName(shape), Key: this.#key(shape) }
    if (!random.chance(0.05)) body['UpdateExpression'] = expressions.update()
    if (random.chance(0.25)) body['ConditionExpression'] = expressions.condition()
    if (random.chance(0.8))
      body['ReturnValues'] = this.#returnValues(['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'])
    return { operation: 'UpdateItem', body: this.#close(body, placeholders) }
  }

  #returnValues(right: readonly string[]): string {
    return this.#bad(0.05) ? this.#random.pick(['ALL', '', 'UPDATED_NEW']) : this.#random.pick(right)
  }

  #get(): Request {
    const shape = this.#shape()
    const { expressions, placeholders } = this.#expressions(shape)
    const body: JsonObject = { TableName: this.#tableName(shape), Key: this.#key(shape) }
    if (this.#random.chance(0.4)) body['ProjectionExpression'] = expressions.projection(plainNames)
    if (this.#bad(0.02)) placeholders.names['#unused'] = 'a'
    if (Object.keys(placeholders.names).length > 0) body['ExpressionAttributeNames'] = placeholders.names
    if (this.#random.chance(0.2)) body['ConsistentRead'] = this.#random.chance(0.5)
    return { operation: 'GetItem', body }
  }

  #read(shape: Shape, index: IndexShape | undefined, expressions: RandomExpressions): JsonObject {
    const random = this.#random
    const body: JsonObject = { TableName: this.#tableName(shape) }
    if (index !== undefined) body['IndexName'] = this.#bad(0.05) ? 'missing' : index.name
    if (random.chance(0.35)) body['FilterExpression'] = expressions.condition()
    const global = index?.kind === 'global'
    const held = global && index.projection !== 'ALL' && !this.#bad(0.1) ? namesOf(index) : plainNames
    const projects = held.length > 0 && random.chance(0.25)
    if (projects) body['ProjectionExpression'] = expressions.projection(held)
    if (random.chance(0.3)) body['Limit'] = this.#bad(0.1) ? random.pick([0, -1]) : 1 + random.below(5)
    if (random.chance(0.2)) body['Select'] = this.#select(index, projects)
    if (!global || this.#bad(0.1)) if (random.chance(0.1)) body['ConsistentRead'] = random.chance(0.5)
    return body
  }

  #select(index: IndexShape | undefined, projects: boolean): string {
    const random = this.#random
    if (this.#bad(0.2))
      return random.pick(['', 'all', 'SPECIFIC_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'ALL_ATTRIBUTES'])
    if (projects) return 'SPECIFIC_ATTRIBUTES'
    if (index === undefined) return random.pick(['ALL_ATTRIBUTES', 'COUNT'])
    if (index.kind === 'local' || index.projection === 'ALL')
      return random.pick(['ALL_ATTRIBUTES', 'COUNT', 'ALL_PROJECTED_ATTRIBUTES'])
    return random.pick(['COUNT', 'ALL_PROJECTED_ATTRIBUTES'])
  }

  #query(): Request {
    const random = this.#random
    const shape = this.#shape()
    const index = random.chance(0.5) && shape.indexes.length > 0 ? random.pick(shape.indexes) : undefined
    const { partition, sort } = index ?? shape
    const { expressions, placeholders } = this.#expressions(
      shape,
      this.#bad(0.05) ? undefined : (index ?? shape),
    )
    const body = this.#read(shape, index, expressions)
    const name = random.chance(0.5) ? placeholders.name(partition.name) : partition.name
    const equal = `${this.#bad(0.04) ? 'a' : name} ${this.#bad(0.04) ? '<' : '='} ${placeholders.value(this.#keyValue(partition))}`
    const rest =
      sort !== undefined && random.chance(0.6)
        ? expressions.sortCondition(sort.name, sort.type, this.#sortValues(sort))
        : ''
    if (!this.#bad(0.02)) body['KeyConditionExpression'] = expressions.keyCondition(equal, rest)
    if (random.chance(0.4)) body['ScanIndexForward'] = random.chance(0.3)
    this.#startKey(body, shape, index)
    return { operation: 'Query', body: this.#close(body, placeholders) }
  }

  #sortValues(key: Key): [JsonObject, JsonObject] {
    if (this.#bad(0.1)) return [this.#keyValue(key), this.#keyValue(key)]
    return this.#values.ordered(key.type)
  }

  #scan(): Request {
    const random = this.#random
    const shape = this.#shape()
    const index = random.chance(0.4) && shape.indexes.length > 0 ? random.pick(shape.indexes) : undefined
    const { expressions, placeholders } = this.#expressions(shape)
    const body = this.#read(shape, index, expressions)
    if (random.chance(0.2)) {
      body['TotalSegments'] = this.#bad(0.05) ? random.pick([0, 1_000_001]) : 1 + random.below(4)
      if (!this.#bad(0.05)) body['Segment'] = this.#bad(0.05) ? random.pick([-1, 7]) : 0
    }
    return { operation: 'Scan', body: this.#close(body, placeholders) }
  }

  /** Keys that were never a `LastEvaluatedKey`; the judge follows the real ones. */
  #startKey(body: JsonObject, shape: Shape, index: { partition: Key; sort?: Key } | undefined): void {
    const random = this.#random
    if (!this.#bad(0.1)) return
    const key = this.#key(shape)
    for (const one of index === undefined ? [] : primaryKeys(index)) key[one.name] = this.#keyValue(one)
    if (this.#bad(0.05)) delete key[random.pick(Object.keys(key))]
    body['ExclusiveStartKey'] = key
  }

  #batchGet(): Request {
    const random = this.#random
    const items: JsonObject = {}
    for (let tables = 1 + random.below(2); tables > 0; tables--) {
      const shape = this.#shape()
      const { expressions, placeholders } = this.#expressions(shape)
      const most = this.#bad(0.05) ? random.pick([0, 101]) : 1 + random.below(5)
      const request: JsonObject = { Keys: this.#distinct(shape, most, () => this.#key(shape)) }
      if (random.chance(0.3)) request['ProjectionExpression'] = expressions.projection(plainNames)
      if (Object.keys(placeholders.names).length > 0) request['ExpressionAttributeNames'] = placeholders.names
      items[this.#tableName(shape)] = request
    }
    return { operation: 'BatchGetItem', body: { RequestItems: items } }
  }

  #batchWrite(): Request {
    const random = this.#random
    const items: JsonObject = {}
    for (let tables = 1 + random.below(2); tables > 0; tables--) {
      const shape = this.#shape()
      const most = this.#bad(0.05) ? random.pick([0, 26]) : 1 + random.below(5)
      const puts = this.#distinct(shape, most, () => this.#item(shape))
      const writes = puts.map((item): JsonObject => {
        if (random.chance(0.7)) return { PutRequest: { Item: item } }
        const names = primaryKeys(shape).map(({ name }) => name)
        const key = names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]!] as const]))
        return { DeleteRequest: { Key: Object.fromEntries(key) } }
      })
      items[this.#tableName(shape)] = writes
    }
    return { operation: 'BatchWriteItem', body: { RequestItems: items } }
  }

  /** So many, of different keys unless that is to be wrong. */
  #distinct(shape: Shape, most: number, make: () => JsonObject): JsonObject[] {
    const all = Array.from({ length: most }, make)
    if (this.#bad(0.05)) return all
    const names = primaryKeys(shape).map(({ name }) => name)
    return [
      ...new Map(all.map((one) => [JSON.stringify(names.map((name) => one[name] ?? null)), one])).values(),
    ]
  }

  #describe(): Request {
    return { operation: 'DescribeTable', body: { TableName: this.#tableName(this.#shape()) } }
  }

  /** A table that is deleted at once if it was made. */
  #createTable(): Request {
    const random = this.#random
    const types = new Map<string, Json>()
    const keySchema = (partition: string, sort: string | undefined): Json => {
      for (const name of sort === undefined ? [partition] : [partition, sort])
        if (!types.has(name)) types.set(name, random.pick(['S', 'N', 'B']))
      const hash = { AttributeName: partition, KeyType: 'HASH' }
      return sort === undefined ? [hash] : [hash, { AttributeName: sort, KeyType: 'RANGE' }]
    }
    const name = (prefix: string, number: number) =>
      this.#random.chance(0.08)
        ? random.pick(['x', 'with space', 'same-name', 'n'.repeat(256)])
        : `${prefix}${number}`
    const projection = (): JsonObject =>
      random.pick<JsonObject>([
        { ProjectionType: 'ALL' },
        { ProjectionType: 'KEYS_ONLY' },
        { ProjectionType: 'INCLUDE', NonKeyAttributes: random.chance(0.1) ? ['a', 'a'] : ['a', 'b'] },
        ...(random.chance(0.1) ? [{ ProjectionType: 'INCLUDE' }] : []),
      ])
    const sort = random.chance(0.7)
      ? random.pick(['r', 's', ...(random.chance(0.1) ? ['h'] : [])])
      : undefined
    const body: JsonObject = {
      TableName: random.chance(0.1)
        ? random.pick([...shapes.map((shape) => shape.name), 'x', 'a b'])
        : `made-${this.#created++}`,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keySchema('h', sort),
    }
    const locals = random.chance(0.5) ? random.below(random.chance(0.1) ? 8 : 3) : 0
    const globals = random.chance(0.5) ? random.below(random.chance(0.1) ? 23 : 3) : 0
    const index = (prefix: string, partition: string) => (_: unknown, number: number) => ({
      IndexName: name(prefix, number),
      KeySchema: keySchema(
        partition,
        prefix === 'local' ? (random.chance(0.95) ? `l${number}` : undefined) : random.pick(['g', undefined]),
      ),
      Projection: projection(),
    })
    if (locals > 0)
      body['LocalSecondaryIndexes'] = Array.from(
        { length: locals },
        index('local', random.chance(0.9) ? 'h' : 'q'),
      )
    if (globals > 0) body['GlobalSecondaryIndexes'] = Array.from({ length: globals }, index('global', 'p'))
    body['AttributeDefinitions'] = Array.from(types, ([attribute, type]) => ({
      AttributeName: attribute,
      AttributeType: type,
    }))
    return { operation: 'CreateTable', body }
  }
}
