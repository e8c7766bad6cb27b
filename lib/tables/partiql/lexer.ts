/**
 * Statement text to tokens. Strings are in single quotes, quoted identifiers in double quotes, either quote doubled
 * inside; `--` and block comments are white space.
 */
import { malformed } from './failures.ts'
import type { Place } from './place.ts'

export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'sign' | 'end'
  /** A word or sign as written; the contents of quotes without them and with inner quotes undoubled. */
  readonly text: string
  readonly at: Place
}

/** Longer signs come first: `<<` opens a bag, `<>` compares. */
const signs = /<<|>>|<>|<=|>=|!=|\|\||[=<>+\-*/%.,()[\]{}:?;]/y
const space = /\s+|--[^\r\n]*/y
const word = /[A-Za-z_$][A-Za-z0-9_$]*/y
const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y

/** All tokens of `statement`; the last one is `end`. Throws a ValidationException that names the place. */
export function tokenize(statement: string): readonly Token[] {
  const lexer = new Lexer(statement)
  const tokens: Token[] = []
  for (;;) {
    const token = lexer.next()
    tokens.push(token)
    if (token.kind === 'end') return tokens
  }
}

class Lexer {
  readonly #text: string
  #offset = 0
  #line = 1
  #lineStart = 0

  constructor(text: string) {
    this.#text = text
  }

  next(): Token {
    this.#skipSpace()
    const first = this.#text[this.#offset]
    if (first === undefined) return { kind: 'end', text: '', at: this.#place(0) }
    if (first === "'") return this.#quoted('string', "'")
    if (first === '"') return this.#quoted('quoted', '"')
    return (
      this.#match(word, 'word') ??
      this.#match(number, 'number') ??
      this.#match(signs, 'sign') ??
      this.#unknown(first)
    )
  }

  #match(pattern: RegExp, kind: Token['kind']): Token | undefined {
    const text = this.#take(pattern)
    if (text === undefined) return undefined
    const token: Token = { kind, text, at: this.#place(text.length) }
    this.#offset += text.length
    return token
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset
    return pattern.exec(this.#text)?.[0]
  }

  #quoted(kind: 'string' | 'quoted', quote: string): Token {
    let close = this.#offset + 1
    for (;;) {
      close = this.#text.indexOf(quote, close)
      if (close < 0)
        throw malformed(`Unterminated ${kind === 'string' ? 'string' : 'quoted identifier'}`, this.#place(1))
      if (this.#text[close + 1] !== quote) break
      close += 2
    }
    const inner = this.#text.slice(this.#offset + 1, close).replaceAll(quote + quote, quote)
    const token: Token = { kind, text: inner, at: this.#place(close + 1 - this.#offset) }
    this.#advance(close + 1 - this.#offset)
    return token
  }

  #skipSpace(): void {
    for (;;) {
      const blank = this.#take(space)
      if (blank !== undefined) this.#advance(blank.length)
      else if (this.#text.startsWith('/*', this.#offset)) this.#skipBlock()
      else return
    }
  }

  #skipBlock(): void {
    const close = this.#text.indexOf('*/', this.#offset + 2)
    if (close < 0) throw malformed('Unterminated block comment', this.#place(2))
    this.#advance(close + 2 - this.#offset)
  }

  #unknown(first: string): never {
    const code = this.#text.codePointAt(this.#offset) ?? 0
    const shown =
      code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : String.fromCodePoint(code)
    const hint = /\p{L}/u.test(shown) ? ' (write names with other letters than A to Z in double quotes)' : ''
    throw malformed(`Unexpected character ${shown}${hint}`, this.#place(first.length))
  }

  /** Past text that may hold line ends. */
  #advance(length: number): void {
    const end = this.#offset + length
    for (
      let at = this.#text.indexOf('\n', this.#offset);
      at >= 0 && at < end;
      at = this.#text.indexOf('\n', at + 1)
    ) {
      this.#line++
      this.#lineStart = at + 1
    }
    this.#offset = end
  }

  #place(length: number): Place {
    return { line: this.#line, column: this.#offset - this.#lineStart + 1, length }
  }
}
