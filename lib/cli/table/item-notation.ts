import {
  type AttributeValue,
  type Item,
  ItemBuilder,
  itemFromDynamoJson,
  itemToDynamoJson,
  type KeyAttribute,
  parsePlainJson,
  plainJsonText,
  type TableDescription,
  valueFromDynamoJson,
} from '../../tables.ts'
import { UsageError } from '../failure.ts'

/** Items, keys and values in arguments and in output: plain JSON, or DynamoDB's. */
export class ItemNotation {
  readonly #dynamodb: boolean

  constructor(dynamodb: boolean) {
    this.#dynamodb = dynamodb
  }

  /** The item that an argument writes. Throws UsageError for what is no JSON object, and what the values are refused with. */
  item(text: string, what: string): Item {
    const parsed = parseJson(text, what)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      throw new UsageError(`${what} must be a JSON object`)
    return this.#dynamodb ? itemFromDynamoJson(parsed) : (parsePlainJson(text) as Item)
  }

  /** The item that parsed DynamoDB JSON is. */
  itemOf(json: unknown): Item {
    return itemFromDynamoJson(json)
  }

  /** The value that an argument writes. Throws UsageError for what is not JSON. */
  value(text: string, what: string): AttributeValue {
    const parsed = parseJson(text, what)
    return this.#dynamodb ? valueFromDynamoJson(parsed) : parsePlainJson(text)
  }

  /** The key that arguments write: one JSON object, or `name=value` for each attribute, whose type the table knows. */
  key(texts: readonly string[], table: TableDescription): Item {
    const types = keyTypes(table)
    const [first = ''] = texts
    const key =
      texts.length === 1 && first.trimStart().startsWith('{')
        ? this.item(first, 'the key')
        : keyOfPairs(texts, types)
    if (this.#dynamodb) return key
    // Plain JSON has no bytes.
    for (const name of Object.keys(key)) {
      const value = key[name]
      if (types.get(name) === 'B' && typeof value === 'string') key[name] = fromBase64(value, name)
    }
    return key
  }

  /** The item as a part of a document for `jsonText`. */
  shown(item: Item): Item {
    return this.#dynamodb ? (itemToDynamoJson(item) as unknown as Item) : item
  }

  /** The item as JSON on one line, or with an indent. */
  text(item: Item, indent = 0): string {
    return plainJsonText(this.shown(item), indent)
  }
}

/**
 * A document as JSON text on one line: numbers have all their digits, bytes are base64, dates ISO texts, and what is
 * undefined is left out.
 */
export function jsonText(document: unknown): string {
  return plainJsonText(plain(document) as AttributeValue)
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, plain(member)]),
  )
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${what} is not JSON: ${(error as Error).message}`)
  }
}

function keyTypes(table: TableDescription): Map<string, KeyAttribute['type']> {
  const { globalIndexes, localIndexes } = table
  const keys = [table, ...globalIndexes, ...localIndexes].flatMap(({ partitionKey, sortKey }) =>
    sortKey === undefined ? [partitionKey] : [partitionKey, sortKey],
  )
  return new Map(keys.map(({ name, type }) => [name, type]))
}

function keyOfPairs(texts: readonly string[], types: ReadonlyMap<string, KeyAttribute['type']>): Item {
  const builder = new ItemBuilder()
  for (const text of texts) {
    const at = text.indexOf('=')
    if (at < 1)
      throw new UsageError(`'${text}' is no part of a key: it must be name=value, or one JSON object`)
    const [name, value] = [text.slice(0, at), text.slice(at + 1)]
    if (types.get(name) === 'N') builder.number(name, value)
    else if (types.get(name) === 'B') builder.binary(name, fromBase64(value, name))
    else builder.string(name, value)
  }
  return builder.build()
}

function fromBase64(text: string, name: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new UsageError(`${name}: '${text}' is not base64`)
  return new Uint8Array(bytes)
}
