/** The writes of items as they are asked for: checked, encoded and ready to be made. */
import { checkItem } from './check-item.ts'
import { conditionalCheckFailed, validation } from './errors.ts'
import { type Condition, checkKeyPaths } from './expression/condition.ts'
import { ExpressionContext } from './expression/context.ts'
import type { Update } from './expression/update.ts'
import type { ConditionOptions, PutOptions, WriteFields } from './item-options.ts'
import type { ItemWrite } from './item-write.ts'
import { checkTablePaths } from './key-paths.ts'
import { checkKey } from './key-schema.ts'
import {
  type LegacyConditionOptions,
  type LegacyUpdateOptions,
  readExpected,
  readLegacyUpdate,
} from './legacy-parameters.ts'
import { newItem } from './new-item.ts'
import type { StoredItem } from './stored-item.ts'
import { keyNames } from './table-schema.ts'
import type { TableState } from './table-state.ts'
import { copyItem, type Item } from './value.ts'
import { readVersion, testVersion, type VersionCheck, withNextVersion } from './version.ts'

/** Throws what keeps a write from happening. */
type Guard = (before: StoredItem | undefined) => void

/** An update, and what it touches. */
export interface UpdateWrite extends ItemWrite {
  readonly update: Update | undefined
}

/** Puts an item, which is copied: the caller may change it at once. */
export function putWrite(table: TableState, item: Item, options: PutOptions): ItemWrite {
  if (options.version !== undefined) checkItem(item)
  const version = readVersion(options.version, item)
  const after = newItem(table, version === undefined ? item : withNextVersion(version, item))
  const key = table.keys.encode(item)
  const guard = guardOf(options, makeCondition(table, options), version, options.ifNotExists)
  const reads = guard !== undefined || options.returnValues === 'ALL_OLD'
  return {
    table,
    key,
    reads,
    after(before) {
      guard?.(before)
      return after
    },
  }
}

export function deleteWrite(
  table: TableState,
  key: Item,
  options: WriteFields & LegacyConditionOptions & { readonly returnValues?: unknown },
): ItemWrite {
  const row = keyOf(table, key)
  const guard = guardOf(options, makeCondition(table, options), readVersion(options.version, key))
  const reads = guard !== undefined || options.returnValues === 'ALL_OLD'
  return {
    table,
    key: row,
    reads,
    after(before) {
      guard?.(before)
      return undefined
    },
  }
}

/** Without an expression or legacy updates: makes the item of the key, if there is none. */
export function updateWrite(
  table: TableState,
  key: Item,
  expression: string | undefined,
  options: WriteFields & LegacyUpdateOptions,
): UpdateWrite {
  const row = keyOf(table, key)
  const legacy = readLegacyUpdate(options, expression, table.schema)
  const version = readVersion(options.version, {})
  const own = copyItem(key)
  const context = contextOf(options)
  const update =
    expression === undefined ? legacy?.update : context.update(expression, keyNames(table.schema))
  const condition =
    options.condition === undefined
      ? legacy?.condition
      : context.condition(options.condition, 'ConditionExpression')
  context.finish(['UpdateExpression', 'ConditionExpression'])
  if (condition !== undefined) checkTablePaths(table, condition.paths)
  if (update !== undefined) checkIndexPaths(table, update)
  const guard = guardOf(options, condition, version)
  return {
    table,
    key: row,
    reads: true,
    update,
    after(before) {
      guard?.(before)
      const item = update === undefined ? (before?.item ?? own) : update.apply(before?.item, own).item
      if (item === undefined) return undefined
      return newItem(table, version === undefined ? item : withNextVersion(version, item), 'update')
    },
  }
}

/** Only tests a condition. */
export function checkWrite(table: TableState, key: Item, options: ConditionOptions): ItemWrite {
  const row = keyOf(table, key)
  if (options.condition === undefined)
    throw validation('The ConditionExpression of a condition check must be given')
  const guard = guardOf(options, makeCondition(table, options), undefined)
  return {
    table,
    key: row,
    reads: true,
    checksOnly: true,
    after(before) {
      guard?.(before)
      return before
    },
  }
}

/** The key of the row of the item with this primary key. Throws ValidationException. */
export function keyOf(table: TableState, key: Item): Uint8Array {
  if (typeof key !== 'object' || key === null)
    throw validation('The provided key element does not match the schema')
  checkKey(table.schema, key)
  return table.keys.encode(key)
}

function contextOf({ names, values }: Pick<ConditionOptions, 'names' | 'values'>): ExpressionContext {
  return new ExpressionContext(names, values)
}

function makeCondition(
  table: TableState,
  options: ConditionOptions & LegacyConditionOptions,
): Condition | undefined {
  const { condition, names, values } = options
  const legacy = readExpected(options, condition)
  if (condition === undefined && names === undefined && values === undefined) return legacy
  const context = contextOf(options)
  const made = condition === undefined ? legacy : context.condition(condition, 'ConditionExpression')
  context.finish(['ConditionExpression'])
  if (made !== undefined) checkTablePaths(table, made.paths)
  return made
}

function guardOf(
  options: ConditionOptions,
  condition: Condition | undefined,
  version: VersionCheck | undefined,
  ifNotExists = false,
): Guard | undefined {
  if (condition === undefined && version === undefined && !ifNotExists) return undefined
  const tell = options.returnValuesOnConditionCheckFailure === 'ALL_OLD'
  const names = condition?.attributes ?? new Set<string>()
  return (before) => {
    if (version !== undefined) testVersion(version, before, tell)
    if (condition?.test(before?.partly(names)) === false || (ifNotExists && before !== undefined))
      throw conditionalCheckFailed(tell ? before?.copy() : undefined)
  }
}

/** Throws ValidationException when the update changes something inside a key attribute of an index. */
function checkIndexPaths(table: TableState, { touched }: Update): void {
  const paths = touched.map((path) => ({ kind: 'path', path }) as const)
  for (const { keys } of table.indexes) {
    const names = keyNames(keys.schema)
    checkKeyPaths(paths, names, 'IndexKey')
  }
}
