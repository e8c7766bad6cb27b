/**
 * Items as plain JSON for people. Text, numbers, booleans, null, lists and maps are what they are in JSON, with all
 * digits of numbers; bytes become base64 and sets arrays, which read as text and lists: DynamoDB JSON keeps them.
 */
import { nestedTooDeeply, validation } from './errors.ts'
import { maxDepth } from './item-tags.ts'
import { type NumberValue, numberText, parseNumber } from './number.ts'
import { type AttributeValue, bytesOf, type Item, type SetValue, setAttribute, typeOf } from './value.ts'

/** The JSON text of a value; `indent` spaces a level, or on one line. REQUIRES: a value that was checked or read. */
export function plainJsonText(value: AttributeValue, indent = 0): string {
  return write(value, indent === 0 ? '' : '\n', ' '.repeat(indent))
}

/** The value that a JSON text writes; numbers do not pass through doubles. Throws ValidationException. */
export function parsePlainJson(text: string): AttributeValue {
  try {
    JSON.parse(text)
  } catch (error) {
    throw validation(`the text is not JSON: ${(error as Error).message}`)
  }
  // Numbers become text, so that they keep their digits; a letter in front of all texts tells which they were.
  const tagged = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? `"s${token.slice(1)}` : `"n${token}"`,
  )
  return untag(JSON.parse(tagged) as Tagged, 0)
}

type Tagged = string | boolean | null | Tagged[] | { [name: string]: Tagged }

/** `depth` as for an item: 0 for the outermost value, which may be one. */
function untag(value: Tagged, depth: number): AttributeValue {
  if (depth > maxDepth) throw nestedTooDeeply()
  if (typeof value === 'string') {
    const text = value.slice(1)
    return value.startsWith('n') ? parseNumber(text) : text
  }
  if (Array.isArray(value)) return value.map((element) => untag(element, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  const map: Item = {}
  for (const name of Object.keys(value)) setAttribute(map, name.slice(1), untag(value[name]!, depth + 1))
  return map
}

/** `line` begins each line of the surroundings; it is empty when all goes on one line. */
function write(value: AttributeValue, line: string, indent: string): string {
  switch (typeOf(value)) {
    case 'N':
      return numberText(value as NumberValue)
    case 'B':
      return JSON.stringify(base64(value as Uint8Array))
    case 'L':
      return writeList(value as AttributeValue[], line, indent)
    case 'SS':
    case 'NS':
    case 'BS':
      return writeList([...(value as SetValue)], line, indent)
    case 'M':
      return writeMap(value as Item, line, indent)
    default:
      return JSON.stringify(value)
  }
}

function writeList(list: readonly AttributeValue[], line: string, indent: string): string {
  const inner = line === '' ? '' : line + indent
  return enclose(
    '[',
    list.map((element) => write(element, inner, indent)),
    ']',
    line,
    inner,
  )
}

function writeMap(map: Item, line: string, indent: string): string {
  const inner = line === '' ? '' : line + indent
  const colon = line === '' ? ':' : ': '
  const members = Object.keys(map).map(
    (name) => JSON.stringify(name) + colon + write(map[name]!, inner, indent),
  )
  return enclose('{', members, '}', line, inner)
}

function enclose(
  open: string,
  members: readonly string[],
  close: string,
  line: string,
  inner: string,
): string {
  return members.length === 0 ? open + close : `${open}${inner}${members.join(`,${inner}`)}${line}${close}`
}

function base64(value: Uint8Array): string {
  const bytes = bytesOf(value)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
