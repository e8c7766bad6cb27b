import { checkNames } from '../base/call-options.ts'
import { validation } from './errors.ts'
import type { Handle } from './handle.ts'
import { deleteWrite, putWrite } from './item-operations.ts'
import { type ItemWrite, writeTogether } from './item-write.ts'
import { checkList, checkObject, constraint } from './request-limits.ts'
import type { Durability } from './store.ts'
import { checkTableName } from './table-definition.ts'
import type { Item } from './value.ts'

/** What is to be written in one table: items to put, and primary keys of items to delete. */
export interface ItemsToWrite {
  readonly put?: readonly Item[] | undefined
  readonly delete?: readonly Item[] | undefined
}

export interface BatchWriteResult {
  /** By table, what was not done. Always empty: the whole batch is applied at once. */
  readonly unprocessedItems: { [table: string]: ItemsToWrite }
}

const mostWrites = 25
const requestNames = new Set(['put', 'delete'])

/** Up to 25 puts and deletions, in several tables, applied at once: all or none, also after a crash. */
export async function batchWrite(
  handle: Handle,
  requests: Readonly<Record<string, ItemsToWrite>>,
  durability: Durability | undefined,
): Promise<BatchWriteResult> {
  const { core } = handle
  await writeTogether(core.store, checkRequests(handle, requests), durability)
  return { unprocessedItems: {} }
}

function checkRequests(handle: Handle, requests: unknown): ItemWrite[] {
  checkObject(requests, 'requestItems')
  const names = Object.keys(requests)
  if (names.length === 0) throw constraint(requests, 'requestItems', 'have length greater than or equal to 1')
  const writes: ItemWrite[] = []
  for (const name of names) {
    checkTableName(name)
    const request = requests[name]
    checkNames(request, requestNames, 'batchWrite')
    const { delete: keys = [], put: items = [] } = request as ItemsToWrite
    checkList(items, `requestItems.${name}.member.put`, 0, mostWrites)
    checkList(keys, `requestItems.${name}.member.delete`, 0, mostWrites)
    if (items.length + keys.length === 0)
      throw constraint(request, `requestItems.${name}.member`, 'have length greater than or equal to 1')
    const { table } = handle.table(name)
    for (const item of items as Item[]) writes.push(putWrite(table, item, {}))
    for (const key of keys as Item[]) writes.push(deleteWrite(table, key, {}))
  }
  if (writes.length > mostWrites) throw validation('Too many items requested for the BatchWriteItem call')
  checkDistinct(writes, 'Provided list of item keys contains duplicates')
  return writes
}

/** Throws ValidationException when two of the writes are of one item. */
export function checkDistinct(writes: readonly Pick<ItemWrite, 'key'>[], message: string): void {
  const seen = new Set<string>()
  for (const { key } of writes) {
    const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
    if (seen.has(text)) throw validation(message)
    seen.add(text)
  }
}
