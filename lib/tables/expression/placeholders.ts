/** The #names and :values of one request. */
import { isTableError, validation } from '../errors.ts'
import type { AttributeValue } from '../value.ts'
import { toValue } from './given-value.ts'
import { maxNameBytes, maxPathElements, maxPlaceholderBytes } from './limits.ts'
import { type ExpressionKind, invalidExpression } from './source.ts'
import type { BoundPath, BoundValue, Path, WrittenPath, WrittenValue } from './tree.ts'

const namePattern = /^#[A-Za-z0-9_]+$/
const valuePattern = /^:[A-Za-z0-9_]+$/

/** Attribute names by #name. */
export type ExpressionNames = Readonly<Record<string, string>>

/** Values by :value. */
export type ExpressionValues = Readonly<Record<string, AttributeValue>>

interface Entry<T> {
  readonly value: T
  used: boolean
}

type Entries<T> = ReadonlyMap<string, Entry<T>>

/** Resolves placeholders, and knows in the end which of them no expression used. */
export class Placeholders {
  readonly #names: Entries<string>
  readonly #values: Entries<AttributeValue>

  /** Throws ValidationException for a name or value that is none. */
  constructor(names: unknown, values: unknown) {
    this.#names = readEntries('ExpressionAttributeNames', names, namePattern, checkName)
    this.#values = readEntries('ExpressionAttributeValues', values, valuePattern, toValue)
  }

  /** True if any #name was given. */
  get hasNames(): boolean {
    return this.#names.size > 0
  }

  /** True if any :value was given. */
  get hasValues(): boolean {
    return this.#values.size > 0
  }

  /** Throws ValidationException if a #name of the path was not given, or the path is too long. */
  path(kind: ExpressionKind, { elements, at }: WrittenPath): BoundPath {
    if (elements.length > maxPathElements) {
      const levels = `nesting levels: ${elements.length}`
      throw invalidExpression({ kind }, `The document path has too many nesting levels; ${levels}`, at)
    }
    // Most paths have no #names: they are taken as they are.
    for (const element of elements) {
      if (typeof element === 'object') return { kind: 'path', path: this.#resolve(kind, elements) }
    }
    return { kind: 'path', path: elements as Path }
  }

  /** Throws ValidationException if the :value was not given. */
  value(kind: ExpressionKind, { placeholder, at }: WrittenValue): BoundValue {
    const entry = this.#values.get(placeholder)
    if (entry === undefined) {
      const which = `attribute value: ${placeholder}`
      throw invalidExpression(
        { kind },
        `An expression attribute value used in expression is not defined; ${which}`,
        at,
      )
    }
    entry.used = true
    return { kind: 'value', value: entry.value }
  }

  /** Throws ValidationException if a placeholder was given that no expression has. */
  checkAllUsed(): void {
    checkUsed('ExpressionAttributeNames', this.#names)
    checkUsed('ExpressionAttributeValues', this.#values)
  }

  #resolve(kind: ExpressionKind, elements: WrittenPath['elements']): Path {
    return elements.map((element) => {
      if (typeof element !== 'object') return element
      const entry = this.#names.get(element.placeholder)
      if (entry === undefined) {
        const which = `attribute name: ${element.placeholder}`
        throw invalidExpression(
          { kind },
          `An expression attribute name used in the document path is not defined; ${which}`,
          element.at,
        )
      }
      entry.used = true
      return entry.value
    })
  }
}

const nothing: Entries<never> = new Map()

function readEntries<T>(
  parameter: string,
  given: unknown,
  pattern: RegExp,
  check: (value: unknown, key: string) => T,
): Entries<T> {
  if (given === undefined || given === null) return nothing
  if (typeof given !== 'object') throw validation(`${parameter} must be an object`)
  const keys = Object.keys(given)
  if (keys.length === 0) throw validation(`${parameter} must not be empty`)
  for (const key of keys) checkKey(parameter, key, pattern)
  const entries = new Map<string, Entry<T>>()
  for (const key of keys) {
    try {
      entries.set(key, { value: check((given as Record<string, unknown>)[key], key), used: false })
    } catch (error) {
      if (!isTableError(error)) throw error
      throw validation(`${parameter} contains invalid value: ${error.message} for key ${key}`, {
        ...error.context,
        key,
      })
    }
  }
  return entries
}

function checkKey(parameter: string, key: string, pattern: RegExp): void {
  if (!pattern.test(key)) {
    throw validation(`${parameter} contains invalid key: Syntax error; key: "${key}"`, { key })
  }
  if (key.length > maxPlaceholderBytes) {
    const problem = `The expression attribute map contains a key that is too long; size of key: ${key.length}`
    throw validation(`${parameter} contains invalid key: ${problem}`, { key })
  }
}

function checkName(name: unknown): string {
  if (typeof name !== 'string') throw validation('An attribute name must be a string')
  if (name === '') throw validation('An attribute name must not be empty')
  if (name.length * 3 > maxNameBytes && Buffer.byteLength(name) > maxNameBytes) {
    throw validation(`An attribute name must have at most ${maxNameBytes} bytes`)
  }
  return name
}

function checkUsed(parameter: string, entries: Entries<unknown>): void {
  let unused: string[] | undefined
  for (const [key, { used }] of entries) {
    if (used) continue
    unused ??= []
    unused.push(key)
  }
  if (unused === undefined) return
  throw validation(`Value provided in ${parameter} unused in expressions: keys: {${unused.join(', ')}}`, {
    unused,
  })
}
