/**
 * What can stand in WHERE and in SET. Binding, from loose to tight: OR · AND · NOT · comparison, BETWEEN, IN, IS ·
 * + and - · path, literal, call, parentheses.
 */
import { refused } from './failures.ts'
import { readElements, readLiteral } from './literal-parser.ts'
import { readPath } from './path-parser.ts'
import { spanOf } from './place.ts'
import type { CompareOperator, Expression, SelectStatement } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

const compareOperators: Readonly<Record<string, CompareOperator>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

export class ExpressionParser {
  readonly #reader: TokenReader
  readonly #select: () => SelectStatement

  /** `select` reads a SELECT: for EXISTS, and to name subqueries in errors. */
  constructor(reader: TokenReader, select: () => SelectStatement) {
    this.#reader = reader
    this.#select = select
  }

  condition(): Expression {
    return this.#reader.deeper(() =>
      this.#chain('or', 'OR', () => this.#chain('and', 'AND', () => this.#not())),
    )
  }

  #chain(kind: 'and' | 'or', word: string, operand: () => Expression): Expression {
    const first = operand()
    if (!this.#reader.sees(word)) return first
    const operands = [first]
    while (this.#reader.takes(word)) operands.push(operand())
    return { kind, operands, at: spanOf(first.at, this.#reader.lastPlace) }
  }

  #not(): Expression {
    const { at } = this.#reader.peek()
    if (!this.#reader.takes('NOT')) return this.#predicate()
    const operand = this.#reader.deeper(() => this.#not())
    return { kind: 'not', operand, at: spanOf(at, this.#reader.lastPlace) }
  }

  #predicate(): Expression {
    const left = this.sum()
    const token = this.#reader.peek()
    const operator = token.kind === 'sign' ? compareOperators[token.text] : undefined
    if (operator !== undefined) {
      this.#reader.take()
      const right = this.sum()
      return { kind: 'compare', operator, left, right, at: spanOf(left.at, this.#reader.lastPlace) }
    }
    if (this.#reader.takes('IS')) return this.#is(left)
    const negated = this.#reader.takes('NOT')
    const tested = this.#rangeOrChoice(left)
    if (tested === undefined) {
      if (negated) throw this.#reader.unexpected('Expected IN or BETWEEN after NOT')
      return left
    }
    return negated ? { kind: 'not', operand: tested, at: tested.at } : tested
  }

  #rangeOrChoice(operand: Expression): Expression | undefined {
    const reader = this.#reader
    if (reader.takes('BETWEEN')) {
      const low = this.sum()
      reader.expectWord('AND')
      const high = this.sum()
      return { kind: 'between', operand, low, high, at: spanOf(operand.at, reader.lastPlace) }
    }
    if (reader.takes('IN')) {
      const choices = this.#choices()
      return { kind: 'in', operand, choices, at: spanOf(operand.at, reader.lastPlace) }
    }
    if (reader.sees('LIKE')) {
      throw refused('Unsupported operation: LIKE; use begins_with or contains', reader.peek().at)
    }
    return undefined
  }

  #choices(): readonly Expression[] | Expression {
    const reader = this.#reader
    if (reader.seesSign('(')) {
      if (isSelect(reader, 1)) throw subqueryRefused(reader)
      return readElements(reader, '(', ')', () => this.sum())
    }
    if (reader.seesSign('[')) return readElements(reader, '[', ']', () => this.sum())
    if (reader.seesSign('<<')) return readElements(reader, '<<', '>>', () => this.sum())
    if (reader.seesSign('?')) return this.sum()
    throw reader.unexpected('Expected a list in brackets or parentheses after IN')
  }

  #is(operand: Expression): Expression {
    const reader = this.#reader
    const negated = reader.takes('NOT')
    const token = reader.peek()
    if (token.kind !== 'word') throw reader.unexpected('Expected MISSING, NULL or a type after IS')
    reader.take()
    const at = spanOf(operand.at, token.at)
    const is: Expression = { kind: 'is', operand, type: token.text.toUpperCase(), at }
    return negated ? { kind: 'not', operand: is, at } : is
  }

  /** Operands joined by + and -. */
  sum(): Expression {
    const reader = this.#reader
    let left = this.#operand()
    for (;;) {
      const token = reader.peek()
      if (token.kind !== 'sign' || !['+', '-', '*', '/', '%', '||'].includes(token.text)) return left
      reader.take()
      const right = this.#operand()
      left = { kind: 'arithmetic', operator: token.text, left, right, at: spanOf(left.at, reader.lastPlace) }
    }
  }

  #operand(): Expression {
    const reader = this.#reader
    const literal = readLiteral(reader, () => this.#element())
    if (literal !== undefined) return literal
    const { kind, at } = reader.peek()
    if (reader.seesSign('(')) return this.#parentheses()
    if (reader.takes('MISSING')) return { kind: 'missing', at }
    if (reader.sees('CASE') || reader.sees('CAST')) {
      throw refused(`Unsupported operation: ${reader.peek().text.toUpperCase()}`, at)
    }
    if (kind === 'word' && reader.seesSign('(', 1)) return this.#call()
    if (isSelect(reader, 0)) throw subqueryRefused(reader)
    if (kind === 'word' || kind === 'quoted') return readPath(reader)
    throw reader.unexpected('Expected a value, a path or a function')
  }

  /** What stands inside a list, bag or map. A name in double quotes is no attribute there, but text pasted from JSON. */
  #element(): Expression {
    const token = this.#reader.peek()
    if (token.kind !== 'quoted') return this.sum()
    this.#reader.take()
    return { kind: 'string', value: token.text, at: token.at }
  }

  #parentheses(): Expression {
    const reader = this.#reader
    if (isSelect(reader, 1)) throw subqueryRefused(reader)
    reader.expectSign('(')
    const inner = this.condition()
    if (!reader.takesSign(')')) throw reader.unexpected('Expected )')
    return inner
  }

  #call(): Expression {
    const reader = this.#reader
    const { text: written, at } = reader.take()
    const name = written.toLowerCase()
    if (name === 'exists' && isSelect(reader, 1)) {
      reader.expectSign('(')
      const select = reader.deeper(() => this.#select())
      reader.expectSign(')')
      return { kind: 'subquery', select, at }
    }
    if (isSelect(reader, 1)) throw subqueryRefused(reader)
    const args = readElements(reader, '(', ')', () => this.condition())
    return { kind: 'call', name, written, args, at }
  }
}

function isSelect(reader: TokenReader, ahead: number): boolean {
  const token = reader.peek(ahead)
  return token.kind === 'word' && token.text.toUpperCase() === 'SELECT'
}

function subqueryRefused(reader: TokenReader): Error {
  const token = isSelect(reader, 0) ? reader.peek() : reader.peek(1)
  return refused('Unsupported operation: subqueries are not supported', token.at)
}
