/**
 * Updates:
 *
 *     update := (SET set (',' set)* | REMOVE path (',' path)* | ADD change (',' change)* | DELETE change (',' change)*)+
 *     set    := path '=' value              each of the four at most once, in any order
 *     value  := operand [('+' | '-') operand]
 *     operand := path | :value | if_not_exists(path, operand) | list_append(operand, operand)
 *     change := path :value
 */
import { checkCall, misused } from './functions.ts'
import {
  continuePath,
  noteRedundant,
  nothing,
  parseInParentheses,
  parseOperand,
  parsePath,
  parseValue,
} from './operand-parser.ts'
import type { Source } from './source.ts'
import { TokenReader } from './token-reader.ts'
import type { UpdateAction, UpdateValue, Written } from './tree.ts'

type Action = UpdateAction<Written>
type Value = UpdateValue<Written>

/** The actions in the order they are written. Throws ValidationException for what is no update. */
export function parseUpdate(source: Source): Action[] {
  const reader = new TokenReader(source, ['SET', 'REMOVE', 'ADD', 'DELETE'])
  const actions: Action[] = []
  const seen = new Set<string>()
  do {
    const { keyword, token } = reader
    if (keyword === undefined) throw reader.syntaxError()
    reader.next()
    if (seen.has(keyword)) {
      reader.note(`The "${keyword}" section can only be used once in an update expression;`, token.start)
    }
    seen.add(keyword)
    actions.push(...reader.list(() => parseAction(reader, keyword)))
  } while (reader.token.kind !== 'end')
  reader.finish()
  return actions
}

function parseAction(reader: TokenReader, keyword: string): Action {
  const target = parsePath(reader)
  if (keyword === 'REMOVE') return { kind: 'remove', target }
  if (keyword !== 'SET')
    return { kind: keyword === 'ADD' ? 'add' : 'delete', target, value: parseValue(reader) }
  reader.expectSymbol('=')
  return { kind: 'set', target, value: parseSetValue(reader).value }
}

/** One operand, or the sum or difference of two. Parentheses may be around each, and around both. */
function parseSetValue(reader: TokenReader): { readonly value: Value; readonly inParentheses: boolean } {
  const open = reader.token
  const inParentheses = reader.takeSymbol('(')
  const left = inParentheses ? parseRestOfParentheses(reader, open.start) : parseSetOperand(reader)
  const operator = reader.isSymbol('+') ? 'plus' : reader.isSymbol('-') ? 'minus' : undefined
  if (operator === undefined) return { value: left, inParentheses }
  // A sum has two operands.
  if (left.kind === 'plus' || left.kind === 'minus') throw reader.syntaxError()
  reader.countOperator(reader.next().start)
  const right = parseInParentheses(reader, () => parseSetOperand(reader))
  return { value: { kind: operator, left, right }, inParentheses: false }
}

function parseRestOfParentheses(reader: TokenReader, open: number): Value {
  const { value, inParentheses } = reader.nested(() => parseSetValue(reader))
  reader.expectSymbol(')')
  if (inParentheses) noteRedundant(reader, open)
  return value.kind === 'path' ? continuePath(reader, value) : value
}

/** With `inside`, the argument of a function: lists are not appended there. */
function parseSetOperand(reader: TokenReader, inside = false): Value {
  const operand = parseOperand(reader, () => parseInParentheses(reader, () => parseSetOperand(reader, true)))
  if (operand.kind !== 'call') return operand
  const [first, second] = operand.args
  if (!checkCall(reader, operand, 'update') || first === undefined || second === undefined)
    return nothing(operand.at)
  if (operand.name === 'if_not_exists') return { kind: 'ifNotExists', operand: first, otherwise: second }
  if (inside) reader.note(misused('list_append'), operand.at)
  return { kind: 'listAppend', first, second }
}
