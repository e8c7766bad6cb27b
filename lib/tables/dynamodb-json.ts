/** DynamoDB JSON, `{"S": "text"}`, both ways: the form of its wire protocol, exports and imports. */
import { checkDistinct } from './check-item.ts'
import { invalidParameter, nestedTooDeeply, serialization, validation } from './errors.ts'
import { maxDepth } from './item-tags.ts'
import { type NumberValue, numberText, parseNumber } from './number.ts'
import { type AttributeValue, bytesOf, type Item, type SetValue, setAttribute, typeOf } from './value.ts'

/** A value in DynamoDB JSON. Numbers are decimal texts without exponent, bytes are base64. */
export type DynamoJson =
  | { S: string }
  | { N: string }
  | { B: string }
  | { BOOL: boolean }
  | { NULL: true }
  | { L: DynamoJson[] }
  | { M: DynamoJsonItem }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: string[] }

/** An item in DynamoDB JSON. */
export interface DynamoJsonItem {
  [name: string]: DynamoJson
}

/** An item in DynamoDB JSON. REQUIRES: values that were checked or read. */
export function itemToDynamoJson(item: Item): DynamoJsonItem {
  const json: DynamoJsonItem = {}
  for (const name of Object.keys(item)) setAttribute(json, name, valueToDynamoJson(item[name]!))
  return json
}

/** A value in DynamoDB JSON. REQUIRES: a value that was checked or read. */
export function valueToDynamoJson(value: AttributeValue): DynamoJson {
  const type = typeOf(value)
  switch (type) {
    case 'S':
      return { S: value as string }
    case 'N':
      return { N: numberText(value as NumberValue) }
    case 'B':
      return { B: base64(value as Uint8Array) }
    case 'BOOL':
      return { BOOL: value as boolean }
    case 'NULL':
      return { NULL: true }
    case 'L':
      return { L: (value as AttributeValue[]).map(valueToDynamoJson) }
    case 'M':
      return { M: itemToDynamoJson(value as Item) }
    case 'SS':
      return { SS: [...(value as Set<string>)] }
    case 'NS':
      return { NS: Array.from(value as Set<NumberValue>, numberText) }
    case 'BS':
      return { BS: Array.from(value as Set<Uint8Array>, base64) }
  }
}

/**
 * The item that DynamoDB JSON writes. Throws SerializationException for what has the wrong form and ValidationException
 * for values that DynamoDB refuses, in its words; names and size are not checked (`checkItem`).
 */
export function itemFromDynamoJson(json: unknown): Item {
  return readMap(json, 0)
}

/** The value that DynamoDB JSON writes. Throws like `itemFromDynamoJson`. */
export function valueFromDynamoJson(json: unknown): AttributeValue {
  return readValue(json, 1)
}

const readers: Record<string, (content: unknown, depth: number) => AttributeValue> = {
  S: readText,
  N: (content) => parseNumber(readText(content)),
  B: readBytes,
  BOOL: readBoolean,
  NULL: readNull,
  L: (content, depth) => elements(content).map((element) => readValue(element, depth + 1)),
  M: readMap,
  SS: (content) => readSet(content, 'SS', readText),
  NS: (content) => readSet(content, 'NS', (member) => parseNumber(readText(member))),
  BS: (content) => readSet(content, 'BS', readBytes),
}

function readValue(json: unknown, depth: number): AttributeValue {
  if (depth > maxDepth) throw nestedTooDeeply()
  if (Array.isArray(json)) {
    throw serialization('Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue')
  }
  if (json !== undefined && (typeof json !== 'object' || json === null)) {
    throw serialization('Unexpected value type in payload')
  }
  // As DynamoDB does, what is null or no type at all is passed over.
  const content = (json ?? {}) as Record<string, unknown>
  const types = Object.keys(content).filter((type) => Object.hasOwn(readers, type) && content[type] != null)
  const [type] = types
  if (type === undefined) {
    throw validation('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes')
  }
  const value = readers[type]!(content[type], depth)
  if (types.length > 1) {
    throw validation(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    )
  }
  return value
}

function readMap(json: unknown, depth: number): Item {
  if (Array.isArray(json)) {
    throw serialization(
      'Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>',
    )
  }
  if (typeof json !== 'object' || json === null) throw serialization('Unexpected field type')
  const map: Item = {}
  for (const name of Object.keys(json)) {
    setAttribute(map, name, readValue((json as Record<string, unknown>)[name], depth + 1))
  }
  return map
}

function readText(content: unknown): string {
  if (typeof content === 'string') return content
  throw mistyped(content, 'String')
}

function readBoolean(content: unknown): boolean {
  if (typeof content === 'boolean') return content
  if (typeof content !== 'string') throw mistyped(content, 'Boolean')
  const text = content.toLowerCase()
  if (['true', 'yes', '1'].includes(text)) return true
  if (['false', 'no', '0'].includes(text)) return false
  throw serialization('Unexpected token received from parser')
}

function readNull(content: unknown): null {
  if (readBoolean(content)) return null
  throw invalidParameter('Null attribute value types must have the value of true')
}

function readBytes(content: unknown): Uint8Array {
  if (Array.isArray(content)) throw serialization('Unrecognized collection type class java.nio.ByteBuffer')
  if (typeof content === 'object') throw structure()
  if (typeof content !== 'string') {
    throw serialization('only base-64-encoded strings are convertible to bytes')
  }
  if (content.length % 4 !== 0) {
    throw serialization(
      `Base64 encoded length is expected a multiple of 4 bytes but found: ${content.length}`,
    )
  }
  const bytes = Buffer.from(content, 'base64')
  // Node passes over what is not base64.
  if (bytes.toString('base64') !== content) {
    throw serialization('Invalid last non-pad Base64 character dectected')
  }
  return new Uint8Array(bytes)
}

function elements(content: unknown): unknown[] {
  if (Array.isArray(content)) return content
  throw typeof content === 'object' ? structure() : serialization('Unexpected field type')
}

const emptySets = {
  SS: 'An string set  may not be empty',
  NS: 'An number set  may not be empty',
  BS: 'Binary sets should not be empty',
}

function readSet<Member extends string | NumberValue | Uint8Array>(
  content: unknown,
  type: 'SS' | 'NS' | 'BS',
  read: (member: unknown) => Member,
): SetValue {
  const members = elements(content).map(read)
  if (members.length === 0) throw invalidParameter(emptySets[type])
  checkDistinct(members, type)
  return new Set(members) as unknown as SetValue
}

/** DynamoDB's words, those of its JSON parser, for content that is not of the type. */
function mistyped(content: unknown, type: 'String' | 'Boolean'): Error {
  if (Array.isArray(content)) return serialization(`Unrecognized collection type class java.lang.${type}`)
  if (typeof content === 'object') return structure()
  if (typeof content === 'boolean') {
    return serialization(`${String(content).toUpperCase()}_VALUE cannot be converted to ${type}`)
  }
  return serialization(
    `${Number.isInteger(content) ? 'NUMBER' : 'DECIMAL'}_VALUE cannot be converted to ${type}`,
  )
}

function structure(): Error {
  return serialization('Start of structure or map found where not expected')
}

function base64(value: Uint8Array): string {
  const bytes = bytesOf(value)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
