/** The reads of a SELECT, through the pages of queries and scans. */
import type { Condition } from '../expression/condition.ts'
import { Projection } from '../expression/projection.ts'
import { readItem } from '../get-item.ts'
import { type AccessPath, accessPath } from '../query/access-path.ts'
import { pageRequest } from '../query/bound-read.ts'
import { type PageRequest, readPage } from '../query/page.ts'
import { segmentRange } from '../query/segments.ts'
import { queryStart, scanStart } from '../query/start-key.ts'
import type { Store } from '../store.ts'
import type { TableState } from '../table-state.ts'
import type { Item } from '../value.ts'
import { pickColumns } from './columns.ts'
import type { PartitionRead, Reads } from './key-values.ts'
import type { SelectPlan } from './plan.ts'

/** Some of the rows of a read. */
export interface Rows {
  readonly items: readonly Item[]
  readonly scannedCount: number
  /** Where the read goes on; undefined: it has ended. */
  readonly lastKey: Item | undefined
}

type Request = Omit<PageRequest, 'range' | 'start' | 'reverse' | 'limit'>

export class RowReader {
  readonly path: AccessPath
  readonly #store: Store
  readonly #plan: SelectPlan
  readonly #reads: Reads
  readonly #request: Request

  /** Throws ValidationException: see `accessPath`. */
  constructor(
    store: Store,
    table: TableState,
    plan: SelectPlan,
    reads: Reads,
    filter: Condition | undefined,
    consistent: boolean,
  ) {
    this.path = accessPath(table, plan.index, consistent)
    this.#store = store
    this.#plan = plan
    this.#reads = reads
    this.#request = requestOf(this.path, plan, filter)
  }

  /** How many reads there are. */
  get length(): number {
    if (this.#reads.kind === 'scan') return 1
    return this.#reads.kind === 'get' ? this.#reads.keys.length : this.#reads.partitions.length
  }

  /** True when each read is one item at most, and several are best read together. */
  get readsItems(): boolean {
    return this.#reads.kind === 'get'
  }

  /** Up to `count` items from the read `first` on. REQUIRES: `readsItems`. */
  async items(first: number, count: number): Promise<Rows> {
    const { keys } = this.#reads as Reads & { kind: 'get' }
    const rows = keys.slice(first, first + count).map((key) => this.path.keys.encode(key))
    const { accepts, project } = this.#request
    const items: Item[] = []
    let scannedCount = 0
    for (const bytes of await this.#store.getMany(rows)) {
      if (bytes === undefined) continue
      scannedCount++
      const item = readItem(this.path.table, bytes, undefined)
      if (item === undefined || accepts?.(item) === false) continue
      items.push(project === undefined ? item : project(item))
    }
    return { items, scannedCount, lastKey: undefined }
  }

  /** A page of the read `read`. REQUIRES: not `readsItems`. */
  async page(read: number, startKey: Item | undefined, limit: number | undefined): Promise<Rows> {
    const request = { ...this.#request, ...this.#range(read, startKey), limit }
    const { items, lastKey, scannedCount } = await readPage(this.#store, request)
    return { items, scannedCount, lastKey }
  }

  #range(read: number, startKey: Item | undefined): Pick<PageRequest, 'range' | 'start' | 'reverse'> {
    const { path } = this
    if (this.#reads.kind !== 'query') {
      const range = segmentRange(path.keys.prefix, 0, 1)
      const start = startKey === undefined ? undefined : scanStart(path, startKey, range, 0, 1)
      return { range, start, reverse: false }
    }
    const { partition, sort } = this.#reads.partitions[read] as PartitionRead
    const start = startKey === undefined ? undefined : queryStart(path, startKey, partition, sort)
    const reverse = this.#plan.sortOrder === 'descending'
    return { range: path.keys.partitionRange(partition, sort), start, reverse }
  }
}

function requestOf(path: AccessPath, plan: SelectPlan, filter: Condition | undefined): Request {
  const { columns } = plan
  // What is picked of an item comes from whole attributes of it.
  const names = new Set((columns ?? []).map((column) => column.path.steps[0]))
  const projection = columns === undefined ? undefined : new Projection([...names].map((name) => [name]))
  const read = { path, filter, projection, select: undefined, limit: undefined, startKey: undefined }
  const request = pageRequest(read)
  if (columns !== undefined) return { ...request, project: (item) => pickColumns(columns, item) }
  const { projected } = path
  if (!request.fromTable || projected === undefined) return request
  // The table was asked for the sake of WHERE only.
  const held = new Projection([...projected].map((name) => [name]))
  return { ...request, project: (item) => held.apply(item) }
}
