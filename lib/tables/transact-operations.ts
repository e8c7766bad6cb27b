import { checkNames } from '../base/call-options.ts'
import { checkDistinct } from './batch-write.ts'
import { validation } from './errors.ts'
import type { Handle } from './handle.ts'
import { checkWrite, deleteWrite, putWrite, updateWrite } from './item-operations.ts'
import {
  type ConditionOptions,
  checkConditionFields,
  checkFieldNames,
  type Placeholders,
  type WriteFields,
  writeFieldNames,
} from './item-options.ts'
import type { ItemWrite } from './item-write.ts'
import { checkList, checkObject } from './request-limits.ts'
import { checkTableName } from './table-definition.ts'
import { mostOperations } from './transact-get.ts'
import type { Item } from './value.ts'

/** One operation of a transaction. */
export type TransactWrite =
  | { readonly put: { readonly table: string; readonly item: Item } & WriteFields }
  | {
      readonly update: {
        readonly table: string
        readonly key: Item
        readonly expression?: string
      } & WriteFields
    }
  | { readonly delete: { readonly table: string; readonly key: Item } & WriteFields }
  | { readonly check: { readonly table: string; readonly key: Item } & ConditionOptions }

type Kind = 'put' | 'update' | 'delete' | 'check'
type Fields = WriteFields & { table: string; item: Item; key: Item; expression?: string }

const fieldNames: Record<Kind, ReadonlySet<string>> = {
  put: new Set(['table', 'item', ...writeFieldNames]),
  update: new Set(['table', 'key', 'expression', ...writeFieldNames]),
  delete: new Set(['table', 'key', ...writeFieldNames]),
  check: new Set(['table', 'key', ...checkFieldNames]),
}

/**
 * The writes that a transaction asks for, in their order. `shared` stands for names and values in all of them. Throws
 * ValidationException and ResourceNotFoundException.
 */
export function transactOperations(handle: Handle, operations: unknown, shared: Placeholders): ItemWrite[] {
  checkList(operations, 'transactItems', 1, mostOperations)
  const used = new Set<string>()
  const writes = operations.map((operation, index) => {
    const { fields, kind } = readOperation(operation, index)
    return makeWrite(handle, kind, withShared(fields, shared, used))
  })
  checkAllUsed(shared, used)
  checkDistinct(writes, 'Transaction request cannot include multiple operations on one item')
  return writes
}

function readOperation(operation: unknown, index: number): { kind: Kind; fields: Fields } {
  const place = `transactItems.${index + 1}.member`
  checkObject(operation, place)
  const kinds = Object.keys(operation)
  const [kind] = kinds
  if (kinds.length !== 1 || !Object.hasOwn(fieldNames, kind!))
    throw validation(`TransactItems can only contain one of Check, Put, Update or Delete (${place})`)
  const fields = operation[kind!]
  checkNames(fields ?? null, fieldNames[kind as Kind], `transactWrite: ${kind}`)
  checkConditionFields(fields as ConditionOptions)
  checkTableName((fields as Fields).table)
  return { kind: kind as Kind, fields: fields as Fields }
}

function makeWrite(handle: Handle, kind: Kind, fields: Fields): ItemWrite {
  const { table } = handle.table(fields.table)
  switch (kind) {
    case 'put':
      return putWrite(table, fields.item, fields)
    case 'update':
      return updateWrite(table, fields.key, fields.expression, fields)
    case 'delete':
      return deleteWrite(table, fields.key, fields)
    case 'check':
      return checkWrite(table, fields.key, fields)
  }
}

/** Adds those of the shared placeholders that the expressions of the operation use. */
function withShared(fields: Fields, shared: Placeholders, used: Set<string>): Fields {
  if (shared.names === undefined && shared.values === undefined) return fields
  const text = `${fields.condition ?? ''} ${fields.expression ?? ''}`
  const names: Record<string, string> = {}
  const values: Record<string, Item[string]> = {}
  for (const [placeholder] of text.matchAll(/[#:][A-Za-z0-9_]+/g)) {
    if (Object.hasOwn(shared.names ?? {}, placeholder)) names[placeholder] = shared.names![placeholder]!
    else if (Object.hasOwn(shared.values ?? {}, placeholder))
      values[placeholder] = shared.values![placeholder]!
    else continue
    used.add(placeholder)
  }
  return {
    ...fields,
    names: given({ ...names, ...fields.names }),
    values: given({ ...values, ...fields.values }),
  }
}

function given<T extends object>(placeholders: T): T | undefined {
  return Object.keys(placeholders).length === 0 ? undefined : placeholders
}

function checkAllUsed({ names = {}, values = {} }: Placeholders, used: ReadonlySet<string>): void {
  for (const [what, placeholders] of [
    ['ExpressionAttributeNames', names],
    ['ExpressionAttributeValues', values],
  ] as const) {
    const unused = Object.keys(placeholders).filter((placeholder) => !used.has(placeholder))
    if (unused.length > 0)
      throw validation(`Value provided in ${what} unused in expressions: keys: {${unused.join(', ')}}`)
  }
}
