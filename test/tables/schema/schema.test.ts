import { expect, test } from 'vitest'
import { isTableError } from '../../../lib/tables/errors.ts'
import { Decimal } from '../../../lib/tables/number.ts'
import { type AttributeSchema, readAttributeSchemas } from '../../../lib/tables/schema/attribute-schema.ts'
import { ItemSchema } from '../../../lib/tables/schema/item-schema.ts'
import type { Item } from '../../../lib/tables/value.ts'

const keys = new Map([['id', 'S']] as const)

function schema(...attributes: AttributeSchema[]): ItemSchema {
  return new ItemSchema(readAttributeSchemas(attributes, keys))
}

function problem(run: () => void): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (!isTableError(error, 'ValidationException')) throw error
    return error.message
  }
}

function check(attribute: Omit<AttributeSchema, 'name'>, value: unknown): string | undefined {
  return problem(() => schema({ name: 'x', ...attribute }).check({ id: '1', x: value } as Item))
}

test('required attributes', () => {
  const one = schema({ name: 'x', required: true }, { name: 'y' })
  expect(problem(() => one.check({ id: '1' }))).toBe("Required attribute 'x' is missing")
  expect(problem(() => one.check({ id: '1', x: null }))).toBeUndefined()
  // A name that every object has by inheritance is not there unless the item has it.
  expect(problem(() => schema({ name: 'toString', required: true }).check({ id: '1' }))).toBe(
    "Required attribute 'toString' is missing",
  )
})

test('types, by both names', () => {
  const values = {
    S: 'text',
    N: 1,
    B: new Uint8Array(4),
    BOOL: true,
    NULL: null,
    L: [],
    M: {},
    SS: new Set(['a']),
    NS: new Set([1]),
    BS: new Set([new Uint8Array(1)]),
  }
  const words = { String: 'S', Number: 'N', Binary: 'B', Boolean: 'BOOL', List: 'L', Map: 'M' } as const
  for (const type of Object.keys(values) as (keyof typeof values)[]) {
    for (const [other, value] of Object.entries(values)) {
      const wanted = other === type ? undefined : `Attribute 'x' has wrong type (expected ${type})`
      expect(check({ type }, value), `${type} ${other}`).toBe(wanted)
    }
  }
  for (const word of Object.keys(words) as (keyof typeof words)[]) {
    for (const [other, value] of Object.entries(values)) {
      const wanted = other === words[word] ? undefined : `Attribute 'x' has wrong type (expected ${word})`
      expect(check({ type: word }, value), `${word} ${other}`).toBe(wanted)
    }
  }
})

test('vectors and timestamps', () => {
  const wrong = (type: string) => `Attribute 'x' has wrong type (expected ${type})`
  expect(check({ type: 'Vector' }, new Uint8Array(8))).toBeUndefined()
  expect(check({ type: 'Vector' }, new Uint8Array(7))).toBe(wrong('Vector'))
  expect(check({ type: 'Vector', maxLength: 2 }, new Uint8Array(8))).toBeUndefined()
  expect(check({ type: 'Vector', maxLength: 2 }, new Uint8Array(12))).toBe('Length 3 exceeds maximum 2')
  expect(check({ type: 'Timestamp' }, -1)).toBeUndefined()
  expect(check({ type: 'Timestamp' }, 1.5)).toBe(wrong('Timestamp'))
  expect(check({ type: 'Timestamp' }, '1')).toBe(wrong('Timestamp'))
})

test('values', () => {
  expect(check({ minValue: 1 }, 0)).toBe('Value 0 is less than minimum 1')
  expect(check({ minValue: 1 }, 1)).toBeUndefined()
  expect(check({ maxValue: 120 }, 121)).toBe('Value 121 exceeds maximum 120')
  expect(check({ maxValue: 120 }, 120)).toBeUndefined()
  expect(check({ minValue: -1, maxValue: 1 }, 0.5)).toBeUndefined()
  const large = new Decimal('12345678901234567890.12345678901234567')
  expect(check({ maxValue: large }, new Decimal('12345678901234567890.12345678901234568'))).toBe(
    'Value 12345678901234567890.12345678901234568 exceeds maximum 12345678901234567890.12345678901234567',
  )
  expect(check({ minValue: 10n ** 20n }, 10n ** 20n - 1n)).toBe(
    'Value 99999999999999999999 is less than minimum 100000000000000000000',
  )
  expect(check({ minValue: 1 }, 'a')).toBeUndefined()
})

test('lengths', () => {
  expect(check({ minLength: 2 }, 'a')).toBe('Length 1 is less than minimum 2')
  expect(check({ maxLength: 2 }, 'é')).toBeUndefined()
  expect(check({ maxLength: 2 }, 'éé')).toBe('Length 4 exceeds maximum 2')
  expect(check({ maxLength: 1 }, [1, 2])).toBe('Length 2 exceeds maximum 1')
  expect(check({ maxLength: 1 }, new Set(['a', 'b']))).toBe('Length 2 exceeds maximum 1')
  expect(check({ maxLength: 1 }, { a: 1, b: 2 })).toBe('Length 2 exceeds maximum 1')
  expect(check({ maxLength: 1 }, new Uint8Array(2))).toBe('Length 2 exceeds maximum 1')
  for (const value of [12345, new Decimal('1.5'), true, null]) {
    expect(check({ maxLength: 0 }, value)).toBeUndefined()
  }
})

test('patterns are searched for', () => {
  expect(check({ pattern: 'b+' }, 'abc')).toBeUndefined()
  expect(check({ pattern: '^b+$' }, 'abc')).toBe("Value 'abc' does not match pattern '^b+$'")
  expect(check({ pattern: '^.$' }, '😀')).toBeUndefined()
  expect(check({ pattern: 'b' }, 5)).toBeUndefined()
})

test('enumerated values, compared by value', () => {
  const allowed = ['a', 1, new Uint8Array([1, 2]), [1, { b: 2 }]]
  for (const value of ['a', 1, new Decimal('1.0'), new Uint8Array([1, 2]), [1, { b: 2 }]]) {
    expect(check({ enum: allowed }, value)).toBeUndefined()
  }
  expect(check({ enum: allowed }, 'b')).toBe("Value 'b' is not in allowed set")
  expect(check({ enum: allowed }, 2)).toBe('Value 2 is not in allowed set')
  expect(check({ enum: allowed }, true)).toBe('Value true is not in allowed set')
  expect(check({ enum: allowed }, [1])).toBe('Value of type L is not in allowed set')
})

test('what is no schema is refused', () => {
  const read = (given: unknown) => problem(() => readAttributeSchemas(given, keys)) ?? ''
  expect(readAttributeSchemas(undefined, keys)).toEqual([])
  expect(read({})).toContain('attributes must be a list')
  expect(read([null])).toContain('must be an object')
  expect(read([{}])).toContain("needs the attribute's name")
  expect(read([{ name: 'x', requried: true }])).toContain("did you mean 'required'?")
  expect(read([{ name: 'x', type: 'Text' }])).toContain('type is')
  expect(read([{ name: 'x', type: 'toString' }])).toContain('type is')
  expect(read([{ name: 'x', required: 1 }])).toContain('required is')
  expect(read([{ name: 'x', description: 1 }])).toContain('description is')
  expect(read([{ name: 'x', minValue: '1' }])).toContain('minValue is')
  expect(read([{ name: 'x', minValue: Number.NaN }])).not.toBe('')
  expect(read([{ name: 'x', minValue: 2, maxValue: 1 }])).toContain('at most maxValue, 1')
  expect(read([{ name: 'x', minLength: -1 }])).toContain('minLength is')
  expect(read([{ name: 'x', maxLength: 1.5 }])).toContain('maxLength is')
  expect(read([{ name: 'x', minLength: 2, maxLength: 1 }])).toContain('at most maxLength, 1')
  expect(read([{ name: 'x', pattern: '(' }])).toContain('Invalid regex pattern: ')
  expect(read([{ name: 'x', pattern: /a/ }])).toContain('pattern is')
  expect(read([{ name: 'x', enum: [] }])).toContain('enum is')
  expect(read([{ name: 'x', enum: [undefined] }])).not.toBe('')
  expect(read([{ name: 'x' }, { name: 'x' }])).toBe("Attribute 'x' has two schemas")
  expect(read([{ name: 'id', type: 'Number' }])).toContain('is a key of type S')
  expect(read([{ name: 'id', type: 'String' }])).toBe('')
})

test('schemas are copied', () => {
  const allowed = [[1]]
  const given = { name: 'x', enum: allowed }
  const [read] = readAttributeSchemas([given], keys)
  allowed[0]!.push(2)
  expect(read).toEqual({ name: 'x', enum: [[1]] })
})
