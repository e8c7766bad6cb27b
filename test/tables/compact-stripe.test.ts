import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stripeOffset } from '../../lib/tables/layout.ts'
import type { Tables } from '../../lib/tables.ts'
import { failure, makeHome, openTables } from './open-tables.ts'

const entriesOf = ({ database }: Tables) =>
  database.levels().reduce((sum, { files }) => files.reduce((all, { entries }) => all + entries, sum), 0)

test('one stripe is brought to the last level: what was deleted goes away there, in indexes too', async () => {
  const place = join(makeHome(), 'db')
  const tables = await openTables(place)
  await tables.create({
    name: 'users',
    partitionKey: { name: 'id', type: 'S' },
    sortKey: { name: 'at', type: 'N' },
    localIndexes: [{ name: 'byAge', sortKey: { name: 'age', type: 'N' } }],
  })
  const users = tables.table('users')
  const { database } = tables
  // Nothing goes away by itself.
  await database.pauseCompaction()
  await database.flush()
  const others = entriesOf(tables)
  for (let at = 0; at < 10; at++) await users.put({ id: 'a', at, age: at })
  const [key] = await database.keys({ prefix: Buffer.of(0xff, 0x69) }).all()
  await database.flush()
  for (let at = 0; at < 10; at++) await users.delete({ id: 'a', at })
  await database.flush()
  expect(entriesOf(tables)).toBeGreaterThanOrEqual(others + 40)
  await tables.compactStripe((key as Buffer)[stripeOffset]!)
  expect(entriesOf(tables)).toBeLessThanOrEqual(others)
  await tables.close()
  const reader = await openTables(place, { readOnly: true })
  expect(await failure(reader.compactStripe(0))).toMatchObject({ code: 'BURROW_READ_ONLY' })
})

test('only stripes that there are', async () => {
  const tables = await openTables()
  for (const stripe of [-1, 256, 1.5, Number.NaN, '3' as unknown as number])
    expect(await failure(tables.compactStripe(stripe))).toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining('a whole number from 0 to 255'),
    })
  const wrong = { onprogress: () => undefined } as object
  expect((await failure(tables.compactStripe(0, wrong))).message).toContain("did you mean 'onProgress'?")
})
