import { checkNames, readFlag } from '../base/call-options.ts'
import { validation } from './errors.ts'
import type { Projection } from './expression/projection.ts'
import { makeProjection, readItem } from './get-item.ts'
import type { Handle } from './handle.ts'
import { storedSize } from './item-codec.ts'
import { keyOf } from './item-operations.ts'
import type { GetOptions } from './item-options.ts'
import { checkList, checkObject, constraint } from './request-limits.ts'
import { checkTableName } from './table-definition.ts'
import type { TableState } from './table-state.ts'
import type { Item } from './value.ts'

/** What is wanted of one table. */
export interface KeysToGet extends GetOptions {
  readonly keys: readonly Item[]
}

/** The items that were found, by table, in the order of their keys. */
export interface BatchGetResult {
  readonly items: { [table: string]: Item[] }
  /** What the response had no room for, by table: to be asked for again. Empty: nothing. */
  readonly unprocessedKeys: { [table: string]: KeysToGet }
}

interface Wanted {
  readonly name: string
  readonly key: Item
  readonly row: Uint8Array
  readonly table: TableState
  readonly projection: Projection | undefined
}

const mostKeys = 100
/** Bytes of items in one response. */
const mostBytes = 16 * 1024 * 1024
const requestNames = new Set(['keys', 'projection', 'names', 'consistent', 'attributesToGet'])

/** Up to 100 items of several tables, all read at one moment; 16 MiB of them at most, the others stay unprocessed. */
export async function batchGet(
  handle: Handle,
  requests: Readonly<Record<string, KeysToGet>>,
): Promise<BatchGetResult> {
  const { core } = handle
  const wanted = checkRequests(handle, requests)
  const found = await core.store.getMany(wanted.map(({ row }) => row))
  const items = new Map<string, Item[]>(Object.keys(requests).map((name) => [name, []]))
  const unprocessed = new Map<string, Item[]>()
  let size = 0
  for (const [index, { key, name, projection, table }] of wanted.entries()) {
    const bytes = found[index]
    if (bytes === undefined) continue
    const item = readItem(table, bytes, projection)
    if (item === undefined) continue
    size += storedSize(bytes)
    if (size <= mostBytes) items.get(name)!.push(item)
    else unprocessed.set(name, [...(unprocessed.get(name) ?? []), key])
  }
  const left = [...unprocessed].map(([name, keys]) => [name, { ...requests[name], keys }] as const)
  // Unlike assignment, this takes any name of a table for what it is.
  return { items: Object.fromEntries(items), unprocessedKeys: Object.fromEntries(left) }
}

function checkRequests(handle: Handle, requests: unknown): Wanted[] {
  checkObject(requests, 'requestItems')
  const names = Object.keys(requests)
  if (names.length === 0) throw constraint(requests, 'requestItems', 'have length greater than or equal to 1')
  const wanted: Wanted[] = []
  const seen = new Set<string>()
  for (const name of names) {
    checkTableName(name)
    const request = requests[name]
    checkNames(request, requestNames, 'batchGet')
    const { consistent, keys, projection } = request as KeysToGet
    readFlag('consistent', consistent, 'batchGet')
    checkList(keys, `requestItems.${name}.member.keys`, 1, mostKeys)
    const { table } = handle.table(name)
    const made = makeProjection(table, projection, request as KeysToGet)
    for (const key of keys as Item[]) {
      const row = keyOf(table, key)
      const text = Buffer.from(row.buffer, row.byteOffset, row.length).toString('latin1')
      if (seen.has(text)) throw validation('Provided list of item keys contains duplicates')
      seen.add(text)
      wanted.push({ name, key, row, table, projection: made })
    }
  }
  if (wanted.length > mostKeys) throw validation('Too many items requested for the BatchGetItem call')
  return wanted
}
