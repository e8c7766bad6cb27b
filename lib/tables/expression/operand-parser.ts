/** What all expressions are made of: paths, :values and function calls. */
import { maxListIndex } from './limits.ts'
import { isReserved } from './reserved-words.ts'
import type { TokenReader } from './token-reader.ts'
import type { NamePlaceholder, WrittenPath, WrittenValue } from './tree.ts'

/** A function call, before it is known whether such a function may stand there. */
export interface Call<Argument> {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Argument[]
  readonly at: number
}

type Element = string | number | NamePlaceholder

/** `a.b[0].#c` */
export function parsePath(reader: TokenReader): WrittenPath {
  const { start } = reader.token
  return continuePath(reader, { kind: 'path', elements: [parseName(reader)], at: start })
}

/** More names and indexes after `path`, if there are some. */
export function continuePath(reader: TokenReader, path: WrittenPath): WrittenPath {
  if (!reader.isSymbol('.') && !reader.isSymbol('[')) return path
  const elements: Element[] = [...path.elements]
  for (;;) {
    if (reader.takeSymbol('.')) elements.push(parseName(reader))
    else if (reader.takeSymbol('[')) elements.push(parseIndex(reader))
    else return { ...path, elements }
  }
}

/** `:value` */
export function parseValue(reader: TokenReader): WrittenValue {
  if (reader.token.kind !== 'value') throw reader.syntaxError()
  const token = reader.next()
  return { kind: 'value', placeholder: token.text, at: token.start }
}

/** A path, a :value, or a call with arguments that `argument` reads. */
export function parseOperand<Argument>(
  reader: TokenReader,
  argument: () => Argument,
): WrittenPath | WrittenValue | Call<Argument> {
  const { token, following } = reader
  if (token.kind === 'value') return parseValue(reader)
  const calls = following.kind === 'symbol' && following.text === '('
  if (!calls || token.kind !== 'word' || reader.keyword !== undefined) return parsePath(reader)
  reader.next()
  reader.next()
  reader.countOperator(token.start)
  const args = reader.nested(() => reader.list(argument))
  reader.expectSymbol(')')
  return { kind: 'call', name: token.text, args, at: token.start }
}

/**
 * What `inner` reads, in parentheses or not; a path in parentheses may go on after them. Parentheses straight around
 * parentheses are a problem.
 */
export function parseInParentheses<T extends { readonly kind: string }>(
  reader: TokenReader,
  inner: () => T,
): T | WrittenPath {
  return grouped(reader, inner).operand
}

function grouped<T extends { readonly kind: string }>(
  reader: TokenReader,
  inner: () => T,
): { operand: T | WrittenPath; inParentheses: boolean } {
  const open = reader.token
  if (!reader.takeSymbol('(')) return { operand: inner(), inParentheses: false }
  const { operand, inParentheses } = reader.nested(() => grouped(reader, inner))
  reader.expectSymbol(')')
  if (inParentheses) noteRedundant(reader, open.start)
  return {
    operand: operand.kind === 'path' ? continuePath(reader, operand as WrittenPath) : operand,
    inParentheses: true,
  }
}

export function noteRedundant(reader: TokenReader, position: number): void {
  reader.note('The expression has redundant parentheses;', position)
}

/** What stands for an operand that is a problem: nobody sees the tree it is in. */
export function nothing(at: number): WrittenPath {
  return { kind: 'path', elements: [], at }
}

function parseName(reader: TokenReader): string | NamePlaceholder {
  const { token } = reader
  if (token.kind === 'name') {
    reader.next()
    return { placeholder: token.text, at: token.start }
  }
  if (token.kind !== 'word' || reader.keyword !== undefined) throw reader.syntaxError()
  reader.next()
  if (isReserved(token.text)) {
    reader.note(`Attribute name is a reserved keyword; reserved keyword: ${token.text}`, token.start)
  }
  return token.text
}

/** What follows `[`. */
function parseIndex(reader: TokenReader): number {
  if (reader.token.kind !== 'integer') throw reader.syntaxError()
  const token = reader.next()
  reader.expectSymbol(']')
  const index = Number(token.text)
  if (index > maxListIndex) {
    reader.note(`List index is not within the allowable range; index: [${token.text}]`, token.start)
  }
  return index
}
