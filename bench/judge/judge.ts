/** Sends the same random requests to dynalite and to us, and says where the two differ. */
import { type Answered, difference } from './compare.ts'
import { crashed, type Judged, type Outcome, openDynalite } from './dynalite.ts'
import { explain } from './explanations.ts'
import { openOurs } from './ours.ts'
import { Random } from './random.ts'
import { RandomRequests, type Request } from './random-requests.ts'
import type { JsonObject } from './random-values.ts'
import { keysOf, primaryKeys, type Shape, shapes } from './shapes.ts'

export interface Difference {
  readonly request: Request
  readonly kind: string
  readonly theirs: Outcome
  readonly ours: Outcome
  /** Why they differ and who is right; undefined: nobody knows. */
  readonly why: string | undefined
}

export interface Judgement {
  readonly requests: number
  /** Requests that both refused. */
  readonly refused: number
  readonly byOperation: Readonly<Record<string, number>>
  readonly differences: readonly Difference[]
}

const mostPages = 200

/** New stores after so many requests, or when dynalite has crashed. */
const roundLength = 2000

export async function judge(seed: number, count: number): Promise<Judgement> {
  const requests = new RandomRequests(new Random(seed))
  const sum = new Sum()
  while (sum.requests < count) {
    const [theirs, ours] = [await openDynalite({ watched: true }), await openOurs()]
    try {
      for (const shape of shapes) await createTable(theirs, ours, shape)
      const end = Math.min(count, sum.requests + roundLength)
      while (sum.requests < end && (await judgeOne(requests.next(), theirs, ours, sum)));
    } finally {
      await theirs.close()
      await ours.close()
    }
  }
  return sum
}

class Sum implements Judgement {
  requests = 0
  refused = 0
  readonly byOperation: Record<string, number> = {}
  readonly differences: Difference[] = []
}

/** False when dynalite did not survive it. */
async function judgeOne(request: Request, theirs: Judged, ours: Judged, sum: Sum): Promise<boolean> {
  sum.requests++
  sum.byOperation[request.operation] = (sum.byOperation[request.operation] ?? 0) + 1
  const [a, b] = [await ask(theirs, request), await ask(ours, request)]
  if ('error' in a.outcome && a.outcome.error === crashed) {
    const why = 'dynalite: it crashes, or never answers'
    sum.differences.push({ request, kind: crashed, theirs: a.outcome, ours: b.outcome, why })
    return false
  }
  const kind = difference(request, a, b) ?? (await leftDifference(request, theirs, ours))
  if (request.operation === 'CreateTable') await forget(request, theirs, a, ours, b)
  if ('error' in a.outcome && 'error' in b.outcome) sum.refused++
  if (kind === undefined) return true
  const found = { request, kind, theirs: a.outcome, ours: b.outcome }
  sum.differences.push({ ...found, why: explain(found) })
  await align(theirs, ours, request)
  return true
}

/** With all further pages of a read, and all segments of a scan: which item is in which one is up to each. */
async function ask(judged: Judged, { body, operation }: Request): Promise<Answered> {
  const first = await judged.send(operation, structuredClone(body))
  if ('error' in first || (operation !== 'Query' && operation !== 'Scan'))
    return { outcome: first, pages: [] }
  const pages: JsonObject[] = []
  const segments = (body['TotalSegments'] as number | undefined) ?? 1
  for (let segment = 0; segment < segments; segment++) {
    const own = body['TotalSegments'] === undefined ? body : { ...body, Segment: segment }
    let from: JsonObject = {}
    for (let left = mostPages; left > 0; left--) {
      const outcome = await judged.send(operation, { ...structuredClone(own), ...from })
      if ('error' in outcome) return { outcome, pages }
      pages.push(outcome.answer)
      const next = outcome.answer['LastEvaluatedKey']
      if (next === undefined) break
      from = { ExclusiveStartKey: next }
    }
  }
  return { outcome: first, pages }
}

/** Whether a write left the same, whatever it answered. */
async function leftDifference(request: Request, theirs: Judged, ours: Judged): Promise<string | undefined> {
  for (const get of written(request)) {
    const read = { operation: 'GetItem', body: get }
    if (difference(read, await ask(theirs, read), await ask(ours, read)) !== undefined)
      return 'another item is left'
  }
  return undefined
}

/** Deletes what a write that came out differently may have left in one of them. */
async function align(theirs: Judged, ours: Judged, request: Request): Promise<void> {
  for (const body of written(request))
    for (const judged of [theirs, ours]) await judged.send('DeleteItem', body)
}

/** The items that a request writes. */
function written({ body, operation }: Request): { TableName: string; Key: JsonObject }[] {
  const items: [unknown, unknown][] = []
  if (['PutItem', 'UpdateItem', 'DeleteItem'].includes(operation))
    items.push([body['TableName'], body['Item'] ?? body['Key']])
  else if (operation === 'BatchWriteItem')
    for (const [name, writes] of Object.entries(body['RequestItems'] as JsonObject))
      for (const { DeleteRequest, PutRequest } of writes as Record<string, JsonObject>[])
        items.push([name, PutRequest?.['Item'] ?? DeleteRequest?.['Key']])
  return items.flatMap(([table, item]) => {
    const shape = shapes.find(({ name }) => name === table)
    if (shape === undefined) return []
    const { name: TableName } = shape
    const keys = primaryKeys(shape).map(({ name }) => [name, (item as JsonObject)[name] ?? {}] as const)
    return [{ TableName, Key: Object.fromEntries(keys) }]
  })
}

async function forget(
  request: Request,
  theirs: Judged,
  a: Answered,
  ours: Judged,
  b: Answered,
): Promise<void> {
  const body = { TableName: request.body['TableName']! }
  if ('answer' in a.outcome) {
    await untilActive(theirs, body)
    await theirs.send('DeleteTable', body)
    for (;;) if ('error' in (await theirs.send('DescribeTable', body))) break
  }
  if ('answer' in b.outcome) await ours.send('DeleteTable', body)
}

async function untilActive(judged: Judged, body: JsonObject): Promise<void> {
  for (;;) {
    const outcome = await judged.send('DescribeTable', body)
    if ('error' in outcome) throw new Error(`${outcome.error}: ${outcome.message}`)
    const { TableStatus: status = 'ACTIVE' } = outcome.answer['Table'] as JsonObject
    if (status === 'ACTIVE') return
  }
}

async function createTable(theirs: Judged, ours: Judged, shape: Shape): Promise<void> {
  const schema = (keys: Pick<Shape, 'partition' | 'sort'>) =>
    primaryKeys(keys).map(({ name }, at) => ({ AttributeName: name, KeyType: at === 0 ? 'HASH' : 'RANGE' }))
  const indexes = (kind: string) => {
    const all = shape.indexes.filter((index) => index.kind === kind)
    if (all.length === 0) return {}
    const list = all.map(({ name, projection, ...keys }) => ({
      IndexName: name,
      KeySchema: schema(keys),
      Projection:
        typeof projection === 'string'
          ? { ProjectionType: projection }
          : { ProjectionType: 'INCLUDE', NonKeyAttributes: [...projection] },
    }))
    return { [kind === 'local' ? 'LocalSecondaryIndexes' : 'GlobalSecondaryIndexes']: list }
  }
  const body = {
    TableName: shape.name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keysOf(shape).map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    KeySchema: schema(shape),
    ...indexes('local'),
    ...indexes('global'),
  }
  for (const judged of [theirs, ours]) {
    const outcome = await judged.send('CreateTable', body)
    if ('error' in outcome) throw new Error(`${outcome.error}: ${outcome.message}`)
  }
  await untilActive(theirs, { TableName: shape.name })
}
