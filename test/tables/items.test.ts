import { describe, expect, it } from 'vitest'
import type { AttributeValue, Item, PutOptions, Table } from '../../lib/tables.ts'
import { failure, openTables } from './open-tables.ts'

async function makeTable(): Promise<Table> {
  const tables = await openTables()
  await tables.create({
    name: 'things',
    partitionKey: { name: 'p', type: 'S' },
    sortKey: { name: 's', type: 'N' },
    globalIndexes: [{ name: 'by-tag', partitionKey: { name: 'tag', type: 'S' } }],
  })
  return tables.table('things')
}

const key = { p: 'a', s: 1 }

describe('items', () => {
  it('come back as they were put, as objects of the caller', async () => {
    const t = await makeTable()
    const item: Item = {
      ...key,
      list: [1, { deep: new Set(['x']) }],
      bytes: Buffer.from('ab'),
      big: 2n ** 80n,
      none: null,
    }
    Object.defineProperty(item, '__proto__', {
      value: 'own',
      enumerable: true,
      configurable: true,
      writable: true,
    })
    await t.put(item)
    const read = await t.get(key)
    expect(read).toEqual({ ...item, bytes: new Uint8Array([97, 98]) })
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    ;(read!['list'] as AttributeValue[]).push('mine')
    expect(((await t.get(key))!['list'] as AttributeValue[]).length).toBe(2)
  })

  it('are copied during the call, also when the write has to wait', async () => {
    const t = await makeTable()
    const item: Item = { ...key, tag: 'first', list: [1] }
    const values: Record<string, AttributeValue> = { ':n': [1] }
    const own = { ...key }
    const writes = [
      t.put(item),
      t.update(own, 'SET n = list_append(if_not_exists(n, :n), :n)', { values }),
      t.put(item, { condition: 'tag = :n', values: { ':n': 'first' } }),
    ]
    item['tag'] = 'changed'
    ;(item['list'] as AttributeValue[]).push(2)
    ;(values[':n'] as AttributeValue[]).push(9)
    values[':n'] = ['other']
    own.p = 'elsewhere'
    await Promise.all(writes)
    expect(await t.get(key)).toEqual({ ...key, tag: 'first', list: [1] })
    expect(await t.get({ p: 'elsewhere', s: 1 })).toBeUndefined()
  })

  it('show the attributes that a projection asks for', async () => {
    const t = await makeTable()
    await t.put({ ...key, a: { b: [1, 2], c: 3 }, d: 4 })
    expect(await t.get(key, { projection: 'a.b[1], #d', names: { '#d': 'd' }, consistent: true })).toEqual({
      a: { b: [2] },
      d: 4,
    })
    expect(await t.get(key, { projection: 'nothing' })).toEqual({})
    await expect(t.get(key, { projection: 'a, s.b' })).rejects.toThrow(
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: s",
    )
    expect(await t.get({ p: 'a', s: 2 }, { projection: 'd' })).toBeUndefined()
  })

  it('return what they were and what they are', async () => {
    const t = await makeTable()
    const old = { ...key, n: 1, m: { x: 1, y: 2 }, l: [1, 2, 3] }
    const change = 'SET n = n + :one, m.x = :one, l[1] = :two, fresh = :two REMOVE m.y'
    const values = { ':one': 1, ':two': 22 }
    const answers: Record<string, Item | undefined> = {}
    for (const returnValues of ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'] as const) {
      await t.put(old)
      answers[returnValues] = (await t.update(key, change, { values, returnValues })).attributes
    }
    const now = { ...key, n: 2, m: { x: 1 }, l: [1, 22, 3], fresh: 22 }
    expect(answers).toEqual({
      NONE: undefined,
      ALL_OLD: old,
      UPDATED_OLD: { n: 1, m: { x: 1, y: 2 }, l: [2] },
      ALL_NEW: now,
      UPDATED_NEW: { n: 2, m: { x: 1 }, l: [22], fresh: 22 },
    })
    expect(await t.put(old, { returnValues: 'ALL_OLD' })).toEqual({ attributes: now })
    expect(await t.delete(key, { returnValues: 'ALL_OLD' })).toEqual({ attributes: old })
    expect(await t.delete(key, { returnValues: 'ALL_OLD' })).toEqual({})
    expect(await t.put(old, { returnValues: 'ALL_OLD' })).toEqual({})
    await t.delete(key)
    expect(await t.update(key, 'SET n = :n', { values: { ':n': 1 }, returnValues: 'UPDATED_OLD' })).toEqual(
      {},
    )
    expect(await failure(t.put(old, { returnValues: 'ALL_NEW' as never }))).toMatchObject({
      message: 'ReturnValues can only be ALL_OLD or NONE',
    })
    expect(await failure(t.delete(key, { returnValues: 'UPDATED_OLD' as never }))).toMatchObject({
      message: 'ReturnValues can only be ALL_OLD or NONE',
    })
    expect(await failure(t.update(key, 'SET n = n', { returnValues: 'OLD' as never }))).toMatchObject({
      message:
        "1 validation error detected: Value 'OLD' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
    })
  })

  it('are made by updates, whole or of the key alone', async () => {
    const t = await makeTable()
    expect(await t.update(key, undefined, { returnValues: 'ALL_NEW' })).toEqual({ attributes: key })
    expect(
      await t.update({ p: 'b', s: 1 }, 'ADD n :n', { values: { ':n': 2 }, returnValues: 'ALL_NEW' }),
    ).toEqual({
      attributes: { p: 'b', s: 1, n: 2 },
    })
    expect(Object.keys((await t.get({ p: 'b', s: 1 }))!)).toEqual(['p', 's', 'n'])
  })

  it('are written only where the condition holds', async () => {
    const t = await makeTable()
    await t.put({ ...key, n: 1 })
    const refused = {
      name: 'ConditionalCheckFailedException',
      code: 'BURROW_CONFLICT',
      message: 'The conditional request failed',
    }
    const isNew = { condition: 'attribute_not_exists(p)' }
    const tell = { returnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
    const quiet = await failure(t.put({ ...key, n: 9 }, isNew))
    expect(quiet).toMatchObject(refused)
    expect(quiet).not.toHaveProperty('item')
    expect(await failure(t.put({ ...key, n: 9 }, { ...isNew, ...tell }))).toMatchObject({
      ...refused,
      item: { ...key, n: 1 },
    })
    const notTwo = { condition: 'n = :two', values: { ':two': 2 }, ...tell }
    expect(await failure(t.delete(key, notTwo))).toMatchObject({ ...refused, item: { ...key, n: 1 } })
    const toUpdate = { ...notTwo, values: { ':two': 2, ':n': 3 } }
    expect(await failure(t.update(key, 'SET n = :n', toUpdate))).toMatchObject(refused)
    const absent = await failure(
      t.update({ p: 'z', s: 1 }, 'SET n = :n', {
        ...toUpdate,
        condition: 'attribute_exists(p) AND n <> :two',
      }),
    )
    expect(absent).toMatchObject(refused)
    expect(absent).not.toHaveProperty('item')
    expect(await t.get(key)).toEqual({ ...key, n: 1 })
    await t.update(key, 'SET n = :n', { condition: 'n < :two', values: { ':n': 3, ':two': 2 } })
    await t.delete(key, { condition: 'n = :n', values: { ':n': 3 } })
    expect(await t.get(key)).toBeUndefined()
    await t.put(key, { ifNotExists: true })
    expect(await failure(t.put(key, { ifNotExists: true }))).toMatchObject(refused)
  })

  it('have versions, which count the writes that knew the last one', async () => {
    const t = await makeTable()
    const conflict = { name: 'ConditionalCheckFailedException' }
    await t.put({ ...key, n: 1 }, { version: 'v' })
    expect(await failure(t.put({ ...key, n: 2 }, { version: 'v' }))).toMatchObject(conflict)
    const read = (await t.get(key))!
    expect(read).toEqual({ ...key, n: 1, v: 1 })
    await t.put({ ...read, n: 2 }, { version: 'v' })
    expect(await failure(t.put({ ...read, n: 3 }, { version: 'v' }))).toMatchObject(conflict)
    const values = { ':n': 4 }
    await t.update(key, 'SET n = :n', { values, version: { attribute: 'v', expected: 2 } })
    expect(
      await failure(t.update(key, 'SET n = :n', { values, version: { attribute: 'v', expected: 2 } })),
    ).toMatchObject(conflict)
    expect(await t.get(key)).toEqual({ ...key, n: 4, v: 3 })
    expect(await failure(t.delete(key, { version: { attribute: 'v', expected: 2 } }))).toMatchObject(conflict)
    await t.delete(key, { version: { attribute: 'v', expected: 3 } })
    expect(await t.get(key)).toBeUndefined()
    // What has no version is not new.
    await t.put({ ...key })
    expect(await failure(t.put({ ...key }, { version: 'v' }))).toMatchObject(conflict)
    expect(await failure(t.put({ ...key, v: 'x' }, { version: 'v' }))).toMatchObject({
      name: 'ValidationException',
    })
  })

  const put = (item: unknown) => (t: Table) => t.put(item as Item)
  const bad: [title: string, call: (t: Table) => Promise<unknown>, message: string][] = [
    [
      'no sort key',
      put({ p: 'a' }),
      'One or more parameter values were invalid: Missing the key s in the item',
    ],
    [
      'a key of another type',
      put({ p: 1, s: 1 }),
      'One or more parameter values were invalid: Type mismatch for key p expected: S actual: N',
    ],
    [
      'an empty key',
      put({ p: '', s: 1 }),
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p',
    ],
    [
      'a long key',
      put({ p: 'x'.repeat(2049), s: 1 }),
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
    ],
    [
      'an index key of another type',
      put({ ...key, tag: 5 }),
      'One or more parameter values were invalid: Type mismatch for Index Key tag Expected: S Actual: N IndexName: by-tag',
    ],
    [
      'an update of an index key to another type',
      (t) => t.update(key, 'SET tag = :t', { values: { ':t': true } }),
      'One or more parameter values were invalid: Type mismatch for Index Key tag Expected: S Actual: BOOL IndexName: by-tag',
    ],
    [
      'an empty index key',
      put({ ...key, tag: '' }),
      'One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by-tag, IndexKey: tag',
    ],
    [
      'too many bytes',
      put({ ...key, x: 'x'.repeat(409_600) }),
      'Item size has exceeded the maximum allowed size',
    ],
    [
      'too many bytes after an update',
      (t) => t.update(key, 'SET x = :x', { values: { ':x': 'x'.repeat(409_600) } }),
      'Item size to update has exceeded the maximum allowed size',
    ],
    [
      'a key with more in it',
      (t) => t.get({ ...key, x: 1 }),
      'The provided key element does not match the schema',
    ],
    ['half a key', (t) => t.delete({ p: 'a' }), 'The provided key element does not match the schema'],
    [
      'a key of another type to update',
      (t) => t.update({ p: 'a', s: 'x' }, 'SET n = s'),
      'The provided key element does not match the schema',
    ],
    [
      'an update of the key',
      (t) => t.update(key, 'SET s = :s', { values: { ':s': 2 } }),
      'One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key',
    ],
    [
      'a condition that looks into a key',
      (t) => t.put(key, { condition: 'p.x = :x', values: { ':x': 1 } }),
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: p",
    ],
    [
      'an update inside an index key',
      (t) => t.update(key, 'SET tag.x = :x', { values: { ':x': 1 } }),
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: tag",
    ],
    [
      'values without a condition',
      (t) => t.put(key, { values: { ':x': 1 } }),
      'ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null',
    ],
    [
      'another answer to a failed condition',
      (t) => t.put(key, { returnValuesOnConditionCheckFailure: 'ALL_NEW' } as never),
      "1 validation error detected: Value 'ALL_NEW' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]",
    ],
    [
      'no version',
      (t) => t.put(key, { version: 5 } as never),
      'version is 5; it must name the attribute that counts versions',
    ],
  ]
  it.each(bad)('with %s are refused', async (_, call, message) => {
    const t = await makeTable()
    expect(await failure(call(t))).toMatchObject({
      name: 'ValidationException',
      code: 'BURROW_INVALID_ARGUMENT',
      message,
    })
  })

  it.each([
    [
      'put',
      (t: Table) => t.put(key, { conditions: 'x' } as PutOptions),
      "put has no option named 'conditions'; did you mean 'condition'?",
    ],
    [
      'get',
      (t: Table) => t.get(key, { project: 'x' } as never),
      "get has no option named 'project'; it takes projection, names, consistent, attributesToGet",
    ],
    [
      'update',
      (t: Table) => t.update(key, 'SET n = n', { sync: 1 } as never),
      "update: option 'sync' is 1; it must be true or false",
    ],
  ])('refuse unknown options of %s', async (_, call, message) => {
    const t = await makeTable()
    expect(await failure(call(t))).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT', message })
  })

  it('are nothing to objects that are none', async () => {
    const t = await makeTable()
    for (const item of [undefined, null, 5, 'x', [], new Map(), new (class Mine {})()]) {
      expect(await failure(t.put(item as never))).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
      expect(await failure(t.get(item as never))).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
      expect(await failure(t.update(item as never, 'SET n = n'))).toMatchObject({
        code: 'BURROW_INVALID_ARGUMENT',
      })
    }
  })
})
