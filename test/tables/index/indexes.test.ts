import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeItem } from '../../../lib/tables/item-codec.ts'
import { catalogKey, rowsPrefix } from '../../../lib/tables/layout.ts'
import type { FillProgress, Item, TableDefinition } from '../../../lib/tables.ts'
import { Tables } from '../../../lib/tables.ts'
import { Random, testSeed } from '../../model/random.ts'
import { failure, makeHome, openTables } from '../open-tables.ts'

const posts: TableDefinition = {
  name: 'posts',
  partitionKey: { name: 'author', type: 'S' },
  sortKey: { name: 'n', type: 'N' },
}
const byTag = {
  name: 'by-tag',
  partitionKey: { name: 'tag', type: 'S' },
  sortKey: { name: 'n', type: 'N' },
} as const
const keysOnly = {
  name: 'by-day',
  partitionKey: { name: 'day', type: 'N' },
  projection: 'KEYS_ONLY',
} as const
const local = {
  name: 'by-title',
  sortKey: { name: 'title', type: 'S' },
  projection: { include: ['score'] },
} as const

const post = (n: number, more: Item = {}): Item => ({
  author: `author-${n % 7}`,
  n,
  tag: `tag-${n % 3}`,
  day: n % 5,
  ...more,
})

async function fill(tables: Tables, count: number): Promise<void> {
  const t = tables.table('posts')
  for (let from = 0; from < count; from += 25)
    await t.batchWrite(
      { put: Array.from({ length: Math.min(25, count - from) }, (_, n) => post(from + n)) },
      { sync: false },
    )
}

describe('indexes', () => {
  it('have a row for each item that has their keys, with what they project', async () => {
    const tables = await openTables()
    await tables.create({ ...posts, globalIndexes: [byTag, keysOnly], localIndexes: [local] })
    const t = tables.table('posts')
    const rows = async (number: number) => {
      const { id } = await tables.describe('posts', { count: false })
      const bytes = await tables.database
        .values({ prefix: rowsPrefix(id, number), valueEncoding: 'buffer' })
        .all()
      return bytes.map((value) => decodeItem(value))
    }
    const whole = { author: 'a', n: 1, tag: 't', day: 3, title: 'x', score: 9, body: 'b' }
    await t.put(whole)
    const inDay = { author: 'a', n: 1, day: 3 }
    const inTitle = { author: 'a', n: 1, title: 'x', score: 9 }
    expect([await rows(1), await rows(2), await rows(3)]).toEqual([[inTitle], [whole], [inDay]])
    await t.update({ author: 'a', n: 1 }, 'SET body = :b REMOVE tag', { values: { ':b': 'c' } })
    expect([await rows(1), await rows(2), await rows(3)]).toEqual([[inTitle], [], [inDay]])
    await t.update({ author: 'a', n: 1 }, 'SET tag = :t, title = :y REMOVE score', {
      values: { ':t': 'u', ':y': 'y' },
    })
    expect([await rows(1), (await rows(2)).length, await rows(3)]).toEqual([
      [{ author: 'a', n: 1, title: 'y' }],
      1,
      [inDay],
    ])
    expect((await tables.verify('posts')).ok).toBe(true)
    await t.delete({ author: 'a', n: 1 })
    expect([await rows(1), await rows(2), await rows(3)]).toEqual([[], [], []])
  })

  it('are created and filled while items are read and written', async () => {
    const tables = await openTables(':memory:', { syncWrites: false })
    await tables.create(posts)
    await fill(tables, 1500)
    const t = tables.table('posts')
    // What has no place in the index is left out of it, as DynamoDB does.
    await t.put(post(5000, { tag: 7, title: '' }))
    const progress: FillProgress[] = []
    let filled = false
    const updated = tables
      .update(
        'posts',
        { createGlobalIndexes: [byTag, keysOnly], createLocalIndexes: [local] },
        { onProgress: (told) => progress.push(told) },
      )
      .finally(() => {
        filled = true
      })
    const random = new Random(testSeed())
    let writes = 0
    while (!filled) {
      const n = random.below(2000)
      const { author } = post(n)
      if (random.chance(0.3)) await t.delete({ author: author!, n })
      else if (random.chance(0.5))
        await t.put(post(n, { tag: `tag-${random.below(9)}`, title: `title-${random.below(50)}` }))
      else
        await t.update({ author: author!, n }, 'SET tag = :t, #d = :d', {
          names: { '#d': 'day' },
          values: { ':t': `tag-${random.below(9)}`, ':d': n % 5 },
        })
      writes++
    }
    expect(await updated).toMatchObject({
      status: 'ACTIVE',
      globalIndexes: [{ status: 'ACTIVE' }, { status: 'ACTIVE' }],
    })
    expect(writes).toBeGreaterThan(5)
    expect(new Set(progress.map(({ index }) => index))).toEqual(new Set(['by-tag', 'by-day', 'by-title']))
    expect(progress.at(-1)).toMatchObject({ fraction: 1 })
    const report = await tables.verify('posts')
    expect(report.problems).toEqual([])
    expect(report.indexRows['by-day']).toBe(report.items)
    expect(report.indexRows['by-tag']).toBe(report.items - 1)
  })

  it('go on being filled where a run was interrupted', async () => {
    const place = join(makeHome(), 'db')
    const first = await Tables.open(place, { syncWrites: false })
    await first.create(posts)
    await fill(first, 2000)
    await first.update('posts', { createGlobalIndexes: [byTag] }, { wait: false })
    expect(await failure(first.update('posts', { createGlobalIndexes: [byTag] }))).toMatchObject({
      name: 'ResourceInUseException',
    })
    let waiting: Promise<Error> | undefined
    await new Promise<void>((resolve) => {
      waiting = failure(first.whenActive('posts', { onProgress: () => resolve() }))
    })
    expect(
      (await first.describe('posts', { count: false })).globalIndexes[0]?.filling?.fraction,
    ).toBeLessThan(1)
    await first.close()
    expect(await waiting).toMatchObject({ code: 'BURROW_CLOSED' })
    const reader = await Tables.open(place, { readOnly: true })
    const described = (await reader.describe('posts')).globalIndexes[0]!
    await reader.close()
    expect(described.status).toBe('CREATING')
    expect(described.filling!.items).toBe(described.itemCount)
    expect(described.filling!.items).toBeLessThan(2000)
    const again = await openTables(place)
    expect(await again.describe('posts', { count: false })).toMatchObject({ status: 'UPDATING' })
    const told: number[] = []
    await again.whenActive('posts', { onProgress: ({ items }) => told.push(items) })
    expect(Math.min(...told)).toBeGreaterThan(described.filling!.items)
    const report = await again.verify('posts')
    expect(report).toMatchObject({ ok: true, items: 2000, indexRows: { 'by-tag': 2000 } })
    expect(await again.describe('posts', { count: false })).toMatchObject({ status: 'ACTIVE' })
    // Only the record of the table is left in the catalog, beside the number of the next one.
    expect(await again.database.keys({ prefix: catalogKey('') }).all()).toHaveLength(2)
  })

  it('are dropped again when their creation is given up', async () => {
    const tables = await openTables(':memory:', { syncWrites: false })
    await tables.create({ ...posts, globalIndexes: [keysOnly] })
    await fill(tables, 600)
    const stop = new AbortController()
    const given = failure(
      tables.update(
        'posts',
        { createGlobalIndexes: [byTag] },
        { signal: stop.signal, onProgress: () => stop.abort() },
      ),
    )
    expect(await given).toMatchObject({ code: 'BURROW_ABORTED' })
    const angry = { onProgress: () => expect.fail('enough') }
    expect(
      (await failure(tables.update('posts', { createGlobalIndexes: [byTag] }, angry))).message,
    ).toContain('enough')
    const { globalIndexes, id, status } = await tables.describe('posts', { count: false })
    expect([globalIndexes.map(({ name }) => name), status]).toEqual([['by-day'], 'ACTIVE'])
    expect(await tables.database.keys({ prefix: rowsPrefix(id, 2) }).all()).toEqual([])
    expect(await tables.database.keys({ prefix: rowsPrefix(id, 3) }).all()).toEqual([])
    expect(await tables.database.keys({ prefix: catalogKey('') }).all()).toHaveLength(2)
    expect((await tables.verify('posts')).ok).toBe(true)
    const aborted = { signal: AbortSignal.abort() }
    expect(await failure(tables.update('posts', { createGlobalIndexes: [byTag] }, aborted))).toMatchObject({
      code: 'BURROW_ABORTED',
    })
  })

  it('are dropped with their rows, and their numbers are not used again', async () => {
    const tables = await openTables()
    await tables.create({ ...posts, globalIndexes: [byTag, keysOnly] })
    await fill(tables, 50)
    await tables.update('posts', {
      dropIndexes: ['by-day'],
      createGlobalIndexes: [{ ...keysOnly, name: 'by-day-2' }],
    })
    const { id } = await tables.describe('posts')
    const rows = async (number: number) =>
      (await tables.database.keys({ prefix: rowsPrefix(id, number) }).all()).length
    expect([await rows(1), await rows(2), await rows(3)]).toEqual([50, 0, 50])
    await tables.update('posts', { dropIndexes: ['by-tag', 'by-day-2'] })
    expect([await rows(0), await rows(1), await rows(3)]).toEqual([50, 0, 0])
    await tables.table('posts').put(post(1, { tag: 5 }))
    expect(await tables.verify('posts')).toMatchObject({ ok: true, items: 50, indexRows: {} })
  })

  it('that are being filled stop when they or their table are dropped', async () => {
    const tables = await openTables(':memory:', { syncWrites: false })
    await tables.create(posts)
    await fill(tables, 800)
    const gone = failure(tables.update('posts', { createGlobalIndexes: [byTag] }))
    await expect
      .poll(async () => (await tables.describe('posts', { count: false })).globalIndexes.length)
      .toBe(1)
    await tables.update('posts', { dropIndexes: ['by-tag'] })
    expect(await gone).toMatchObject({ name: 'ResourceNotFoundException' })
    const withTable = failure(tables.update('posts', { createGlobalIndexes: [byTag] }))
    await expect
      .poll(async () => (await tables.describe('posts', { count: false })).globalIndexes.length)
      .toBe(1)
    await tables.drop('posts')
    expect(await withTable).toMatchObject({ name: 'ResourceNotFoundException' })
    expect(await tables.database.keys({ prefix: Buffer.of(0xff, 0x69) }).all()).toEqual([])
    expect(await tables.database.keys({ prefix: catalogKey('') }).all()).toHaveLength(1)
  })

  it('that cannot be are refused', async () => {
    const tables = await openTables()
    await tables.create({ name: 'plain', partitionKey: { name: 'id', type: 'S' }, globalIndexes: [byTag] })
    const wrong = async (changes: object) => failure(tables.update('plain', changes))
    expect(await wrong({})).toMatchObject({ name: 'ValidationException' })
    expect(await wrong({ dropIndexes: ['none'] })).toMatchObject({ name: 'ResourceNotFoundException' })
    expect(await wrong({ dropIndexes: ['by-tag', 'by-tag'] })).toMatchObject({ name: 'ValidationException' })
    expect(await wrong({ createGlobalIndexes: [byTag] })).toMatchObject({
      name: 'ResourceInUseException',
      code: 'BURROW_EXISTS',
    })
    expect(await wrong({ createLocalIndexes: [local] })).toMatchObject({
      message: expect.stringContaining('does not have a range key'),
    })
    expect(
      await wrong({ createGlobalIndexes: [{ ...keysOnly, partitionKey: { name: 'id', type: 'N' } }] }),
    ).toMatchObject({
      message: expect.stringContaining('Attribute id is defined as S and as N'),
    })
    expect(await wrong({ createIndexes: [] })).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    expect(
      await failure(tables.update('plain', { dropIndexes: ['by-tag'] }, { waits: true } as never)),
    ).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    expect(await tables.verify('plain')).toMatchObject({ ok: true })
  })

  it('and what verify finds: rows that are missing, stale or wrong', async () => {
    const tables = await openTables()
    await tables.create({ ...posts, globalIndexes: [byTag] })
    await fill(tables, 10)
    const db = tables.database
    const { id } = await tables.describe('posts')
    const rows = (await db
      .entries({ prefix: rowsPrefix(id, 1), keyEncoding: 'buffer', valueEncoding: 'buffer' })
      .all()) as [Buffer, Buffer][]
    const [first, second, third] = rows as [[Buffer, Buffer], [Buffer, Buffer], [Buffer, Buffer]]
    await db.delete(first[0])
    await db.put(second[0], third[1])
    const base = (await db
      .entries({ prefix: rowsPrefix(id, 0), keyEncoding: 'buffer', valueEncoding: 'buffer' })
      .all()) as [Buffer, Buffer][]
    const victim = base.find(([, value]) => value.equals(third[1]))!
    await db.delete(victim[0])
    const report = await tables.verify('posts')
    expect(report).toMatchObject({ ok: false, items: 9, indexRows: { 'by-tag': 9 } })
    expect(report.problems.map(({ index, kind, row }) => [index, kind, row])).toEqual([
      ['by-tag', 'missing', first[0].toString('hex')],
      ['by-tag', 'wrong', second[0].toString('hex')],
      ['by-tag', 'stale', third[0].toString('hex')],
    ])
    await db.put(victim[0], first[1])
    expect((await tables.verify('posts')).problems[0]).toMatchObject({ kind: 'wrong' })
  })
})
