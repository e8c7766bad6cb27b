/**
 * Decodes values from bytes that nobody has vouched for: every length is checked against what is left, and damage is
 * BURROW_CORRUPTION. Module state, since reading is synchronous and calls no code of users.
 */
import { allocateFast, type FastBuffer } from '../util/fast-buffer.ts'
import { corruption } from './errors.ts'
import {
  asciiTag,
  binarySetTag,
  binaryTag,
  decimalTag,
  doubleTag,
  falseTag,
  listTag,
  mapTag,
  maxDepth,
  negativeTag,
  nullTag,
  numberSetTag,
  positiveTag,
  shortAsciiTag,
  smallIntegerTag,
  textSetTag,
  textTag,
  trueTag,
} from './item-tags.ts'
import { endOfNumberKey, readNumberKey } from './key-number.ts'
import { isAsciiAt, nameAt } from './name-cache.ts'
import type { NumberValue } from './number.ts'
import { type AttributeValue, type Item, type SetValue, setAttribute } from './value.ts'

const nothing = allocateFast(0)
/** Not held on to between calls: it may be part of much larger memory. */
let bytes = nothing
let at = 0
const double = new Float64Array(1)
const doubleBytes = new Uint8Array(double.buffer)

/** Reads the attributes from `begin` to `end`; with `names`, only those of them. Throws BURROW_CORRUPTION. */
export function readAttributes(
  source: FastBuffer,
  begin: number,
  end: number,
  names?: ReadonlySet<string>,
): Item {
  bytes = source
  at = begin
  const item = readMap(end, 0, names)
  bytes = nothing
  return item
}

/** Reads the value of one attribute; undefined when there is none of that name. The others are passed over. */
export function readOne(
  source: FastBuffer,
  begin: number,
  end: number,
  name: string,
): AttributeValue | undefined {
  bytes = source
  at = begin
  let value: AttributeValue | undefined
  while (value === undefined && at < end) {
    const length = readLength(end)
    const found = isNameAt(source, at, length, name)
    at += length
    if (found) value = readValue(end, 1)
    else skipValue(end)
  }
  bytes = nothing
  return value
}

function readMap(end: number, depth: number, names?: ReadonlySet<string>): Item {
  const map: Item = {}
  while (at < end) {
    const length = readLength(end)
    const name = nameAt(bytes, at, length)
    at += length
    if (names?.has(name) === false) {
      skipValue(end)
    } else {
      setAttribute(map, name, readValue(end, depth + 1))
    }
  }
  return map
}

function readValue(end: number, depth: number): AttributeValue {
  if (at >= end) throw damaged('a value is missing')
  const tag = bytes[at++]!
  if (tag >= smallIntegerTag) return tag - smallIntegerTag
  if (tag >= shortAsciiTag) return readAscii(tag - shortAsciiTag, end)
  switch (tag) {
    case nullTag:
      return null
    case falseTag:
      return false
    case trueTag:
      return true
    case asciiTag:
      return readAscii(readLength(end), end)
    case textTag:
      return readText(end)
    case binaryTag:
      return readBinary(end)
    case listTag:
      return readList(endOfContainer(end, depth), depth)
    case mapTag:
      return readMap(endOfContainer(end, depth), depth)
    case textSetTag:
      return readSet(endOfContainer(end, depth), readText)
    case numberSetTag:
      return readSet(endOfContainer(end, depth), readNumber)
    case binarySetTag:
      return readSet(endOfContainer(end, depth), readBinary)
    default:
      at--
      return readNumber(end)
  }
}

/** Number tags only. */
function readNumber(end: number): NumberValue {
  const tag = bytes[at++]!
  if (tag >= smallIntegerTag) return tag - smallIntegerTag
  switch (tag) {
    case positiveTag:
      return readVarint(end)
    case negativeTag:
      return -1 - readVarint(end)
    case doubleTag:
      return readDouble(end)
    case decimalTag: {
      const begin = at
      at = endOfNumberKey(bytes, begin)
      checkEnd(end)
      return readNumberKey(bytes, begin, at)
    }
    default:
      throw damaged(`no value begins with the byte ${tag}`)
  }
}

function readDouble(end: number): number {
  const begin = at
  at += 8
  checkEnd(end)
  for (let index = 0; index < 8; index++) doubleBytes[index] = bytes[begin + index]!
  const value = double[0]!
  if (!(Math.abs(value) < 1e126)) throw damaged('a number is out of range')
  return value
}

function readAscii(length: number, end: number): string {
  const begin = at
  at += length
  checkEnd(end)
  return bytes.latin1Slice(begin, at)
}

function readText(end: number): string {
  const length = readLength(end)
  const begin = at
  at += length
  return bytes.utf8Slice(begin, at)
}

function readBinary(end: number): Uint8Array {
  const length = readLength(end)
  const copy = new Uint8Array(length)
  copy.set(bytes.subarray(at, at + length))
  at += length
  return copy
}

function readList(end: number, depth: number): AttributeValue[] {
  const list: AttributeValue[] = []
  while (at < end) list.push(readValue(end, depth + 1))
  return list
}

function readSet<Member>(end: number, read: (end: number) => Member): SetValue {
  const set = new Set<Member>()
  while (at < end) set.add(read(end))
  if (set.size === 0) throw damaged('a set is empty')
  return set as unknown as SetValue
}

/** Where the container ends whose length comes next. */
function endOfContainer(end: number, depth: number): number {
  if (depth > maxDepth) throw damaged('values are nested too deeply')
  at += 4
  checkEnd(end)
  const length = bytes[at - 4]! + (bytes[at - 3]! << 8) + (bytes[at - 2]! << 16) + bytes[at - 1]! * 0x1000000
  if (length > end - at) throw damaged('a length is beyond the end')
  return at + length
}

/** A length, of which that many bytes are there. */
function readLength(end: number): number {
  const byte = bytes[at]!
  let length = byte
  if (byte < 0x80) at++
  else length = readVarint(end)
  if (length > end - at) throw damaged('a length is beyond the end')
  return length
}

function readVarint(end: number): number {
  let value = 0
  let scale = 1
  // 2^53 − 1 takes eight groups of seven bits.
  for (let group = 0; group < 8 && at < end; group++) {
    const byte = bytes[at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER || (byte === 0 && group > 0)) break
      return value
    }
    scale *= 0x80
  }
  throw damaged('an integer is too long, or not in its shortest form')
}

function skipValue(end: number): void {
  if (at >= end) throw damaged('a value is missing')
  const tag = bytes[at++]!
  if (tag >= smallIntegerTag) return
  if (tag >= shortAsciiTag) at += tag - shortAsciiTag
  else skipTagged(tag, end)
  checkEnd(end)
}

function skipTagged(tag: number, end: number): void {
  switch (tag) {
    case nullTag:
    case falseTag:
    case trueTag:
      return
    case positiveTag:
    case negativeTag:
      readVarint(end)
      return
    case doubleTag:
      at += 8
      return
    case decimalTag:
      at = endOfNumberKey(bytes, at)
      return
    case textTag:
    case asciiTag:
    case binaryTag: {
      const length = readLength(end)
      at += length
      return
    }
    case listTag:
    case mapTag:
    case textSetTag:
    case numberSetTag:
    case binarySetTag:
      at = endOfContainer(end, 0)
      return
    default:
      throw damaged(`no value begins with the byte ${tag}`)
  }
}

function isNameAt(source: FastBuffer, begin: number, length: number, name: string): boolean {
  if (isAsciiAt(source, begin, length, name)) return true
  // Bytes that are not ASCII are more than the units that they write.
  return length > name.length && source.utf8Slice(begin, begin + length) === name
}

function checkEnd(end: number): void {
  if (at > end) throw damaged('a value goes on behind the end')
}

function damaged(what: string): Error {
  return corruption(`the bytes of an item are damaged: ${what}`)
}
