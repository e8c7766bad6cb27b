import { invalidParameter } from '../errors.ts'
import { attributesOf as keyAttributes } from '../key-schema.ts'
import type { IndexSchema, TableSchema } from '../table-schema.ts'
import { isMany } from './key-conditions.ts'
import type { Column } from './plan.ts'
import type { Expression } from './syntax.ts'

/** The attributes that an index holds; undefined: all. */
function projectionOf(table: TableSchema, index: IndexSchema): ReadonlySet<string> | undefined {
  if (index.projection === 'ALL') return undefined
  const included = index.projection === 'KEYS_ONLY' ? [] : index.projection.include
  const keys = [...keyAttributes(table), ...keyAttributes(index)].map(({ name }) => name)
  return new Set([...keys, ...included])
}

/**
 * Throws ValidationException when a global index is asked for what it does not hold, as columns or in the conditions of a
 * query. What a local index does not hold is read from the table.
 */
export function refuseUnprojected(
  table: TableSchema,
  index: IndexSchema,
  columns: readonly Column[] | undefined,
  conditions: readonly Expression[],
): void {
  const projected = index.kind === 'global' ? projectionOf(table, index) : undefined
  if (projected === undefined) return
  const missing = (names: Iterable<string>) => [...new Set(names)].filter((name) => !projected.has(name))
  const unread = missing((columns ?? []).map(({ path }) => path.steps[0]))
  if (unread.length > 0) {
    throw invalidParameter(`Global secondary index ${index.name} does not project [${unread.join(', ')}]`)
  }
  const untested = missing(conditions.flatMap(attributesOf))
  if (untested.length > 0) {
    throw invalidParameter(
      `Secondary index ${index.name} does not project one or more filter attributes: [${untested.join(', ')}]`,
    )
  }
}

/** The attributes that a condition reads, in its order. */
export function attributesOf(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'path':
      return [expression.steps[0]]
    case 'and':
    case 'or':
      return expression.operands.flatMap(attributesOf)
    case 'not':
    case 'is':
      return attributesOf(expression.operand)
    case 'compare':
    case 'arithmetic':
      return [expression.left, expression.right].flatMap(attributesOf)
    case 'between':
      return [expression.operand, expression.low, expression.high].flatMap(attributesOf)
    case 'in': {
      const choices = isMany(expression.choices) ? expression.choices : [expression.choices]
      return [expression.operand, ...choices].flatMap(attributesOf)
    }
    case 'call':
      return expression.args.flatMap(attributesOf)
    default:
      return []
  }
}
