/** Keys of rows: docs/formats.md, "Tables". The order of their bytes is DynamoDB's order. */
import { allocateFast, type FastBuffer } from '../util/fast-buffer.ts'
import { corruption, invalidParameter } from './errors.ts'
import { endOfBytesKey, readBytesKey, writeBytes, writeTerminator, writeText } from './key-bytes.ts'
import { endOfNumberKey, maxNumberKeyBytes, readNumberKey, writeNumberKey } from './key-number.ts'
import { attributesOf, hasKey, type KeyAttribute, type KeySchema } from './key-schema.ts'
import { baseTable, prefixEnd, rowsPrefix, stripeCount, stripeOffset } from './layout.ts'
import type { NumberValue } from './number.ts'
import { type AttributeValue, bytesOf, getAttribute, type Item, type KeyType, setAttribute } from './value.ts'

/** What is asked of the sort key. `between` has two values, the others one. */
export interface SortCondition {
  readonly op: '=' | '<' | '<=' | '>' | '>=' | 'between' | 'beginsWith'
  readonly values: readonly AttributeValue[]
}

/** Keys from `gte`, included, to `lt`, excluded. Bounds that cross select nothing. */
export interface RowRange {
  readonly gte: Buffer
  readonly lt: Buffer
}

/**
 * Holds the longest key: the partition and sort key of an index and those of its table, each byte of which may take two,
 * with their ends, behind nine bytes of prefix: 9 + 2 × (2 × 2048 + 2 + 2 × 1024 + 2) = 12305, and the one byte more
 * that writing needs. A key of the store may have 65535. Text is given room for three bytes a unit: 6 × 2048 more.
 */
const scratch: FastBuffer = allocateFast(32768)

/** Encodes and decodes the keys of the rows of one table or index. */
export class KeyCodec {
  readonly schema: KeySchema
  /** Begins the key of every row. */
  readonly prefix: Buffer
  /** The attributes of a row's key in the order of its bytes; one that is also part of the table's key may come twice. */
  readonly parts: readonly KeyAttribute[]

  private constructor(prefix: Buffer, schema: KeySchema, rest: readonly KeyAttribute[]) {
    this.schema = schema
    this.prefix = prefix
    this.parts = [...attributesOf(schema), ...rest]
  }

  /** For the rows of a table itself. */
  static table(tableId: number, schema: KeySchema): KeyCodec {
    return new KeyCodec(rowsPrefix(tableId, baseTable), schema, [])
  }

  /** For a local index, whose rows lie in the partitions and stripes of their table. `schema` is that of the index. */
  static localIndex(tableId: number, indexNumber: number, schema: KeySchema, table: KeySchema): KeyCodec {
    const rest = table.sortKey === undefined ? [] : [table.sortKey]
    return new KeyCodec(rowsPrefix(tableId, indexNumber), schema, rest)
  }

  /** For a global index. `schema` is that of the index. */
  static globalIndex(tableId: number, indexNumber: number, schema: KeySchema, table: KeySchema): KeyCodec {
    return new KeyCodec(rowsPrefix(tableId, indexNumber), schema, attributesOf(table))
  }

  /** The key of the row of an item, or of what has its key attributes. REQUIRES: they are checked (key-schema.ts). */
  encode(item: Item): Buffer {
    let at = 0
    for (const part of this.parts) {
      const value = getAttribute(item, part.name) as AttributeValue
      at = at === 0 ? this.#writePartition(value) : writePart(at, part.type, value)
    }
    return copyOf(at)
  }

  /** The key of an item's row in an index; undefined when the index has none, for want of an attribute that fits. */
  encodeSparse(item: Item): Buffer | undefined {
    return hasKey(this.schema, item) ? this.encode(item) : undefined
  }

  /** Begins the keys of all rows with this partition key. REQUIRES: the value is checked. */
  partitionPrefix(value: AttributeValue): Buffer {
    return copyOf(this.#writePartition(value))
  }

  /** The rows with this partition key that meet the condition. REQUIRES: a sort key, if there is a condition; checked values. */
  partitionRange(partition: AttributeValue, condition?: SortCondition): RowRange {
    const begin = this.#writePartition(partition)
    if (condition === undefined) return prefixRange(copyOf(begin))
    const { type } = this.schema.sortKey!
    const bound = (value: AttributeValue | undefined) => copyOf(writePart(begin, type, value!))
    const [first, second] = condition.values
    switch (condition.op) {
      case '=':
        return prefixRange(bound(first))
      case '<':
        return { gte: copyOf(begin), lt: bound(first) }
      case '<=':
        return { gte: copyOf(begin), lt: prefixEnd(bound(first)) }
      case '>':
        return { gte: prefixEnd(bound(first)), lt: prefixEnd(copyOf(begin)) }
      case '>=':
        return { gte: bound(first), lt: prefixEnd(copyOf(begin)) }
      case 'between':
        return { gte: bound(first), lt: prefixEnd(bound(second)) }
      case 'beginsWith':
        return prefixRange(copyOf(writeUnended(begin, first as string | Uint8Array)))
    }
  }

  /** The key attributes that the key of a row says. Throws BURROW_CORRUPTION. */
  decode(key: Uint8Array): Item {
    const item: Item = {}
    let at = stripeOffset + 1
    if (key.length <= at) throw corruption('the key of a row is too short')
    for (const { name, type } of this.parts) {
      const end = type === 'N' ? endOfNumberKey(key, at) : endOfBytesKey(key, at)
      setAttribute(item, name, readPart(key, at, end, type))
      at = end
    }
    if (at !== key.length) throw corruption('the key of a row goes on behind its end')
    return item
  }

  #writePartition(value: AttributeValue): number {
    const { prefix } = this
    for (let index = 0; index < prefix.length; index++) scratch[index] = prefix[index]!
    const begin = stripeOffset + 1
    const end = writePart(begin, this.schema.partitionKey.type, value)
    scratch[stripeOffset] = stripeOf(scratch, begin, end)
    return end
  }
}

function prefixRange(prefix: Buffer): RowRange {
  return { gte: prefix, lt: prefixEnd(prefix) }
}

/** FNV-1a of 32 bits over the partition key as it is encoded, its four bytes folded into one. */
function stripeOf(bytes: Uint8Array, begin: number, end: number): number {
  let hash = 0x811c9dc5
  for (let index = begin; index < end; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193)
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & (stripeCount - 1)
}

/** Appends a part to the key in `scratch`; where it ends. */
function writePart(at: number, type: KeyType, value: AttributeValue): number {
  if (type !== 'N') return writeTerminator(scratch, writeUnended(at, value as string | Uint8Array))
  reserve(at, maxNumberKeyBytes)
  return writeNumberKey(scratch, at, value as NumberValue)
}

function writeUnended(at: number, value: string | Uint8Array): number {
  if (typeof value === 'string') {
    reserve(at, 6 * value.length + 2)
    return writeText(scratch, at, value)
  }
  const bytes = bytesOf(value)
  reserve(at, 2 * bytes.length + 2)
  return writeBytes(scratch, at, bytes)
}

/** Holds for all values that key-schema.ts lets pass; writing past the end would lose bytes without a word. */
function reserve(at: number, extra: number): void {
  if (at + extra > scratch.length) throw invalidParameter('a key attribute is longer than a key can be')
}

function copyOf(length: number): Buffer {
  const copy = Buffer.allocUnsafe(length)
  scratch.copy(copy, 0, 0, length)
  return copy
}

function readPart(key: Uint8Array, at: number, end: number, type: KeyType): AttributeValue {
  if (type === 'N') return readNumberKey(key, at, end)
  const bytes = readBytesKey(key, at, end)
  return type === 'S' ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8') : bytes
}
