/**
 * Encodes values into one buffer that grows and is used again, and counts what DynamoDB counts for them. Module state,
 * since writing is synchronous and calls no code of users.
 */
import { allocateFast, type FastBuffer } from '../util/fast-buffer.ts'
import { invalidParameter } from './errors.ts'
import {
  asciiTag,
  binarySetTag,
  binaryTag,
  decimalTag,
  doubleTag,
  falseTag,
  listTag,
  mapTag,
  negativeTag,
  nullTag,
  numberSetTag,
  positiveTag,
  shortAsciiLimit,
  shortAsciiTag,
  smallIntegerLimit,
  smallIntegerTag,
  textSetTag,
  textTag,
  trueTag,
} from './item-tags.ts'
import { maxNumberKeyBytes, writeNumberKey } from './key-number.ts'
import { canonicalNumber, type NumberValue } from './number.ts'
import { numberSize } from './number-size.ts'
import { type AttributeValue, bytesOf, findType, type Item } from './value.ts'

const smallest = 8192
/** An item that was larger than this does not make the buffer stay as large. */
const largestKept = 1 << 20
/** Text up to this length is written unit by unit while it is ASCII; longer text is cheaper in C++. */
const shortText = 40

let bytes: FastBuffer = allocateFast(smallest)
let at = 0
let counted = 0
const double = new Float64Array(1)
const doubleBytes = new Uint8Array(double.buffer)

/** Starts anew, with room for `header` bytes. */
export function beginWriting(header: number): void {
  if (bytes.length > largestKept) bytes = allocateFast(smallest)
  at = header
  counted = 0
}

/** What was written since `beginWriting`: a copy. The header is arbitrary. */
export function finishWriting(): Buffer {
  const copy = Buffer.allocUnsafe(at)
  bytes.copy(copy, 0, 0, at)
  return copy
}

/** The bytes that DynamoDB counts for what was written since `beginWriting`. */
export function countedSize(): number {
  return counted
}

/** Writes the attributes of an item or map: names and values. Returns how many. */
export function writeAttributes(map: Item): number {
  const names = Object.keys(map)
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    writeName(name)
    writeValue(map[name]!)
  }
  return names.length
}

/** A name or the member of a set: a varint length, and UTF-8. */
function writeName(name: string): void {
  const { length } = name
  reserve(3 * length + 5)
  if (length <= shortText) {
    const begin = at + 1
    let index = 0
    for (; index < length; index++) {
      const unit = name.charCodeAt(index)
      if (unit > 0x7f) break
      bytes[begin + index] = unit
    }
    if (index === length) {
      bytes[at] = length
      at = begin + length
      counted += length
      return
    }
  }
  writeUtf8(name)
}

function writeValue(value: AttributeValue): void {
  if (typeof value === 'string') writeText(value)
  else if (typeof value === 'number' || typeof value === 'bigint') writeNumber(value)
  else if (value === null) writeByte(nullTag)
  else if (value === true) writeByte(trueTag)
  else if (value === false) writeByte(falseTag)
  else writeObject(value)
}

function writeObject(value: AttributeValue): void {
  const type = findType(value)
  if (type === 'L') writeList(value as AttributeValue[])
  else if (type === 'M') writeMap(value as Item)
  else if (type === 'B') writeBinary(bytesOf(value as Uint8Array))
  else if (type === 'N') writeNumber(value as NumberValue)
  else if (type === 'SS') writeSet(value as Set<string>, textSetTag, writeName)
  else if (type === 'NS') writeSet(value as Set<NumberValue>, numberSetTag, writeNumber)
  else if (type === 'BS') writeSet(value as Set<Uint8Array>, binarySetTag, writeMemberBytes)
  else throw invalidParameter('not a value of one of the types of DynamoDB')
}

/** null and booleans. */
function writeByte(tag: number): void {
  reserve(1)
  bytes[at++] = tag
  counted += 1
}

function writeText(text: string): void {
  if (text.length > shortText || !writeShortAscii(text)) writeLongText(text)
}

/** False when the text is not ASCII: nothing is written then. */
function writeShortAscii(text: string): boolean {
  const { length } = text
  reserve(length + 1)
  const begin = at + 1
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index)
    if (unit > 0x7f) return false
    bytes[begin + index] = unit
  }
  bytes[at] = shortAsciiTag + length
  at = begin + length
  counted += length
  return true
}

function writeLongText(text: string): void {
  reserve(3 * text.length + 6)
  const tag = at++
  const length = writeUtf8(text)
  if (length !== text.length) {
    bytes[tag] = textTag
  } else if (length >= shortAsciiLimit) {
    bytes[tag] = asciiTag
  } else {
    // The tag holds the length.
    bytes[tag] = shortAsciiTag + length
    bytes.copyWithin(tag + 1, tag + 2, at)
    at--
  }
}

/** A varint length, and UTF-8; the length. REQUIRES: room for three bytes a unit, and five. */
function writeUtf8(text: string): number {
  // For most text, the length in bytes is that in units, or takes as many bytes.
  const guess = varintBytes(text.length)
  const length = bytes.utf8Write(text, at + guess)
  const needed = varintBytes(length)
  if (needed !== guess) bytes.copyWithin(at + needed, at + guess, at + guess + length)
  putVarint(length)
  at += length
  counted += length
  return length
}

function writeNumber(given: NumberValue): void {
  const value = canonicalNumber(given)
  counted += numberSize(value)
  reserve(maxNumberKeyBytes + 1)
  if (typeof value !== 'number') {
    bytes[at] = decimalTag
    at = writeNumberKey(bytes, at + 1, value)
  } else if (!Number.isSafeInteger(value)) {
    double[0] = value
    bytes[at++] = doubleTag
    for (let index = 0; index < 8; index++) bytes[at++] = doubleBytes[index]!
  } else if (value >= 0) {
    if (value < smallIntegerLimit) {
      bytes[at++] = smallIntegerTag + value
    } else {
      bytes[at++] = positiveTag
      putVarint(value)
    }
  } else {
    bytes[at++] = negativeTag
    putVarint(-1 - value)
  }
}

function writeBinary(data: Uint8Array): void {
  reserve(data.length + 6)
  bytes[at++] = binaryTag
  putBytes(data)
}

function writeList(list: readonly AttributeValue[]): void {
  const begin = beginContainer(listTag)
  counted += 3 + list.length
  for (let index = 0; index < list.length; index++) writeValue(list[index]!)
  endContainer(begin)
}

function writeMap(map: Item): void {
  const begin = beginContainer(mapTag)
  const attributes = writeAttributes(map)
  counted += 3 + attributes
  endContainer(begin)
}

function writeSet<Member>(set: ReadonlySet<Member>, tag: number, write: (member: Member) => void): void {
  const begin = beginContainer(tag)
  for (const member of set) write(member)
  endContainer(begin)
}

function writeMemberBytes(member: Uint8Array): void {
  const data = bytesOf(member)
  reserve(data.length + 5)
  putBytes(data)
}

/** Writes the tag and leaves room for the length; where the members begin. */
function beginContainer(tag: number): number {
  reserve(5)
  bytes[at] = tag
  at += 5
  return at
}

function endContainer(begin: number): void {
  const length = at - begin
  bytes[begin - 4] = length & 0xff
  bytes[begin - 3] = (length >>> 8) & 0xff
  bytes[begin - 2] = (length >>> 16) & 0xff
  bytes[begin - 1] = length >>> 24
}

/** REQUIRES: room for the bytes, and five. */
function putBytes(data: Uint8Array): void {
  putVarint(data.length)
  bytes.set(data, at)
  at += data.length
  counted += data.length
}

/** REQUIRES: a safe integer from 0; room for eight bytes, or for five where it is a length. */
function putVarint(value: number): void {
  while (value > 0x7fffffff) {
    bytes[at++] = 0x80 | (value % 128)
    value = Math.floor(value / 128)
  }
  while (value > 0x7f) {
    bytes[at++] = 0x80 | (value & 0x7f)
    value >>>= 7
  }
  bytes[at++] = value
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  return value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5
}

/** Makes room for `extra` more bytes. */
function reserve(extra: number): void {
  if (at + extra <= bytes.length) return
  const grown = allocateFast(Math.max(at + extra, 2 * bytes.length))
  bytes.copy(grown, 0, 0, at)
  bytes = grown
}
