import { checkNames } from '../base/call-options.ts'
import { makeProjection, readItem } from './get-item.ts'
import type { Handle } from './handle.ts'
import { keyOf } from './item-operations.ts'
import { checkList, checkTransactionSize, constraint } from './request-limits.ts'
import { checkTableName } from './table-definition.ts'
import type { Item } from './value.ts'

/** One item that a transaction reads. */
export interface TransactGet {
  readonly table: string
  readonly key: Item
  /** A projection expression: only these attributes. */
  readonly projection?: string | undefined
  readonly names?: Readonly<Record<string, string>> | undefined
}

export const mostOperations = 100
const getNames = new Set(['table', 'key', 'projection', 'names'])

/** Up to 100 items as they are at one moment, in the order of `gets`; undefined where there is none. */
export async function transactGet(
  handle: Handle,
  gets: readonly TransactGet[],
): Promise<(Item | undefined)[]> {
  const { core } = handle
  checkList(gets, 'transactItems', 1, mostOperations)
  const wanted = gets.map((get, index) => {
    if (get === undefined) throw constraint(null, `transactItems.${index + 1}.member`, 'not be null')
    checkNames(get, getNames, 'transactGet')
    checkTableName(get.table)
    const { table } = handle.table(get.table)
    return { table, row: keyOf(table, get.key), projection: makeProjection(table, get.projection, get) }
  })
  const found = await core.store.getMany(wanted.map(({ row }) => row))
  checkTransactionSize(found)
  return wanted.map(({ projection, table }, index) => readItem(table, found[index], projection))
}
