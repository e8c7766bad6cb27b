import { describe, expect, test, vi } from 'vitest'
import { Database } from '../../lib/index.ts'
import { debugHost } from '../../lib/kv/debug-host.ts'
import { type NativeEnv, native } from '../../lib/native.ts'
import { closing } from './closing.ts'

const KiB = 1024

/** A table with a to c, an immutable memtable when flushes are held up, and newer writes. */
async function filled(): Promise<Database> {
  const db = closing(await Database.open(':memory:'))
  for (const key of ['a', 'b', 'c']) db.putSync(key, key.toUpperCase())
  db.deleteRangeSync({ gte: 'x', lt: 'z' })
  await db.flush()
  db.putSync('b', '1')
  db.deleteSync('a')
  db.deleteRangeSync({ gte: 'b', lt: 'c' })
  db.putSync('b', '2')
  return db
}

const shown = [
  { key: 'a', sequence: 6, kind: 'delete' },
  { key: 'b', sequence: 8, kind: 'put', value: '2' },
  { key: 'b', sequence: 7, kind: 'rangeDelete', end: 'c' },
  { key: 'b', sequence: 5, kind: 'put', value: '1' },
]

describe('dumpMemTable', () => {
  test('gives every record in key order, newest first', async () => {
    const db = await filled()
    expect([...db.debug.dumpMemTable()]).toEqual(shown)
    expect([...db.debug.dumpMemTable({ limit: 2 })]).toEqual(shown.slice(0, 2))
    expect([...db.debug.dumpMemTable({ limit: 0 })]).toEqual([])
  })

  test('is of the moment of the call, whatever comes after', async () => {
    const db = await filled()
    const dump = db.debug.dumpMemTable()
    db.putSync('c', 'later')
    await db.flush()
    await db.compact()
    db.putSync('d', 'later')
    expect([...dump]).toEqual(shown)
    expect([...db.debug.dumpMemTable()]).toEqual([{ key: 'd', sequence: 10, kind: 'put', value: 'later' }])
  })

  test('covers memtables that wait for their flush', async () => {
    const env = native.faultEnv(native.memoryEnv())
    const db = closing(await Database.open('db', { env, memtableSize: 8 * KiB, maxMemtables: 4 }))
    const rule = env.addRule!({
      operations: ['create'],
      pathContains: '.sst',
      effect: 'delay',
      delayMicros: 100_000,
      repeat: true,
    })
    for (let i = 0; i < 100; i++) await db.put(`k${String(i).padStart(3, '0')}`, 'v'.repeat(150))
    const places = new Set(db.debug.explainScan({}).memtables.map(({ place }) => place))
    const keys = [...db.debug.dumpMemTable()].map(({ key }) => key)
    env.removeRule!(rule)
    expect(places).toEqual(new Set(['memtable', 'immutable']))
    expect(keys).toEqual([...keys].sort())
    expect(keys.at(-1)).toBe('k099')
    expect(db.debug.dumpMemTable().next().value).toBeDefined()
  })

  test('shows keys and values in any form, or hides them', async () => {
    const db = closing(await Database.open(':memory:'))
    const odd = Buffer.from([0x61, 0x0a, 0xff, 0x5c])
    db.putSync(odd, Buffer.from([0]))
    const forms = ['utf8', 'buffer', 'hex', 'base64', 'escaped', 'json'] as const
    const seen = forms.map((form) => [...db.debug.dumpMemTable({ keyFormat: form })][0]!.key)
    expect(seen).toEqual([odd, odd, '610aff5c', 'YQr/XA==', 'a\\x0a\\xff\\\\', odd])
    expect([...db.debug.dumpMemTable({ valueFormat: 'hex' })][0]!.value).toBe('00')
    expect([...db.debug.dumpMemTable({ redact: true })]).toEqual([
      { key: '<4 bytes>', sequence: 1, kind: 'put', value: '<1 byte>' },
    ])
  })

  test('takes records that are larger than a batch', async () => {
    const db = closing(await Database.open(':memory:'))
    const value = 'x'.repeat(1 << 20)
    for (const key of ['a', 'b', 'c']) db.putSync(key, value)
    const found = [...db.debug.dumpMemTable()]
    expect(found.map((record) => [record.key, record.value === value])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ])
  })
})

describe('dumpTable, dumpWal, dumpManifest', () => {
  test('passes over a log that is deleted before its turn, its writes being in tables', async () => {
    const db = closing(await Database.open(':memory:'))
    db.putSync('a', '1')
    const { directory, env } = db[debugHost]
    const logs = () => env.list(directory).filter((name) => name.endsWith('.wal'))
    const [first] = logs()
    const dump = db.debug.dumpWal()
    const one = db.debug.dumpWal(Number.parseInt(first!, 10))
    await db.flush()
    await vi.waitFor(() => expect(logs()).not.toContain(first))
    expect([...dump]).toEqual([])
    expect(() => one.next()).toThrow(expect.objectContaining({ code: 'BURROW_IO' }))
  })

  test('give what stands in the files', async () => {
    const db = await filled()
    const [file] = db.levels()[0]!.files
    const table = db.debug.dumpTable(file!.number)
    expect([...table]).toEqual(
      ['a', 'b', 'c'].map((key, i) => ({ key, sequence: i + 1, kind: 'put', value: key.toUpperCase() })),
    )
    expect([...table]).toHaveLength(3)
    expect(table).toMatchObject({
      properties: { number: file!.number, entries: 3, smallest: 'a', largest: 'z' },
      rangeTombstones: [{ begin: 'x', end: 'z', sequences: [4] }],
    })
    expect([...db.debug.dumpTable(file!.number, { limit: 1, keyFormat: 'hex' })]).toEqual([
      { key: '61', sequence: 1, kind: 'put', value: 'A' },
    ])
    const logged = [...db.debug.dumpWal()]
    expect(logged.map(({ kind, sequence }) => `${sequence} ${kind}`)).toEqual([
      '5 put',
      '6 delete',
      '7 rangeDelete',
      '8 put',
    ])
    expect(logged[2]).toMatchObject({ key: 'b', end: 'c', offset: expect.any(Number) })
    expect([...db.debug.dumpWal(logged[0]!.file)]).toEqual(logged)
    expect([...db.debug.dumpWal(undefined, { limit: 1 })]).toEqual(logged.slice(0, 1))
    const edits = [...db.debug.dumpManifest()]
    expect(edits.flatMap(({ edit }) => edit.added ?? [])).toMatchObject([
      { level: 0, table: { number: file!.number, smallest: 'a', largest: 'z' } },
    ])
    expect(edits.map(({ text }) => text).join('\n')).toContain('add-table: L0 ')
  })

  test('hide keys and values', async () => {
    const db = await filled()
    const number = db.levels()[0]!.files[0]!.number
    const table = db.debug.dumpTable(number, { redact: true })
    const all = JSON.stringify([
      ...table,
      table.properties,
      table.rangeTombstones,
      ...db.debug.dumpWal(undefined, { redact: true }),
      ...db.debug.dumpManifest({ redact: true }),
      ...db.debug.keyHistory('b', { redact: true }),
    ])
    expect(all).toContain('"key":"<1 byte>"')
    expect(all).toContain('"smallest":"<1 byte>"')
    expect(all).not.toMatch(/"[abcxzABC12]"/)
    expect(all).not.toContain('[a,z)')
  })

  test('say what file there is not', async () => {
    const db = await filled()
    const missing = expect.objectContaining({ code: 'BURROW_NOT_FOUND' })
    expect(() => db.debug.dumpTable(999)).toThrow(missing)
    expect(() => db.debug.dumpWal(999)).toThrow(missing)
    const invalid = expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' })
    expect(() => db.debug.dumpTable(0)).toThrow(invalid)
    expect(() => db.debug.dumpTable('5' as never)).toThrow(invalid)
    expect(() => db.debug.dumpWal(undefined, { limit: 0.5 })).toThrow(invalid)
    expect(() => db.debug.dumpManifest({ limit: 5 } as never)).toThrow(invalid)
  })
})

describe('a damaged file', () => {
  /** What a dump gives before it fails, and how it fails. */
  function until(dump: Iterable<object>): { records: object[]; error: unknown } {
    const records: object[] = []
    try {
      for (const record of dump) records.push(record)
    } catch (error) {
      return { records, error }
    }
    return { records, error: undefined }
  }

  /** A database of 500 keys in one table, reads of which go wrong from the n-th on. */
  async function damaged(options: { redact?: boolean; skip: number }) {
    const env = native.faultEnv(native.memoryEnv())
    const db = closing(await Database.open('db', { env, compression: 'none' }))
    for (let i = 0; i < 20_000; i++)
      db.putSync(`k${String(i).padStart(5, '0')}`, 'v'.repeat(100), { sync: false })
    await db.flush()
    const dump = db.debug.dumpTable(db.levels()[0]!.files[0]!.number, { redact: options.redact })
    env.addRule!({
      operations: ['read'],
      pathContains: '.sst',
      effect: 'garbage',
      repeat: true,
      after: options.skip,
    })
    return until(dump)
  }

  test('names file and offset, and what was dumped before it', async () => {
    const { error, records } = await damaged({ skip: 3 })
    expect(records.length).toBeGreaterThan(100)
    expect(records.length).toBeLessThan(20_000)
    const last = `k${String(records.length - 1).padStart(5, '0')}`
    expect(records.at(-1)).toMatchObject({ key: last })
    expect(error).toMatchObject({
      code: 'BURROW_CORRUPTION',
      message: expect.stringContaining(
        `${records.length} records were dumped before it, up to the key ${last}`,
      ),
      context: {
        file: expect.stringMatching(/\.sst$/),
        offset: expect.any(Number),
        dumped: records.length,
        lastKey: last,
      },
    })
  })

  test('does not show the last key when keys are hidden', async () => {
    const { error } = await damaged({ redact: true, skip: 3 })
    expect(error).toMatchObject({ context: { lastKey: '<6 bytes>' } })
    expect(String(error)).not.toContain('k0')
  })

  test('a log, a manifest', async () => {
    const env = native.faultEnv(native.memoryEnv())
    const db = closing(await Database.open('db', { env }))
    db.putSync('a', '1')
    for (const [kind, dump] of [
      ['.wal', db.debug.dumpWal()],
      ['MANIFEST', db.debug.dumpManifest()],
    ] as const) {
      const rule = env.addRule!({ operations: ['read'], pathContains: kind, effect: 'error', repeat: true })
      expect(until(dump)).toMatchObject({
        records: [],
        error: { code: 'BURROW_IO', context: { dumped: 0, file: expect.stringContaining(kind) } },
      })
      env.removeRule!(rule)
    }
  })
})

describe('when it is not open for writing', () => {
  test('a read-only database has memtables of its logs', async () => {
    const env: NativeEnv = native.memoryEnv()
    const db = closing(await Database.open('db', { env }))
    db.putSync('a', '1')
    const copy = env.crashClone!('kill', 1)
    const reader = closing(await Database.open('db', { env: copy, readOnly: true }))
    expect([...reader.debug.dumpMemTable()]).toEqual([{ key: 'a', sequence: 1, kind: 'put', value: '1' }])
    expect(reader.debug.explainGet('a')).toMatchObject({
      found: true,
      value: '1',
      steps: [{ place: 'immutable' }],
    })
    expect(reader.debug.keyHistory('a')).toMatchObject([{ place: 'immutable', memtable: expect.any(Number) }])
    expect(reader.debug.explainScan({})).toMatchObject({ records: { returned: 1 } })
    expect(reader.debug.analyzeKeyDistribution()).toMatchObject({ keys: 1, firstByte: [[97, 1]] })
    expect(reader.debug.dumpLevelStats()).toContain('1 entries')
    expect([...reader.debug.dumpWal()]).toHaveLength(1)
    expect([...reader.debug.dumpManifest()].length).toBeGreaterThan(0)
  })

  test('everything fails with BURROW_CLOSED from the moment on when it closes', async () => {
    const db = await filled()
    const dump = db.debug.dumpMemTable()
    const table = db.debug.dumpTable(db.levels()[0]!.files[0]!.number)
    const { debug } = db
    const closing = db.close()
    const closed = expect.objectContaining({ code: 'BURROW_CLOSED' })
    const calls = [
      () => debug.dumpMemTable(),
      () => debug.dumpLevelStats(),
      () => debug.dumpTable(1),
      () => debug.dumpWal(),
      () => debug.dumpManifest(),
      () => debug.explainGet('a'),
      () => debug.explainScan({}),
      () => debug.keyHistory('a'),
      () => debug.analyzeKeyDistribution(),
      () => debug.prefixShares(),
      () => dump.next(),
      () => [...table],
    ]
    for (const call of calls) expect(call).toThrow(closed)
    await closing
    for (const call of calls.slice(0, -2)) expect(call).toThrow(closed)
  })
})
