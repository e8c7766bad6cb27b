import { expect, test } from 'vitest'
import { encodeItem } from '../../../lib/tables/item-codec.ts'
import { KeyCodec } from '../../../lib/tables/key-codec.ts'
import type { Item } from '../../../lib/tables/value.ts'
import { openTables } from '../open-tables.ts'

const definition = {
  name: 'things',
  partitionKey: { name: 'p', type: 'S' },
  sortKey: { name: 's', type: 'N' },
} as const

/** Those of key and value, in what the engine hands over of a record. */
const lengths = 8

const thing = (s: number): Item => ({ p: 'big', s, text: 'x'.repeat(200) })

test('a query reads the items that it returns, and no others', async () => {
  const tables = await openTables(':memory:')
  const { id } = await tables.create(definition)
  const t = tables.table('things')
  for (let s = 0; s < 1000; s += 25) {
    await t.batchWrite({ put: Array.from({ length: 25 }, (_, index) => thing(s + index)) })
  }
  await tables.database.flush()
  const keys = KeyCodec.table(id, definition)
  const bytesOf = (from: number, end: number) => {
    let bytes = 0
    for (let s = from; s < end; s++)
      bytes += lengths + keys.encode(thing(s)).length + encodeItem(thing(s)).length
    return bytes
  }
  const bytesRead = () => tables.database.stats().ops.next.bytesOut
  const reading = async (options: object) => {
    const before = bytesRead()
    const page = await t.query({ key: 'p = :p', values: { ':p': 'big' }, ...options })
    return { scanned: page.scannedCount, more: page.lastKey !== undefined, bytes: bytesRead() - before }
  }
  const range = { key: 'p = :p AND s BETWEEN :a AND :b', values: { ':p': 'big', ':a': 300, ':b': 399 } }
  expect(await reading(range)).toEqual({ scanned: 100, more: false, bytes: bytesOf(300, 400) })
  expect(await reading({ ...range, reverse: true })).toEqual({
    scanned: 100,
    more: false,
    bytes: bytesOf(300, 400),
  })
  expect(await reading({ limit: 100 })).toEqual({ scanned: 100, more: true, bytes: bytesOf(0, 100) })
  expect(await reading({ limit: 7, reverse: true })).toEqual({
    scanned: 7,
    more: true,
    bytes: bytesOf(993, 1000),
  })
  const from300 = { limit: 5, startKey: { p: 'big', s: 299 } }
  expect(await reading(from300)).toEqual({ scanned: 5, more: true, bytes: bytesOf(300, 305) })
})
