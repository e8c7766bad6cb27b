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
    const [theirs, ours] = [await openDynalite(), await openOurs()]
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
  const kind = difference(request, a, b)
  if ('error' in a.outcome && a.outcome.error === crashed) {
    const why = 'dynalite: it crashes'
    sum.differences.push({ request, kind: kind!, theirs: a.outcome, ours: b.outcome, why })
    return false
  }
  if (request.operation === 'CreateTable') await forget(request, theirs, a, ours, b)
  if ('error' in a.outcome && 'error' in b.outcome) sum.refused++
  if (kind === undefined) return true
  const found = { request, kind, theirs: a.outcome, ours: b.outcome }
  sum.differences.push({ ...found, why: explain(found) })
  await align(theirs, ours, request)
  return true
}

/** With all further pages of a read. */
async function ask(judged: Judged, { body, operation }: Request): Promise<Answered> {
  const first = await judged.send(operation, structuredClone(body))
  const pages: JsonObject[] = []
  let outcome = first
  while ('answer' in outcome && (operation === 'Query' || operation === 'Scan')) {
    pages.push(outcome.answer)
    const next = outcome.answer['LastEvaluatedKey']
    if (next === undefined || pages.length === mostPages) break
    outcome = await judged.send(operation, { ...structuredClone(body), ExclusiveStartKey: next })
  }
  return { outcome: 'error' in outcome ? outcome : first, pages }
}

/** Deletes what a write that came out differently may have left in one of them. */
async function align(theirs: Judged, ours: Judged, { body, operation }: Request): Promise<void> {
  const items: [unknown, unknown][] =
    operation === 'BatchWriteItem'
      ? Object.entries(body['RequestItems'] as JsonObject).flatMap(([name, writes]) =>
          (writes as JsonObject[]).map((write): [unknown, unknown] => {
            const { DeleteRequest, PutRequest } = write as {
              DeleteRequest?: JsonObject
              PutRequest?: JsonObject
            }
            return [name, PutRequest?.['Item'] ?? DeleteRequest?.['Key']]
          }),
        )
      : [[body['TableName'], body['Item'] ?? body['Key']]]
  for (const [name, item] of items) {
    const shape = shapes.find((one) => one.name === name)
    if (shape === undefined || typeof item !== 'object' || item === null) continue
    const Key: JsonObject = {}
    for (const { name } of primaryKeys(shape)) Key[name] = (item as JsonObject)[name] ?? {}
    for (const judged of [theirs, ours]) await judged.send('DeleteItem', { TableName: shape.name, Key })
  }
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
