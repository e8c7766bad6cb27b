/** What DynamoDB refuses in items and values, in its words. */

import { describeValue } from '../util/describe-value.ts'
import { isWellFormed } from '../util/well-formed.ts'
import { invalidParameter, nestedTooDeeply, validation } from './errors.ts'
import { maxDepth } from './item-tags.ts'
import { canonicalNumber, isDecimal, type NumberValue } from './number.ts'
import { bytesOf, compareScalars, findType, type Item, isPlainObject, memberKey } from './value.ts'

/** Largest item, in the bytes that DynamoDB counts: 400 KB. */
export const maxItemSize = 409_600
/** Longest attribute name, in bytes of UTF-8; the shortest is 1. */
const maxNameBytes = 65_535

/**
 * Throws ValidationException unless `item` is an item: a plain object of values. Its size is checked apart
 * (`checkItemSize`), its key by key-schema.ts.
 */
export function checkItem(item: unknown): asserts item is Item {
  if (typeof item !== 'object' || item === null || Array.isArray(item) || !isPlainObject(item)) {
    throw invalidParameter(`an item must be a plain object of attributes, got ${describeValue(item)}`)
  }
  budget = maxItemSize
  checkAttributes(item, 0, '')
}

/** Throws ValidationException unless `value` is a value of an attribute. `name` is what messages call it. */
export function checkValue(value: unknown, name: string): void {
  budget = maxItemSize
  check(value, 1, name)
}

/**
 * How many more values may come. Each takes a byte at least, so an item with more is too large anyway; without this,
 * lists that share members could take for ever.
 */
let budget = 0

/** Throws ValidationException when an item of this size is too large; `update` when it is the result of an update. */
export function checkItemSize(size: number, cause: 'put' | 'update' = 'put'): void {
  if (size <= maxItemSize) return
  const what = cause === 'put' ? 'Item size' : 'Item size to update'
  throw validation(`${what} has exceeded the maximum allowed size`, {
    size,
    allowed: `at most ${maxItemSize}`,
  })
}

function checkAttributes(map: { [name: string]: unknown }, depth: number, path: string): void {
  for (const name of Object.keys(map)) {
    checkName(name)
    const value = map[name]
    // Most values are text, and need no path for messages.
    if (typeof value === 'string' && depth < maxDepth && isWellFormed(value)) continue
    check(value, depth + 1, path === '' ? name : `${path}.${name}`)
  }
}

function checkName(name: string): void {
  if (name === '') throw validation('Empty attribute name')
  if (name.length * 3 > maxNameBytes && Buffer.byteLength(name, 'utf8') > maxNameBytes) {
    throw validation('Attribute name is too large, must be less than 65536 bytes')
  }
  if (!isWellFormed(name))
    throw invalidParameter(`the attribute name ${describeValue(name)} has a lone surrogate`)
}

/** `depth` counts the value itself: 1 for that of an attribute. */
function check(value: unknown, depth: number, path: string): void {
  if (depth > maxDepth) throw nestedTooDeeply()
  if (--budget < 0) checkItemSize(Number.POSITIVE_INFINITY)
  switch (findType(value)) {
    case 'S':
      checkText(value as string, path)
      return
    case 'N':
      canonicalNumber(value as NumberValue)
      return
    case 'B':
      checkBytes(value as ArrayBufferView, path)
      return
    case 'BOOL':
    case 'NULL':
      return
    case 'L':
      checkList(value as unknown[], depth, path)
      return
    case 'M':
      checkAttributes(value as Item, depth, path)
      return
    case 'SS':
    case 'NS':
    case 'BS':
      checkSet(value as Set<unknown>, path)
      return
    default:
      throw noValue(value, path)
  }
}

function checkText(text: string, path: string): void {
  if (!isWellFormed(text))
    throw invalidParameter(`the text of ${path} has a lone surrogate, which UTF-8 cannot express`)
}

function checkBytes(view: ArrayBufferView, path: string): void {
  if (view.byteLength > 0) return
  try {
    // A view of a buffer that was transferred has lost its bytes.
    new Uint8Array(view.buffer)
  } catch {
    throw invalidParameter(`the buffer of ${path} was detached: its bytes are gone`)
  }
}

function checkList(list: readonly unknown[], depth: number, path: string): void {
  for (let index = 0; index < list.length; index++) check(list[index], depth + 1, `${path}[${index}]`)
}

function checkSet(set: ReadonlySet<unknown>, path: string): void {
  const type = findType(set)
  const memberType = type?.charAt(0)
  for (const member of set) {
    if (findType(member) !== memberType) {
      throw invalidParameter(
        `the set ${path} has members of different types: ${describeValue(member)} is not of the type ${memberType}`,
      )
    }
    if (type === 'SS') checkText(member as string, path)
    else if (type === 'NS') canonicalNumber(member as NumberValue)
    else checkBytes(member as ArrayBufferView, path)
  }
  // A Set of JavaScript has no string and no plain number twice, but it may have 1 and 1n, and equal bytes.
  if (type !== 'SS') checkDistinct([...(set as Set<NumberValue | Uint8Array>)], type as 'NS' | 'BS')
}

/** Throws ValidationException in DynamoDB's words when a member is there twice. */
export function checkDistinct(
  members: readonly (string | NumberValue | Uint8Array)[],
  type: 'SS' | 'NS' | 'BS',
): void {
  const seen = new Set<string>()
  for (const [index, member] of members.entries()) {
    const key = memberKey(member)
    if (!seen.has(key)) {
      seen.add(key)
      continue
    }
    if (type === 'NS') throw validation('Input collection contains duplicates')
    throw invalidParameter(
      type === 'SS'
        ? `Input collection [${shown(members, index).join(', ')}] contains duplicates.`
        : `Input collection [${shown(members, index).join(', ')}]of type BS contains duplicates.`,
    )
  }
}

/** As DynamoDB shows them: in order up to the first that repeats, then as they were given. */
function shown(members: readonly (string | NumberValue | Uint8Array)[], repeat: number): string[] {
  const before = members.slice(0, repeat).sort((a, b) => compareScalars(a, b) ?? 0)
  return [...before, ...members.slice(repeat)].map((member) =>
    ArrayBuffer.isView(member) ? base64(member) : String(member),
  )
}

function base64(view: ArrayBufferView): string {
  const bytes = bytesOf(view)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

/** The error for what has no type, with what to do about it. */
function noValue(value: unknown, path: string): Error {
  if (value instanceof Set && value.size === 0) {
    return invalidParameter(`An string set  may not be empty (${path} is an empty Set)`)
  }
  if (value === undefined) {
    return invalidParameter(
      `Supplied AttributeValue is empty, must contain exactly one of the supported datatypes: ${path} is undefined. ` +
        'Leave the attribute out, or give null',
    )
  }
  return invalidParameter(
    `${path} is ${describeValue(value)}, which is no value of an attribute. ${hint(value)}`,
  )
}

function hint(value: unknown): string {
  if (value instanceof Date) return 'Give a date as text (toISOString) or as a number: timestamp(date)'
  if (value instanceof Map) return 'Give a map as a plain object: Object.fromEntries(map)'
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return 'Give bytes as new Uint8Array(buffer)'
  if (value instanceof Set) return 'A Set has members of one type: strings, numbers or bytes'
  if (typeof value === 'object' && !isDecimal(value)) return 'Give a plain object: { ...value }'
  return 'Attributes are strings, numbers, booleans, null, bytes, arrays, plain objects and Sets'
}
