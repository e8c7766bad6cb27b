import { compareBytes } from '../../util/bytes.ts'
import { describeValue } from '../../util/describe-value.ts'
import { validation } from '../errors.ts'
import type { RowRange, SortCondition } from '../key-codec.ts'
import { hasKey } from '../key-schema.ts'
import { type AttributeValue, equalValues, getAttribute, type Item, isPlainObject } from '../value.ts'
import type { AccessPath } from './access-path.ts'

const invalid = 'The provided starting key is invalid'

/**
 * The key of the row behind which reading goes on. Throws ValidationException unless `startKey` has exactly the attributes
 * that identify a row of `path`, with values that they can have.
 */
function startRow(path: AccessPath, startKey: unknown): { row: Buffer; key: Item } {
  if (typeof startKey !== 'object' || startKey === null || !isPlainObject(startKey)) {
    throw validation(`${invalid}: it must be the lastKey of a page, got ${describeValue(startKey)}`)
  }
  const key = startKey as Item
  const names = Object.keys(key)
  const complete = names.length === path.keyNames.size && names.every((name) => path.keyNames.has(name))
  const fits = complete && hasKey(path.schema, key) && hasKey(path.table.schema, key)
  if (fits) return { row: path.keys.encode(key), key }
  throw validation(
    path.index === undefined ? `${invalid}: The provided key element does not match the schema` : invalid,
  )
}

/** Where a query goes on. Throws ValidationException for a key that its condition does not select. */
export function queryStart(
  path: AccessPath,
  startKey: unknown,
  partition: AttributeValue,
  sort: SortCondition | undefined,
): Buffer {
  const { key, row } = startRow(path, startKey)
  const own = getAttribute(key, path.schema.partitionKey.name)!
  const samePartition = equalValues(own, partition)
  if (sort === undefined) {
    if (samePartition) return row
    throw validation('The provided starting key is outside query boundaries based on provided conditions')
  }
  if (!isInside(row, path.keys.partitionRange(own, sort))) {
    throw validation('The provided starting key does not match the range key predicate')
  }
  if (samePartition) return row
  throw validation('The query can return at most one row and cannot be restarted')
}

/** Where a scan goes on. Throws ValidationException for a key of another segment. */
export function scanStart(
  path: AccessPath,
  startKey: unknown,
  range: RowRange | undefined,
  segment: number,
  totalSegments: number,
): Buffer {
  const { row } = startRow(path, startKey)
  if (range !== undefined && isInside(row, range)) return row
  throw validation(
    `${invalid}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: ${totalSegments} Segment: ${segment}`,
  )
}

function isInside(row: Uint8Array, { gte, lt }: RowRange): boolean {
  return compareBytes(row, gte) >= 0 && compareBytes(row, lt) < 0
}
