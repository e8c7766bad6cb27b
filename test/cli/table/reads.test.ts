import { afterAll, beforeAll, expect, test } from 'vitest'
import { Tables } from '../../../lib/tables.ts'
import { TemporaryFolder } from '../burrow.ts'
import { burrowHere, burrowJsonHere } from '../in-process.ts'

const folder = new TemporaryFolder()
const db = folder.join('db')
afterAll(() => folder[Symbol.dispose]())

beforeAll(async () => {
  await using tables = await Tables.open(db)
  await tables.create({
    name: 'events',
    partitionKey: { name: 'device', type: 'S' },
    sortKey: { name: 'at', type: 'N' },
    globalIndexes: [
      { name: 'byKind', partitionKey: { name: 'kind', type: 'S' }, sortKey: { name: 'at', type: 'N' } },
    ],
  })
  for (let at = 0; at < 12; at++)
    await tables.table('events').put({ device: `d${at % 2}`, at, kind: at < 9 ? 'ping' : 'pong' })
})

const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

test('query prints a partition in order, and knows filter, projection, index and direction', async () => {
  const { stdout, stderr, code } = await burrowHere([
    ...['table', 'query', db, 'events', 'device = :d AND #at > :a', '--names', '{"#at":"at"}'],
    ...[
      '--values',
      '{":d":"d0",":a":2,":k":"ping"}',
      '--filter',
      'kind = :k',
      '--projection',
      '#at',
      '--reverse',
    ],
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines(stdout)).toEqual([{ at: 8 }, { at: 6 }, { at: 4 }])
  const pongs = ['kind = :k', '--index', 'byKind', '--values', '{":k":"pong"}', '--projection', 'device']
  expect(await burrowJsonHere(['table', 'query', db, 'events', ...pongs])).toEqual({
    items: [{ device: 'd1' }, { device: 'd0' }, { device: 'd1' }],
    count: 3,
    scannedCount: 3,
  })
})

test('a page says where the next one begins', async () => {
  const query = ['table', 'query', db, 'events', 'device = :d', '--values', '{":d":"d1"}']
  const first = await burrowHere([...query, '--limit', '4'])
  expect(lines(first.stdout)).toHaveLength(4)
  const [, startKey = ''] = /^burrow: there may be more: --start-key '(.*)'\n$/.exec(first.stderr) ?? []
  expect(JSON.parse(startKey)).toEqual({ device: 'd1', at: 7 })
  const second = await burrowJsonHere([...query, '--limit', '4', '--start-key', startKey])
  expect(second).toMatchObject({ items: [{ at: 9 }, { at: 11 }], count: 2, scannedCount: 2 })
  expect(second).not.toHaveProperty('lastKey')
})

test('scan prints everything, counts it, or a part of it', async () => {
  expect(lines((await burrowHere(['table', 'scan', db, 'events', '--jsonl'])).stdout)).toHaveLength(12)
  const counted = ['--select', 'COUNT', '--filter', 'kind = :k', '--values', '{":k":"ping"}']
  expect((await burrowHere(['table', 'scan', db, 'events', ...counted])).stdout).toBe('9\n')
  expect(await burrowJsonHere(['table', 'scan', db, 'events', ...counted])).toEqual({
    items: [],
    count: 9,
    scannedCount: 12,
  })
  let inSegments = 0
  for (const segment of ['0', '1']) {
    const part = ['--segment', segment, '--total-segments', '2']
    inSegments += ((await burrowJsonHere(['table', 'scan', db, 'events', ...part])) as { count: number })
      .count
  }
  expect(inSegments).toBe(12)
  expect(await burrowHere(['table', 'scan', db, 'events', '--json', '--jsonl'])).toMatchObject({ code: 2 })
})

test('list and describe', async () => {
  expect((await burrowHere(['table', 'list', db])).stdout).toBe('events\n')
  expect(await burrowJsonHere(['table', 'list', db])).toEqual(['events'])
  expect((await burrowHere(['table', 'describe', db, 'events'])).stdout).toMatch(
    /^table {3}events, id 1, ACTIVE, created .*Z\nkey {5}device \(S\), at \(N\)\nitems {3}12 items, \d+ B\nindex {3}byKind: global, kind \(S\), at \(N\), ALL, ACTIVE; 12 items, .*\n$/,
  )
  expect(await burrowJsonHere(['table', 'describe', db, 'events', '--no-count'])).toEqual({
    name: 'events',
    id: 1,
    createdAt: expect.stringMatching(/Z$/),
    status: 'ACTIVE',
    partitionKey: { name: 'device', type: 'S' },
    sortKey: { name: 'at', type: 'N' },
    globalIndexes: [expect.objectContaining({ name: 'byKind', status: 'ACTIVE' })],
    localIndexes: [],
  })
})

test('compact of one stripe leaves the items as they are', async () => {
  expect(await burrowJsonHere(['compact', db, '--stripe', '7'])).toMatchObject({
    after: { files: expect.any(Number) },
  })
  expect(lines((await burrowHere(['table', 'scan', db, 'events'])).stdout)).toHaveLength(12)
  expect(await burrowHere(['compact', db, '--stripe', '256'])).toMatchObject({ code: 2 })
})
