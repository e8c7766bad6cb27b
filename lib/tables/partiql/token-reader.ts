import { malformed, refused } from './failures.ts'
import { type Token, tokenize } from './lexer.ts'
import type { Place } from './place.ts'

/** Words that cannot be attribute or table names unless they are in double quotes. */
const reserved = new Set(
  (
    'SELECT FROM WHERE AND OR NOT IN BETWEEN IS LIKE NULL MISSING TRUE FALSE ORDER BY ASC DESC LIMIT OFFSET GROUP HAVING ' +
    'JOIN UNION INTERSECT EXCEPT INSERT INTO UPDATE DELETE SET REMOVE RETURNING AS EXISTS CASE WHEN THEN ELSE END CAST ' +
    'DISTINCT PIVOT UNPIVOT LET CREATE DROP'
  ).split(' '),
)

/** Deeper than this, neither parentheses nor literals are read: the parser is recursive, statements come from outside. */
const maxDepth = 200

/** The tokens of a statement, one after the other: what the parts of the parser share. */
export class TokenReader {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0
  #parameters = 0

  constructor(statement: string) {
    this.#tokens = tokenize(statement)
  }

  /** How many parameters have been taken. */
  get parameters(): number {
    return this.#parameters
  }

  takeParameter(): number {
    return this.#parameters++
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)] as Token
  }

  take(): Token {
    const token = this.peek()
    if (token.kind !== 'end') this.#next++
    return token
  }

  /** The place of the token taken last. */
  get lastPlace(): Place {
    return (this.#tokens[Math.max(this.#next - 1, 0)] as Token).at
  }

  /** True when the next words are these keywords. */
  sees(...words: string[]): boolean {
    return words.every((word, index) => isWord(this.peek(index), word))
  }

  /** Takes these keywords if they come next. */
  takes(...words: string[]): boolean {
    if (!this.sees(...words)) return false
    this.#next += words.length
    return true
  }

  seesSign(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'sign' && token.text === text
  }

  takesSign(text: string): boolean {
    if (!this.seesSign(text)) return false
    this.#next++
    return true
  }

  expectSign(text: string): Token {
    if (this.seesSign(text)) return this.take()
    throw this.unexpected(`Expected ${text}`)
  }

  expectWord(word: string): void {
    if (!this.takes(word)) throw this.unexpected(`Expected ${word}`)
  }

  /** A table, index or attribute name: a word that is not reserved, or anything in double quotes. */
  name(what: string): Token {
    const token = this.peek()
    if (token.kind === 'quoted') {
      if (token.text === '') throw refused('Path component cannot be an empty string', token.at)
      return this.take()
    }
    if (token.kind !== 'word') throw this.unexpected(`Expected ${what}`)
    if (isReserved(token)) {
      throw malformed(
        `Unexpected keyword ${token.text} (a name that is a keyword goes in double quotes)`,
        token.at,
      )
    }
    return this.take()
  }

  /** The error for a next token that cannot be there; at the end of the statement it says so. */
  unexpected(detail: string): Error {
    const token = this.peek()
    const found = token.kind === 'end' ? 'the end of the statement' : showToken(token)
    return malformed(`${detail}, found ${found}`, token.at)
  }

  /** Runs `parse` one level deeper. */
  deeper<T>(parse: () => T): T {
    if (++this.#depth > maxDepth) {
      throw malformed(`Nested deeper than ${maxDepth} levels`, this.peek().at)
    }
    const result = parse()
    this.#depth--
    return result
  }
}

export function isReserved(token: Token): boolean {
  return token.kind === 'word' && reserved.has(token.text.toUpperCase())
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'word' && token.text.toUpperCase() === word
}

function showToken({ kind, text }: Token): string {
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text
  if (kind === 'string') return `the string '${short}'`
  return kind === 'quoted' ? `"${short}"` : short
}
