import { validation } from '../errors.ts'
import { compareNumbers, type NumberValue, numberText } from '../number.ts'
import { type AttributeValue, equalValues, type Item, typeOf } from '../value.ts'
import { type AttributeSchema, compilePattern, valueType } from './attribute-schema.ts'

type Check = (value: AttributeValue) => void

/** The attribute schemas of a table, ready to check items: what every door to the items calls with the item to be stored. */
export class ItemSchema {
  readonly #attributes: readonly {
    readonly name: string
    readonly required: boolean
    readonly check: Check
  }[]

  /** REQUIRES: schemas that `readAttributeSchemas` returned. */
  constructor(schemas: readonly AttributeSchema[]) {
    this.#attributes = schemas.map((schema) => ({
      name: schema.name,
      required: schema.required === true,
      check: compile(schema),
    }))
  }

  /** Throws ValidationException for the first attribute, in the order of the schemas, that is not as it must be. */
  check(item: Item): void {
    for (const { check, name, required } of this.#attributes) {
      if (Object.hasOwn(item, name)) check(item[name]!)
      else if (required) throw validation(`Required attribute '${name}' is missing`)
    }
  }
}

/** The checks of one attribute: its type, then its constraints. A constraint lets pass what it is not about. */
function compile(schema: AttributeSchema): Check {
  const checks: Check[] = []
  const { enum: allowed, maxLength, maxValue, minLength, minValue, name, pattern, type } = schema
  if (type !== undefined) {
    const wanted = valueType(type)
    checks.push((value) => {
      if (typeOf(value) === wanted && isSpecial(value, type)) return
      throw validation(`Attribute '${name}' has wrong type (expected ${type})`)
    })
  }
  if (minValue !== undefined || maxValue !== undefined) {
    checks.push((value) => {
      if (typeOf(value) !== 'N') return
      const number = value as NumberValue
      if (minValue !== undefined && compareNumbers(number, minValue) < 0) {
        throw validation(`Value ${numberText(number)} is less than minimum ${numberText(minValue)}`)
      }
      if (maxValue !== undefined && compareNumbers(number, maxValue) > 0) {
        throw validation(`Value ${numberText(number)} exceeds maximum ${numberText(maxValue)}`)
      }
    })
  }
  if (minLength !== undefined || maxLength !== undefined) {
    checks.push((value) => {
      const length = lengthOf(value, type === 'Vector')
      if (length === undefined) return
      if (minLength !== undefined && length < minLength) {
        throw validation(`Length ${length} is less than minimum ${minLength}`)
      }
      if (maxLength !== undefined && length > maxLength) {
        throw validation(`Length ${length} exceeds maximum ${maxLength}`)
      }
    })
  }
  if (pattern !== undefined) {
    const expression = compilePattern(pattern)
    checks.push((value) => {
      if (typeof value === 'string' && !expression.test(value)) {
        throw validation(`Value '${value}' does not match pattern '${pattern}'`)
      }
    })
  }
  if (allowed !== undefined) {
    checks.push((value) => {
      if (!allowed.some((one) => equalValues(one, value))) {
        throw validation(`Value ${textOf(value)} is not in allowed set`)
      }
    })
  }
  return (value) => {
    for (const check of checks) check(value)
  }
}

const bytesOfFloat32 = 4

function isSpecial(value: AttributeValue, type: string): boolean {
  if (type === 'Vector') return (value as Uint8Array).byteLength % bytesOfFloat32 === 0
  if (type === 'Timestamp') return !numberText(value as NumberValue).includes('.')
  return true
}

function lengthOf(value: AttributeValue, isVector: boolean): number | undefined {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (value instanceof Uint8Array) return isVector ? value.byteLength / bytesOfFloat32 : value.byteLength
  if (Array.isArray(value)) return value.length
  if (value instanceof Set) return value.size
  return typeOf(value) === 'M' ? Object.keys(value as object).length : undefined
}

function textOf(value: AttributeValue): string {
  switch (typeOf(value)) {
    case 'S':
      return `'${value}'`
    case 'N':
      return numberText(value as NumberValue)
    case 'BOOL':
    case 'NULL':
      return String(value)
    default:
      return `of type ${typeOf(value)}`
  }
}
