import type { TableSchema } from '../table-schema.ts'
import type { AttributeValue, Item } from '../value.ts'
import { pickColumns } from './columns.ts'
import { makeCondition } from './condition.ts'
import { bindReads } from './key-values.ts'
import type { SelectPlan } from './plan.ts'

/** A SELECT of one item, as batches and transactions have them. */
export interface SingleRead {
  readonly key: Item
  readonly pick: (item: Item) => Item
}

/** Undefined when the statement asks for more than the item with one primary key. Throws ValidationException. */
export function singleRead(
  plan: SelectPlan,
  schema: TableSchema,
  parameters: readonly AttributeValue[],
): SingleRead | undefined {
  if (plan.where !== undefined) makeCondition(plan.where, parameters, 'FilterExpression')
  const { columns, filter } = plan
  if (plan.access.kind !== 'get' || plan.limit !== undefined || plan.offset !== undefined) return undefined
  const reads = bindReads(plan, schema, parameters)
  if (reads.kind !== 'get' || reads.keys.length !== 1) return undefined
  const key = reads.keys[0] as Item
  if (filter !== undefined) {
    // The key may be stated twice.
    const condition = makeCondition(filter, parameters, 'FilterExpression')
    const onKeyOnly = [...condition.attributes].every((name) => Object.hasOwn(key, name))
    if (!onKeyOnly || !condition.test(key)) return undefined
  }
  return { key, pick: columns === undefined ? (item) => item : (item) => pickColumns(columns, item) }
}
