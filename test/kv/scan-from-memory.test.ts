import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Database, type ScanOptions } from '../../lib/index.ts'
import { Random, testSeed } from '../model/random.ts'

const key = (i: number) => `k${String(i).padStart(5, '0')}`

/** Asynchronous scans take what is cached and leave the rest to a disk thread: together that must be the range. */
it('asynchronous scans over data that is partly in memory are the synchronous ones', async () => {
  const seed = testSeed()
  const random = new Random(seed)
  const directory = mkdtempSync(join(tmpdir(), 'burrow-scan-'))
  const options = { memtableSize: 256 * 1024, blockCacheSize: 256 * 1024, blockSize: 1024, syncWrites: false }
  let db = await Database.open(directory, options)
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 4000; i++) {
      db.putSync(key(random.below(6000)), `${round} ${'v'.repeat(random.below(100))}`)
      if (random.below(500) === 0) {
        const from = random.below(6000)
        db.deleteRangeSync({ gte: key(from), lt: key(from + random.below(200)) })
      }
    }
    await db.flush()
    if (round === 0) await db.compact()
  }
  await db.close()

  db = await Database.open(directory, options)
  for (let i = 0; i < 300; i++) {
    const from = random.below(6000)
    const range: ScanOptions = {
      gte: key(from),
      lt: key(from + random.below(random.below(4) === 0 ? 3000 : 200)),
      reverse: random.below(2) === 0,
      ...(random.below(3) === 0 ? { limit: random.below(50) } : {}),
      fillCache: random.below(2) === 0,
      ...(random.below(2) === 0 ? { readAhead: random.below(8192) } : {}),
    }
    const found: [string, string][] = []
    const scan = db.entries(range)
    switch (random.below(3)) {
      case 0:
        for await (const entry of scan) found.push(entry)
        break
      case 1:
        found.push(...(await scan.all()))
        break
      default: {
        for (;;) {
          const wanted = 1 + random.below(150)
          const some = random.below(4) === 0 ? scan.nextSync(wanted) : await scan.next(wanted)
          found.push(...some)
          if (some.length < wanted) break
        }
        await scan.close()
      }
    }
    expect(found, `seed ${seed}, ${JSON.stringify(range)}`).toEqual([...db.entries(range)])
    // Some of it comes into memory from elsewhere.
    if (random.below(3) === 0) for (const _ of db.keys({ gte: key(random.below(6000)), limit: 200 }));
  }
  await db.close()
  rmSync(directory, { recursive: true })
})

it('a second call before the first is answered is refused, also when the answer is in memory', async () => {
  const db = await Database.open(':memory:')
  for (let i = 0; i < 10; i++) db.putSync(key(i), 'v')
  const scan = db.keys()
  const first = scan.next(2)
  await expect(scan.next(2)).rejects.toMatchObject({ code: 'BURROW_BUSY' })
  expect(await first).toEqual([key(0), key(1)])
  await scan.close()
  // Records that came with the iterator are no different.
  const few = db.keys({ limit: 5 })
  const begun = few.next(2)
  await expect(few.next(2)).rejects.toMatchObject({ code: 'BURROW_BUSY' })
  expect(await begun).toEqual([key(0), key(1)])
  await few.close()
  await db.close()
})

/** They come with the iterator, as far as they are in memory: nobody should notice. */
it('a few records are those of the call, in any encoding, and one can seek behind them', async () => {
  const db = await Database.open(':memory:')
  const values = ['plain', 'ümlaut', 'x'.repeat(3000), 'y'.repeat(40_000), '"json"', '']
  const all = values.map((value, i): [string, string] => [key(i), value])
  for (const [name, value] of all) db.putSync(name, value)
  for (let from = 0; from < all.length; from++) {
    for (let limit = 1; limit <= all.length; limit++) {
      const expected = all.slice(from, from + limit)
      const range = { gte: key(from), limit }
      const scan = db.entries(range)
      const bytes = db.entries({ ...range, keyEncoding: 'buffer', valueEncoding: 'buffer' })
      const mixed = db.entries({ ...range, valueEncoding: 'buffer' })
      for (const [name] of all) db.putSync(name, 'later')
      expect([...scan]).toEqual(expected)
      expect(bytes.nextSync(limit).map(([name, value]) => [name.toString(), value.toString()])).toEqual(
        expected,
      )
      expect(mixed.nextSync(limit).map(([name, value]) => [name, value.toString()])).toEqual(expected)
      mixed.seek(key(0))
      expect(mixed.nextSync(10).map(([name]) => name)).toEqual(expected.map(([name]) => name))
      for (const iterator of [bytes, mixed]) await iterator.close()
      for (const [name, value] of all) db.putSync(name, value)
      expect(db.keys({ lt: key(from), limit, reverse: true }).nextSync(10)).toEqual(
        all
          .slice(Math.max(0, from - limit), from)
          .map(([name]) => name)
          .reverse(),
      )
      expect(await db.values(range).all()).toEqual(expected.map(([, value]) => value))
    }
  }
  await db.close()
})

it('short scans let the event loop turn', async () => {
  const db = await Database.open(':memory:')
  for (let i = 0; i < 10; i++) db.putSync(key(i), 'v')
  for (const read of [() => db.keys({ limit: 3 }).all(), () => db.keys({ limit: 3 }).next(2)]) {
    let turned = false
    setImmediate(() => {
      turned = true
    })
    for (let calls = 0; !turned; calls++) {
      await read()
      if (calls === 100_000) throw new Error('the event loop never turned')
    }
  }
  await db.close()
})
