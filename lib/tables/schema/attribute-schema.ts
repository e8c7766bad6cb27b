import { describeValue } from '../../util/describe-value.ts'
import { nearestName } from '../../util/nearest-name.ts'
import { checkValue } from '../check-item.ts'
import { validation } from '../errors.ts'
import { compareNumbers, type NumberValue } from '../number.ts'
import { type AttributeType, type AttributeValue, copyValue, findType } from '../value.ts'
import { decodeSchemas, encodeSchemas } from './stored-schemas.ts'

/** KeystoneDB's names of types, beside those of DynamoDB. */
const typesByName = {
  String: 'S',
  Number: 'N',
  Binary: 'B',
  Boolean: 'BOOL',
  List: 'L',
  Map: 'M',
  /** Float32 numbers, as `vector()` makes them: binary. */
  Vector: 'B',
  /** Milliseconds since 1970, as `timestamp()` makes them: a whole number. */
  Timestamp: 'N',
  S: 'S',
  N: 'N',
  B: 'B',
  BOOL: 'BOOL',
  NULL: 'NULL',
  L: 'L',
  M: 'M',
  SS: 'SS',
  NS: 'NS',
  BS: 'BS',
} as const satisfies Record<string, AttributeType>

/** What an attribute's `type` may be: DynamoDB's letters, or KeystoneDB's words. */
export type AttributeSchemaType = keyof typeof typesByName

/** What one top-level attribute of every item of a table must be like. Attributes without a schema are free. */
export interface AttributeSchema {
  readonly name: string
  /** Default: any type. A null is of type NULL alone. */
  readonly type?: AttributeSchemaType | undefined
  /** Items without the attribute are refused. Default false. */
  readonly required?: boolean | undefined
  /** For people. */
  readonly description?: string | undefined
  /** Bounds of numbers, included. */
  readonly minValue?: NumberValue | undefined
  readonly maxValue?: NumberValue | undefined
  /** Bounds of lengths: bytes of strings (UTF-8) and binaries, numbers of a `Vector`, members of lists, maps and sets. */
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  /** A regular expression (JavaScript, with its flag `u`) that strings must match somewhere: begin with ^ and end with $ for all of it. */
  readonly pattern?: string | undefined
  /** The only values allowed. */
  readonly enum?: readonly AttributeValue[] | undefined
}

const fieldNames = [
  'name',
  'type',
  'required',
  'description',
  'minValue',
  'maxValue',
  'minLength',
  'maxLength',
  'pattern',
  'enum',
] as const

/** The type of values that an attribute of the schema's type has. */
export function valueType(type: AttributeSchemaType): AttributeType {
  return typesByName[type]
}

/**
 * The attribute schemas of a table as a user gave them, checked and copied, without the fields that are absent: plain
 * values, so that the catalog can keep them. `keyTypes`: the types of the attributes of the table's and its indexes' keys.
 */
export function readAttributeSchemas(
  given: unknown,
  keyTypes: ReadonlyMap<string, AttributeType>,
): readonly AttributeSchema[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) {
    throw validation(`attributes must be a list of attribute schemas, got ${describeValue(given)}`)
  }
  const names = new Set<string>()
  const schemas = given.map((fields) => {
    const schema = readSchema(fields)
    if (names.has(schema.name)) throw validation(`Attribute '${schema.name}' has two schemas`)
    names.add(schema.name)
    const keyType = keyTypes.get(schema.name)
    if (keyType !== undefined && schema.type !== undefined && valueType(schema.type) !== keyType) {
      throw validation(
        `Attribute '${schema.name}' is a key of type ${keyType}; its schema cannot say ${schema.type}`,
      )
    }
    return schema
  })
  // Numbers in the form in which they will be found again.
  return decodeSchemas(encodeSchemas(schemas))
}

function readSchema(given: unknown): AttributeSchema {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw validation(`An attribute schema must be an object, got ${describeValue(given)}`)
  }
  for (const name of Object.keys(given)) {
    if ((fieldNames as readonly string[]).includes(name)) continue
    const near = nearestName(name, fieldNames)
    const hint = near === undefined ? `it takes ${fieldNames.join(', ')}` : `did you mean '${near}'?`
    throw validation(`An attribute schema has no field named '${name}'; ${hint}`)
  }
  const fields: Partial<Record<(typeof fieldNames)[number], unknown>> = {}
  for (const name of fieldNames) {
    const value = (given as Record<string, unknown>)[name]
    if (value !== undefined) fields[name] = value
  }
  const { name } = fields
  if (typeof name !== 'string' || name === '') {
    throw validation(`An attribute schema needs the attribute's name, a string, got ${describeValue(name)}`)
  }
  const bad = (field: (typeof fieldNames)[number], allowed: string) =>
    validation(`Attribute '${name}': ${field} is ${describeValue(fields[field])}; it must be ${allowed}`)
  const {
    description,
    enum: values,
    maxLength,
    maxValue,
    minLength,
    minValue,
    pattern,
    required,
    type,
  } = fields
  if (type !== undefined && !Object.hasOwn(typesByName, type as string)) {
    throw bad('type', `one of ${Object.keys(typesByName).join(', ')}`)
  }
  if (required !== undefined && typeof required !== 'boolean') throw bad('required', 'true or false')
  if (description !== undefined && typeof description !== 'string') throw bad('description', 'a string')
  for (const field of ['minValue', 'maxValue'] as const) {
    if (fields[field] === undefined) continue
    if (findType(fields[field]) !== 'N') throw bad(field, 'a number')
    checkValue(fields[field], name)
  }
  for (const field of ['minLength', 'maxLength'] as const) {
    const length = fields[field]
    if (length !== undefined && !(Number.isSafeInteger(length) && (length as number) >= 0)) {
      throw bad(field, 'a whole number from 0 up')
    }
  }
  if (minValue !== undefined && maxValue !== undefined) {
    const crossed = compareNumbers(minValue as NumberValue, maxValue as NumberValue) > 0
    if (crossed) throw bad('minValue', `at most maxValue, ${maxValue}`)
  }
  if (minLength !== undefined && maxLength !== undefined && (minLength as number) > (maxLength as number)) {
    throw bad('minLength', `at most maxLength, ${maxLength}`)
  }
  if (pattern !== undefined) {
    if (typeof pattern !== 'string') throw bad('pattern', 'the text of a regular expression')
    compilePattern(pattern)
  }
  let allowed: AttributeValue[] | undefined
  if (values !== undefined) {
    if (!Array.isArray(values) || values.length === 0) throw bad('enum', 'a list of at least one value')
    allowed = values.map((value: AttributeValue) => {
      checkValue(value, name)
      return copyValue(value)
    })
  }
  return { ...fields, ...(allowed === undefined ? {} : { enum: allowed }) } as AttributeSchema
}

/** Throws ValidationException for what is no regular expression. */
export function compilePattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u')
  } catch (error) {
    throw validation(`Invalid regex pattern: ${(error as Error).message}`)
  }
}
