import { validation } from '../errors.ts'
import type { IndexSchema, TableSchema } from '../table-schema.ts'
import { refused } from './failures.ts'
import { refuseUnprojected } from './index-columns.ts'
import {
  type Bound,
  betweenOf,
  boundOf,
  choicesOf,
  conjuncts,
  fewest,
  type KeyChoices,
  prefixOf,
} from './key-conditions.ts'
import { pathText } from './path-parser.ts'
import type { Access, Column, Direction, SelectPlan, SortRange } from './plan.ts'
import type { Expression, OrderTerm, Path, SelectStatement } from './syntax.ts'

/** Throws ResourceNotFoundException and ValidationException: what the table cannot answer. */
export function planSelect(select: SelectStatement, table: TableSchema): SelectPlan {
  const index = indexOf(select, table)
  const keys = index ?? table
  const where = conjuncts(select.where)
  const { access, used } = chooseAccess(where, keys, index === undefined)
  const rest = where.filter((condition) => !used.has(condition))
  const columns = select.columns === undefined ? undefined : nameColumns(select.columns)
  if (index !== undefined) refuseUnprojected(table, index, columns, access.kind === 'scan' ? [] : rest)
  const { limit, offset, orderBy } = select
  return {
    kind: 'select',
    table: table.name,
    ...(index === undefined ? {} : { index: index.name }),
    access,
    ...(select.where === undefined ? {} : { where: select.where }),
    ...(rest.length === 0 ? {} : { filter: joined(rest) }),
    ...(columns === undefined ? {} : { columns }),
    ...orderOf(select, keys, access),
    orderBy,
    ...(limit === undefined ? {} : { limit }),
    ...(offset === undefined ? {} : { offset }),
  }
}

function indexOf({ source }: SelectStatement, table: TableSchema): IndexSchema | undefined {
  if (source.index === undefined) return undefined
  const index = table.indexes.find(({ name }) => name === source.index)
  if (index === undefined) throw validation(`The table does not have the specified index: ${source.index}`)
  return index
}

type Keys = Pick<TableSchema, 'partitionKey' | 'sortKey'>

/** The cheapest way to the rows, and the conditions that it fulfils by itself. */
function chooseAccess(
  where: readonly Expression[],
  keys: Keys,
  isTable: boolean,
): { access: Access; used: ReadonlySet<Expression> } {
  const used = new Set<Expression>()
  const partition = chooseValues(where, keys.partitionKey.name)
  if (partition === undefined) return { access: { kind: 'scan' }, used }
  if (partition.exact) used.add(partition.condition)
  const { choices } = partition
  const sortName = keys.sortKey?.name
  if (sortName === undefined) {
    return {
      access: isTable ? { kind: 'get', partition: choices, sort: [] } : { kind: 'query', partition: choices },
      used,
    }
  }
  const sort = chooseValues(where, sortName)
  if (sort !== undefined) {
    if (sort.exact) used.add(sort.condition)
    return { access: { kind: isTable ? 'get' : 'query', partition: choices, sort: sort.choices }, used }
  }
  const range = chooseRange(where, sortName, used)
  return {
    access: { kind: 'query', partition: choices, ...(range === undefined ? {} : { sort: range }) },
    used,
  }
}

function chooseValues(
  where: readonly Expression[],
  name: string,
): (KeyChoices & { condition: Expression }) | undefined {
  const known = where.flatMap((condition) => {
    const choices = choicesOf(condition, name)
    return choices === undefined ? [] : [{ ...choices, condition }]
  })
  return fewest(known)
}

/** BETWEEN and begins_with as they are; of comparisons the first lower and the first upper bound. */
function chooseRange(
  where: readonly Expression[],
  name: string,
  used: Set<Expression>,
): SortRange | undefined {
  for (const condition of where) {
    const between = betweenOf(condition, name)
    const prefix = prefixOf(condition, name)
    if (between === undefined && prefix === undefined) continue
    used.add(condition)
    if (between !== undefined) return { operator: 'between', ...between, stated: true }
    if (prefix !== undefined) return { operator: 'begins_with', value: prefix }
  }
  const bounds = where.flatMap((condition) => {
    const bound = boundOf(condition, name)
    return bound === undefined ? [] : [{ ...bound, condition }]
  })
  const low = bounds.find(({ operator }) => operator.startsWith('>'))
  const high = bounds.find(({ operator }) => operator.startsWith('<'))
  // A range includes its ends: a comparison that does not is tested as well.
  const isUsed = ({ operator }: Bound) => low === undefined || high === undefined || operator.endsWith('=')
  for (const bound of [low, high]) if (bound !== undefined && isUsed(bound)) used.add(bound.condition)
  if (low !== undefined && high !== undefined) {
    return { operator: 'between', low: low.value, high: high.value, stated: false }
  }
  const bound = low ?? high
  return bound === undefined ? undefined : { operator: bound.operator, value: bound.value }
}

/** DynamoDB orders by keys only, and only where a partition is known. */
function orderOf(
  { orderBy, where }: SelectStatement,
  keys: Keys,
  access: Access,
): Pick<SelectPlan, 'sortOrder' | 'partitionOrder'> {
  if (orderBy.length === 0) return {}
  const names = [keys.partitionKey.name, keys.sortKey?.name]
  const first = orderBy[0]?.path.at as Path['at']
  if (where === undefined) {
    throw refused('Must have WHERE clause in the statement when using ORDER BY clause.', first)
  }
  for (const { path } of orderBy) {
    if (path.steps.length === 1 && names.includes(path.steps[0])) continue
    throw refused(
      `Attribute ${pathText(path.steps)} in ORDER BY clause must be part of the primary key`,
      path.at,
    )
  }
  if (access.kind === 'scan') {
    throw refused(
      'Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.',
      first,
    )
  }
  const position = orderBy.findIndex(({ path }) => path.steps[0] === names[0])
  const many = access.partition.length > 1 || access.partition.some(({ spread }) => spread)
  if (many && position < 0) {
    throw refused(
      'Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.',
      first,
    )
  }
  if (many && position > 0) throw refused('The hash key must come first in ORDER BY', first)
  const sort = orderBy.find(({ path }) => path.steps[0] === names[1])
  const partition = orderBy[position]
  return {
    ...(sort === undefined ? {} : { sortOrder: directionOf(sort) }),
    ...(partition === undefined ? {} : { partitionOrder: directionOf(partition) }),
  }
}

function directionOf({ descending }: OrderTerm): Direction {
  return descending ? 'descending' : 'ascending'
}

/** A column is called by its path from the last name on: `a.b[0]` is `b[0]`. */
function nameColumns(paths: readonly Path[]): readonly Column[] {
  const seen = new Set<string>()
  return paths.map((path) => {
    const lastName = path.steps.findLastIndex((step) => typeof step === 'string')
    const [name, ...indexes] = path.steps.slice(lastName)
    const column = `${name}${indexes.map((index) => `[${index}]`).join('')}`
    if (seen.has(column)) throw refused(`Duplicate identifiers in select clause: ${column}`, path.at)
    seen.add(column)
    return { path, name: column }
  })
}

function joined(conditions: readonly Expression[]): Expression {
  const [first] = conditions as [Expression, ...Expression[]]
  return conditions.length === 1 ? first : { kind: 'and', operands: conditions, at: first.at }
}
