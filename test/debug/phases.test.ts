/** Native sub-phases: what spans and events say of where the time went. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PhaseName, type Phases, phaseNames } from '../../lib/base/phases.ts'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'burrow-phases-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('have the same names on both sides', () => {
  expect(native.phaseNames).toEqual([...phaseNames])
})

/** The phases of the first span of this name that `args` fits, in the order of the list. */
async function phasesOf(db: Database, name: string, run: () => unknown): Promise<Phases> {
  const tracer = db.debug.trace()
  await run()
  await new Promise((resolve) => setImmediate(resolve))
  tracer.stop()
  const span = tracer.events().findLast((event) => event.name === name && event.ph === 'X')
  const phases = (span?.args['phases'] ?? {}) as Phases
  const total = Object.values(phases).reduce((sum, { micros }) => sum + micros, 0)
  // They are parts of it. One clock runs in C++, the other in JavaScript: a microsecond for rounding.
  if (span?.cat === 'operation') expect(total).toBeLessThanOrEqual(span.dur! + 1)
  return phases
}

const names = (phases: Phases) => Object.keys(phases) as PhaseName[]

it('tell where a read was answered', async () => {
  const path = join(folder, 'reads')
  const options = { syncWrites: false, compression: 'none' } as const
  const writer = await Database.open(path, options)
  for (let i = 0; i < 2000; i++) writer.putSync(`key ${i}`, 'v'.repeat(50))
  expect(names(await phasesOf(writer, 'get', () => writer.getSync('key 1')))).toEqual(['memtable'])
  await writer.close()

  const db = await Database.open(path, options)
  const cold = await phasesOf(db, 'get', () => db.get('key 7'))
  expect(names(cold)).toEqual(expect.arrayContaining(['memtable', 'filter', 'index', 'blockRead', 'decode']))
  expect(cold.blockRead?.count).toBeGreaterThanOrEqual(1)
  const warm = await phasesOf(db, 'get', () => db.getSync('key 7'))
  expect(names(warm)).toEqual(['memtable', 'filter', 'index', 'blockCache', 'decode'])
  expect(warm.blockCache?.count).toBe(1)
  const absent = await phasesOf(db, 'has', () => db.hasSync('key 7x'))
  expect(names(absent).slice(0, 2)).toEqual(['memtable', 'filter'])
  expect(names(await phasesOf(db, 'getMany', () => db.getMany(['key 7', 'key 8'])))).toContain('filter')
  const keys = ['key 7', 'key 8', 'key 7x']
  for (const valueEncoding of ['utf8', 'buffer'] as const) {
    const several = await phasesOf(db, 'getMany', () => db.getManySync(keys, { valueEncoding }))
    expect(names(several)).toEqual(expect.arrayContaining(['index', 'decode']))
    expect([several.memtable?.count, several.filter?.count]).toEqual([keys.length, keys.length])
  }
  const scan = await phasesOf(db, 'next', () => db.keys({ gte: 'key 9' }).nextSync(5))
  expect(names(scan)).toContain('merge')
  const later = await phasesOf(db, 'next', () => db.keys({ gte: 'key 4' }).next(500))
  expect(names(later)).toEqual(expect.arrayContaining(['decode', 'merge']))
  await db.close()
})

it('tell what the log did for a write', async () => {
  const db = await Database.open(join(folder, 'writes'), { syncWrites: false })
  const plain = await phasesOf(db, 'put', () => db.putSync('a', '1'))
  expect(names(plain)).toEqual(['wait', 'walWrite', 'memtable'])
  const synced = await phasesOf(db, 'put', () => db.putSync('a', '1', { sync: true }))
  expect(names(synced)).toEqual(['wait', 'walWrite', 'fsync', 'memtable'])
  const later = await phasesOf(db, 'put', () => db.put('a', '1'))
  expect(names(later)).toEqual(expect.arrayContaining(['wait', 'walWrite', 'memtable']))
  const durable = await phasesOf(db, 'batch', () =>
    db.batch([{ type: 'put', key: 'b', value: '2' }], { sync: true }),
  )
  expect(names(durable)).toEqual(expect.arrayContaining(['wait', 'walWrite', 'fsync', 'memtable']))
  await db.close()
})

it('come with every flush and compaction, tracer or not', async () => {
  const db = await Database.open(':memory:')
  const ends: Phases[] = []
  for (const name of ['flush', 'compaction'] as const) {
    db.on(name, (event) => {
      if (event.phase === 'end') ends.push(event.phases)
    })
  }
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 500; i++) db.putSync(`key ${i}`, `value ${round} ${i}`)
    await db.flush()
  }
  await db.compact()
  await new Promise((resolve) => setImmediate(resolve))
  const [flush, , compaction] = ends
  expect(names(flush!)).toEqual(['fsync', 'merge', 'encode', 'tableWrite'])
  expect(names(compaction!)).toEqual(
    expect.arrayContaining(['fsync', 'blockRead', 'decode', 'merge', 'encode', 'tableWrite']),
  )
  await db.close()
})

it('are not measured without a tracer, nor by one that wants none', async () => {
  const db = await Database.open(':memory:')
  db.putSync('a', '1')
  const tracer = db.debug.trace({ phases: false })
  db.getSync('a')
  tracer.stop()
  expect(tracer.events()[0]?.args).toEqual({ key: 'a' })
  const measured = db.debug.trace()
  measured.stop()
  db.getSync('a')
  const after = db.debug.trace({ phases: false })
  db.getSync('a')
  expect(after.events()[0]?.args).toEqual({ key: 'a' })
  await db.close()
})
