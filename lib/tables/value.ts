/** The values of attributes: plain JavaScript values, one representation everywhere. */
import { types } from 'node:util'
import { compareBytes } from '../util/bytes.ts'
import { invalidParameter } from './errors.ts'
import {
  canonicalNumber,
  compareNumbers,
  type Decimal,
  isDecimal,
  type NumberValue,
  numberText,
} from './number.ts'

/** A set holds one type: strings, numbers or bytes. Its members are distinct by value; it is never empty. */
export type SetValue = Set<string> | Set<NumberValue> | Set<Uint8Array>

/**
 * What an attribute can hold. Given: any ArrayBufferView stands for its bytes. Read: numbers are `number` where that is
 * exact, else `bigint` if integral, else `Decimal`; bytes are a `Uint8Array` of their own.
 */
export type AttributeValue =
  | string
  | number
  | bigint
  | Decimal
  | boolean
  | null
  | Uint8Array
  | AttributeValue[]
  | { [name: string]: AttributeValue }
  | SetValue

/** Attributes by name. */
export type Item = { [name: string]: AttributeValue }

/** DynamoDB's names of the types. */
export type AttributeType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'L' | 'M' | 'SS' | 'NS' | 'BS'

/** The types that keys can have. */
export type KeyType = 'S' | 'N' | 'B'

/** The type of a value; undefined for what is no value: undefined, a function, a class instance, an empty set. */
export function findType(value: unknown): AttributeType | undefined {
  switch (typeof value) {
    case 'string':
      return 'S'
    case 'number':
    case 'bigint':
      return 'N'
    case 'boolean':
      return 'BOOL'
    case 'object':
      return value === null ? 'NULL' : objectType(value)
    default:
      return undefined
  }
}

/** The type of a value that has been checked, or was read. Throws ValidationException for what is no value. */
export function typeOf(value: AttributeValue): AttributeType {
  const type = findType(value)
  if (type === undefined) throw invalidParameter('not a value of one of the types of DynamoDB')
  return type
}

function objectType(value: object): AttributeType | undefined {
  if (Array.isArray(value)) return 'L'
  if (isPlainObject(value)) return 'M'
  if (ArrayBuffer.isView(value)) return 'B'
  // A set of another realm is no instance of ours.
  if (value instanceof Set || types.isSet(value)) return setType(value)
  return isDecimal(value) ? 'N' : undefined
}

/** By the first member. */
function setType(set: Set<unknown>): 'SS' | 'NS' | 'BS' | undefined {
  const [first] = set
  if (typeof first === 'string') return 'SS'
  if (typeof first === 'number' || typeof first === 'bigint' || isDecimal(first)) return 'NS'
  return ArrayBuffer.isView(first) ? 'BS' : undefined
}

/** True for objects that are attribute maps: made by `{}`, JSON or `Object.create(null)`, in any realm; no class instances. */
export function isPlainObject(value: object): value is { [name: string]: unknown } {
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto === Object.prototype || proto === null) return true
  return Object.getPrototypeOf(proto) === null && Object.hasOwn(proto as object, 'hasOwnProperty')
}

/** The bytes of a view: a view of the same memory. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** Sets an attribute. Plain assignment would lose one named `__proto__`, or change the object's nature. */
export function setAttribute<Value>(map: { [name: string]: Value }, name: string, value: Value): void {
  if (name === '__proto__') {
    Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    map[name] = value
  }
}

/** An own attribute; undefined where there is none (never what the prototype has). */
export function getAttribute(map: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined
}

/** DynamoDB's equality: same type, same value; numbers by value, sets and maps without order. */
export function equalValues(a: AttributeValue, b: AttributeValue): boolean {
  if (typeof a === 'string' || typeof a === 'boolean' || a === null) return a === b
  const type = typeOf(a)
  if (type !== typeOf(b)) return false
  switch (type) {
    case 'N':
      return compareNumbers(a as NumberValue, b as NumberValue) === 0
    case 'B':
      return compareBytes(bytesOf(a as Uint8Array), bytesOf(b as Uint8Array)) === 0
    case 'L':
      return equalLists(a as AttributeValue[], b as AttributeValue[])
    case 'M':
      return equalMaps(a as Item, b as Item)
    default:
      return equalSets(a as SetValue, b as SetValue)
  }
}

function equalLists(a: AttributeValue[], b: AttributeValue[]): boolean {
  return a.length === b.length && a.every((value, index) => equalValues(value, b[index] as AttributeValue))
}

function equalMaps(a: Item, b: Item): boolean {
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => {
    const other = getAttribute(b, name)
    return other !== undefined && equalValues(a[name] as AttributeValue, other)
  })
}

function equalSets(a: SetValue, b: SetValue): boolean {
  if (a.size !== b.size) return false
  const members = new Set<string>()
  for (const member of a) members.add(memberKey(member))
  for (const member of b) if (!members.has(memberKey(member))) return false
  return true
}

/** Equal for equal scalars of one type, and for no others: for finding members of sets by value. */
export function memberKey(member: string | NumberValue | Uint8Array): string {
  if (typeof member === 'string') return member
  if (ArrayBuffer.isView(member)) {
    return Buffer.from(member.buffer, member.byteOffset, member.byteLength).toString('latin1')
  }
  return numberText(canonicalNumber(member))
}

/** The order of two values of the same type S, N or B (< 0, 0, > 0); undefined when they are of other or different types. */
export function compareScalars(a: AttributeValue, b: AttributeValue): number | undefined {
  if (typeof a === 'string') return typeof b === 'string' ? compareText(a, b) : undefined
  const type = findType(a)
  if (type !== findType(b)) return undefined
  if (type === 'N') return compareNumbers(a as NumberValue, b as NumberValue)
  if (type === 'B') return compareBytes(bytesOf(a as Uint8Array), bytesOf(b as Uint8Array))
  return undefined
}

/** The order of two texts by their UTF-8 bytes. JavaScript's own order differs where surrogates meet U+E000 and above. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const shorter = Math.min(a.length, b.length)
  for (let index = 0; index < shorter; index++) {
    const unitA = a.charCodeAt(index)
    const unitB = b.charCodeAt(index)
    if (unitA !== unitB) return codePointOrder(unitA) - codePointOrder(unitB)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all that one unit can express. */
function codePointOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** A deep copy: nothing of it is shared with `value`, except strings and numbers. */
export function copyValue<T extends AttributeValue>(value: T): T
export function copyValue(value: AttributeValue): AttributeValue {
  if (typeof value !== 'object' || value === null) return value
  switch (typeOf(value)) {
    case 'B':
      return new Uint8Array(bytesOf(value as Uint8Array))
    case 'L':
      return (value as AttributeValue[]).map((element) => copyValue(element))
    case 'M':
      return copyItem(value as Item)
    case 'BS':
      return new Set([...(value as Set<Uint8Array>)].map((bytes) => new Uint8Array(bytesOf(bytes))))
    case 'SS':
      return new Set(value as Set<string>)
    case 'NS':
      return new Set(value as Set<NumberValue>)
    default:
      return value
  }
}

/** A deep copy of an item. */
export function copyItem(item: Item): Item {
  const copy: Item = {}
  for (const name of Object.keys(item)) setAttribute(copy, name, copyValue(item[name] as AttributeValue))
  return copy
}
