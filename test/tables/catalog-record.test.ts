import { describe, expect, it } from 'vitest'
import { decodeTable, encodeTable } from '../../lib/tables/catalog-record.ts'
import { cursorKey, decodeCursor, encodeCursor } from '../../lib/tables/index/fill-cursor.ts'
import type { TableSchema } from '../../lib/tables/table-schema.ts'
import { isRepeated, tokenRecord } from '../../lib/tables/tokens.ts'

const table: TableSchema = {
  name: 'orders',
  id: 7,
  createdAt: 1_700_000_000_000,
  partitionKey: { name: 'p', type: 'S' },
  sortKey: { name: 's', type: 'N' },
  indexes: [
    {
      name: 'idx',
      kind: 'global',
      number: 1,
      partitionKey: { name: 'x', type: 'B' },
      sortKey: undefined,
      projection: { include: ['y'] },
      status: 'CREATING',
    },
  ],
  nextIndexNumber: 2,
  ttl: undefined,
  stream: undefined,
  attributes: [],
}
const record =
  '{"version":1,"name":"orders","id":7,"createdAt":1700000000000,"partitionKey":{"name":"p","type":"S"},"sortKey":{"name":"s","type":"N"},' +
  '"indexes":[{"name":"idx","kind":"global","number":1,"partitionKey":{"name":"x","type":"B"},"projection":{"include":["y"]},"status":"CREATING"}],"nextIndexNumber":2}'

// docs/formats.md, "Catalog, counters and tokens": what is written must be read by all later versions.
describe('what the catalog keeps', () => {
  it('of a table is JSON', () => {
    expect(Buffer.from(encodeTable(table)).toString()).toBe(record)
    expect(decodeTable(Buffer.from(record), 'orders')).toEqual(table)
  })

  it.each([
    ['no JSON', 'x'],
    ['a later version', record.replace('"version":1', '"version":2')],
    ['another name', record.replace('orders', 'others')],
    ['no id', record.replace('"id":7,', '')],
    ['a bad key', record.replace('"type":"S"', '"type":"BOOL"')],
    ['a bad sort key', record.replace('"sortKey":{"name":"s"', '"sortKey":{"name":5')],
    ['bad indexes', record.replace('"kind":"global"', '"kind":"odd"')],
    ['a bad status', record.replace('CREATING', 'GONE')],
    ['a bad projection', record.replace('{"include":["y"]}', '"SOME"')],
  ])('of a table is corruption with %s', (_, text) => {
    expect(() => decodeTable(Buffer.from(text), 'orders')).toThrow(
      expect.objectContaining({ code: 'BURROW_CORRUPTION' }),
    )
  })

  it('of an index that is being filled is how far that is', () => {
    const row = Buffer.from([0xff, 0x69, 1])
    expect(Buffer.from(encodeCursor({ items: 258, row })).toString('hex')).toBe('0000000000000102ff6901')
    expect(decodeCursor(encodeCursor({ items: 258, row }))).toEqual({ items: 258, row })
    expect(decodeCursor(encodeCursor({ items: 0, row: undefined }))).toEqual(decodeCursor(undefined))
    expect(Buffer.from(cursorKey(7, 1)).toString('latin1')).toBe('\xffc\0fill 7 1')
    expect(() => decodeCursor(Buffer.alloc(7))).toThrow(
      expect.objectContaining({ code: 'BURROW_CORRUPTION' }),
    )
  })

  it('of a token is what was asked, for ten minutes', () => {
    const hash = Buffer.alloc(32, 0xab)
    const kept = tokenRecord(hash, 0)
    expect(Buffer.from(kept).toString('hex')).toBe(`00000000000927c0${'ab'.repeat(32)}`)
    expect([
      isRepeated(kept, hash, 599_999),
      isRepeated(kept, hash, 600_000),
      isRepeated(undefined, hash, 0),
    ]).toEqual([true, false, false])
    expect(() => isRepeated(kept, Buffer.alloc(32), 0)).toThrow(
      expect.objectContaining({ name: 'IdempotentParameterMismatchException' }),
    )
    expect(() => isRepeated(kept.subarray(1), hash, 0)).toThrow(
      expect.objectContaining({ code: 'BURROW_CORRUPTION' }),
    )
  })
})
