/**
 * Conditions, filters and key conditions:
 *
 *     or        := and (OR and)*
 *     and       := not (AND not)*
 *     not       := NOT* primary
 *     primary   := '(' or ')' | call | operand comparator operand
 *                | operand BETWEEN operand AND operand | operand IN '(' operand (',' operand)* ')'
 *     operand   := path | :value | size '(' operand ')' | '(' operand ')'
 *
 * What a parenthesis begins is known only after it: `(a) = :b`, `(a = :b)`. So parentheses are read once, and what was
 * in them may turn out to be an operand.
 */
import { checkCall } from './functions.ts'
import {
  type Call,
  continuePath,
  noteRedundant,
  nothing,
  parseInParentheses,
  parseOperand,
} from './operand-parser.ts'
import type { Source } from './source.ts'
import { TokenReader } from './token-reader.ts'
import type { Comparator, ConditionTree, Operand, Written, WrittenPath, WrittenValue } from './tree.ts'

type Tree = ConditionTree<Written>
/** A call may still be a condition or an operand. */
type Unresolved = WrittenPath | WrittenValue | Call<Operand<Written>>

/** What a primary turned out to be. Only in parentheses, and only alone, it can be an operand. */
interface Part {
  readonly condition?: Tree
  readonly operand?: Unresolved
  readonly inParentheses: boolean
}

const comparators: ReadonlySet<string> = new Set<Comparator>(['=', '<>', '<', '<=', '>', '>='])

/** Throws ValidationException for what is no condition. */
export function parseCondition(source: Source): Tree {
  const reader = new TokenReader(source, ['AND', 'OR', 'NOT', 'BETWEEN', 'IN'])
  const { condition } = new ConditionParser(reader).or(false)
  reader.finish()
  return condition as Tree
}

class ConditionParser {
  readonly #reader: TokenReader

  constructor(reader: TokenReader) {
    this.#reader = reader
  }

  /** With `alone`, an operand by itself is accepted if `)` follows. */
  or(alone: boolean): Part {
    return this.#chain('OR', 'or', alone, (first) => this.#and(first))
  }

  #and(alone: boolean): Part {
    return this.#chain('AND', 'and', alone, (first) => this.#not(first))
  }

  #chain(keyword: string, kind: 'and' | 'or', alone: boolean, term: (alone: boolean) => Part): Part {
    const first = term(alone)
    if (first.condition === undefined || this.#reader.keyword !== keyword) return first
    const terms = [first.condition]
    while (this.#reader.keyword === keyword) {
      this.#reader.countOperator(this.#reader.next().start)
      terms.push(term(false).condition as Tree)
    }
    return { condition: { kind, terms }, inParentheses: false }
  }

  #not(alone: boolean): Part {
    let negations = 0
    for (; this.#reader.keyword === 'NOT'; negations++) this.#reader.countOperator(this.#reader.next().start)
    if (negations === 0) return this.#primary(alone)
    let condition = this.#primary(false).condition as Tree
    while (negations-- > 0) condition = { kind: 'not', term: condition }
    return { condition, inParentheses: false }
  }

  #primary(alone: boolean): Part {
    const reader = this.#reader
    const part = reader.isSymbol('(')
      ? this.#parentheses()
      : { operand: this.#unresolved(), inParentheses: false }
    const { operand } = part
    if (operand === undefined) return part
    const comparison = this.#comparison(operand)
    if (comparison !== undefined) return { condition: comparison, inParentheses: false }
    if (alone && reader.isSymbol(')')) return part
    if (operand.kind !== 'call') throw reader.syntaxError()
    return { condition: this.#asCondition(operand), inParentheses: part.inParentheses }
  }

  #parentheses(): Part {
    const reader = this.#reader
    const open = reader.next()
    const { condition, operand, inParentheses } = reader.nested(() => this.or(true))
    reader.expectSymbol(')')
    if (inParentheses) noteRedundant(reader, open.start)
    if (condition !== undefined) return { condition, inParentheses: true }
    const { kind } = operand as Unresolved
    if (kind !== 'path') return { operand: operand as Unresolved, inParentheses: true }
    return { operand: continuePath(reader, operand as WrittenPath), inParentheses: true }
  }

  /** What compares `left` with something; undefined if nothing does. */
  #comparison(left: Unresolved): Tree | undefined {
    const reader = this.#reader
    const { token, keyword } = reader
    if (token.kind === 'symbol' && comparators.has(token.text)) {
      reader.countOperator(reader.next().start)
      const comparator = token.text as Comparator
      return { kind: 'compare', comparator, left: this.#asOperand(left), right: this.#operand() }
    }
    if (keyword !== 'BETWEEN' && keyword !== 'IN') return undefined
    reader.countOperator(reader.next().start)
    const operand = this.#asOperand(left)
    if (keyword === 'IN') {
      reader.expectSymbol('(')
      const list = reader.list(() => this.#operand())
      reader.expectSymbol(')')
      return { kind: 'in', operand, list }
    }
    const low = this.#operand()
    if (reader.keyword !== 'AND') throw reader.syntaxError()
    reader.next()
    return { kind: 'between', operand, low, high: this.#operand() }
  }

  #operand(): Operand<Written> {
    return this.#asOperand(parseInParentheses(this.#reader, () => this.#unresolved()))
  }

  #unresolved(): Unresolved {
    return parseOperand(this.#reader, () => this.#operand())
  }

  #asOperand(operand: Unresolved): Operand<Written> {
    if (operand.kind !== 'call') return operand
    const fine = checkCall(this.#reader, operand, 'operand')
    return fine ? { kind: 'size', operand: operand.args[0] as Operand<Written> } : nothing(operand.at)
  }

  #asCondition(call: Call<Operand<Written>>): Tree {
    const [operand = nothing(call.at), second = nothing(call.at)] = call.args
    checkCall(this.#reader, call, 'condition')
    switch (call.name) {
      case 'attribute_exists':
        return { kind: 'exists', operand }
      case 'attribute_not_exists':
        return { kind: 'notExists', operand }
      case 'attribute_type':
        return { kind: 'type', operand, type: second }
      case 'begins_with':
        return { kind: 'beginsWith', operand, prefix: second }
      default:
        return { kind: 'contains', operand, member: second }
    }
  }
}
