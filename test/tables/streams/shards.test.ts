import { expect, test } from 'vitest'
import { describeShards, makeShardIterator, readShard } from '../../../lib/tables/streams/shards.ts'
import { OpenedLog } from './opened-log.ts'

async function ids(opened: OpenedLog, iterator: string | undefined, limit?: number): Promise<unknown[]> {
  const found: unknown[] = []
  let next = iterator
  for (let page = 0; page < 20 && next !== undefined; page++) {
    const { nextShardIterator, records } = await readShard(opened.log, next, { limit })
    if (records.length === 0) break
    found.push(...records.map(({ keys }) => keys['id']))
    next = nextShardIterator
  }
  return found
}

test('each enabling begins a shard', async () => {
  await using opened = await OpenedLog.open({ viewType: 'KEYS_ONLY' })
  await opened.insert(1, 2)
  await opened.configure(undefined)
  await opened.insert('not told')
  await opened.configure({ viewType: 'NEW_IMAGE' })
  await opened.insert(3)
  await opened.configure({ viewType: 'NEW_IMAGE', maxRecords: 1000 })
  await opened.insert(4)
  opened.reload()
  const { shards, status, viewType } = describeShards(opened.log)
  expect([status, viewType]).toEqual(['ENABLED', 'NEW_IMAGE'])
  expect(shards).toEqual([
    {
      shardId: expect.stringMatching(/^shardId-\d{20}-00000001$/),
      sequenceNumberRange: {
        startingSequenceNumber: '000000000000000000001',
        endingSequenceNumber: '000000000000000000002',
      },
    },
    {
      shardId: expect.stringMatching(/^shardId-\d{20}-00000002$/),
      parentShardId: shards[0]!.shardId,
      sequenceNumberRange: { startingSequenceNumber: '000000000000000000003' },
    },
  ])
  const { log } = opened
  expect(await ids(opened, makeShardIterator(log, { type: 'TRIM_HORIZON' }))).toEqual(['1', '2'])
  const [, second] = shards
  const { shardId } = second!
  expect(await ids(opened, makeShardIterator(log, { type: 'TRIM_HORIZON', shardId }), 1)).toEqual(['3', '4'])
  const latest = makeShardIterator(log, { type: 'LATEST' })
  const closed = makeShardIterator(log, { type: 'LATEST', shardId: shards[0]!.shardId })
  expect(await readShard(log, closed, undefined)).toEqual({ records: [] })
  await opened.insert(5)
  expect(await ids(opened, latest)).toEqual(['5'])
  const sequenceNumber = '000000000000000000003'
  expect(await ids(opened, makeShardIterator(log, { type: 'AT_SEQUENCE_NUMBER', sequenceNumber }))).toEqual([
    '3',
    '4',
    '5',
  ])
  expect(
    await ids(opened, makeShardIterator(log, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber })),
  ).toEqual(['4', '5'])
})

test('a closed shard ends, an open one goes on', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert(1)
  const { log } = opened
  const first = await readShard(log, makeShardIterator(log, { type: 'TRIM_HORIZON' }), undefined)
  expect(first.nextShardIterator).toBeTypeOf('string')
  await opened.configure(false)
  expect(await readShard(log, first.nextShardIterator!, undefined)).toEqual({ records: [] })
  expect(describeShards(log).status).toBe('DISABLED')
})

test('bad iterators', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert(1, 2)
  const { log } = opened
  const refused = (options: object) => () => makeShardIterator(log, options as never)
  const invalid = expect.objectContaining({ name: 'ValidationException' })
  expect(refused({ type: 'OLDEST' })).toThrow(invalid)
  expect(refused({ type: 'LATEST', sequenceNumber: '1' })).toThrow(invalid)
  expect(refused({ type: 'AT_SEQUENCE_NUMBER' })).toThrow(invalid)
  expect(refused({ type: 'AT_SEQUENCE_NUMBER', sequenceNumber: '9' })).toThrow(invalid)
  expect(refused({ type: 'LATEST', shardId: 'shardId-0' })).toThrow(
    expect.objectContaining({ name: 'ResourceNotFoundException' }),
  )
  const iterator = makeShardIterator(log, { type: 'TRIM_HORIZON' })
  await expect(readShard(log, iterator, { limit: 0 })).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(readShard(log, iterator, { limit: 1001 })).rejects.toMatchObject({
    name: 'ValidationException',
  })
  for (const bad of [
    '',
    'x',
    Buffer.from('[8,1,1,0]').toString('base64url'),
    Buffer.from('[7]').toString('base64url'),
  ]) {
    await expect(readShard(log, bad, undefined)).rejects.toMatchObject({ name: 'ValidationException' })
  }
  opened.time += 15 * 60 * 1000
  expect(await ids(opened, iterator)).toEqual(['1', '2'])
  opened.time += 1
  await expect(readShard(log, iterator, undefined)).rejects.toMatchObject({
    name: 'ExpiredIteratorException',
  })
})

test('records that are gone', async () => {
  await using opened = await OpenedLog.open()
  await opened.insert(1, 2)
  await opened.configure(false)
  opened.time += 25 * 3600 * 1000
  await opened.configure(true)
  await opened.insert(3)
  const { log } = opened
  await log.trim()
  expect(describeShards(log).shards).toHaveLength(1)
  const at = { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: '1' } as const
  expect(() => makeShardIterator(log, at)).toThrow(
    expect.objectContaining({ name: 'TrimmedDataAccessException', code: 'BURROW_NOT_FOUND' }),
  )
})

test('a table without a stream', async () => {
  await using opened = await OpenedLog.open(false)
  const missing = expect.objectContaining({ name: 'ResourceNotFoundException' })
  expect(() => describeShards(opened.log)).toThrow(missing)
  expect(() => makeShardIterator(opened.log, { type: 'LATEST' })).toThrow(missing)
})
