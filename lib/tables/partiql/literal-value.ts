/** Literals to values: numbers are read, parameters put in, bags become sets. */
import { invalidParameter, validation } from '../errors.ts'
import { parseNumber } from '../number.ts'
import { type AttributeValue, findType, type Item, memberKey, type SetValue, setAttribute } from '../value.ts'
import { malformed, refused, under } from './failures.ts'
import type { Expression, Literal } from './syntax.ts'

/** Lists and maps inside one another; DynamoDB's limit. */
const maxNesting = 32

const literalKinds: ReadonlySet<string> = new Set([
  'string',
  'number',
  'boolean',
  'null',
  'list',
  'bag',
  'map',
  'parameter',
])

/** True for what stands for one value, whatever the item. */
export function isLiteral(expression: Expression): expression is Literal {
  return literalKinds.has(expression.kind)
}

/** The value of a literal. `parameters` are the values of `?`, checked already. */
export function literalValue(literal: Literal, parameters: readonly AttributeValue[]): AttributeValue {
  return new Values(parameters).of(literal, 'root', 0)
}

/** The item that INSERT is given. Throws ValidationException. */
export function literalItem(literal: Literal, parameters: readonly AttributeValue[]): Item {
  // The item is no level of its own.
  const item = new Values(parameters).of(literal, 'root', -1)
  if (findType(item) === 'M') return item as Item
  throw refused('The item to insert must be a map', literal.at)
}

/** Throws ValidationException when a request does not have the parameters that its statement asks for. */
export function checkParameterCount(expected: number, given: readonly unknown[]): void {
  if (expected === given.length) return
  throw validation(
    `Number of parameters in request and statement don't match. The statement has ${expected}, the request ${given.length}`,
  )
}

class Values {
  readonly #parameters: readonly AttributeValue[]

  constructor(parameters: readonly AttributeValue[]) {
    this.#parameters = parameters
  }

  /** `path` is where the value is in the literal, for errors: `root.a[1]`. */
  of(expression: Expression, path: string, depth: number): AttributeValue {
    if (depth >= maxNesting) {
      throw validation(`Nesting Levels have exceeded supported limits under ${path}`)
    }
    switch (expression.kind) {
      case 'string':
      case 'boolean':
        return expression.value
      case 'null':
        return null
      case 'number':
        return under(path, () => parseNumber(expression.text))
      case 'parameter':
        return this.#parameters[expression.index] as AttributeValue
      case 'list':
        return expression.items.map((item, index) => this.of(item, `${path}[${index}]`, depth + 1))
      case 'bag':
        return this.#set(expression, path, depth)
      case 'map':
        return this.#map(expression, path, depth)
      default:
        throw refused(`Unsupported data type: ${describe(expression)} under key ${path}`, expression.at)
    }
  }

  #map({ entries }: Literal & { kind: 'map' }, path: string, depth: number): Item {
    const map: Item = {}
    for (const { name, value, at } of entries) {
      if (Object.hasOwn(map, name)) {
        throw refused(`Duplicate keys in tuple. Key: ${name} under ${path}`, at)
      }
      setAttribute(map, name, this.of(value, `${path}.${name}`, depth + 1))
    }
    return map
  }

  #set({ items, at }: Literal & { kind: 'bag' }, path: string, depth: number): SetValue {
    if (items.length === 0) throw refused('Empty bags are not supported', at)
    const members = items.map((item, index) => this.of(item, `${path}[${index}]`, depth + 1))
    const types = new Set(members.map((member) => findType(member)))
    const [type] = types
    if (types.size > 1 || (type !== 'S' && type !== 'N' && type !== 'B')) {
      throw refused(
        'Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags',
        at,
      )
    }
    const keys = new Set(members.map((member) => memberKey(member as string)))
    if (keys.size < members.length) {
      const list = type === 'B' ? 'binary values' : members.join(', ')
      throw invalidParameter(`Input collection [${list}] contains duplicates.`)
    }
    return new Set(members) as SetValue
  }
}

/** What an expression is, for the error that it cannot be stored. */
function describe(expression: Expression): string {
  if (expression.kind === 'call') return expression.written
  if (expression.kind === 'path') return `the attribute ${expression.steps[0]}`
  return expression.kind
}

/** A number that LIMIT or OFFSET can have. */
export function wholeNumber(
  clause: 'LIMIT' | 'OFFSET',
  expression: Expression,
  parameters: readonly AttributeValue[],
): number {
  const given = isLiteral(expression) ? literalValue(expression, parameters) : undefined
  const value = typeof given === 'bigint' ? Number(given) : given
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw malformed(`${clause} must be a whole number from 0 up`, expression.at)
}
