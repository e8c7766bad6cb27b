import fc from 'fast-check'
import { expect, it } from 'vitest'
import { KeyCodec } from '../../lib/tables/key-codec.ts'
import type { KeySchema } from '../../lib/tables/key-schema.ts'
import {
  catalogKey,
  counterKey,
  expiryKey,
  expiryPrefix,
  prefixEnd,
  readExpiryKey,
  rowsPrefix,
  spacePrefix,
  streamKey,
  streamSequence,
  stripePrefix,
  tablePrefix,
  tokenKey,
} from '../../lib/tables/layout.ts'
import { readGoldenHex } from '../golden/hex.ts'

const table: KeySchema = {
  partitionKey: { name: 'p', type: 'S' },
  sortKey: { name: 's', type: 'N' },
}

it('keys have not changed', () => {
  const codec = KeyCodec.table(258, table)
  const byTime: KeySchema = { partitionKey: table.partitionKey, sortKey: { name: 'at', type: 'B' } }
  const byColour: KeySchema = { partitionKey: { name: 'c', type: 'S' } }
  const p = 'a\0é'
  const keys = [
    ...[-12.5, 0, 1234567].map((s) => codec.encode({ p, s })),
    KeyCodec.localIndex(258, 1, byTime, table).encode({ p, s: 1e-130, at: Uint8Array.of(0, 255) }),
    KeyCodec.globalIndex(258, 2, byColour, table).encode({ p, s: 100, c: 'red' }),
    catalogKey('users'),
    counterKey('table'),
    streamKey(258, 2 ** 40 + 7),
    expiryKey(258, 1732243936, codec.encode({ p: 'a', s: 0 })),
    tokenKey(Buffer.alloc(32, 0xab)),
  ]
  expect(Buffer.concat(keys).toString('hex')).toBe(readGoldenHex('formats/table_keys.hex').toString('hex'))
})

it('numbers in keys order by value and are said again', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.uint8Array(), (a, b, row) => {
      const order = Math.sign(a - b)
      expect(Math.sign(Buffer.compare(streamKey(1, a), streamKey(1, b)))).toBe(order)
      expect(Math.sign(Buffer.compare(expiryPrefix(1, a), expiryPrefix(1, b)))).toBe(order)
      expect(streamSequence(streamKey(1, a))).toBe(a)
      const { seconds, baseKey } = readExpiryKey(expiryKey(1, a, row))
      expect(seconds).toBe(a)
      expect(new Uint8Array(baseKey)).toEqual(row)
    }),
  )
})

it('spaces, tables, indexes and stripes are apart, and no text is among them', () => {
  const prefixes = [
    spacePrefix('catalog'),
    tablePrefix('streams', 1),
    tablePrefix('expiry', 1),
    spacePrefix('tokens'),
    ...[0, 1, 255, 256, 0xffffffff].flatMap((id) =>
      [0, 1, 0xffff].flatMap((index) => [0, 255].map((stripe) => stripePrefix(id, index, stripe))),
    ),
  ].sort(Buffer.compare)
  for (const [index, prefix] of prefixes.entries()) {
    const next = prefixes[index + 1]
    if (next !== undefined) expect(Buffer.compare(prefixEnd(prefix), next)).toBeLessThanOrEqual(0)
    expect(prefix[0]).toBe(0xff)
  }
  expect(Buffer.compare(Buffer.from('\u{10ffff}'), prefixes[0]!)).toBeLessThan(0)
  expect(stripePrefix(5, 6, 7).subarray(0, 8)).toEqual(rowsPrefix(5, 6))
})
