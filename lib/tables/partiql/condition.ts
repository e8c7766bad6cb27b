/** Conditions of statements to those of expressions: what WHERE says becomes a tree that any item can be tested by. */
import { validation } from '../errors.ts'
import { bindCondition } from '../expression/bind-condition.ts'
import { Condition } from '../expression/condition.ts'
import type { ExpressionKind } from '../expression/source.ts'
import type { ConditionTree, Operand, Written } from '../expression/tree.ts'
import type { AttributeValue } from '../value.ts'
import { refused } from './failures.ts'
import { isMany } from './key-conditions.ts'
import { Leaves } from './leaves.ts'
import { isLiteral } from './literal-value.ts'
import type { Call, CompareOperator, Expression } from './syntax.ts'
import { typeNames } from './type-names.ts'

type Tree = ConditionTree<Written>

/** A condition with its parameters put in. Throws ValidationException. */
export function makeCondition(
  condition: Expression,
  parameters: readonly AttributeValue[],
  kind: ExpressionKind & ('ConditionExpression' | 'FilterExpression') = 'ConditionExpression',
): Condition {
  const leaves = new Leaves(parameters)
  const tree = new ConditionMaker(leaves).condition(condition)
  return new Condition(leaves.bind(kind, (placeholders) => bindCondition(kind, tree, placeholders)))
}

class ConditionMaker {
  readonly #leaves: Leaves

  constructor(leaves: Leaves) {
    this.#leaves = leaves
  }

  condition(expression: Expression): Tree {
    switch (expression.kind) {
      case 'and':
      case 'or':
        return { kind: expression.kind, terms: expression.operands.map((operand) => this.condition(operand)) }
      case 'not':
        return { kind: 'not', term: this.condition(expression.operand) }
      case 'compare':
        return this.#compare(expression)
      case 'between':
        return {
          kind: 'between',
          operand: this.#operand(expression.operand),
          low: this.#operand(expression.low),
          high: this.#operand(expression.high),
        }
      case 'in':
        return this.#in(expression)
      case 'is':
        return this.#is(expression)
      case 'call':
        return this.#call(expression)
      case 'subquery':
        throw refused('EXISTS can only be used in ExecuteTransaction write requests.', expression.at)
      default:
        throw refused('WHERE clause must contain an expression that resolves to a boolean', expression.at)
    }
  }

  /** A condition may be compared with true or false: `attribute_exists(a) = false`. */
  #compare({ operator, left, right, at }: Expression & { kind: 'compare' }): Tree {
    if (left.kind === 'missing' || right.kind === 'missing') {
      throw refused('MISSING must be compared using IS operator', at)
    }
    if (isCondition(left)) return this.#compareCondition(left, operator, right, at)
    if (isCondition(right)) return this.#compareCondition(right, operator, left, at)
    return {
      kind: 'compare',
      comparator: operator,
      left: this.#operand(left),
      right: this.#operand(right),
    }
  }

  #compareCondition(
    condition: Expression,
    operator: CompareOperator,
    other: Expression,
    at: Expression['at'],
  ): Tree {
    const value = isLiteral(other) ? this.#leaves.valueOf(other) : undefined
    if (typeof value !== 'boolean' || (operator !== '=' && operator !== '<>')) {
      throw refused('A condition can only be compared with true or false, by = or <>', at)
    }
    const tree = this.condition(condition)
    return value === (operator === '=') ? tree : { kind: 'not', term: tree }
  }

  #in({ operand, choices, at }: Expression & { kind: 'in' }): Tree {
    const list = isMany(choices) ? choices.map((choice) => this.#operand(choice)) : this.#spread(choices)
    if (list.length === 0 || isCondition(operand)) {
      throw refused(
        'IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with at least one member',
        at,
      )
    }
    return { kind: 'in', operand: this.#operand(operand), list }
  }

  #spread(choices: Expression): readonly Operand<Written>[] {
    const value = isLiteral(choices) ? this.#leaves.valueOf(choices) : undefined
    if (!Array.isArray(value)) throw refused('The parameter after IN must be a list', choices.at)
    return value.map((choice) => this.#leaves.value(choice, choices.at))
  }

  #is({ operand, type, at }: Expression & { kind: 'is' }): Tree {
    if (operand.kind !== 'path') {
      throw refused('The left hand side argument to IS must be a Variable Reference, Literal, or Path', at)
    }
    const target = this.#operand(operand)
    if (type === 'MISSING') return { kind: 'notExists', operand: target }
    const name = typeNames.get(type)
    if (name === undefined) {
      throw refused(
        `Unsupported data type for IS operator: ${type}. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]`,
        at,
      )
    }
    return { kind: 'type', operand: target, type: this.#leaves.value(name, at) }
  }

  #call(call: Call): Tree {
    const { args, at, name, written } = call
    const operands = operandsOf.get(name)
    if (operands === undefined) throw refused(`Unrecognized function: ${written.toLowerCase()}`, at)
    checkOperands(call, operands)
    const [first, second] = args.map((arg) => this.#operand(arg)) as [Operand<Written>, Operand<Written>]
    switch (name) {
      case 'attribute_exists':
      case 'attribute_not_exists':
        return { kind: name === 'attribute_exists' ? 'exists' : 'notExists', operand: first }
      case 'attribute_type':
        return { kind: 'type', operand: first, type: second }
      case 'begins_with':
        return { kind: 'beginsWith', operand: first, prefix: second }
      case 'contains':
        return { kind: 'contains', operand: first, member: second }
      default:
        throw refused('WHERE clause must contain an expression that resolves to a boolean', at)
    }
  }

  #operand(expression: Expression): Operand<Written> {
    if (isLiteral(expression)) return this.#leaves.literal(expression)
    switch (expression.kind) {
      case 'path':
        return this.#leaves.path(expression)
      case 'call':
        if (expression.name !== 'size') {
          throw refused(`Unrecognized function: ${expression.written.toLowerCase()}`, expression.at)
        }
        checkOperands(expression, 1)
        return { kind: 'size', operand: this.#operand(expression.args[0] as Expression) }
      case 'missing':
        throw refused('MISSING must be compared using IS operator', expression.at)
      case 'arithmetic':
        throw refused(
          `Unsupported operator in Condition Expression. Operator: ${expression.operator}`,
          expression.at,
        )
      case 'subquery':
        throw refused('EXISTS can only be used in ExecuteTransaction write requests.', expression.at)
      default:
        throw refused('Unsupported token in expression: a condition where a value is expected', expression.at)
    }
  }
}

/** The functions of conditions, and how many operands they take. `size` is a value. */
const operandsOf: ReadonlyMap<string, number> = new Map([
  ['attribute_exists', 1],
  ['attribute_not_exists', 1],
  ['attribute_type', 2],
  ['begins_with', 2],
  ['contains', 2],
  ['size', 1],
])

const conditionKinds: ReadonlySet<string> = new Set(['and', 'or', 'not', 'compare', 'between', 'in', 'is'])

function isCondition({ kind, ...rest }: Expression): boolean {
  return conditionKinds.has(kind) || (kind === 'call' && 'name' in rest && rest.name !== 'size')
}

function checkOperands({ args, name }: Call, expected: number): void {
  if (args.length === expected) return
  throw validation(
    `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${args.length}`,
  )
}
