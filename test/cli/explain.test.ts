/** The printed forms of explanations and dumps, in full; times are made equal. */
import { describe, expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

/** Two tables and a log, open for writing: the commands run beside it. */
async function open(folder: TemporaryFolder): Promise<Database> {
  const db = await Database.open(folder.join('db'), { compression: 'none' })
  for (let i = 10; i < 60; i++) db.putSync(`user/${i}`, 'Ada', { sync: false })
  await db.compact()
  await db.pauseCompaction()
  db.putSync('user/20', 'Grace')
  db.deleteSync('user/30')
  db.putSync('user/59', 'old')
  await db.flush()
  db.putSync('user/20', 'a\tb')
  db.putSync(Buffer.from([0xff, 0x00]), 'binary')
  db.deleteRangeSync({ gte: 'user/40', lt: 'user/50' })
  return db
}

async function printed(...args: string[]): Promise<string[]> {
  const { code, stderr, stdout } = await burrow(args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return (
    stdout
      .replace(/ *\d+\.\d us {2,}/g, ' T us  ')
      .replace(/ *\d+\.\d us/g, ' T us')
      // Opening the database opens some tables.
      .replaceAll(', file opened', '')
      .trimEnd()
      .split('\n')
  )
}

describe('beside a running writer', () => {
  test('explain-get prints the way of a read', async () => {
    using folder = new TemporaryFolder()
    await using db = await open(folder)
    const { path } = db
    expect(await printed('explain-get', path, 'user/20')).toEqual([
      'user/20 = a\\x09b (sequence 54)',
      'immutable  #1  hit T us  sequence 54',
    ])
    expect(await printed('explain-get', path, 'user/30')).toEqual([
      'user/30 is not there',
      'immutable  #1          not-in-memtable T us',
      'L0         000007.sst  tombstone T us  sequence 52, read from the disk',
    ])
    expect(await printed('explain-get', path, 'user/40', '--redact')).toEqual([
      '<7 bytes> is not there',
      'immutable  #1          tombstone T us  range deletion 56',
      expect.stringMatching(/^L0 {9}000007\.sst {2}(bloom-skip|not-in-block) T us/),
      'L6         000005.sst  tombstone T us  sequence 31, read from the disk',
    ])
    expect(await printed('explain-get', path, 'ff00', '--hex')).toEqual([
      'ff00 = 62696e617279 (sequence 55)',
      'immutable  #1  hit T us  sequence 55',
    ])
    expect(await burrowJson(['explain-get', path, 'user/59'])).toEqual({
      ...{ key: 'user/59', found: true, value: 'old', sequence: 53 },
      steps: [
        {
          ...{ place: 'immutable', memtable: 1, level: null, file: null, outcome: 'not-in-memtable' },
          ...{ sequence: null, rangeTombstone: null, filtered: false, opened: false, blockRead: null },
          microseconds: expect.any(Number),
        },
        {
          ...{ place: 'L0', memtable: null, level: 0, file: 7, outcome: 'hit', sequence: 53 },
          ...{ rangeTombstone: null, filtered: true, opened: expect.any(Boolean), blockRead: 'disk' },
          microseconds: expect.any(Number),
        },
      ],
    })
    expect(await burrowJson(['explain-get', path, 'user/59', '--redact'])).toMatchObject({
      key: '<7 bytes>',
      value: '<3 bytes>',
    })
  })

  test('key-history prints every version', async () => {
    using folder = new TemporaryFolder()
    await using db = await open(folder)
    const { path } = db
    expect(await printed('key-history', path, 'user/20')).toEqual([
      '54  put  immutable  #1          3 bytes',
      '51  put  L0         000007.sst  5 bytes',
      '11  put  L6         000005.sst  3 bytes',
    ])
    expect(await printed('key-history', path, 'user/40')).toEqual([
      '56  rangeDelete  immutable  #1          [user/40 … user/50)',
      '31  put          L6         000005.sst  3 bytes',
    ])
    expect(await printed('key-history', path, 'user/40', '--redact')).toContain(
      '56  rangeDelete  immutable  #1          [<7 bytes> … <7 bytes>)',
    )
    expect(await printed('key-history', path, 'nobody')).toEqual(['nothing is stored of nobody'])
    expect(await burrowJson(['key-history', path, 'user/30'])).toEqual([
      { sequence: 52, kind: 'delete', place: 'L0', memtable: null, level: 0, file: 7 },
      { sequence: 21, kind: 'put', place: 'L6', memtable: null, level: 6, file: 5, valueBytes: 3 },
    ])
  })

  test('dump-memtable prints what the writer has in memory', async () => {
    using folder = new TemporaryFolder()
    await using db = await open(folder)
    const { path } = db
    const lines = [
      '54\tput\tuser/20\ta\\x09b',
      '56\trangeDelete\tuser/40\tuser/50',
      '55\tput\t\\xff\\x00\tbinary',
    ]
    expect(await printed('dump-memtable', path)).toEqual(lines)
    expect(await printed('dump-memtable', path, '--limit', '1')).toEqual(lines.slice(0, 1))
    expect(await printed('dump-memtable', path, '--redact')).toEqual([
      '54\tput\t<7 bytes>\t<3 bytes>',
      '56\trangeDelete\t<7 bytes>\t<7 bytes>',
      '55\tput\t<2 bytes>\t<6 bytes>',
    ])
    const documents = [
      { sequence: 54, kind: 'put', key: 'user/20', value: 'a\tb' },
      { sequence: 56, kind: 'rangeDelete', key: 'user/40', end: 'user/50' },
      { sequence: 55, kind: 'put', key: { base64: '/wA=' }, value: 'binary' },
    ]
    expect(await burrowJson(['dump-memtable', path])).toEqual(documents)
    const jsonl = await printed('dump-memtable', path, '--jsonl', '--limit', 'all')
    expect(jsonl.map((line) => JSON.parse(line))).toEqual(documents)
  })

  test('explain-scan prints what a scan takes', async () => {
    using folder = new TemporaryFolder()
    await using db = await open(folder)
    const { path } = db
    expect(await printed('explain-scan', path, '--prefix', 'user/')).toEqual([
      '39 records, 390 B, to the end of the range',
      'passed 54: 1 tombstones, 14 hidden versions',
      'blocks: 0 from the cache, 2 from the disk (966 B)',
      expect.stringMatching(/^time: T us, first record after T us$/),
      'immutable  #1          3 entries',
      'L0         000007.sst  0 + 1 blocks  65 B',
      'L6         000005.sst  0 + 1 blocks  901 B',
    ])
    expect((await printed('explain-scan', path, '--gte', 'v')).slice(-2)).toEqual([
      'L0             1 outside of the range',
      'L6             1 outside of the range',
    ])
    expect(await burrowJson(['explain-scan', path, '--limit', '2', '--reverse'])).toMatchObject({
      records: { returned: 2 },
      complete: false,
    })
  })

  test('keys prints how they are distributed', async () => {
    using folder = new TemporaryFolder()
    await using db = await open(folder)
    const { path } = db
    expect(await printed('keys', path)).toEqual([
      '40 keys, 55 records stored, 55 looked at',
      'key lengths: 2 to 7 bytes, mean 6.9, median 7, p90 7, p99 7',
      '',
      'first byte',
      `75 u     39  ${'#'.repeat(39)}`,
      'ff \\xff  1   #',
      '',
      'prefixes',
      `user/     39  97.5 %  ${'#'.repeat(39)}`,
      '\\xff\\x00  1   2.5 %   #',
      '',
      'where records in memtables and level 0 are',
      '[user/16 … user/20]   2  40.0 %  ################',
      '[user/57 … \\xff\\x00]  2  40.0 %  ################',
      '[user/30 … user/34]   1  20.0 %  ########',
    ])
    expect((await printed('keys', path, '--redact')).slice(3, 6)).toEqual([
      'first byte',
      `75  39  ${'#'.repeat(39)}`,
      'ff  1   #',
    ])
    expect(await burrowJson(['keys', path, '--sample', '10'])).toMatchObject({ exact: false, records: 55 })
  })
})

describe('--redact', () => {
  test('hides keys and values in every dump', async () => {
    using folder = new TemporaryFolder()
    await using db = await open(folder)
    const { path } = db
    const dumps = [
      ['dump-wal', path],
      ['dump-wal', path, '--json'],
      ['dump-table', path, '5'],
      ['dump-table', path, '5', '--json'],
      ['dump-manifest', path],
      ['dump-manifest', path, '--json'],
      ['scan', path, '--jsonl'],
      ['levels', path],
      ['keys', path, '--json'],
    ]
    for (const dump of dumps) {
      const { code, stdout } = await burrow([...dump, '--redact'])
      expect({ dump, code }).toEqual({ dump, code: 0 })
      expect(stdout).not.toMatch(/user|Ada|Grace/)
      expect(stdout, dump.join(' ')).toMatch(/<7(?: |\\x20)bytes>/)
    }
  })
})
