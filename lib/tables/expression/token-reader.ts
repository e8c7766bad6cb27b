import type { TableError } from '../errors.ts'
import { type Token, tokenize } from './lexer.ts'
import { maxNesting, maxOperators } from './limits.ts'
import { invalidExpression, type Source } from './source.ts'

/**
 * Reads the tokens of one expression for a parser. An error of syntax is thrown where it is met. What is wrong with an
 * expression that can be read is noted, and `finish` throws the problem that comes first in the text: whoever notes one
 * may return anything in place of a tree.
 */
export class TokenReader {
  readonly #source: Source
  readonly #keywords: ReadonlySet<string>
  readonly #tokens: readonly Token[]
  #index = 0
  #operators = 0
  #nesting = 0
  #problem: { readonly message: string; readonly position: number } | undefined

  /** `keywords` are in capitals; in the text they can be in any case, and they are never attributes. */
  constructor(source: Source, keywords: readonly string[]) {
    this.#source = source
    this.#keywords = new Set(keywords)
    this.#tokens = tokenize(source.text)
  }

  get token(): Token {
    return this.#tokens[this.#index] as Token
  }

  /** The token after `token`. */
  get following(): Token {
    return this.#tokens[Math.min(this.#index + 1, this.#tokens.length - 1)] as Token
  }

  next(): Token {
    const { token } = this
    if (token.kind !== 'end') this.#index++
    return token
  }

  isSymbol(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === symbol
  }

  takeSymbol(symbol: string): boolean {
    const found = this.isSymbol(symbol)
    if (found) this.next()
    return found
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.syntaxError()
  }

  /** The keyword that stands here, in capitals. */
  get keyword(): string | undefined {
    if (this.token.kind !== 'word') return undefined
    const word = this.token.text.toUpperCase()
    return this.#keywords.has(word) ? word : undefined
  }

  takeKeyword(keyword: string): boolean {
    const found = this.keyword === keyword
    if (found) this.next()
    return found
  }

  /** `one`, and more of them after commas. */
  list<T>(one: () => T): T[] {
    const items = [one()]
    while (this.takeSymbol(',')) items.push(one())
    return items
  }

  /** Runs `inner`, which reads what stands in brackets. Throws where they are deeper than any expression needs. */
  nested<T>(inner: () => T): T {
    if (++this.#nesting > maxNesting) {
      throw this.#error(`The expression is nested too deeply; nesting levels: ${this.#nesting}`, this.token)
    }
    const result = inner()
    this.#nesting--
    return result
  }

  /** Counts one operator or function call at `position`. */
  countOperator(position: number): void {
    if (++this.#operators === maxOperators + 1) {
      this.note(`The expression contains too many operators; operator count: ${this.#operators}`, position)
    }
  }

  /** Something is wrong at `position`; `finish` will throw it, if nothing before it is. */
  note(message: string, position: number): void {
    if (this.#problem === undefined || position < this.#problem.position)
      this.#problem = { message, position }
  }

  /** The error for a token that cannot stand where it does: it shows the token before and the one after as well. */
  syntaxError(): TableError {
    const { token } = this
    const shown = [this.#tokens[this.#index - 1], token, this.following].filter(
      (one) => one !== undefined && one.kind !== 'end',
    )
    const near = this.#source.text.slice(shown[0]?.start, shown.at(-1)?.end)
    return this.#error(`Syntax error; token: "${token.text}", near: "${near}"`, token, {
      token: token.text,
      near,
    })
  }

  /** Throws unless the whole text was read and nothing was wrong with it. */
  finish(): void {
    if (this.token.kind !== 'end') throw this.syntaxError()
    if (this.#problem !== undefined) {
      throw invalidExpression(this.#source, this.#problem.message, this.#problem.position)
    }
  }

  #error(message: string, at: Token, more: Readonly<Record<string, unknown>> = {}): TableError {
    return invalidExpression(this.#source, message, at.start, more)
  }
}
