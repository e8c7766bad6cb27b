import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  itemFromDynamoJson,
  itemToDynamoJson,
  valueFromDynamoJson,
  valueToDynamoJson,
} from '../../lib/tables/dynamodb-json.ts'
import { Decimal } from '../../lib/tables/number.ts'
import { equalValues } from '../../lib/tables/value.ts'
import { anyItem, anyNumber } from './arbitraries.ts'

function refusal(json: unknown): string {
  try {
    valueFromDynamoJson(json)
  } catch (error) {
    expect(error).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    return `${(error as Error).name}: ${(error as Error).message}`
  }
  return 'accepted'
}

describe('DynamoDB JSON', () => {
  it('carries every item, as text', () => {
    fc.assert(
      fc.property(anyItem(), (item) => {
        const read = itemFromDynamoJson(JSON.parse(JSON.stringify(itemToDynamoJson(item))))
        expect(equalValues(read, item)).toBe(true)
        expect(Object.keys(read)).toEqual(Object.keys(item))
      }),
    )
  })

  it('looks as DynamoDB writes it', () => {
    const item = {
      s: 'é',
      n: -1.5e-7,
      big: new Decimal('12345678901234567890.5'),
      b: Uint8Array.of(0, 255),
      t: true,
      z: null,
      l: [1, 'a'],
      m: { x: {} },
      ss: new Set(['a']),
      ns: new Set([1, 10n ** 20n]),
      bs: new Set([Uint8Array.of(1)]),
    }
    const json = {
      s: { S: 'é' },
      n: { N: '-0.00000015' },
      big: { N: '12345678901234567890.5' },
      b: { B: 'AP8=' },
      t: { BOOL: true },
      z: { NULL: true },
      l: { L: [{ N: '1' }, { S: 'a' }] },
      m: { M: { x: { M: {} } } },
      ss: { SS: ['a'] },
      ns: { NS: ['1', '100000000000000000000'] },
      bs: { BS: ['AQ=='] },
    }
    expect(itemToDynamoJson(item)).toEqual(json)
    expect(itemFromDynamoJson(json)).toEqual({ ...item, ns: new Set([1, 100000000000000000000]) })
    expect(valueFromDynamoJson({ BOOL: 'true' })).toBe(true)
    // What DynamoDB does not know, or is null, is passed over.
    expect(valueFromDynamoJson({ S: 'a', N: null, X: 1 })).toBe('a')
  })

  it('keeps numbers to the digit', () => {
    fc.assert(
      fc.property(anyNumber(), (value) => {
        expect(equalValues(valueFromDynamoJson(valueToDynamoJson(value)), value)).toBe(true)
      }),
    )
  })

  it('keeps an attribute named __proto__', () => {
    const read = itemFromDynamoJson(JSON.parse('{"__proto__": {"M": {"polluted": {"S": "yes"}}}}'))
    expect(Object.keys(read)).toEqual(['__proto__'])
    expect((read as { polluted?: unknown })['polluted']).toBeUndefined()
    expect(JSON.stringify(itemToDynamoJson(read))).toBe('{"__proto__":{"M":{"polluted":{"S":"yes"}}}}')
  })

  it('is refused in the words of DynamoDB', () => {
    const one = 'exactly one of the supported datatypes'
    const invalid = 'ValidationException: One or more parameter values were invalid: '
    const cases: [unknown, string][] = [
      [{}, `ValidationException: Supplied AttributeValue is empty, must contain ${one}`],
      [{ X: 'a' }, `ValidationException: Supplied AttributeValue is empty, must contain ${one}`],
      [{ toString: 'a' }, `ValidationException: Supplied AttributeValue is empty, must contain ${one}`],
      [
        { S: 'a', N: '1' },
        `ValidationException: Supplied AttributeValue has more than one datatypes set, must contain ${one}`,
      ],
      ['a', 'SerializationException: Unexpected value type in payload'],
      [null, 'SerializationException: Unexpected value type in payload'],
      [
        [],
        'SerializationException: Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue',
      ],
      [{ S: 1 }, 'SerializationException: NUMBER_VALUE cannot be converted to String'],
      [{ S: 1.5 }, 'SerializationException: DECIMAL_VALUE cannot be converted to String'],
      [{ N: 1 }, 'SerializationException: NUMBER_VALUE cannot be converted to String'],
      [{ S: true }, 'SerializationException: TRUE_VALUE cannot be converted to String'],
      [{ S: [] }, 'SerializationException: Unrecognized collection type class java.lang.String'],
      [{ S: {} }, 'SerializationException: Start of structure or map found where not expected'],
      [{ N: 'abc' }, 'ValidationException: The parameter cannot be converted to a numeric value: abc'],
      [
        { N: '1e126' },
        'ValidationException: Number overflow. Attempting to store a number with magnitude larger than supported range',
      ],
      [{ B: 5 }, 'SerializationException: only base-64-encoded strings are convertible to bytes'],
      [
        { B: 'abc' },
        'SerializationException: Base64 encoded length is expected a multiple of 4 bytes but found: 3',
      ],
      [{ B: 'ab$=' }, 'SerializationException: Invalid last non-pad Base64 character dectected'],
      [{ B: 'AB==' }, 'SerializationException: Invalid last non-pad Base64 character dectected'],
      [{ BOOL: 1 }, 'SerializationException: NUMBER_VALUE cannot be converted to Boolean'],
      [{ BOOL: 'maybe' }, 'SerializationException: Unexpected token received from parser'],
      [{ NULL: false }, `${invalid}Null attribute value types must have the value of true`],
      [{ L: 'a' }, 'SerializationException: Unexpected field type'],
      [{ L: {} }, 'SerializationException: Start of structure or map found where not expected'],
      [{ L: [{}] }, `ValidationException: Supplied AttributeValue is empty, must contain ${one}`],
      [{ M: 'a' }, 'SerializationException: Unexpected field type'],
      [{ SS: [] }, `${invalid}An string set  may not be empty`],
      [{ NS: [] }, `${invalid}An number set  may not be empty`],
      [{ BS: [] }, `${invalid}Binary sets should not be empty`],
      [{ SS: ['b', 'a', 'b'] }, `${invalid}Input collection [a, b, b] contains duplicates.`],
      [{ NS: ['1', '1.0'] }, 'ValidationException: Input collection contains duplicates'],
      [{ BS: ['AQ==', 'AQ=='] }, `${invalid}Input collection [AQ==, AQ==]of type BS contains duplicates.`],
      [{ SS: [1] }, 'SerializationException: NUMBER_VALUE cannot be converted to String'],
    ]
    for (const [json, message] of cases) expect(refusal(json), JSON.stringify(json)).toBe(message)
  })

  it('is not followed deeper than values may be', () => {
    let json: unknown = { S: 'x' }
    for (let level = 0; level < 50_000; level++) json = { L: [json] }
    expect(refusal(json)).toContain('Nesting Levels have exceeded supported limits')
  })
})
