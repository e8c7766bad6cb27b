import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { quarantineTable } from '../../lib/kv/quarantine.ts'
import { verifyDirectory } from '../../lib/kv/verify.ts'
import { native } from '../../lib/native.ts'
import { copyForEachTest } from './copies.ts'
import { filesOf } from './wreck.ts'

/** Two tables that overlap, the newer with deletions, and a log. */
const copy = copyForEachTest('killed', async (path) => {
  const db = await Database.open(path)
  await db.pauseCompaction()
  for (let i = 0; i < 100; i++) db.putSync(`k${i}`, 'old')
  await db.flush()
  for (let i = 0; i < 50; i++) db.putSync(`k${i}`, 'new')
  db.deleteSync('k60')
  db.deleteRangeSync({ gte: 'k7', lt: 'k8' })
  await db.flush()
  db.putSync('late', 'log')
  return db
})

const tables = () => copy.names(/\.sst$/)
const newest = () => tables().at(-1)!
const numberOf = (name: string) => Number.parseInt(name, 10)

describe('a table that is taken out', () => {
  it('is kept in lost/, and older values are back', async () => {
    const name = newest()
    const bytes = readFileSync(copy.file(name))
    bytes[bytes.length - 20]! ^= 1
    writeFileSync(copy.file(name), bytes)
    const before = filesOf(copy.path)
    const dry = await quarantineTable(copy.path, numberOf(name), { dryRun: true })
    expect(dry).toMatchObject({ level: 0, file: copy.file(name), movedTo: null })
    expect(dry.table).toMatchObject({ entries: 50, tombstones: 1, rangeTombstones: 1 })
    expect(Buffer.from(dry.table.smallest).toString()).toBe('k0')
    expect(filesOf(copy.path)).toEqual(before)

    const report = await quarantineTable(copy.path, numberOf(name))
    expect(report).toEqual({ ...dry, movedTo: copy.file('lost') })
    expect(readFileSync(copy.file(`lost/${name}`))).toEqual(bytes)
    expect(readdirSync(copy.file('lost')).filter((kept) => kept.startsWith('MANIFEST'))).toHaveLength(1)
    expect(await verifyDirectory(copy.path)).toMatchObject({ ok: true, tables: 1, notes: [] })
    const db = await Database.open(copy.path)
    expect(db.recovery.filesMoved).toEqual([])
    expect(db.getSync('k1')).toBe('old')
    expect(db.getSync('k60')).toBe('old')
    expect(db.getSync('k77')).toBe('old')
    expect(db.getSync('late')).toBe('log')
    db.putSync('k1', 'again')
    await db.close()
    const again = await Database.open(copy.path)
    expect(again.getSync('k1')).toBe('again')
    await again.close()
    expect(readFileSync(copy.file(`lost/${name}`))).toEqual(bytes)
  })

  it('may be missing: the database opens again', async () => {
    const name = newest()
    rmSync(copy.file(name))
    await expect(Database.open(copy.path)).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
    expect(await quarantineTable(copy.path, numberOf(name))).toMatchObject({ file: null, movedTo: null })
    const db = await Database.open(copy.path)
    expect(db.getSync('k1')).toBe('old')
    await db.close()
  })

  it('leaves the mark of a clean close in force', async () => {
    await (await Database.open(copy.path)).close()
    await quarantineTable(copy.path, numberOf(tables()[0]!))
    const db = await Database.open(copy.path, { readOnly: true })
    expect(db.recovery.clean).toBe(true)
    await db.close()
  })

  it('is not lost by a power cut at any moment, and the database opens', async () => {
    const memory = native.memoryEnv()
    const db = await Database.open('db', { env: memory })
    await db.pauseCompaction()
    db.putSync('a', 'old')
    await db.flush()
    db.putSync('a', 'new')
    await db.flush()
    await db.close()
    const name = memory.list('db').findLast((file) => file.endsWith('.sst'))!
    const outcomes = new Set<string>()
    for (let step = 1; step < 40; step++) {
      const base = memory.crashClone!('kill', step)
      const failing = native.faultEnv(base)
      failing.addRule!({ operations: changes, after: step, repeat: true, effect: 'error' })
      const failed = await quarantineTable('db', numberOf(name), { env: failing }).then(
        () => false,
        () => true,
      )
      const wreck = base.crashClone!('power', step)
      const reopened = await Database.open('db', { env: wreck })
      const value = reopened.getSync('a')
      await reopened.close()
      const lost = wreck.exists('db/lost') ? wreck.list('db/lost') : []
      expect(lost.includes(name) || wreck.exists(`db/${name}`), `step ${step}`).toBe(true)
      if (value === 'old') expect(lost, `step ${step}`).toContain(name)
      outcomes.add(`${value} ${failed}`)
      if (!failed) break
    }
    expect(outcomes).toEqual(new Set(['new true', 'old true', 'old false']))
  })
})

const changes = ['create', 'write', 'sync', 'syncdir', 'rename', 'remove', 'truncate', 'mkdir']

it('what cannot be done is refused, and nothing is changed', async () => {
  const number = numberOf(newest())
  const db = await Database.open(copy.path)
  await expect(quarantineTable(copy.path, number)).rejects.toMatchObject({ code: 'BURROW_LOCKED' })
  await db.close()
  const before = filesOf(copy.path)
  await expect(quarantineTable(copy.path, 4711)).rejects.toMatchObject({ code: 'BURROW_NOT_FOUND' })
  await expect(quarantineTable(join(copy.folder, 'none'), 1)).rejects.toMatchObject({
    code: 'BURROW_NOT_FOUND',
  })
  expect(readdirSync(copy.folder)).not.toContain('none')
  expect(filesOf(copy.path)).toEqual(before)
  writeFileSync(copy.file('CURRENT'), '')
  await expect(quarantineTable(copy.path, number)).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
})
