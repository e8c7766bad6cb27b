/** What a WHERE clause says about keys: which reads can answer it. Values are not known yet, only where they stand. */
import { isLiteral } from './literal-value.ts'
import type { CompareOperator, Expression, Literal } from './syntax.ts'

/** A value that a key attribute may have; with `spread` it is a list of them (`IN ?`). */
export interface KeyChoice {
  readonly value: Literal
  readonly spread: boolean
}

/** The values that a key attribute can have where a condition holds. */
export interface KeyChoices {
  readonly choices: readonly KeyChoice[]
  /** True when the condition says this and no more, so that it need not be tested again. */
  readonly exact: boolean
}

/** The operands of all ANDs at the top of a condition. */
export function conjuncts(where: Expression | undefined): readonly Expression[] {
  if (where === undefined) return []
  return where.kind === 'and' ? where.operands.flatMap(conjuncts) : [where]
}

/** The values of the attribute `name` for which `condition` can hold; undefined when it does not say. */
export function choicesOf(condition: Expression, name: string): KeyChoices | undefined {
  switch (condition.kind) {
    case 'compare': {
      const value = condition.operator === '=' ? comparedWith(condition, name)?.value : undefined
      return value === undefined ? undefined : { choices: [{ value, spread: false }], exact: true }
    }
    case 'in':
      return isAttribute(condition.operand, name) ? choicesOfIn(condition.choices) : undefined
    case 'and': {
      const known = condition.operands.map((operand) => choicesOf(operand, name)).filter(isDefined)
      const best = fewest(known)
      return best === undefined ? undefined : { ...best, exact: false }
    }
    case 'or':
      return choicesOfOr(condition.operands.map((operand) => choicesOf(operand, name)))
    default:
      return undefined
  }
}

function choicesOfIn(list: readonly Expression[] | Expression): KeyChoices | undefined {
  if (!isMany(list)) {
    return isLiteral(list) ? { choices: [{ value: list, spread: true }], exact: true } : undefined
  }
  if (!list.every(isLiteral)) return undefined
  return { choices: list.map((value) => ({ value, spread: false })), exact: true }
}

function choicesOfOr(parts: readonly (KeyChoices | undefined)[]): KeyChoices | undefined {
  if (!parts.every(isDefined)) return undefined
  return { choices: parts.flatMap((part) => part.choices), exact: parts.every((part) => part.exact) }
}

/** The one with the fewest values; of two alike, the first. */
export function fewest<T extends KeyChoices>(known: readonly T[]): T | undefined {
  let best: T | undefined
  for (const next of known) if (best === undefined || weight(next) < weight(best)) best = next
  return best
}

function weight({ choices }: KeyChoices): number {
  return choices.some(({ spread }) => spread) ? Number.POSITIVE_INFINITY : choices.length
}

/** One end of a range of the sort key. */
export interface Bound {
  readonly operator: '<' | '<=' | '>' | '>='
  readonly value: Literal
}

/** `name < 5`, also written `5 > name`. */
export function boundOf(condition: Expression, name: string): Bound | undefined {
  if (condition.kind !== 'compare') return undefined
  const compared = comparedWith(condition, name)
  if (compared === undefined || compared.operator === '=' || compared.operator === '<>') return undefined
  return { operator: compared.operator, value: compared.value }
}

/** The ends of `name BETWEEN 1 AND 5`. */
export function betweenOf(condition: Expression, name: string): { low: Literal; high: Literal } | undefined {
  if (condition.kind !== 'between' || !isAttribute(condition.operand, name)) return undefined
  const { low, high } = condition
  return isLiteral(low) && isLiteral(high) ? { low, high } : undefined
}

/** The prefix of `begins_with(name, 'x')`. */
export function prefixOf(condition: Expression, name: string): Literal | undefined {
  if (condition.kind !== 'call' || condition.name !== 'begins_with' || condition.args.length !== 2)
    return undefined
  const [operand, prefix] = condition.args as [Expression, Expression]
  return isAttribute(operand, name) && isLiteral(prefix) ? prefix : undefined
}

function comparedWith(
  { operator, left, right }: Expression & { kind: 'compare' },
  name: string,
): { operator: CompareOperator; value: Literal } | undefined {
  if (isAttribute(left, name) && isLiteral(right)) return { operator, value: right }
  if (isAttribute(right, name) && isLiteral(left)) return { operator: mirrored[operator], value: left }
  return undefined
}

const mirrored: Readonly<Record<CompareOperator, CompareOperator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

function isAttribute(expression: Expression, name: string): boolean {
  return expression.kind === 'path' && expression.steps.length === 1 && expression.steps[0] === name
}

export function isMany(list: readonly Expression[] | Expression): list is readonly Expression[] {
  return Array.isArray(list)
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined
}
