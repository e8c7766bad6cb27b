import { expect, test, vi } from 'vitest'
import { deleteConsumer, listConsumers } from '../../../lib/tables/streams/consumers.ts'
import { StreamReader } from '../../../lib/tables/streams/reader.ts'
import { OpenedLog, take } from './opened-log.ts'

const longAgo = 25 * 3600 * 1000

test('from the oldest record, the next one, a sequence number or after it', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert(1, 2, 3)
  const { records } = await opened.log.records(0)
  const second = records[1]!.sequenceNumber
  const read = (from: ConstructorParameters<typeof StreamReader>[1]) => new StreamReader(opened.log, from)
  const latest = read({ from: 'LATEST' })
  const byDefault = read(undefined)
  await opened.insert(4)
  expect(await take(read({ from: 'TRIM_HORIZON' }), 4)).toEqual(['1', '2', '3', '4'])
  expect(await take(read({ from: { at: second } }), 3)).toEqual(['2', '3', '4'])
  expect(await take(read({ from: { after: second } }), 2)).toEqual(['3', '4'])
  expect(await take(read({ from: second }), 2)).toEqual(['3', '4'])
  expect(await take(latest, 1)).toEqual(['4'])
  expect(await take(byDefault, 1)).toEqual(['4'])
})

test('what is no option or position is refused', async () => {
  await using opened = await OpenedLog.open()
  const problem = (options: object) => () => new StreamReader(opened.log, options)
  const invalid = expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' })
  for (const from of [
    'trim_horizon',
    '',
    1,
    null,
    {},
    { at: 'x' },
    { at: '1', after: '1' },
    { before: '1' },
  ]) {
    expect(problem({ from })).toThrow(invalid)
  }
  expect(problem({ form: 'LATEST' })).toThrow(invalid)
  expect(problem({ consumer: '' })).toThrow(invalid)
  expect(problem({ consumer: 'x'.repeat(256) })).toThrow(invalid)
  expect(problem({ signal: {} })).toThrow(invalid)
})

test('a reader waits for records', async () => {
  await using opened = await OpenedLog.open()
  const reader = new StreamReader(opened.log, { from: 'TRIM_HORIZON' })
  const waiting = take(reader, 3)
  await opened.insert('a')
  await new Promise(setImmediate)
  await opened.insert('b', 'c')
  expect(await waiting).toEqual(['a', 'b', 'c'])
  await reader.close()
})

test('a loop that waits ends when the reader is closed, the signal fires, or the log ends', async () => {
  await using opened = await OpenedLog.open()
  const ids: unknown[] = []
  const all = async (reader: StreamReader) => {
    ids.length = 0
    for await (const { keys } of reader) ids.push(keys['id'])
    return ids
  }
  await opened.insert('a')
  const closed = new StreamReader(opened.log, { from: 'TRIM_HORIZON' })
  const loop = all(closed)
  await vi.waitUntil(() => ids.length === 1, { timeout: 60_000 })
  await closed.return()
  expect(await loop).toEqual(['a'])
  expect(await closed.next()).toEqual({ done: true, value: undefined })

  const controller = new AbortController()
  const aborted = all(new StreamReader(opened.log, { from: 'TRIM_HORIZON', signal: controller.signal }))
  await vi.waitUntil(() => ids.length === 1, { timeout: 60_000 })
  controller.abort()
  await expect(aborted).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
  await expect(
    all(new StreamReader(opened.log, { from: 'TRIM_HORIZON', signal: AbortSignal.abort() })),
  ).rejects.toMatchObject({ code: 'BURROW_ABORTED' })

  const dropped = all(new StreamReader(opened.log, { from: 'TRIM_HORIZON' }))
  await vi.waitUntil(() => ids.length === 1, { timeout: 60_000 })
  opened.log.close(new Error('the table was dropped'))
  await expect(dropped).rejects.toThrow('the table was dropped')
  expect(() => new StreamReader(opened.log, undefined)).toThrow('the table was dropped')
})

test('a filter shows some records, and a consumer is past the others', async () => {
  await using opened = await OpenedLog.open()
  for (const id of ['a', 'b', 'c', 'd']) await opened.insert(id)
  const options = {
    consumer: 'some',
    filter: 'eventName = :insert AND #keys.id IN (:b, :d)',
    names: { '#keys': 'keys' },
    values: { ':insert': 'INSERT', ':b': 'b', ':d': 'd' },
  }
  const reader = new StreamReader(opened.log, options)
  expect((await reader.next()).value?.keys).toEqual({ id: 'b' })
  expect((await reader.next()).value?.keys).toEqual({ id: 'd' })
  await reader.checkpoint()
  await reader.close()
  await opened.insert('e')
  const later = new StreamReader(opened.log, { consumer: 'some' })
  expect((await later.next()).value?.keys).toEqual({ id: 'e' })
  await later.close()
  for (const wrong of [
    { filter: 'eventName =' },
    { filter: 'eventName = :none' },
    { values: { ':unused': 1 } },
  ])
    expect(() => new StreamReader(opened.log, wrong)).toThrow(
      expect.objectContaining({ name: 'ValidationException' }),
    )
  expect(() => new StreamReader(opened.log, { filter: 5 as never })).toThrow(
    expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' }),
  )
})

test('reading ends behind the last record of a stream that was disabled', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert('a', 'b')
  const reader = new StreamReader(opened.log, { from: 'TRIM_HORIZON' })
  expect(await take(reader, 2)).toEqual(['a', 'b'])
  const end = reader.next()
  await opened.configure(undefined)
  expect(await end).toEqual({ done: true, value: undefined })
  await opened.insert('not told')
  expect(await take(new StreamReader(opened.log, { from: 'TRIM_HORIZON' }), 9)).toEqual(['a', 'b'])
})

test('a consumer goes on behind what it has dealt with', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert(...Array.from({ length: 10 }, (_, index) => index))
  const first = new StreamReader(opened.log, { consumer: 'mail' })
  expect(await take(first, 4)).toEqual(['0', '1', '2', '3'])
  await first.close()
  opened.reload()
  // Nobody asked for the record behind 3, so it may not have been dealt with.
  const second = new StreamReader(opened.log, { consumer: 'mail', from: 'LATEST' })
  expect(await take(second, 3)).toEqual(['3', '4', '5'])
  await second.checkpoint()
  await second.close()
  opened.reload()
  const third = new StreamReader(opened.log, { consumer: 'mail' })
  expect(await take(third, 4)).toEqual(['6', '7', '8', '9'])
  const waiting = third.next()
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  opened.time += 1
  expect(await listConsumers(opened.log)).toEqual([
    { name: 'mail', sequenceNumber: '000000000000000000011', updatedAt: opened.time - 1 },
  ])
  await third.close()
  expect(await waiting).toEqual({ done: true, value: undefined })
})

test('a loop that throws has not dealt with its record', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert('a', 'b', 'c')
  const fail = async () => {
    for await (const { keys } of new StreamReader(opened.log, { consumer: 'x' })) {
      if (keys['id'] === 'b') throw new Error('no mail today')
    }
  }
  await expect(fail()).rejects.toThrow('no mail today')
  expect(await take(new StreamReader(opened.log, { consumer: 'x' }), 2)).toEqual(['b', 'c'])
})

test('one reader at a time for each consumer', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert('a')
  const first = new StreamReader(opened.log, { consumer: 'x' })
  expect(() => new StreamReader(opened.log, { consumer: 'x' })).toThrow(
    expect.objectContaining({ name: 'ResourceInUseException', code: 'BURROW_BUSY' }),
  )
  const other = new StreamReader(opened.log, { consumer: 'y' })
  expect(await take(other, 1)).toEqual(['a'])
  await first.close()
  const again = new StreamReader(opened.log, { consumer: 'x' })
  expect(await take(again, 1)).toEqual(['a'])
  await again.close()
  await other.close()
})

test('a consumer that fell behind learns that records are gone', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert('a', 'b')
  const reader = new StreamReader(opened.log, { consumer: 'slow' })
  expect(await take(reader, 1)).toEqual(['a'])
  await reader.checkpoint()
  await reader.close()
  opened.time += longAgo
  await opened.insert('c')
  const behind = new StreamReader(opened.log, { consumer: 'slow' })
  await expect(behind.next()).rejects.toMatchObject({ name: 'TrimmedDataAccessException' })
  await deleteConsumer(opened.log, 'slow')
  expect(await listConsumers(opened.log)).toEqual([])
  expect(await take(new StreamReader(opened.log, { consumer: 'slow' }), 1)).toEqual(['c'])
})

test('records that are trimmed while a reader of the oldest waits are not missed', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert('a')
  const reader = new StreamReader(opened.log, { from: 'TRIM_HORIZON' })
  opened.time += longAgo
  await opened.insert('b')
  expect(await take(reader, 1)).toEqual(['b'])
  await reader.close()
})
