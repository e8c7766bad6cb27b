import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Database } from '../../lib/index.ts'

const records = 8_000
const key = (i: number) => `k${String(i).padStart(6, '0')}`
const value = (i: number) => `${i} ${'v'.repeat(i % 200)}`

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'burrow-ahead-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** One level-1 table, of which nothing is in memory. */
async function openTable(blockCacheSize: number): Promise<Database> {
  const options = { blockCacheSize, syncWrites: false }
  const db = await Database.open(directory, options)
  for (let i = 0; i < records; i++) db.putSync(key(i), value(i))
  await db.compact()
  await db.close()
  return await Database.open(directory, options)
}

/** Past the first windows, which the scan reads itself; the thread makes what comes behind while nobody asks for it. */
async function begin(db: Database, reverse: boolean) {
  const before = db.stats().disk.reads.ahead
  const scan = db.entries({ readAhead: 4096, reverse })
  const found = scan.nextSync(records / 2)
  await vi.waitFor(() => expect(db.stats().disk.reads.ahead).toBeGreaterThan(before))
  return { scan, found }
}

for (const blockCacheSize of [0, 1 << 20, 64 << 20]) {
  it(`a scan goes on when its tables are deleted while they are read ahead, cache ${blockCacheSize}`, async () => {
    const db = await openTable(blockCacheSize)
    for (const reverse of [false, true]) {
      const { scan, found } = await begin(db, reverse)
      for (let i = 0; i < records; i += 2) db.deleteSync(key(i))
      await db.compact()
      for (let i = 0; i < records; i += 2) db.putSync(key(i), value(i))
      found.push(...(await scan.next(100)), ...scan)
      if (reverse) found.reverse()
      expect(found).toEqual(Array.from({ length: records }, (_, i) => [key(i), value(i)]))
    }
    await db.close()
  })
}

it('closing the database ends scans that are read ahead', async () => {
  for (let round = 0; round < 5; round++) {
    const db = round === 0 ? await openTable(0) : await Database.open(directory, { blockCacheSize: 0 })
    const scans = []
    for (let i = 0; i < 4; i++) scans.push((await begin(db, i % 2 === 1)).scan)
    const last = scans[0]!.next(1)
    await Promise.all([db.close(), last.catch(() => undefined)])
    for (const scan of scans) expect(() => scan.nextSync()).toThrow('closed')
  }
})

it('scans that soon end read nothing ahead', async () => {
  const db = await openTable(1 << 20)
  for (let i = 0; i + 500 <= records; i += 500)
    expect(db.entries({ gte: key(i), limit: 500 }).nextSync(500)).toHaveLength(500)
  expect(db.stats().disk.reads.ahead).toBe(0)
  expect(db.stats().disk.reads.blocks).toBeGreaterThan(0)
  await db.close()
})
