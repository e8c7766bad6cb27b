import { ExpressionContext } from './expression/context.ts'
import type { Projection } from './expression/projection.ts'
import { decodeItem } from './item-codec.ts'
import { keyOf } from './item-operations.ts'
import type { GetOptions } from './item-options.ts'
import { checkProjection } from './key-paths.ts'
import { readAttributesToGet } from './legacy-parameters.ts'
import type { Store } from './store.ts'
import type { TableState } from './table-state.ts'
import { isHidden } from './ttl/expiry.ts'
import type { Item } from './value.ts'

/** The item with this primary key, or what the options ask for of it; undefined when there is none. */
export async function getItem(
  store: Store,
  table: TableState,
  key: Item,
  options: GetOptions | undefined,
): Promise<Item | undefined> {
  const row = keyOf(table, key)
  const projection = options === undefined ? undefined : makeProjection(table, options.projection, options)
  const bytes = await store.get(row)
  return readItem(table, bytes, projection)
}

export function makeProjection(
  table: TableState,
  projection: string | undefined,
  { attributesToGet, names }: Pick<GetOptions, 'attributesToGet' | 'names'>,
): Projection | undefined {
  const legacy = readAttributesToGet(attributesToGet, projection)
  if (projection === undefined && names === undefined) return legacy
  const context = new ExpressionContext(names, undefined)
  const made = projection === undefined ? legacy : context.projection(projection)
  context.finish()
  if (made !== undefined) checkProjection(table, made)
  return made
}

/** What is asked for of an item as it was read; undefined: there was none, or it has expired and is out of sight. */
export function readItem(
  table: TableState,
  bytes: Uint8Array | undefined,
  projection: Projection | undefined,
): Item | undefined {
  if (bytes === undefined || isHidden(bytes, table.schema.ttl, Date.now())) return undefined
  return projection === undefined
    ? decodeItem(bytes)
    : projection.apply(decodeItem(bytes, projection.attributes))
}
