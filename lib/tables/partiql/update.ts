/** SET, REMOVE, ADD and DELETE of an UPDATE to the actions of update expressions. */
import { validation } from '../errors.ts'
import type { UpdateAction, UpdateValue, Written, WrittenValue } from '../expression/tree.ts'
import { findType } from '../value.ts'
import { refused } from './failures.ts'
import type { Leaves } from './leaves.ts'
import { isLiteral } from './literal-value.ts'
import type { UpdateAction as Action, Call, Expression, Path } from './syntax.ts'

/** The actions, made of `leaves`. Throws ValidationException. */
export function writeActions(actions: readonly Action[], leaves: Leaves): UpdateAction<Written>[] {
  const maker = new UpdateMaker(leaves)
  return actions.map((action) => maker.action(action))
}

class UpdateMaker {
  readonly #leaves: Leaves

  constructor(leaves: Leaves) {
    this.#leaves = leaves
  }

  action({ verb, path, value }: Action): UpdateAction<Written> {
    const target = this.#leaves.path(path)
    if (value === undefined) return { kind: 'remove', target }
    if (verb !== 'SET') {
      if (!isLiteral(value)) throw refused(`${verb} takes a path and a value`, value.at)
      return { kind: verb === 'ADD' ? 'add' : 'delete', target, value: this.#leaves.literal(value) }
    }
    if (value.kind === 'call' && (value.name === 'set_add' || value.name === 'set_delete')) {
      const members = this.#members(value, path)
      return { kind: value.name === 'set_add' ? 'add' : 'delete', target, value: members }
    }
    return { kind: 'set', target, value: this.#value(value) }
  }

  /** The second argument of set_add and set_delete; the first must be what is assigned to. */
  #members({ args, at, name }: Call, target: Path): WrittenValue {
    const shown = name.toUpperCase()
    if (args.length !== 2) throw refused(`${shown} must have exactly two arguments`, at)
    const [first, second] = args as [Expression, Expression]
    if (first.kind !== 'path' || !isSamePath(first, target)) {
      throw refused(`The first argument to ${shown} must equal the assignment value`, at)
    }
    const value = isLiteral(second) ? this.#leaves.valueOf(second) : undefined
    if (value === undefined || !['SS', 'NS', 'BS'].includes(findType(value) ?? '')) {
      throw refused(`The second argument to ${shown} must be a value with type SET`, first.at)
    }
    return this.#leaves.value(value, second.at)
  }

  #value(expression: Expression): UpdateValue<Written> {
    if (isLiteral(expression)) return this.#leaves.literal(expression)
    switch (expression.kind) {
      case 'path':
        return this.#leaves.path(expression)
      case 'arithmetic':
        return this.#arithmetic(expression)
      case 'call':
        return this.#call(expression)
      case 'is':
        throw refused('IS operator is not supported in update expressions', expression.at)
      default:
        throw refused('Unsupported token in expression: only a value can be assigned', expression.at)
    }
  }

  #arithmetic({ operator, left, right, at }: Expression & { kind: 'arithmetic' }): UpdateValue<Written> {
    if (operator !== '+' && operator !== '-') {
      throw refused(`Unsupported operator in Update Expression. Operator: ${operator}`, at)
    }
    return { kind: operator === '+' ? 'plus' : 'minus', left: this.#value(left), right: this.#value(right) }
  }

  #call({ args, at, name, written }: Call): UpdateValue<Written> {
    if (name !== 'list_append' && name !== 'if_not_exists') {
      throw refused(`Unrecognized function: ${written.toLowerCase()}`, at)
    }
    if (args.length !== 2) {
      throw validation(
        `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${args.length}`,
      )
    }
    const [first, second] = args.map((arg) => this.#value(arg)) as [
      UpdateValue<Written>,
      UpdateValue<Written>,
    ]
    if (name === 'if_not_exists') return { kind: 'ifNotExists', operand: first, otherwise: second }
    return { kind: 'listAppend', first, second }
  }
}

function isSamePath(a: Path, b: Path): boolean {
  return a.steps.length === b.steps.length && a.steps.every((step, index) => step === b.steps[index])
}
