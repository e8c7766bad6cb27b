import { expect, test } from 'vitest'
import { encodeItem } from '../../../lib/tables/item-codec.ts'
import { expiryKey } from '../../../lib/tables/layout.ts'
import { Decimal } from '../../../lib/tables/number.ts'
import { expirySeconds, isExpired, isHidden, writeExpiryRow } from '../../../lib/tables/ttl/expiry.ts'
import { readTtlOptions } from '../../../lib/tables/ttl/settings.ts'
import type { Item } from '../../../lib/tables/value.ts'

test('when an item expires', () => {
  const seconds = (value: unknown) => expirySeconds({ id: 'a', at: value } as Item, 'at')
  expect(seconds(1_700_000_000)).toBe(1_700_000_000)
  expect(seconds(10.9)).toBe(10)
  expect(seconds(10n)).toBe(10)
  expect(seconds(new Decimal('10.5'))).toBe(10)
  expect(seconds(0)).toBe(0)
  for (const never of ['1700000000', -1, 2 ** 60, 10n ** 30n, null, true, new Set([1]), [1], {}]) {
    expect(seconds(never)).toBeUndefined()
  }
  expect(expirySeconds({ id: 'a' }, 'at')).toBeUndefined()
  expect(expirySeconds({ id: 'a' }, 'toString')).toBeUndefined()
})

test('an item has expired once the clock is past its second', () => {
  const item = { at: 100 }
  expect(isExpired(item, 'at', 100_000)).toBe(false)
  expect(isExpired(item, 'at', 100_999)).toBe(false)
  expect(isExpired(item, 'at', 101_000)).toBe(true)
  const stored = encodeItem(item)
  const hidden = readTtlOptions({ attribute: 'at', hideExpired: true }, 'create')
  expect(isHidden(stored, hidden, 101_000)).toBe(true)
  expect(isHidden(stored, hidden, 100_000)).toBe(false)
  expect(isHidden(stored, readTtlOptions('at', 'create'), 101_000)).toBe(false)
  expect(isHidden(stored, undefined, 101_000)).toBe(false)
})

test('expiry rows follow the item', () => {
  const row = Buffer.from('row')
  const written = (before: Item | undefined, after: Item | undefined) => {
    const done: [string, string][] = []
    writeExpiryRow(
      {
        put: (key, value) => done.push([`put ${value.byteLength}`, Buffer.from(key).toString('hex')]),
        delete: (key) => done.push(['delete', Buffer.from(key).toString('hex')]),
      },
      3,
      'at',
      row,
      before === undefined ? undefined : encodeItem(before),
      after === undefined ? undefined : encodeItem(after),
    )
    return done
  }
  const key = (seconds: number) => expiryKey(3, seconds, row).toString('hex')
  expect(written(undefined, { at: 5 })).toEqual([['put 0', key(5)]])
  expect(written({ at: 5 }, { at: 5, n: 1 })).toEqual([])
  expect(written({ at: 5 }, { at: 6 })).toEqual([
    ['delete', key(5)],
    ['put 0', key(6)],
  ])
  expect(written({ at: 5 }, { at: 'never' })).toEqual([['delete', key(5)]])
  expect(written({ at: 5 }, undefined)).toEqual([['delete', key(5)]])
  expect(written({ n: 1 }, undefined)).toEqual([])
})

test('options', () => {
  expect(readTtlOptions(undefined, 'create')).toBeUndefined()
  expect(readTtlOptions(null, 'update')).toBeUndefined()
  expect(readTtlOptions('at', 'create')).toEqual({ attribute: 'at', hideExpired: false, status: 'ENABLED' })
  expect(readTtlOptions({ attribute: 'at', hideExpired: true }, 'update', 'ENABLING')).toEqual({
    attribute: 'at',
    hideExpired: true,
    status: 'ENABLING',
  })
  const invalid = expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' })
  for (const bad of [
    {},
    { attribute: '' },
    { attribute: 1 },
    { attribute: 'x'.repeat(256) },
    5,
    { name: 'at' },
  ]) {
    expect(() => readTtlOptions(bad, 'create')).toThrow(invalid)
  }
  expect(() => readTtlOptions({ attribute: 'at', hideExpired: 1 }, 'create')).toThrow(invalid)
})
