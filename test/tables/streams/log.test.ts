import { expect, test } from 'vitest'
import { encodeItem } from '../../../lib/tables/item-codec.ts'
import { decodeRecord, encodeRecord } from '../../../lib/tables/streams/record.ts'
import type { Item } from '../../../lib/tables/value.ts'
import { readGoldenHex, rewriteGolden, writeGoldenHex } from '../../golden/hex.ts'
import { OpenedLog } from './opened-log.ts'

const old = { id: 'a', n: 1 }
const young = { id: 'a', n: 2 }

test.each([
  ['KEYS_ONLY', false, false],
  ['NEW_IMAGE', true, false],
  ['OLD_IMAGE', false, true],
  ['NEW_AND_OLD_IMAGES', true, true],
] as const)('records with the view type %s', async (viewType, showsNew, showsOld) => {
  await using opened = await OpenedLog.open({ viewType })
  await opened.commit({ after: old })
  await opened.commit({ before: old, after: young }, { before: young, cause: 'ttl' })
  const { records } = await opened.log.records(0)
  const common = { keys: { id: 'a' }, timestamp: opened.time, viewType }
  const image = (shown: boolean, name: string, item: object) => (shown ? { [name]: item } : {})
  const size = (images: number) => 3 + images * (3 + 3)
  const both = Number(showsNew) + Number(showsOld)
  expect(records).toEqual([
    {
      ...common,
      eventName: 'INSERT',
      eventId: '000000070000000000000001',
      sequenceNumber: '000000000000000000001',
      ...image(showsNew, 'newImage', old),
      sizeBytes: size(Number(showsNew)),
    },
    {
      ...common,
      eventName: 'MODIFY',
      eventId: '000000070000000000000002',
      sequenceNumber: '000000000000000000002',
      ...image(showsNew, 'newImage', young),
      ...image(showsOld, 'oldImage', old),
      sizeBytes: size(both),
    },
    {
      ...common,
      eventName: 'REMOVE',
      eventId: '000000070000000000000003',
      sequenceNumber: '000000000000000000003',
      ...image(showsOld, 'oldImage', young),
      sizeBytes: size(Number(showsOld)),
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    },
  ])
})

test('what changes nothing is no record', async () => {
  await using opened = await OpenedLog.open()
  await opened.commit({
    before: { id: 'a', s: new Set(['x', 'y']), n: 1 },
    after: { n: 1, s: new Set(['y', 'x']), id: 'a' },
  })
  await opened.commit({ after: { id: 'b' } })
  expect((await opened.log.records(0)).records.map(({ keys }) => keys)).toEqual([{ id: 'b' }])
})

test('records are seen when they are acknowledged', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert('a')
  const { log } = opened
  const before = log.visible
  const next = log.append({ put: () => {}, delete: () => {} }, [])
  expect(next).toBe(before)
  log.acknowledged(1)
  expect(log.visible).toBe(before)
})

test('numbers and times go on after a restart, also when nothing is left', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert('a', 'b')
  opened.time -= 5000
  opened.reload()
  await opened.insert('c')
  const { records } = await opened.log.records(0)
  expect(records.map(({ sequenceNumber }) => Number(sequenceNumber))).toEqual([1, 2, 3])
  expect(new Set(records.map(({ timestamp }) => timestamp)).size).toBe(1)
  opened.time += 48 * 3600 * 1000
  await opened.log.trim()
  expect((await opened.log.records(0)).records).toEqual([])
  opened.reload()
  await opened.insert('d')
  expect((await opened.log.records(0)).records.map(({ sequenceNumber }) => Number(sequenceNumber))).toEqual([
    4,
  ])
})

test('records are kept for as long as the stream says', async () => {
  const day = 24 * 3600 * 1000
  await using opened = await OpenedLog.open()
  for (let hour = 0; hour < 30; hour++) {
    await opened.insert(hour)
    opened.time += 3600 * 1000
  }
  // The clock is at hour 30: the record of hour 6 is 24 hours old.
  const { records } = await opened.log.records(0)
  expect(records.map(({ keys }) => keys['id'])).toEqual(
    Array.from({ length: 23 }, (_, index) => String(index + 7)),
  )
  expect(records.every(({ timestamp }) => timestamp > opened.time - day)).toBe(true)
  await expect(opened.log.records(7)).rejects.toMatchObject({ name: 'TrimmedDataAccessException' })
  expect(await opened.log.records(8, 1)).toMatchObject({ records: [{ keys: { id: '7' } }], next: 9 })
  await opened.log.trim()
  // They are gone from the store, too, but for the row of the state.
  expect(
    await opened.db.keys({ prefix: Buffer.from([0xff, 0x73]), keyEncoding: 'buffer' }).all(),
  ).toHaveLength(24)
})

test('at most so many records are kept', async () => {
  await using opened = await OpenedLog.open({ maxRecords: 3 })
  await opened.insert(1, 2, 3, 4, 5)
  expect((await opened.log.records(0)).records.map(({ keys }) => keys['id'])).toEqual(['3', '4', '5'])
  await expect(opened.log.records(2)).rejects.toMatchObject({ name: 'TrimmedDataAccessException' })
})

test('pages of records', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert(...Array.from({ length: 250 }, (_, index) => index))
  const ids: unknown[] = []
  let from = 0
  for (let page = 0; page < 4; page++) {
    const { next, records } = await opened.log.records(from, 70)
    ids.push(...records.map(({ keys }) => keys['id']))
    from = next
  }
  expect(ids).toEqual(Array.from({ length: 250 }, (_, index) => String(index)))
  expect(await opened.log.records(from)).toEqual({ records: [], next: 251 })
})

test('a page ends at about a mebibyte', async () => {
  await using opened = await OpenedLog.open()
  const text = 'x'.repeat(100_000)
  for (let id = 0; id < 30; id++) await opened.commit({ after: { id: String(id), text } })
  let from = 0
  let pages = 0
  const seen: number[] = []
  for (;;) {
    const { next, records } = await opened.log.records(from)
    if (records.length === 0) break
    seen.push(...records.map(({ sequenceNumber }) => Number(sequenceNumber)))
    from = next
    pages++
  }
  expect(pages).toBe(3)
  expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
})

test('a failed batch leaves the stream as it was', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert('a')
  const undo = opened.log.configure({ put: () => {}, delete: () => {} }, undefined)
  expect(opened.log.enabled).toBe(false)
  undo()
  expect(opened.log.enabled).toBe(true)
  await opened.insert('b')
  expect((await opened.log.records(0)).records).toHaveLength(2)
})

test('a damaged record is an error, not a wrong one', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert('a')
  const [key] = await opened.db
    .keys({ prefix: Buffer.from([0xff, 0x73]), reverse: true, keyEncoding: 'buffer' })
    .all()
  const good = (await opened.db.get(key!, { valueEncoding: 'buffer' }))!
  for (let length = 0; length < good.byteLength; length++) {
    await opened.db.put(key!, good.subarray(0, length), { keyEncoding: 'buffer', valueEncoding: 'buffer' })
    await expect(opened.log.records(1)).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
  }
})

test('the format of records has not changed', () => {
  const stored = (item: Item) => ({ item, bytes: encodeItem(item) })
  const record = encodeRecord(
    { key: new Uint8Array(), before: stored(old), after: stored({ ...young, text: 'é' }), cause: 'user' },
    { id: 'a' },
    'NEW_AND_OLD_IMAGES',
    1_700_000_000_000,
  )
  const path = 'formats/stream_record.hex'
  if (rewriteGolden) writeGoldenHex(path, 'docs/formats.md "Streams": a change with both images', record)
  expect(record).toEqual(new Uint8Array(readGoldenHex(path)))
  expect(decodeRecord(1, 1, readGoldenHex(path))).toMatchObject({
    oldImage: old,
    newImage: { ...young, text: 'é' },
  })
  const removal = encodeRecord(
    { key: new Uint8Array(), before: stored(old), after: undefined, cause: 'ttl' },
    { id: 'a' },
    'KEYS_ONLY',
    1_700_000_000_000,
  )
  expect(Buffer.from(removal).toString('hex').slice(0, 8)).toBe('01020400')
})

test('what is out of sight is deleted later, whatever happens before', async () => {
  await using opened = await OpenedLog.open({ maxRecords: 5 })
  await opened.insert(...Array.from({ length: 20 }, (_, index) => index))
  const rows = async () =>
    (await opened.db.keys({ prefix: Buffer.from([0xff, 0x73]), keyEncoding: 'buffer' }).all()).length
  const ids = async () => (await opened.log.records(0)).records.map(({ keys }) => keys['id'])
  const newest = ['15', '16', '17', '18', '19']
  expect(await ids()).toEqual(newest)
  expect(await rows()).toBe(21)
  // Writes the state.
  await opened.configure({ maxRecords: 5, retentionMs: 1 })
  opened.reload()
  expect(await ids()).toEqual(newest)
  await opened.log.trim()
  expect(await rows()).toBe(6)
  expect(await ids()).toEqual(newest)
})
