/** Values as statements write them: `'text'`, `-1.5e3`, `[1, 2]`, `<<1, 2>>`, `{'a': 1}`, `?`. */
import { malformed } from './failures.ts'
import { spanOf } from './place.ts'
import type { Expression, Literal, MapEntry } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

/** A literal, if one begins here. `element` reads what stands inside lists, bags and maps. */
export function readLiteral(reader: TokenReader, element: () => Expression): Literal | undefined {
  const token = reader.peek()
  const { at } = token
  if (token.kind === 'string') return { kind: 'string', value: reader.take().text, at }
  if (token.kind === 'number') return { kind: 'number', text: numberText(reader), at }
  if (token.kind === 'word') return readWord(reader)
  if (token.kind !== 'sign') return undefined
  switch (token.text) {
    case '?':
      reader.take()
      return { kind: 'parameter', index: reader.takeParameter(), at }
    case '-':
    case '+':
      return signedNumber(reader)
    case '[':
      return { kind: 'list', items: readElements(reader, '[', ']', element), at }
    case '<<':
      return { kind: 'bag', items: readElements(reader, '<<', '>>', element), at }
    case '{':
      return readMap(reader, element)
    default:
      return undefined
  }
}

function readWord(reader: TokenReader): Literal | undefined {
  const { at } = reader.peek()
  if (reader.takes('TRUE')) return { kind: 'boolean', value: true, at }
  if (reader.takes('FALSE')) return { kind: 'boolean', value: false, at }
  return reader.takes('NULL') ? { kind: 'null', at } : undefined
}

/** Signs belong to number literals: `- 1`, `+5`, `- -1`. */
function signedNumber(reader: TokenReader): Literal {
  const first = reader.peek().at
  let negative = false
  while (reader.seesSign('-') || reader.seesSign('+')) {
    if (reader.take().text === '-') negative = !negative
  }
  if (reader.peek().kind !== 'number') throw reader.unexpected('Expected a number after the sign')
  const text = numberText(reader)
  return { kind: 'number', text: negative ? `-${text}` : text, at: spanOf(first, reader.lastPlace) }
}

/** Refuses exponents beyond 32 bits, as DynamoDB's parser does, before anybody computes with them. */
function numberText(reader: TokenReader): string {
  const { text, at } = reader.take()
  const exponent = /e([+-]?\d+)$/i.exec(text)?.[1]
  if (exponent !== undefined && Math.abs(Number(exponent)) > 0x7fffffff) {
    throw malformed(`The exponent of ${text.slice(0, 40)} is out of range`, at)
  }
  return text
}

/** `[a, b]` with its brackets, or another pair. */
export function readElements(
  reader: TokenReader,
  open: string,
  close: string,
  element: () => Expression,
): readonly Expression[] {
  reader.expectSign(open)
  const items: Expression[] = []
  if (reader.takesSign(close)) return items
  reader.deeper(() => {
    do items.push(element())
    while (reader.takesSign(','))
  })
  if (!reader.takesSign(close)) throw reader.unexpected(`Expected , or ${close}`)
  return items
}

/** Names of map entries are strings; double quotes are taken as well, so that JSON can be pasted. */
function readMap(reader: TokenReader, element: () => Expression): Literal {
  const { at } = reader.expectSign('{')
  const entries: MapEntry[] = []
  if (reader.takesSign('}')) return { kind: 'map', entries, at }
  reader.deeper(() => {
    do {
      const name = reader.peek()
      if (name.kind !== 'string' && name.kind !== 'quoted') {
        throw reader.unexpected('Expected the name of a map entry as a string')
      }
      reader.take()
      reader.expectSign(':')
      entries.push({ name: name.text, value: element(), at: name.at })
    } while (reader.takesSign(','))
  })
  if (!reader.takesSign('}')) throw reader.unexpected('Expected , or }')
  return { kind: 'map', entries, at }
}
