/** Text to tokens. All expressions have the same ones; which words are keywords is up to the parser. */

export type TokenKind =
  /** An attribute, a function or a keyword. */
  | 'word'
  /** A #name. */
  | 'name'
  /** A :value. */
  | 'value'
  /** A whole number, for list indexes. */
  | 'integer'
  /** An operator or a bracket. */
  | 'symbol'
  /** A character that no expression can contain here. */
  | 'unknown'
  | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Characters from the start of the expression. */
  readonly start: number
  readonly end: number
}

// In this order: the groups are the kinds, and the last one takes any character that nothing else wants.
const pattern =
  /[ \t\r\n]+|([A-Za-z][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(0|[1-9][0-9]*)|(<>|<=|>=|[=<>()[\],.+-])|(.)/suy

const kinds: readonly TokenKind[] = ['word', 'name', 'value', 'integer', 'symbol', 'unknown']

/** All tokens of `text`, the last one of the kind `end`. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  pattern.lastIndex = 0
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) throw new Error(`no token at ${start} of ${JSON.stringify(text)}`)
    const group = match.slice(1).findIndex((part) => part !== undefined)
    const kind = kinds[group]
    if (kind !== undefined) tokens.push({ kind, text: match[0], start, end: start + match[0].length })
  }
  tokens.push({ kind: 'end', text: '<EOF>', start: text.length, end: text.length })
  return tokens
}
