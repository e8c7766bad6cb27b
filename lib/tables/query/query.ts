import { checkNames, readFlag } from '../../base/call-options.ts'
import { validation } from '../errors.ts'
import { ExpressionContext } from '../expression/context.ts'
import type { SortCondition } from '../key-codec.ts'
import { type LegacyQueryParameters, readKeyConditions, readLegacyFilter } from '../legacy-parameters.ts'
import type { Store } from '../store.ts'
import type { TableState } from '../table-state.ts'
import { type AttributeValue, type Item, setAttribute } from '../value.ts'
import { accessPath } from './access-path.ts'
import { type BoundRead, bindFilter, bindProjection, pageRequest, readCommon } from './bound-read.ts'
import { type LegacyQueryOptions, type QueryOptions, queryNames } from './options.ts'
import { type Page, readPage } from './page.ts'
import { queryStart } from './start-key.ts'

/** A query whose expressions are bound to their values, by whatever language they were written in. */
export interface BoundQuery extends BoundRead {
  readonly partition: AttributeValue
  readonly sort: SortCondition | undefined
  readonly reverse: boolean
}

/** One page of the items that the options select. Throws ValidationException, or BURROW_INVALID_ARGUMENT for an unknown option. */
export function runQuery(
  store: Store,
  table: TableState,
  options: QueryOptions | LegacyQueryOptions,
): Promise<Page> {
  return readPage(store, queryPage(bindQuery(table, options)))
}

/** The options of a query, checked. */
export function bindQuery(
  table: TableState,
  options: Omit<QueryOptions, 'key'> & LegacyQueryParameters & { readonly key?: string | undefined },
): BoundQuery {
  checkNames(options, queryNames, 'query')
  const { filter, key, keyConditions, names, projection, reverse, values } = options
  const legacy = readLegacyFilter(options)
  if (key === undefined && keyConditions === undefined) {
    throw validation(
      'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
    )
  }
  const common = readCommon(options, 'query')
  const path = accessPath(table, common.index, common.consistent)
  const context = new ExpressionContext(names, values)
  const bound = {
    ...common,
    path,
    legacy: legacy?.filter !== undefined || legacy?.projection !== undefined,
    filter: bindFilter(context, filter) ?? legacy?.filter,
    projection: bindProjection(context, projection) ?? legacy?.projection,
    condition:
      key === undefined
        ? readKeyConditions(keyConditions!, path.schema)
        : context.keyCondition(key, path.schema),
    reverse: readFlag('reverse', reverse, 'query') ?? false,
  }
  context.finish(['FilterExpression', 'KeyConditionExpression'])
  const { partition, sort } = bound.condition
  return { ...bound, partition, sort }
}

/** What a query reads. Throws ValidationException. */
export function queryPage(query: BoundQuery): Parameters<typeof readPage>[1] {
  const { filter, partition, path, reverse, sort, startKey } = query
  const start = startKey === undefined ? undefined : queryStart(path, startKey, partition, sort)
  const keys = [path.schema.partitionKey.name, path.schema.sortKey?.name]
  for (const name of keys) {
    if (name === undefined || filter?.attributes.has(name) !== true) continue
    const what = query.legacy === true ? 'QueryFilter' : 'Filter Expression'
    throw validation(`${what} can only contain non-primary key attributes: Primary key attribute: ${name}`)
  }
  const range = path.keys.partitionRange(partition, sort)
  return { ...pageRequest(query), range, single: singleRow(query), start, reverse }
}

/** The key of the row, when the query is by the whole primary key of an item. */
function singleRow({ partition, path, sort }: BoundQuery): Uint8Array | undefined {
  const { partitionKey, sortKey } = path.schema
  if (path.index !== undefined || (sortKey !== undefined && sort?.op !== '=')) return undefined
  const key: Item = {}
  setAttribute(key, partitionKey.name, partition)
  if (sortKey !== undefined) setAttribute(key, sortKey.name, sort!.values[0]!)
  return path.keys.encode(key)
}
