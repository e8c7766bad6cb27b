/** Holds two outcomes of one request against each other. */
import { numberText, parseNumber } from '../../lib/tables/number.ts'
import type { Outcome } from './dynalite.ts'
import type { Request } from './random-requests.ts'
import type { Json, JsonObject } from './random-values.ts'
import { shapes } from './shapes.ts'

/** All pages of a read, or the outcome of anything else. */
export interface Answered {
  readonly outcome: Outcome
  readonly pages: readonly JsonObject[]
}

/** What differs, in a line; undefined: nothing. */
export function difference(request: Request, theirs: Answered, ours: Answered): string | undefined {
  const [a, b] = [theirs.outcome, ours.outcome]
  if ('error' in a || 'error' in b) {
    if (!('error' in a)) return 'only we refuse'
    if (!('error' in b)) return 'only dynalite refuses'
    if (a.error !== b.error) return 'another error'
    return a.message === b.message ? undefined : 'another message'
  }
  const [left, right] = [comparable(request, theirs), comparable(request, ours)]
  return left === right ? undefined : 'another answer'
}

function comparable(request: Request, { outcome, pages }: Answered): string {
  const { operation } = request
  if (!('answer' in outcome)) return ''
  if (operation === 'Query' || operation === 'Scan') return JSON.stringify(comparableRead(request, pages))
  if (operation === 'DescribeTable')
    return JSON.stringify((outcome.answer['Table'] as JsonObject)['ItemCount'])
  if (operation === 'BatchGetItem') {
    const tables = Object.entries(outcome.answer['Responses'] as Record<string, JsonObject[]>)
    return JSON.stringify(tables.map(([name, items]) => [name, texts(items).sort()]).sort())
  }
  const { Attributes, Item } = outcome.answer
  return JSON.stringify({ Attributes: canonicalItem(Attributes), Item: canonicalItem(Item) })
}

/** Order counts where DynamoDB promises one: in scans it does not, nor for equal keys of an index. */
function comparableRead({ body, operation }: Request, pages: readonly JsonObject[]) {
  const items = pages.flatMap(({ Items = [] }) => Items as JsonObject[])
  const index = shapes
    .find(({ name }) => name === body['TableName'])
    ?.indexes.find(({ name }) => name === body['IndexName'])
  const sum = (name: string) => pages.reduce((total, page) => total + (page[name] as number), 0)
  const ordered = operation === 'Query' && index === undefined
  const sortKey = operation === 'Query' ? index?.sort?.name : undefined
  return {
    count: sum('Count'),
    scanned: sum('ScannedCount'),
    hasItems: pages.some(({ Items }) => Items !== undefined),
    items: ordered ? texts(items) : texts(items).sort(),
    sorts: sortKey === undefined ? [] : items.map((item) => canonical(item[sortKey] ?? null)),
    last: ordered ? pages.map(({ LastEvaluatedKey }) => canonicalItem(LastEvaluatedKey)) : [],
  }
}

function texts(items: readonly JsonObject[]): string[] {
  return items.map((item) => JSON.stringify(canonicalItem(item)))
}

function canonicalItem(item: Json | undefined): Json {
  if (item === undefined) return null
  const entries = Object.entries(item as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([name, value]) => [name, canonical(value)])
}

/** One text of each number, one order of the members of a set. */
function canonical(value: Json): Json {
  if (value === null) return null
  const [[type, content]] = Object.entries(value as JsonObject) as [[string, Json]]
  const number = (text: Json) => numberText(parseNumber(text as string))
  switch (type) {
    case 'N':
      return [type, number(content)]
    case 'NS':
      return [type, (content as Json[]).map(number).sort()]
    case 'SS':
    case 'BS':
      return [type, [...(content as string[])].sort()]
    case 'L':
      return [type, (content as Json[]).map(canonical)]
    case 'M':
      return [type, canonicalItem(content)]
    default:
      return [type, content]
  }
}
