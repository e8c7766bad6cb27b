import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { Database } from '../../lib/index.ts'

const GiB = 2 ** 30
const buffers = { valueEncoding: 'buffer' } as const
const invalid = (text = '') =>
  expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT', message: expect.stringContaining(text) })

// Gigabytes take their time on a machine that is busy or short of memory.
vi.setConfig({ testTimeout: 600_000 })

it('values of 1 GiB are kept; one byte more is refused; as text the error says how to read them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'burrow-large-'))
  const value = Buffer.alloc(GiB + 1, 'abcdefgh')
  const largest = value.subarray(0, GiB)
  let db = await Database.open(folder, { compression: 'lz4', syncWrites: false })
  for (const write of [
    () => db.putSync('too large', value),
    () => db.batchSync([{ type: 'put', key: 'too large', value }]),
    () => db.writeBatch().put('too large', value),
  ]) {
    expect(write).toThrow(invalid('1 GiB'))
  }
  await expect(db.put('too large', value)).rejects.toThrow(invalid('1 GiB'))
  db.putSync('a', 'small')
  await db.put('large', largest)
  db.putSync('z', 'small')
  const how = invalid("valueEncoding: 'buffer'")
  const check = async () => {
    expect(largest.equals(db.getSync('large', buffers)!)).toBe(true)
    expect(largest.equals((await db.get('large', buffers))!)).toBe(true)
    expect(await db.has('large')).toBe(true)
    expect(() => db.getSync('large')).toThrow(how)
    await expect(db.get('large')).rejects.toThrow(how)
    expect(await db.keys().all()).toEqual(['a', 'large', 'z'])
    expect((await db.values(buffers).all()).map(({ length }) => length)).toEqual([5, GiB, 5])
  }
  await check()
  await db.close()
  db = await Database.open(folder)
  await check()
  expect(() => db.getSync('large', { valueEncoding: 'json' })).toThrow(how)
  await expect(db.get('large', { valueEncoding: 'json' })).rejects.toThrow(how)
  expect(() => db.getManySync(['a', 'large'])).toThrow(how)
  await expect(db.getMany(['large', 'a'])).rejects.toThrow(how)
  expect(() => [...db.values()]).toThrow(how)
  await expect(db.entries({ reverse: true }).all()).rejects.toThrow(how)
  expect(db.stats().iterators.live).toBe(0)
  await db.close()
  rmSync(folder, { recursive: true })
})

it('a batch beyond its limit is refused and leaves what it holds', async () => {
  const db = await Database.open(':memory:', { syncWrites: false })
  const value = Buffer.alloc(700 * 2 ** 20, 'x')
  const batch = db.writeBatch().put('a', value).put('b', value)
  expect(() => batch.put('c', value)).toThrow(invalid('2 GiB'))
  expect(batch.length).toBe(2)
  expect(() => db.batchSync(['a', 'b', 'c'].map((key) => ({ type: 'put', key, value }) as const))).toThrow(
    invalid('2 GiB'),
  )
  expect(db.keys().nextSync(9)).toEqual([])
  batch.put('c', 'small')
  await batch.commit()
  expect(db.keys().nextSync(9)).toEqual(['a', 'b', 'c'])
  expect(db.getSync('b', buffers)!.equals(value)).toBe(true)
  await expect(db.getMany(['a', 'b', 'a', 'b'], buffers)).rejects.toThrow(invalid('fewer keys'))
  expect((await db.getMany(['a', 'b', 'c'], buffers)).map((found) => found?.length)).toEqual([
    value.length,
    value.length,
    5,
  ])
  await db.close()
})
