import { describe, expect, it } from 'vitest'
import { checkIndexKey, checkItemKey, checkKey, hasKey, type KeySchema } from '../../lib/tables/key-schema.ts'
import type { Item } from '../../lib/tables/value.ts'

const schema: KeySchema = { partitionKey: { name: 'p', type: 'S' }, sortKey: { name: 's', type: 'B' } }
const numbers: KeySchema = { partitionKey: { name: 'n', type: 'N' } }
const good: Item = { p: 'a', s: Uint8Array.of(1) }

const mismatch = 'The provided key element does not match the schema'
const invalid = 'One or more parameter values were invalid: '
const notValid = 'One or more parameter values are not valid. '
const longPartition = `${invalid}Size of hashkey has exceeded the maximum size limit of2048 bytes`
const longSort = `${invalid}Aggregated size of all range keys has exceeded the size limit of 1024 bytes`

function refusal(check: () => void): string {
  try {
    check()
  } catch (error) {
    expect(error).toMatchObject({ name: 'ValidationException', code: 'BURROW_INVALID_ARGUMENT' })
    return (error as Error).message
  }
  return 'accepted'
}

describe('a key', () => {
  const check = (key: Item, of = schema) => refusal(() => checkKey(of, key))

  it('has exactly the attributes of the schema', () => {
    expect(check(good)).toBe('accepted')
    expect(check({ n: 1 }, numbers)).toBe('accepted')
    for (const key of [
      {},
      { p: 'a' },
      { ...good, x: 1 },
      { p: 1, s: good['s']! },
      { p: 'a', q: Uint8Array.of(1) },
    ]) {
      expect(check(key as Item)).toBe(mismatch)
    }
    expect(check({ n: '1' }, numbers)).toBe(mismatch)
    expect(check({ p: 'a', s: 'b' })).toBe(mismatch)
  })

  it('is neither empty nor too long', () => {
    expect(check({ ...good, p: '' })).toBe(
      `${notValid}The AttributeValue for a key attribute cannot contain an empty string value. Key: p`,
    )
    expect(check({ ...good, s: new Uint8Array() })).toBe(
      `${notValid}The AttributeValue for a key attribute cannot contain an empty binary value. Key: s`,
    )
    expect(check({ p: 'x'.repeat(2048), s: new Uint8Array(1024) })).toBe('accepted')
    expect(check({ ...good, p: 'x'.repeat(2049) })).toBe(longPartition)
    expect(check({ ...good, p: 'é'.repeat(1024) })).toBe('accepted')
    expect(check({ ...good, p: 'é'.repeat(1025) })).toBe(longPartition)
    expect(check({ ...good, s: new Uint8Array(1025) })).toBe(longSort)
    expect(check({ ...good, p: 'a\ud800' })).toContain('lone surrogate')
  })
})

describe('an item', () => {
  const check = (item: Item) => refusal(() => checkItemKey(schema, item))

  it('has the key attributes, of their types', () => {
    expect(check({ ...good, other: [] })).toBe('accepted')
    expect(check({ s: Uint8Array.of(1) })).toBe(`${invalid}Missing the key p in the item`)
    expect(check({ ...good, p: 5 })).toBe(`${invalid}Type mismatch for key p expected: S actual: N`)
    expect(check({ ...good, s: new Set(['a']) })).toBe(
      `${invalid}Type mismatch for key s expected: B actual: SS`,
    )
    expect(check({ ...good, p: '' })).toContain('Key: p')
    expect(check({ ...good, s: new Uint8Array(1025) })).toBe(longSort)
    // What every object inherits is no attribute.
    const inherited: KeySchema = { partitionKey: { name: 'toString', type: 'S' } }
    expect(refusal(() => checkItemKey(inherited, {}))).toBe(`${invalid}Missing the key toString in the item`)
  })
})

describe('the key of an index in an item', () => {
  const check = (item: Item) => refusal(() => checkIndexKey('by-p', schema, item))

  it('may be absent, but not of a wrong kind', () => {
    expect(check({})).toBe('accepted')
    expect(check(good)).toBe('accepted')
    expect(check({ p: 5 })).toBe(
      `${invalid}Type mismatch for Index Key p Expected: S Actual: N IndexName: by-p`,
    )
    expect(check({ p: '' })).toBe(
      `${notValid}A value specified for a secondary index key is not supported. The AttributeValue for a key attribute ` +
        'cannot contain an empty string value. IndexName: by-p, IndexKey: p',
    )
    expect(check({ p: 'x'.repeat(2049) })).toBe(longPartition)
  })

  it('decides whether there is a row', () => {
    expect(hasKey(schema, good)).toBe(true)
    for (const item of [
      {},
      { p: 'a' },
      { ...good, s: 'b' },
      { ...good, p: '' },
      { ...good, s: new Uint8Array(1025) },
    ]) {
      expect(hasKey(schema, item as Item)).toBe(false)
    }
  })
})
