import type { Snapshot } from '../../kv/snapshot.ts'
import { corruption } from '../errors.ts'
import { rowsToFetch } from '../fetch-size.ts'
import { decodeItem, storedSize } from '../item-codec.ts'
import type { RowRange } from '../key-codec.ts'
import type { Store } from '../store.ts'
import { isHidden } from '../ttl/expiry.ts'
import type { TtlSettings } from '../ttl/settings.ts'
import type { Item } from '../value.ts'
import type { AccessPath } from './access-path.ts'

/** What a query or scan returns. */
export interface Page {
  /** Empty with `select: 'COUNT'`. */
  readonly items: Item[]
  /** Items that passed the filter. */
  readonly count: number
  /** Items that were read. */
  readonly scannedCount: number
  /** Where the next page begins (`startKey`); undefined: there is none. */
  readonly lastKey?: Item
}

/** A page to be read. */
export interface PageRequest {
  readonly path: AccessPath
  /** Undefined: there can be nothing. */
  readonly range: RowRange | undefined
  /** The only row that can be in the range: it is looked up, which is far cheaper than to look through a range. */
  readonly single?: Uint8Array | undefined
  /** Only rows behind this one, in the direction of reading. */
  readonly start: Uint8Array | undefined
  readonly reverse: boolean
  /** Items to be read, before the filter; undefined: what fits into a page. */
  readonly limit: number | undefined
  /** The items are to be read from the table: the index does not hold all that is asked for. */
  readonly fromTable: boolean
  /** The attributes that `accepts` and `project` look at; undefined: all. */
  readonly attributes: ReadonlySet<string> | undefined
  /** Whether the item is a result; default: every one is. */
  readonly accepts: ((item: Item) => boolean) | undefined
  /** What is returned of it; default: all. */
  readonly project: ((item: Item) => Item) | undefined
  readonly countOnly: boolean
}

/** A page ends with the item that brings it to this size, as DynamoDB counts. */
const pageBytes = 1024 * 1024

/** Reads at one moment the rows that the page takes, and no others, but for those fetched ahead where a page ends by its size. */
export async function readPage(store: Store, request: PageRequest): Promise<Page> {
  const { path, range, reverse } = request
  const { limit = Number.POSITIVE_INFINITY } = request
  const page = new GrowingPage(request)
  if (range === undefined) return page.finish(undefined)
  if (request.single !== undefined) return readSingle(store, request.single, request, page)
  // One moment for the index and the table.
  const snapshot = readsTable(request) ? store.database.snapshot() : undefined
  const rows = store.entries({ ...boundsOf(request, range), reverse, limit, snapshot })
  try {
    let last: Uint8Array | undefined
    while (page.scannedCount < limit && page.size < pageBytes) {
      const fetched = rowsToFetch(pageBytes - page.size, page.scannedCount, page.size)
      const found = await rows.next(Math.min(fetched, limit - page.scannedCount))
      if (found.length === 0) return page.finish(undefined)
      const base = snapshot === undefined ? undefined : await baseRows(path, found, snapshot)
      for (const [index, [key, value]] of found.entries()) {
        page.add(value, base?.[index])
        last = key
        if (page.size >= pageBytes) break
      }
    }
    return page.finish(last)
  } finally {
    await rows.close()
    snapshot?.close()
  }
}

async function readSingle(
  store: Store,
  row: Uint8Array,
  { limit, start }: PageRequest,
  page: GrowingPage,
): Promise<Page> {
  const value = start === undefined ? await store.get(row) : undefined
  if (value === undefined) return page.finish(undefined)
  page.add(value, undefined)
  return page.finish(limit === 1 ? row : undefined)
}

class GrowingPage {
  readonly #request: PageRequest
  readonly #ttl: TtlSettings | undefined
  readonly #now = Date.now()
  readonly #items: Item[] = []
  #count = 0
  scannedCount = 0
  /** Bytes of the items that were read. */
  size = 0

  constructor(request: PageRequest) {
    this.#request = request
    this.#ttl = request.path.table.schema.ttl
  }

  /** `base`: the row of the table, when `value`, that of the index, does not have all. */
  add(value: Uint8Array, base: Uint8Array | undefined): void {
    const { accepts, attributes, countOnly, fromTable, project } = this.#request
    const row = fromTable ? base! : value
    this.scannedCount++
    this.size += storedSize(row)
    if (isHidden(base ?? value, this.#ttl, this.#now)) return
    if (accepts !== undefined || !countOnly) {
      const item = decodeItem(row, attributes)
      if (accepts?.(item) === false) return
      if (!countOnly) this.#items.push(project === undefined ? item : project(item))
    }
    this.#count++
  }

  /** `last`: the key of the last row; undefined: there are no more. */
  finish(last: Uint8Array | undefined): Page {
    const page = { items: this.#items, count: this.#count, scannedCount: this.scannedCount }
    return last === undefined ? page : { ...page, lastKey: this.#request.path.keys.decode(last) }
  }
}

/** Also to know whether items of an index have expired. */
function readsTable({ fromTable, path }: PageRequest): boolean {
  const { ttl } = path.table.schema
  return fromTable || (ttl?.hideExpired === true && path.projected?.has(ttl.attribute) === false)
}

function boundsOf({ reverse, start }: PageRequest, { gte, lt }: RowRange) {
  if (start === undefined) return { gte, lt }
  return reverse ? { gte, lt: start } : { gt: start, lt }
}

/** The rows of the table that rows of an index are about. */
async function baseRows(
  { keys, table }: AccessPath,
  rows: readonly (readonly [Uint8Array, Uint8Array])[],
  snapshot: Snapshot,
): Promise<Uint8Array[]> {
  const wanted = rows.map(([key]) => table.keys.encode(keys.decode(key)))
  const values = await snapshot.getMany(wanted, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
  return values.map((value) => {
    if (value === undefined) throw corruption('a row of an index is about an item that is not there')
    return value
  })
}
