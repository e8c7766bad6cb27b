import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Decimal } from '../../../lib/tables/number.ts'
import { failure, makeHome, openTables } from '../open-tables.ts'

const users = {
  name: 'users',
  partitionKey: { name: 'id', type: 'S' },
  attributes: [
    { name: 'email', type: 'String', required: true, pattern: '^[^@]+@[^@]+$', maxLength: 40 },
    { name: 'age', type: 'Number', minValue: 0, maxValue: new Decimal('150.50000000000000000001') },
    { name: 'role', enum: ['admin', 'user', 7n ** 30n] },
  ],
} as const

const good = { id: 'a', email: 'a@b', age: 20, role: 'user' }

test('every door to the items checks them, and the schemas survive', async () => {
  const place = join(makeHome(), 'db')
  let tables = await openTables(place)
  const described = await tables.create(users)
  expect(described.attributes).toEqual(users.attributes)
  for (let opened = 0; opened < 2; opened++) {
    const t = tables.table('users')
    await t.put(good)
    const refused = async (promise: Promise<unknown>, message: string) =>
      expect(await failure(promise)).toMatchObject({ name: 'ValidationException', message })
    await refused(t.put({ id: 'a' }), "Required attribute 'email' is missing")
    await refused(t.put({ ...good, email: 'ab' }), "Value 'ab' does not match pattern '^[^@]+@[^@]+$'")
    await refused(t.put({ ...good, age: 151 }), 'Value 151 exceeds maximum 150.50000000000000000001')
    await refused(t.put({ ...good, role: 'root' }), "Value 'root' is not in allowed set")
    await refused(
      t.update({ id: 'a' }, 'SET age = age - :n', { values: { ':n': 21 } }),
      'Value -1 is less than minimum 0',
    )
    await refused(t.update({ id: 'a' }, 'REMOVE email'), "Required attribute 'email' is missing")
    await refused(
      t.update({ id: 'new' }, 'SET age = :n', { values: { ':n': 1 } }),
      "Required attribute 'email' is missing",
    )
    await refused(
      t.batchWrite({ put: [{ ...good, id: 'b' }, { id: 'c' }] }),
      "Required attribute 'email' is missing",
    )
    expect(
      await failure(tables.transactWrite([{ put: { table: 'users', item: { id: 'd' } } }])),
    ).toBeInstanceOf(Error)
    expect((await t.scan()).items).toEqual([good])
    await t.put({ ...good, role: 7n ** 30n })
    await t.put(good)
    await tables.close()
    tables = await openTables(place)
  }
  expect((await tables.describe('users')).attributes).toEqual(users.attributes)
})

test('schemas are replaced, and asked of what is written from then on', async () => {
  const tables = await openTables()
  await tables.create(users)
  const t = tables.table('users')
  await t.put(good)
  await tables.update('users', { attributes: [{ name: 'nick', required: true }] })
  expect(await t.get({ id: 'a' })).toEqual(good)
  expect(await failure(t.put(good))).toMatchObject({ message: "Required attribute 'nick' is missing" })
  await t.put({ id: 'b', nick: 'n' })
  await tables.update('users', { attributes: [] })
  await t.put({ id: 'c' })
  expect(await tables.describe('users')).not.toHaveProperty('attributes')
})

test('a bad schema makes no table', async () => {
  const tables = await openTables()
  const attributes = [{ name: 'x', pattern: '[' }]
  expect(await failure(tables.create({ ...users, attributes }))).toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('Invalid regex pattern: '),
  })
  expect(await tables.list()).toEqual([])
})
