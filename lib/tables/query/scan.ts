import { checkNames } from '../../base/call-options.ts'
import { validation } from '../errors.ts'
import { ExpressionContext } from '../expression/context.ts'
import { readLegacyFilter } from '../legacy-parameters.ts'
import type { Store } from '../store.ts'
import type { TableState } from '../table-state.ts'
import { accessPath } from './access-path.ts'
import { type BoundRead, bindFilter, bindProjection, pageRequest, readCommon } from './bound-read.ts'
import { readWhole, type ScanOptions, scanNames } from './options.ts'
import { type Page, readPage } from './page.ts'
import { segmentRange } from './segments.ts'
import { scanStart } from './start-key.ts'

/** A scan whose expressions are bound to their values, by whatever language they were written in. */
export interface BoundScan extends BoundRead {
  readonly segment: number
  readonly totalSegments: number
}

const mostSegments = 1_000_000

/** One page of the items that the options select. Throws ValidationException, or BURROW_INVALID_ARGUMENT for an unknown option. */
export function runScan(store: Store, table: TableState, options: ScanOptions): Promise<Page> {
  return readPage(store, scanPage(bindScan(table, options)))
}

/** The options of a scan, checked. */
export function bindScan(table: TableState, options: ScanOptions): BoundScan {
  checkNames(options, scanNames, 'scan')
  const { filter, names, projection, values } = options
  const legacy = readLegacyFilter(options)
  const common = readCommon(options, 'scan')
  const segments = readSegments(options)
  const path = accessPath(table, common.index, common.consistent)
  const context = new ExpressionContext(names, values)
  const bound = {
    ...common,
    ...segments,
    path,
    legacy: legacy !== undefined,
    filter: bindFilter(context, filter) ?? legacy?.filter,
    projection: bindProjection(context, projection) ?? legacy?.projection,
  }
  context.finish(['FilterExpression'])
  return bound
}

/** What a scan reads. Throws ValidationException. */
export function scanPage(scan: BoundScan): Parameters<typeof readPage>[1] {
  const { path, segment, startKey, totalSegments } = scan
  const range = segmentRange(path.keys.prefix, segment, totalSegments)
  const start = startKey === undefined ? undefined : scanStart(path, startKey, range, segment, totalSegments)
  return { ...pageRequest(scan), range, start, reverse: false }
}

function readSegments(options: ScanOptions): { segment: number; totalSegments: number } {
  const segment = readWhole('segment', options.segment, 0, mostSegments - 1)
  const totalSegments = readWhole('totalSegments', options.totalSegments, 1, mostSegments)
  const missing = (name: string, other: string) =>
    validation(
      `The ${name} parameter is required but was not present in the request when ${other} is present`,
    )
  if (segment !== undefined && totalSegments === undefined)
    throw missing('TotalSegments', 'Segment parameter')
  if (segment === undefined && totalSegments !== undefined)
    throw missing('Segment', 'parameter TotalSegments')
  if (segment === undefined || totalSegments === undefined) return { segment: 0, totalSegments: 1 }
  if (segment >= totalSegments) {
    throw validation(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${segment} is not less than TotalSegments: ${totalSegments}`,
    )
  }
  return { segment, totalSegments }
}
