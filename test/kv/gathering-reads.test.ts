import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'

const open: Database[] = []
const folders: string[] = []
async function database(path = ':memory:', options = {}): Promise<Database> {
  const db = await Database.open(path, options)
  open.push(db)
  return db
}
afterEach(async () => {
  for (const db of open.splice(0)) await db.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
function temporaryPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'burrow-gathering-'))
  folders.push(folder)
  return join(folder, 'db')
}

const key = (i: number) => `key ${String(i).padStart(5, '0')}`
const value = (i: number) => `value ${i} `.repeat(1 + (i % 4))
const all = (db: Database, from: number, to: number) =>
  Promise.all(Array.from({ length: to - from }, (_, i) => db.get(key(from + i))))
const expected = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => value(from + i))
async function filled(path?: string, records = 1000): Promise<Database> {
  const db = await database(path)
  await db.batch(Array.from({ length: records }, (_, i) => ({ type: 'put', key: key(i), value: value(i) })))
  return db
}

describe('gets in flight together', () => {
  test('each has its own answer, in the order of the calls', async () => {
    const db = await filled()
    db.deleteSync(key(7))
    db.putSync(key(8), '')
    db.putSync(key(9), 'größer als ASCII')
    db.putSync(key(10), 'x'.repeat(20_000))
    db.putSync('k'.repeat(300), 'long')
    db.putSync('schlüssel', 'other')
    const keys = [
      ...Array.from({ length: 300 }, (_, i) => key(i)),
      'none',
      'k'.repeat(300),
      'schlüssel',
      key(500),
    ]
    const order: number[] = []
    const found = await Promise.all(
      keys.map((wanted, i) =>
        db.get(wanted).then((got) => {
          // The large one is asked for again, alone.
          if (i < 300 && i !== 10) order.push(i)
          return got
        }),
      ),
    )
    expect(found).toEqual(keys.map((wanted) => db.getSync(wanted)))
    expect(found.slice(7, 9)).toEqual([undefined, ''])
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  })

  test('large values come, one by one', async () => {
    const db = await database()
    const sizes = [0, 10, 4096, 4097, 8193, 40_000, 1_000_000]
    for (let i = 0; i < 100; i++) db.putSync(key(i), `${i % 10}`.repeat(sizes[i % sizes.length]!))
    for (let round = 0; round < 2; round++) {
      const found = await all(db, 0, 100)
      expect(found).toEqual(Array.from({ length: 100 }, (_, i) => db.getSync(key(i))))
      await db.flush()
    }
  })

  test('a key that is refused is the error of its call alone', async () => {
    const db = await filled()
    const answers = await Promise.allSettled(
      [...Array.from({ length: 70 }, (_, i) => key(i)), ''].map((k) => db.get(k)),
    )
    expect(answers.slice(0, 70).map((answer) => (answer as { value?: unknown }).value)).toEqual(
      expected(0, 70),
    )
    expect(answers[70]).toMatchObject({ status: 'rejected', reason: { code: 'BURROW_INVALID_ARGUMENT' } })
  })

  const writes: [string, (db: Database, key: string) => unknown][] = [
    ['putSync', (db, k) => db.putSync(k, 'new')],
    ['put', (db, k) => db.put(k, 'new')],
    ['put of bytes', (db, k) => db.put(k, Buffer.from('new'), { valueEncoding: 'buffer' })],
    ['putSync with options', (db, k) => db.putSync(k, 'new', { wal: false })],
    ['deleteSync', (db, k) => db.deleteSync(k)],
    ['delete', (db, k) => db.delete(k)],
    ['batch', (db, k) => db.batch([{ type: 'put', key: k, value: 'new' }])],
    ['batchSync', (db, k) => db.batchSync([{ type: 'delete', key: k }])],
    ['deleteRangeSync', (db) => db.deleteRangeSync({ gte: 'key' })],
    ['clear', (db) => db.clear()],
    ['writeBatch', (db, k) => db.writeBatch().put(k, 'new').commitSync()],
  ]
  test.each(writes)('none sees what %s writes after it in the same turn', async (_, write) => {
    const db = await filled()
    await all(db, 0, 64)
    const before = db.get(key(3))
    const written = write(db, key(3))
    const after = db.get(key(3))
    expect(await before).toBe(value(3))
    expect(await after).toBe(db.getSync(key(3)))
    expect(await after).not.toBe(value(3))
    await written
  })

  test('they are answered when the database is closed right behind them', async () => {
    const db = await filled()
    await all(db, 0, 64)
    const answers = all(db, 64, 80)
    const closed = db.close()
    const late = db.get(key(1))
    expect(await answers).toEqual(expected(64, 80))
    await expect(late).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
    await closed
  })

  test('each counts once, whether it needs the disk or not', async () => {
    const path = temporaryPath()
    const before = await filled(path, 5000)
    await before.flush()
    await before.close()
    const db = await database(path)
    for (const run of ['cold', 'warm']) {
      const counted = db.stats().ops.get
      expect(await all(db, 0, 2000)).toEqual(expected(0, 2000))
      const { get } = db.stats().ops
      expect(get.count - counted.count, run).toBe(2000)
      expect(get.bytesIn - counted.bytesIn, run).toBe(2000 * key(0).length)
    }
  })

  test('damage is the error of those that meet it', async () => {
    const path = temporaryPath()
    const before = await filled(path, 5000)
    await before.flush()
    await before.close()
    const table = join(path, readdirSync(path).find((name) => name.endsWith('.sst'))!)
    const bytes = readFileSync(table)
    bytes[100]! ^= 0xff
    writeFileSync(table, bytes)
    const db = await database(path)
    const answers = await Promise.allSettled(Array.from({ length: 5000 }, (_, i) => db.get(key(i))))
    const failed = answers.filter(({ status }) => status === 'rejected')
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length).toBeLessThan(500)
    for (const answer of failed) {
      expect(answer).toMatchObject({ reason: { code: 'BURROW_CORRUPTION' } })
    }
    answers.forEach((answer, i) => {
      if (answer.status === 'fulfilled') expect(answer.value).toBe(value(i))
    })
  })
})
