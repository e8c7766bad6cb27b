/** INSERT, UPDATE, DELETE and EXISTS as writes of one item each. */
import { conditionalCheckFailed, TableError } from '../errors.ts'
import { bindAction, bindTarget } from '../expression/bind-update.ts'
import type { Condition } from '../expression/condition.ts'
import { Update } from '../expression/update.ts'
import { keyOf, putWrite } from '../item-operations.ts'
import type { ReturnValues } from '../item-options.ts'
import type { ItemWrite } from '../item-write.ts'
import { attributesOf, checkItemKey } from '../key-schema.ts'
import { newItem } from '../new-item.ts'
import type { StoredItem } from '../stored-item.ts'
import type { TableState } from '../table-state.ts'
import type { AttributeValue } from '../value.ts'
import { makeCondition } from './condition.ts'
import { aboutKey } from './failures.ts'
import { bindItemKey } from './key-values.ts'
import { Leaves } from './leaves.ts'
import { literalItem } from './literal-value.ts'
import type { CheckPlan, DeletePlan, InsertPlan, Plan, UpdatePlan } from './plan.ts'
import type { Returning } from './syntax.ts'
import { writeActions } from './update.ts'

/** A statement that writes, ready to be made. */
interface StatementWrite {
  readonly write: ItemWrite
  /** What RETURNING asks for. */
  readonly returnValues: ReturnValues
  /** Of an UPDATE. */
  readonly update?: Update
}

export type WritePlan = Exclude<Plan, { kind: 'select' }>

/** `tell`: the error of a condition that fails has the item. Throws ValidationException. */
export function makeWrite(
  table: TableState,
  plan: WritePlan,
  parameters: readonly AttributeValue[],
  tell: boolean,
): StatementWrite {
  switch (plan.kind) {
    case 'insert':
      return insertWrite(table, plan, parameters, tell)
    case 'update':
      return updateWrite(table, plan, parameters, tell)
    case 'delete':
      return deleteWrite(table, plan, parameters, tell)
    case 'check':
      return checkWrite(table, plan, parameters, tell)
  }
}

/** What INSERT says when the item is there already. */
function duplicateItem(before: StoredItem | undefined): TableError {
  return new TableError('DuplicateItemException', 'Duplicate primary key exists in table', {
    ...(before === undefined ? {} : { item: before.copy() }),
  })
}

function insertWrite(
  table: TableState,
  plan: InsertPlan,
  parameters: readonly AttributeValue[],
  tell: boolean,
): StatementWrite {
  const item = literalItem(plan.item, parameters)
  aboutKey(() => checkItemKey(table.schema, item))
  const write = putWrite(table, item, {})
  return {
    write: {
      ...write,
      reads: true,
      after(before) {
        if (before !== undefined) throw duplicateItem(tell ? before : undefined)
        return write.after(before)
      },
    },
    returnValues: 'NONE',
  }
}

/** Other than `Table.update` it never makes an item. */
function updateWrite(
  table: TableState,
  plan: UpdatePlan,
  parameters: readonly AttributeValue[],
  tell: boolean,
): StatementWrite {
  const key = keyOf(table, bindItemKey(plan.key, table.schema, parameters))
  const test = testOf(plan.condition, parameters, tell)
  const update = makeUpdate(table, plan, parameters)
  return {
    write: {
      table,
      key,
      reads: true,
      after(before) {
        const found = test(before)
        return newItem(table, update.apply(found.item).item ?? found.item, 'update')
      },
    },
    returnValues: returnValuesOf(plan.returning),
    update,
  }
}

function makeUpdate(
  table: TableState,
  { actions }: UpdatePlan,
  parameters: readonly AttributeValue[],
): Update {
  const leaves = new Leaves(parameters)
  const written = writeActions(actions, leaves)
  const names = attributesOf(table.schema).map(({ name }) => name)
  return leaves.bind('UpdateExpression', (placeholders) => {
    const targets = written.map((action) => bindTarget(action, placeholders))
    return new Update(
      written.map((action, index) =>
        bindAction(action, targets[index] as (typeof targets)[number], placeholders),
      ),
      names,
      { places: written.map(({ target }) => target.at) },
    )
  })
}

/** An item that is not there is deleted already, whatever WHERE says besides. */
function deleteWrite(
  table: TableState,
  plan: DeletePlan,
  parameters: readonly AttributeValue[],
  tell: boolean,
): StatementWrite {
  const key = keyOf(table, bindItemKey(plan.key, table.schema, parameters))
  const test = testOf(plan.condition, parameters, tell)
  return {
    write: {
      table,
      key,
      reads: plan.condition !== undefined || plan.returning !== undefined,
      after(before) {
        if (before !== undefined) test(before)
        return undefined
      },
    },
    returnValues: returnValuesOf(plan.returning),
  }
}

function checkWrite(
  table: TableState,
  plan: CheckPlan,
  parameters: readonly AttributeValue[],
  tell: boolean,
): StatementWrite {
  const key = keyOf(table, bindItemKey(plan.key, table.schema, parameters))
  const test = testOf(plan.condition, parameters, tell)
  return { write: { table, key, reads: true, checksOnly: true, after: test }, returnValues: 'NONE' }
}

/** Throws ConditionalCheckFailedException unless there is an item for which the condition holds. */
function testOf(
  written: Parameters<typeof makeCondition>[0] | undefined,
  parameters: readonly AttributeValue[],
  tell: boolean,
): (before: StoredItem | undefined) => StoredItem {
  const condition: Condition | undefined =
    written === undefined ? undefined : makeCondition(written, parameters)
  return (before) => {
    if (before === undefined) throw conditionalCheckFailed()
    if (condition?.test(before.item) === false) throw conditionalCheckFailed(tell ? before.copy() : undefined)
    return before
  }
}

function returnValuesOf(returning: Returning | undefined): ReturnValues {
  if (returning === undefined) return 'NONE'
  return `${returning.what === 'ALL' ? 'ALL' : 'UPDATED'}_${returning.when}`
}
