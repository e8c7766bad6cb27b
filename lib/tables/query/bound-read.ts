import type { Condition } from '../expression/condition.ts'
import type { ExpressionContext } from '../expression/context.ts'
import type { Projection } from '../expression/projection.ts'
import { checkProjection, checkTablePaths } from '../key-paths.ts'
import { getAttribute, type Item, setAttribute } from '../value.ts'
import type { AccessPath } from './access-path.ts'
import { type ReadOptions, readConsistent, readIndexName, readWhole } from './options.ts'
import type { PageRequest } from './page.ts'
import { needsTable, readSelect } from './select.ts'

/** What a query and a scan have in common, with their expressions bound to their values. */
export interface BoundRead {
  readonly path: AccessPath
  readonly filter: Condition | undefined
  readonly projection: Projection | undefined
  readonly select: unknown
  /** True when filter and projection were given in the way of the time before expressions: messages name them so. */
  readonly legacy?: boolean
  readonly limit: number | undefined
  readonly startKey: unknown
}

/** The options that need no table. Throws ValidationException. */
export function readCommon(options: ReadOptions, call: string) {
  return {
    index: readIndexName(options.index),
    consistent: readConsistent(options.consistent, call),
    limit: readWhole('limit', options.limit, 1),
    select: options.select,
    startKey: options.startKey,
  }
}

export function bindFilter(context: ExpressionContext, text: string | undefined): Condition | undefined {
  return text === undefined ? undefined : context.condition(text, 'FilterExpression')
}

export function bindProjection(context: ExpressionContext, text: string | undefined): Projection | undefined {
  return text === undefined ? undefined : context.projection(text)
}

/** What both read of a page. Throws ValidationException. */
export function pageRequest(read: BoundRead): Omit<PageRequest, 'range' | 'start' | 'reverse'> {
  const { filter, limit, path, projection } = read
  const projected = read.legacy === true ? 'AttributesToGet' : 'ProjectionExpression'
  const select = readSelect(read.select, projection && projected, path.index !== undefined)
  if (filter !== undefined) checkTablePaths(path.table, filter.paths)
  if (projection !== undefined) checkProjection(path.table, projection)
  const fromTable = needsTable(path, select, projection?.attributes, filter?.attributes)
  // For the sake of the filter alone.
  const held = fromTable && select === 'ALL_PROJECTED_ATTRIBUTES' ? path.projected : undefined
  const wanted = projection?.attributes ?? held ?? (select === 'COUNT' ? noNames : undefined)
  return {
    path,
    limit,
    fromTable,
    attributes: wanted === undefined ? undefined : new Set([...wanted, ...(filter?.attributes ?? [])]),
    accepts: filter === undefined ? undefined : (item) => filter.test(item),
    project: projection === undefined ? held && pickFrom(held) : (item) => projection.apply(item),
    countOnly: select === 'COUNT',
  }
}

const noNames: ReadonlySet<string> = new Set()

/** Leaves only the attributes of these names. */
function pickFrom(names: ReadonlySet<string>): (item: Item) => Item {
  return (item) => {
    const picked: Item = {}
    for (const name of names) {
      const value = getAttribute(item, name)
      if (value !== undefined) setAttribute(picked, name, value)
    }
    return picked
  }
}
