import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Database } from '../../lib/index.ts'

const bad = (code: string) => expect.objectContaining({ name: 'BurrowError', code })
const invalid = bad('BURROW_INVALID_ARGUMENT')

let db: Database
beforeEach(async () => {
  db = await Database.open(':memory:')
})
afterEach(async () => {
  await db.close()
})

describe('keys and values', () => {
  it('refuses wrong types, from promises by rejecting', async () => {
    for (const key of [undefined, null, 1, 1n, {}, [], Symbol('s'), () => 1, true]) {
      const wrong = key as unknown as string
      for (const call of [
        () => db.getSync(wrong),
        () => db.hasSync(wrong),
        () => db.putSync(wrong, 'v'),
        () => db.putSync('k', wrong),
        () => db.deleteSync(wrong),
        () => db.getManySync([wrong]),
        () => db.batchSync([{ type: 'put', key: wrong, value: 'v' }]),
      ]) {
        expect(call).toThrow(invalid)
      }
      for (const call of [
        () => db.get(wrong),
        () => db.has(wrong),
        () => db.put(wrong, 'v'),
        () => db.put('k', wrong),
        () => db.delete(wrong),
        () => db.getMany([wrong]),
        () => db.batch([{ type: 'delete', key: wrong }]),
      ]) {
        await expect(call()).rejects.toThrow(invalid)
      }
    }
    expect(await db.entries().all()).toEqual([])
  })

  it('refuses empty and too long keys, and takes the longest', async () => {
    const longest = 'k'.repeat(65535)
    db.putSync(longest, 'v')
    expect(db.getSync(longest)).toBe('v')
    expect(await db.get(longest)).toBe('v')
    for (const key of ['', new Uint8Array(0), 'k'.repeat(65536), new Uint8Array(65536), 'ä'.repeat(32768)]) {
      expect(() => db.putSync(key, 'v')).toThrow(invalid)
      expect(() => db.getSync(key)).toThrow(invalid)
      await expect(db.put(key, 'v')).rejects.toThrow(invalid)
      await expect(db.get(key)).rejects.toThrow(invalid)
      expect(() => db.writeBatch().put(key, 'v')).toThrow(invalid)
    }
    db.putSync('ä'.repeat(32767), 'umlauts')
    expect(db.getSync('ä'.repeat(32767))).toBe('umlauts')
    await db.deleteRange({ gt: longest })
    await db.deleteRange({ gte: longest })
    expect(db.hasSync(longest)).toBe(false)
  })

  it('keeps every byte value, and every length of value', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    const buffers = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
    for (let i = 0; i < 256; i++) db.putSync(Uint8Array.of(i), Uint8Array.of(i, 255 - i))
    db.putSync(all, all)
    for (let i = 0; i < 256; i++) {
      expect([...db.getSync(Uint8Array.of(i), buffers)!]).toEqual([i, 255 - i])
    }
    expect([...db.getSync(all, buffers)!]).toEqual([...all])
    expect(
      db
        .keys(buffers)
        .nextSync(257)
        .map((key) => key[0]),
    ).toEqual([0, 0, ...all.subarray(1)])
    for (const length of [0, 1, 2047, 2048, 2049, 16383, 16384, 16385, 100_000]) {
      const value = Buffer.alloc(length, 7)
      await db.put(`length ${length}`, value)
      expect(db.getSync(`length ${length}`, buffers)!.equals(value)).toBe(true)
      expect((await db.get(`length ${length}`, buffers))!.equals(value)).toBe(true)
    }
  })

  it('turns lone surrogates into U+FFFD', async () => {
    await db.put('a\ud800', 'b\udc00')
    expect(await db.entries().all()).toEqual([['a\ufffd', 'b\ufffd']])
    await db.batch([{ type: 'put', key: 'c\ud800', value: 'd\udfff' }])
    expect(db.getSync('c\ufffd')).toBe('d\ufffd')
  })

  it('takes any view, copies shared memory, refuses detached buffers', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(65)
    db.putSync(shared, new Float64Array([1]) as unknown as Uint8Array)
    expect(db.getSync('AAA', { valueEncoding: 'buffer' })!.readDoubleLE(0)).toBe(1)
    await db.put('view', new DataView(new Uint8Array([1, 66, 67, 2]).buffer, 1, 2) as unknown as Uint8Array)
    expect(await db.get('view')).toBe('BC')
    const detached = new Uint8Array(4)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    expect(() => db.putSync('k', new Uint8Array(detached.buffer, 0))).toThrow()
    expect(() => db.putSync(detached, 'v')).toThrow(invalid)
  })

  it('copies bytes during the call', async () => {
    const bytes = Buffer.from('before')
    const done = db.put('k', bytes)
    const batch = db.writeBatch().put('b', bytes)
    bytes.write('after!')
    await Promise.all([done, batch.commit()])
    expect(db.getManySync(['k', 'b'])).toEqual(['before', 'before'])
  })

  it('getMany takes keys, and finds values, of every kind side by side', async () => {
    const long = 'k'.repeat(60)
    const keys = ['short', 'ключ', long, Buffer.from('bytes'), 'absent', 'empty', 'text', 'short']
    const values = [
      'ASCII',
      'é',
      'x'.repeat(40_000),
      'v',
      undefined,
      '',
      'longer than a copied part',
      'ASCII',
    ]
    for (let i = 0; i < keys.length; i++) if (values[i] !== undefined) db.putSync(keys[i]!, values[i]!)
    const check = async () => {
      for (let first = 0; first < keys.length; first++) {
        for (let end = first; end <= keys.length; end++) {
          const some = values.slice(first, end)
          expect(db.getManySync(keys.slice(first, end))).toEqual(some)
          expect(await db.getMany(keys.slice(first, end))).toEqual(some)
          const bytes = db.getManySync(keys.slice(first, end), { valueEncoding: 'buffer' })
          expect(bytes.map((value) => value?.toString())).toEqual(some)
        }
      }
    }
    await check()
    await db.flush()
    await check()
    const json = ['short', '1', 'absent'].map((key) => JSON.stringify(key))
    db.putSync(json[0]!, '{"a":1}')
    db.putSync(json[1]!, '"b"')
    const parsed = db.getManySync(['short', '1', 'absent'], { keyEncoding: 'json', valueEncoding: 'json' })
    expect(parsed).toEqual([{ a: 1 }, 'b', undefined])
  })

  it('gives out buffers that the caller owns', async () => {
    const buffers = { valueEncoding: 'buffer' } as const
    db.putSync('small', 'value')
    db.putSync('large', 'v'.repeat(50_000))
    const [a, b] = [db.getSync('small', buffers)!, db.getSync('small', buffers)!]
    a.fill(0)
    expect(b.toString()).toBe('value')
    expect(db.getSync('small')).toBe('value')
    const { port1, port2 } = new MessageChannel()
    // The slab is shared with other values: it cannot be taken away. A large value has its own memory.
    try {
      port1.postMessage(a, [a.buffer as ArrayBuffer])
    } catch (error) {
      expect(error).toMatchObject({ name: 'DataCloneError' })
    }
    const large = db.getSync('large', buffers)!
    port1.postMessage(large, [large.buffer as ArrayBuffer])
    port1.close()
    port2.close()
    expect(b.toString()).toBe('value')
    expect(db.getSync('large')!.length).toBe(50_000)
  })

  it('reads and writes JSON; null is a value', async () => {
    const json = await Database.open(':memory:', { keyEncoding: 'json', valueEncoding: 'json' })
    for (const [key, value] of [
      [1, null],
      [{ a: 1 }, [1, 2]],
      ['text', { deep: { er: true } }],
    ] as const) {
      await json.put(key as never, value)
      expect(json.getSync(key as never)).toEqual(value)
      expect(await json.get(key as never)).toEqual(value)
      expect(await json.getMany([key as never])).toEqual([value])
    }
    expect(await json.get('absent')).toBe(undefined)
    await expect(json.put('k', undefined)).rejects.toThrow(invalid)
    await expect(json.put('k', 1n)).rejects.toThrow(invalid)
    await json.close()
    db.putSync('k', 'no json')
    expect(() => db.getSync('k', { valueEncoding: 'json' })).toThrow(invalid)
    await expect(db.get('k', { valueEncoding: 'json' })).rejects.toThrow(invalid)
  })
})

describe('options', () => {
  it('are read once', async () => {
    const reads = { sync: 0, wal: 0 }
    const options = {
      get sync() {
        reads.sync++
        return false
      },
      get wal() {
        reads.wal++
        return true
      },
    }
    await db.put('k', 'v', options)
    expect(reads).toEqual({ sync: 1, wal: 1 })
    let limits = 0
    const range = {
      get limit() {
        return ++limits
      },
    }
    expect([...db.keys(range)].length).toBe(1)
    expect(limits).toBe(1)
  })

  it('refuses NaN, wrong types and unknown names', async () => {
    for (const options of [null, 1, 'x', [], { sync: 1 }, { sinc: true }, { wal: 'no' }]) {
      await expect(db.put('k', 'v', options as never)).rejects.toThrow(invalid)
    }
    for (const range of [
      { limit: Number.NaN },
      { limit: -1 },
      { limit: '1' },
      { reverse: 1 },
      { start: 'a' },
      null,
      7,
    ]) {
      expect(() => db.entries(range as never)).toThrow(invalid)
    }
    for (const options of [{ memtableSize: Number.NaN }, { memtableSize: 4095 }, { memtablesize: 4096 }]) {
      await expect(Database.open(':memory:', options as never)).rejects.toThrow(invalid)
    }
    await expect(db.put('k', 'v', { sync: true, wal: false })).rejects.toThrow(invalid)
    await expect(db.put('k', 'v', { ttlMs: 5 })).rejects.toThrow(bad('BURROW_UNSUPPORTED'))
    await expect(db.deleteRange({})).rejects.toThrow(invalid)
    expect(() => db.entries().nextSync(-1)).toThrow(invalid)
    expect(() => db.on('nothing' as never, () => {})).toThrow(invalid)
  })

  it('are checked before anything is touched', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'burrow-options-'))
    const path = join(parent, 'db')
    await expect(Database.open(path, { blockSize: 1 } as never)).rejects.toThrow(invalid)
    expect(await Database.exists(path)).toBe(false)
    await expect(Database.open(path, { createIfMissing: false })).rejects.toThrow(bad('BURROW_NOT_FOUND'))
    await expect(Database.open(path, { readOnly: true })).rejects.toThrow(bad('BURROW_NOT_FOUND'))
    writeFileSync(path, 'a file')
    await expect(Database.open(path)).rejects.toThrow(invalid)
    await expect(Database.open('')).rejects.toThrow(invalid)
    await expect(Database.open(7 as never)).rejects.toThrow(invalid)
    rmSync(parent, { recursive: true })
  })
})

describe('unbuilt parts', () => {
  it('answer BURROW_UNSUPPORTED', async () => {
    const any = db as unknown as Record<string, () => Promise<void>>
    await expect(any['transaction']!()).rejects.toThrow(bad('BURROW_UNSUPPORTED'))
  })
})

describe('listeners', () => {
  it('may throw, and call back', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const seen: string[] = []
    db.on('flush', ({ phase }) => {
      seen.push(phase)
      db.putSync(`from a listener ${phase}`, 'v')
      expect(db.getSync('k')).toBe('v')
      throw new Error('mine')
    })
    db.putSync('k', 'v')
    await db.flush()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(seen).toEqual(['begin', 'end'])
    expect(db.getSync('from a listener end')).toBe('v')
    expect(warning).toHaveBeenCalledTimes(1)
    warning.mockRestore()
  })
})
