import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import {
  type BurrowError,
  Database,
  exportJsonLines,
  type ImportOptions,
  importJsonLines,
} from '../../lib/index.ts'
import { longValueBytes } from '../../lib/kv/export.ts'
import { native } from '../../lib/native.ts'
import { testSeed } from '../model/random.ts'
import { exported, fresh, roundTrips } from './round-trips.ts'

async function lines(...args: Parameters<typeof exportJsonLines>): Promise<string[]> {
  return (await buffer(exportJsonLines(...args))).toString().split('\n').slice(0, -1)
}

async function failure(
  source: string,
  options?: ImportOptions,
): Promise<{ error: BurrowError; keys: string[] }> {
  await using db = await Database.open(':memory:')
  const error = await importJsonLines(db, source, options).then(
    () => expect.unreachable('it was imported'),
    (reason: BurrowError) => reason,
  )
  return { error, keys: await db.keys().all() }
}

const seed = testSeed()

describe('what is exported comes back', () => {
  it(`for any bytes, in any order of chunks, BURROW_TEST_SEED=${seed}`, () => roundTrips(200, seed))

  it('as text cut anywhere, also between the halves of a surrogate pair', async () => {
    await using from = await fresh()
    from.putSync('a😀', '😀😀')
    const jsonl = (await exported(from)).toString()
    for (let at = 0; at <= jsonl.length; at++) {
      await using into = await fresh()
      await importJsonLines(into, [jsonl.slice(0, at), jsonl.slice(at)])
      expect(await exported(into)).toEqual(Buffer.from(jsonl))
    }
  })

  it('for the longest keys, empty values, and values around the limit of pieces', async () => {
    await using from = await fresh()
    await using into = await fresh()
    const noise = Buffer.alloc(longValueBytes + 2)
    for (let i = 0; i < noise.byteLength; i += 4)
      noise.writeUInt32LE((i * 2654435761) >>> 0, Math.min(i, noise.length - 4))
    from.putSync(Buffer.alloc(65_535, 0xff), '')
    from.putSync(Buffer.alloc(65_535, 0x01), noise.subarray(0, longValueBytes))
    from.putSync('\0'.repeat(65_535), noise.subarray(0, longValueBytes + 1))
    from.putSync('text', 'é'.repeat(longValueBytes / 2 + 1))
    await pipeline(exportJsonLines(from), (source) => importJsonLines(into, source as AsyncIterable<Buffer>))
    for (const [name, value] of from.entries()) expect(into.getSync(name)?.equals(value)).toBe(true)
    expect((await into.keys().all()).length).toBe(4)
    await using again = await fresh()
    const long = (await buffer(exportJsonLines(from, { prefix: '\0' }))).toString('latin1')
    await importJsonLines(again, long.replace('\n', '\r\n'))
    expect(again.getSync('\0'.repeat(65_535))?.byteLength).toBe(longValueBytes + 1)
  })
})

describe('exportJsonLines', () => {
  it('writes strings where the bytes are UTF-8, and base64 otherwise', async () => {
    await using db = await fresh()
    db.putSync('é', 'a"b\n')
    db.putSync(Buffer.from([0xff]), Buffer.from([1, 0xff]))
    expect(await lines(db as never)).toEqual([
      '{"key":"é","value":"a\\"b\\n"}',
      '{"key":{"base64":"/w=="},"value":{"base64":"Af8="}}',
    ])
  })

  it('takes the range of a scan, in the encoding of the database', async () => {
    await using db = await Database.open(':memory:', { keyEncoding: 'json', valueEncoding: 'json' })
    for (const word of ['a', 'ab', 'b', 'c']) await db.put(word, { word })
    const keys = async (options: object) =>
      (await lines(db, options)).map((line) => JSON.parse(JSON.parse(line).key))
    expect(await keys({ prefix: 'a' })).toEqual(['a', 'ab'])
    expect(await keys({ gt: 'a', lte: 'b' })).toEqual(['ab', 'b'])
    expect(await keys({ gte: 'b', reverse: true })).toEqual(['c', 'b'])
    expect(await keys({ limit: 1 })).toEqual(['a'])
    expect(await keys({ gt: 'x', lt: 'a' })).toEqual([])
    expect(await keys({ keyEncoding: 'utf8', lt: '"b' })).toEqual(['a', 'ab'])
    expect(await keys({ keyEncoding: 'buffer', gt: Buffer.alloc(65_535, 0xff) })).toEqual([])
    expect(await keys({ keyEncoding: 'buffer', lte: Buffer.alloc(65_535, 0xff) })).toHaveLength(4)
    expect((await lines(db, { limit: 1 }))[0]).toBe('{"key":"\\"a\\"","value":"{\\"word\\":\\"a\\"}"}')
  })

  it('shows one moment: that of its first chunk, or of a snapshot', async () => {
    await using db = await Database.open(':memory:')
    await db.put('a', '1')
    using before = db.snapshot()
    const all = exportJsonLines(db)
    await db.put('b', '2')
    const first = await all.next()
    expect(String(first.value).split('\n')).toHaveLength(3)
    expect(await lines(db, { snapshot: before })).toEqual(['{"key":"a","value":"1"}'])
  })

  it('reads on as chunks are taken, tells its progress, and closes its iterator when it is left', async () => {
    await using db = await Database.open(':memory:', { syncWrites: false })
    for (let i = 0; i < 5000; i++) db.putSync(`key ${i}`, 'x'.repeat(100))
    const told: number[] = []
    for await (const chunk of exportJsonLines(db, { onProgress: ({ records }) => told.push(records) })) {
      expect(chunk.byteLength).toBeLessThan(70_000)
      expect(told.at(-1)).toBeLessThan(1000)
      expect(db.stats().iterators.live).toBe(1)
      break
    }
    expect(db.stats().iterators.live).toBe(0)
    await pipeline(
      exportJsonLines(db, { onProgress: ({ records }) => told.push(records) }),
      async (source) => {
        for await (const _ of source);
      },
    )
    expect(told.at(-1)).toBe(5000)
  })

  it('ends when the signal fires; refuses what makes no sense before it reads', async () => {
    await using db = await Database.open(':memory:')
    await db.put('a', '1')
    await expect(exportJsonLines(db, { signal: AbortSignal.abort() }).next()).rejects.toMatchObject({
      code: 'BURROW_ABORTED',
    })
    for (const options of [
      { limits: 1 },
      { limit: -1 },
      { signal: 1 },
      { onProgress: 1 },
      { keyEncoding: 'hex' },
      1,
    ]) {
      expect(() => exportJsonLines(db, options as never)).toThrow(/exportJsonLines|keyEncoding/)
    }
  })
})

describe('importJsonLines', () => {
  it('takes strings, bytes, lists, and streams of both kinds', async () => {
    const line = '{"key":"a","value":"1"}\n'
    const sources = [
      line,
      Buffer.from(line),
      [line.slice(0, 5), Buffer.from(line.slice(5))],
      Readable.from([line]),
      new Response(line).body as unknown as AsyncIterable<Uint8Array>,
    ]
    for (const source of sources) {
      await using db = await Database.open(':memory:')
      expect(await importJsonLines(db, source)).toEqual({ lines: 1, records: 1, bytes: 24 })
      expect(db.getSync('a')).toBe('1')
    }
  })

  it('passes over empty lines, a byte order mark and a missing last line end; the order of fields is free', async () => {
    await using db = await Database.open(':memory:')
    const text = '\ufeff{"value":"1", "key":"a"}\r\n\n  \n{"key" : {"base64":"Yg=="}, "value":""}'
    expect(await importJsonLines(db, text)).toMatchObject({
      lines: 4,
      records: 2,
      bytes: Buffer.byteLength(text) - 3,
    })
    expect(await db.entries().all()).toEqual([
      ['a', '1'],
      ['b', ''],
    ])
  })

  it('applies records in batches of which each is whole, and the last value of a key wins', async () => {
    await using db = await Database.open(':memory:')
    const told: number[] = []
    const text = Array.from({ length: 25 }, (_, i) => `{"key":"k${i % 20}","value":"${i}"}\n`).join('')
    await importJsonLines(db, text, { batchSize: 10, onProgress: ({ records }) => told.push(records) })
    expect(told).toEqual([10, 20, 25])
    expect(db.getSync('k3')).toBe('23')
    expect(db.stats().ops.batch.count).toBe(3)
  })

  it('is durable when it resolves', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', { env, syncWrites: false })
    await importJsonLines(db, '{"key":"a","value":"1"}\n')
    const wreck = env.crashClone!('power', 1)
    await using after = await Database.open('db', { env: wreck })
    expect(after.getSync('a')).toBe('1')
    await db.close()
  })

  const good = '{"key":"k1","value":"1"}\n{"key":"k2","value":"2"}\n{"key":"k3","value":"3"}\n'
  it.each([
    ['{"key":"a"', 'it is not JSON'],
    ['1', 'it is no object'],
    ['null', 'it is no object'],
    ['["a","b"]', 'it is no object'],
    ['{"value":"1"}', 'it has no "key"'],
    ['{"key":"a"}', 'it has no "value"'],
    ['{"key":"a","value":"1","ttl":5}', 'it has "ttl"'],
    ['{"key":"","value":"1"}', 'the empty key is refused'],
    [`{"key":"${'k'.repeat(65_536)}","value":"1"}`, 'the key is 65536 bytes long'],
    ['{"key":1,"value":"1"}', 'its "key" is neither a string nor {"base64": "…"}'],
    ['{"key":"a","value":{"hex":"00"}}', 'its "value" is neither'],
    ['{"key":"a","value":{"base64":"00","x":1}}', 'its "value" is neither'],
    ['{"key":"a","value":null}', 'its "value" is neither'],
    ['{"key":"a","value":{"base64":"AAA"}}', 'the base64 of its "value" is malformed'],
    ['{"key":"a","value":{"base64":"A=AA"}}', 'the base64 of its "value" is malformed'],
    ['{"key":"a","value":{"base64":"AA-_"}}', 'the base64 of its "value" is malformed'],
    ['{"key":"a","value":"\\ud83d"}', 'its "value" has half of a surrogate pair'],
    ['{"key":"a","value":"\ud83d"}', 'it is not UTF-8'],
  ])('refuses %s and says which one it is', async (line, problem) => {
    const { error, keys } = await failure(`${good}${line}\n{"key":"z","value":"1"}\n`, { batchSize: 2 })
    expect(error.code).toBe('BURROW_INVALID_ARGUMENT')
    expect(error.message).toContain(`line 4 is no record`)
    expect(error.message).toContain(problem)
    expect(error.message).toContain(
      'Lines 1 to 2 are imported (2 records); import again from the start, or from line 3',
    )
    expect(error.context).toMatchObject({ line: 4, linesApplied: 2, recordsApplied: 2 })
    expect(keys).toEqual(['k1', 'k2'])
  })

  it('refuses bytes that are not UTF-8, and says so when nothing is imported', async () => {
    await using db = await Database.open(':memory:')
    const line = Buffer.concat([Buffer.from('{"key":"'), Buffer.from([0xff]), Buffer.from('","value":""}\n')])
    await expect(importJsonLines(db, line)).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringMatching(
        /^line 1 is no record: it is not UTF-8. Nothing is known to be imported/,
      ),
    })
  })

  it('refuses damage in the base64 of a long value', async () => {
    await using from = await fresh()
    from.putSync('a', Buffer.alloc(longValueBytes + 1))
    const jsonl = await exported(from)
    jsonl.write('!', 5_000_000)
    await using into = await fresh()
    await expect(importJsonLines(into, jsonl)).rejects.toMatchObject({
      context: { line: 1, linesApplied: 0 },
    })
    expect(await into.keys().all()).toEqual([])
  })

  it('says what is imported when the database fails', async () => {
    const env = native.memoryEnv()
    await using db = await Database.open('db', { env, memtableSize: 4096, syncWrites: false })
    const record = (i: number) => `{"key":"k${i}","value":"${'x'.repeat(500)}"}\n`
    const source = Readable.from(
      (function* () {
        for (let i = 0; ; i++) {
          if (i === 50) env.setCapacity!(1)
          yield record(i)
        }
      })(),
    )
    const error = await importJsonLines(db, source, { batchSize: 5 }).catch((reason: BurrowError) => reason)
    expect(error).toMatchObject({ code: 'BURROW_NO_SPACE', context: { linesApplied: expect.any(Number) } })
    env.setCapacity!(0)
  })

  it('gives up when the signal fires, also while the source gives nothing', async () => {
    await using db = await Database.open(':memory:')
    const abort = new AbortController()
    let ended = false
    const source = {
      async *[Symbol.asyncIterator]() {
        try {
          yield '{"key":"a","value":"1"}\n{"key":"b"'
          setImmediate(() => abort.abort())
          await new Promise((resolve) => setTimeout(resolve, 60_000).unref())
        } finally {
          ended = true
        }
      },
    }
    await expect(importJsonLines(db, source, { signal: abort.signal, batchSize: 1 })).rejects.toMatchObject({
      code: 'BURROW_ABORTED',
      message: expect.stringContaining('Lines 1 to 1 are imported'),
      context: { linesApplied: 1 },
    })
    expect(await db.keys().all()).toEqual(['a'])
    expect(ended).toBe(false)
  })

  it('passes on the error of a source, and refuses other things', async () => {
    await using db = await Database.open(':memory:')
    const broken = Readable.from(
      (function* () {
        yield '{"key":"a","value":"1"}\n'
        throw new Error('the network is gone')
      })(),
    )
    await expect(importJsonLines(db, broken)).rejects.toThrow('the network is gone')
    for (const source of [1, null, undefined, {}, [1], [{ key: 'a' }]]) {
      await expect(importJsonLines(db, source as never)).rejects.toMatchObject({
        code: 'BURROW_INVALID_ARGUMENT',
      })
    }
    for (const options of [{ batchSize: 0 }, { batchSize: 1.5 }, { batch: 1 }, { signal: {} }]) {
      await expect(importJsonLines(db, '', options as never)).rejects.toMatchObject({
        code: 'BURROW_INVALID_ARGUMENT',
      })
    }
  })
})
