/** Plans for people: what a statement reads or writes, and what is tested on each row. */
import type { TableSchema } from '../table-schema.ts'
import { expressionText, literalText } from './expression-text.ts'
import type { KeyChoice } from './key-conditions.ts'
import { pathText } from './path-parser.ts'
import type { ItemKey, Plan, SelectPlan, SortRange } from './plan.ts'
import type { Literal } from './syntax.ts'

/** A plan as data. All conditions and values are texts as in a statement; `?` are parameters, numbered from 1. */
export interface ExplainedPlan {
  readonly operation: 'get' | 'query' | 'scan' | 'put' | 'update' | 'delete' | 'check'
  readonly table: string
  readonly index?: string
  /** What the key is said to be, one condition for each key attribute. Missing with a scan. */
  readonly key?: readonly string[]
  /** What is tested on each row that is read, or on the item before it is written. */
  readonly condition?: string
  /** What is returned of each row; missing: all. */
  readonly columns?: readonly string[]
  /** Order of the result, where the statement asks for one. */
  readonly order?: readonly string[]
  readonly limit?: string
  readonly offset?: string
  /** What an UPDATE does, one text for each path. */
  readonly actions?: readonly string[]
  readonly returning?: string
  /** The same, a line for each field. */
  readonly text: string
}

/** `keys`: those of the table, or of the index that is read. */
export function explainPlan(plan: Plan, keys: Pick<TableSchema, 'partitionKey' | 'sortKey'>): ExplainedPlan {
  const explained = fieldsOf(plan, keys)
  return { ...explained, text: textOf(explained) }
}

type Fields = Omit<ExplainedPlan, 'text'>
type Keys = Pick<TableSchema, 'partitionKey' | 'sortKey'>

function fieldsOf(plan: Plan, keys: Keys): Fields {
  if (plan.kind === 'select') return explainSelect(plan, keys)
  const { table } = plan
  if (plan.kind === 'insert') {
    return {
      operation: 'put',
      table,
      condition: `attribute_not_exists(${pathText([keys.partitionKey.name])})`,
    }
  }
  const key = itemKeyTexts(plan.key, keys)
  const condition = plan.condition === undefined ? {} : { condition: expressionText(plan.condition) }
  if (plan.kind === 'check') return { operation: 'check', table, key, ...condition }
  const returning =
    plan.returning === undefined ? {} : { returning: `${plan.returning.what} ${plan.returning.when} *` }
  if (plan.kind === 'delete') return { operation: 'delete', table, key, ...condition, ...returning }
  const actions = plan.actions.map(({ path, value, verb }) => {
    const target = `${verb} ${pathText(path.steps)}`
    if (value === undefined) return target
    return `${target} ${verb === 'SET' ? '= ' : ''}${expressionText(value)}`
  })
  return { operation: 'update', table, key, actions, ...condition, ...returning }
}

function explainSelect(plan: SelectPlan, keys: Keys): Fields {
  const { access, columns, filter, index, limit, offset, orderBy, table } = plan
  return {
    operation: access.kind,
    table,
    ...(index === undefined ? {} : { index }),
    ...(access.kind === 'scan' ? {} : { key: keyTexts(access, keys) }),
    ...(filter === undefined ? {} : { condition: expressionText(filter) }),
    ...(columns === undefined ? {} : { columns: columns.map(({ path }) => pathText(path.steps)) }),
    ...(orderBy.length === 0
      ? {}
      : {
          order: orderBy.map(({ path, descending }) => `${pathText(path.steps)}${descending ? ' DESC' : ''}`),
        }),
    ...(limit === undefined ? {} : { limit: expressionText(limit) }),
    ...(offset === undefined ? {} : { offset: expressionText(offset) }),
  }
}

function keyTexts(access: Exclude<SelectPlan['access'], { kind: 'scan' }>, keys: Keys): readonly string[] {
  const texts = [choicesText(keys.partitionKey.name, access.partition)]
  const { sort } = access
  if (sort === undefined || keys.sortKey === undefined) return texts
  const { name } = keys.sortKey
  texts.push('operator' in sort ? rangeText(name, sort) : choicesText(name, sort))
  return texts
}

function choicesText(name: string, choices: readonly KeyChoice[]): string {
  const attribute = pathText([name])
  const [first] = choices
  if (first === undefined) return `${attribute} IN []`
  if (choices.length === 1) return `${attribute} ${first.spread ? 'IN' : '='} ${literalText(first.value)}`
  return `${attribute} IN [${choices.map(({ value }) => literalText(value)).join(', ')}]`
}

function rangeText(name: string, range: SortRange): string {
  const attribute = pathText([name])
  if (range.operator === 'between') {
    return `${attribute} BETWEEN ${literalText(range.low)} AND ${literalText(range.high)}`
  }
  const value = literalText(range.value)
  if (range.operator === 'begins_with') return `begins_with(${attribute}, ${value})`
  return `${attribute} ${range.operator} ${value}`
}

function itemKeyTexts({ partition, sort }: ItemKey, keys: Keys): readonly string[] {
  const equal = (name: string, values: readonly Literal[]) =>
    values.map((value) => `${pathText([name])} = ${literalText(value)}`)
  const texts = equal(keys.partitionKey.name, partition)
  return sort === undefined || keys.sortKey === undefined
    ? texts
    : [...texts, ...equal(keys.sortKey.name, sort)]
}

const fieldNames = {
  key: 'key',
  condition: 'condition',
  columns: 'columns',
  actions: 'actions',
  order: 'order by',
  offset: 'offset',
  limit: 'limit',
  returning: 'returning',
} as const satisfies Partial<Record<keyof Fields, string>>

function textOf(fields: Fields): string {
  const { index, operation, table } = fields
  const lines = [`${operation} ${table}${index === undefined ? '' : ` index ${index}`}`]
  for (const [field, label] of Object.entries(fieldNames)) {
    const value = fields[field as keyof typeof fieldNames]
    if (value === undefined) continue
    const name = field === 'condition' && operation in filtered ? 'filter' : label
    lines.push(
      `  ${name}: ${typeof value === 'string' ? value : value.join(field === 'key' ? ' AND ' : ', ')}`,
    )
  }
  return lines.join('\n')
}

/** Operations that read rows first and test them afterwards. */
const filtered = { get: true, query: true, scan: true }
