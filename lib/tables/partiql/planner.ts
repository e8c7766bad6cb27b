import type { TableSchema } from '../table-schema.ts'
import { keyRefused, refused } from './failures.ts'
import { choicesOf, conjuncts } from './key-conditions.ts'
import { isLiteral } from './literal-value.ts'
import type { CheckPlan, InsertPlan, ItemKey, Plan } from './plan.ts'
import { planSelect } from './select-planner.ts'
import type { ExistsStatement, Expression, InsertStatement, Literal, Statement } from './syntax.ts'

/** The table that a statement is about. */
export function tableOf(statement: Statement): string {
  return statement.kind === 'exists' ? statement.select.source.table : statement.source.table
}

/** How to carry out a statement on its table. Throws ValidationException for what cannot be. */
export function planStatement(statement: Statement, table: TableSchema): Plan {
  switch (statement.kind) {
    case 'select':
      return planSelect(statement, table)
    case 'insert':
      return planInsert(statement, table)
    case 'exists':
      return planCheck(statement, table)
    default:
      return planWrite(statement, table)
  }
}

function planInsert({ item }: InsertStatement, table: TableSchema): InsertPlan {
  if (item.kind === 'parameter' || item.kind === 'map') {
    return { kind: 'insert', table: table.name, item }
  }
  throw refused(
    'Unsupported format in item expression. Please use struct format {...} to express item values for insert statement.',
    item.at,
  )
}

function planWrite(statement: Statement & { kind: 'update' | 'delete' }, table: TableSchema): Plan {
  const { key, condition } = keyAndCondition(statement.where, table)
  const { returning } = statement
  const common = {
    table: table.name,
    key,
    ...(condition === undefined ? {} : { condition }),
    ...(returning === undefined ? {} : { returning }),
  }
  if (statement.kind === 'update') return { kind: 'update', ...common, actions: statement.actions }
  if (returning !== undefined && (returning.what !== 'ALL' || returning.when !== 'OLD')) {
    throw refused(
      `Invalid returning clause: RETURNING ${returning.what} ${returning.when} *. Only RETURNING ALL OLD * is allowed in DELETE statements.`,
      returning.at,
    )
  }
  return { kind: 'delete', ...common }
}

const existsNeeds = 'EXISTS() must contain a single item read with additional condition'

function planCheck({ select, at }: ExistsStatement, table: TableSchema): CheckPlan {
  if (select.source.index !== undefined) {
    throw refused('Operations on indices are not supported in transactions', select.source.at)
  }
  const { key, condition } = keyAndCondition(select.where, table, () => refused(existsNeeds, at))
  if (condition === undefined) throw refused(existsNeeds, at)
  return { kind: 'check', table: table.name, key, condition }
}

/** Equality on every key attribute, and what WHERE says besides. */
function keyAndCondition(
  where: Expression | undefined,
  { partitionKey, sortKey }: TableSchema,
  incomplete: () => Error = () =>
    keyRefused('Where clause does not contain a mandatory equality on all key attributes'),
): { key: ItemKey; condition?: Expression } {
  const partition: Literal[] = []
  const sort: Literal[] = []
  const rest: Expression[] = []
  for (const condition of conjuncts(where)) {
    const value = condition.kind === 'compare' ? equalTo(condition, partitionKey.name) : undefined
    const sortValue =
      condition.kind === 'compare' && sortKey !== undefined ? equalTo(condition, sortKey.name) : undefined
    if (value !== undefined) partition.push(value)
    else if (sortValue !== undefined) sort.push(sortValue)
    else rest.push(condition)
  }
  if (partition.length === 0 || (sortKey !== undefined && sort.length === 0)) throw incomplete()
  const key: ItemKey = sortKey === undefined ? { partition } : { partition, sort }
  const [first] = rest
  if (first === undefined) return { key }
  return { key, condition: rest.length === 1 ? first : { kind: 'and', operands: rest, at: first.at } }
}

function equalTo(condition: Expression, name: string): Literal | undefined {
  const value = choicesOf(condition, name)?.choices[0]?.value
  return value !== undefined && isLiteral(value) ? value : undefined
}
