import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'
import { copyDirectory } from './wreck.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'burrow-log-end-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Copies a database whose first log is sealed, and whose second one is in use, as a killed process leaves it. */
async function killWithTwoLogs(sync: boolean): Promise<{ copy: string; sealed: string }> {
  const [live, copy] = [join(directory, 'live'), join(directory, 'copy')]
  const env = native.faultEnv(native.posixEnv())
  const db = await Database.open(live, { env, createIfMissing: true, memtableSize: 65536 })
  db.putSync('first', '1')
  db.putSync('last', '2')
  // The table never comes to be, so the log stays.
  env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
  await expect(db.flush()).rejects.toMatchObject({ code: 'BURROW_IO' })
  db.putSync('next', '3', { sync })
  // A fragment says what was durable before it.
  db.putSync('next', '4', { sync })
  copyDirectory(live, copy)
  rmSync(join(copy, 'LOCK'))
  env.clearRules!()
  await db.close()
  const [sealed] = readdirSync(copy)
    .filter((name) => name.endsWith('.wal'))
    .sort()
  return { copy, sealed: sealed! }
}

/** Damages the last record and what is behind it: the place that a torn tail is at. */
function damageEnd(path: string): void {
  const bytes = readFileSync(path)
  const at = bytes.lastIndexOf('last')
  bytes.fill(0x55, at)
  writeFileSync(path, bytes)
}

it('a log that lost its end although a later log was synced is damage, and nothing is changed', async () => {
  const { copy, sealed } = await killWithTwoLogs(true)
  damageEnd(join(copy, sealed))
  const before = readdirSync(copy).sort()
  const opening = Database.open(copy)
  await expect(opening).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
  await expect(opening).rejects.toThrow(sealed)
  expect(readdirSync(copy).filter((name) => name !== 'LOCK')).toEqual(before)
})

it('so it is when the later log, which was synced, is damaged itself', async () => {
  const { copy, sealed } = await killWithTwoLogs(true)
  damageEnd(join(copy, sealed))
  const later = readdirSync(copy).find((name) => {
    return name.endsWith('.wal') && readFileSync(join(copy, name)).includes('next')
  })!
  const bytes = readFileSync(join(copy, later))
  bytes[bytes.indexOf('next')]! ^= 1
  writeFileSync(join(copy, later), bytes)
  await expect(Database.open(copy)).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
  await expect(Database.open(copy)).rejects.toThrow(sealed)
})

it('without a sync in a later log it is a torn tail', async () => {
  const { copy, sealed } = await killWithTwoLogs(false)
  damageEnd(join(copy, sealed))
  const db = await Database.open(copy)
  expect(db.getSync('first')).toBe('1')
  expect(db.getSync('last')).toBeUndefined()
  expect(db.getSync('next')).toBeUndefined()
  expect(db.recovery.filesMoved).toHaveLength(1)
  await db.close()
})

it('what is behind the tail is kept, whichever operation of opening fails', async () => {
  const { copy, sealed } = await killWithTwoLogs(false)
  damageEnd(join(copy, sealed))
  const next = readdirSync(copy).find((name) => name.endsWith('.wal') && name > sealed)!
  const path = join(directory, 'db')
  for (let at = 1, more = true; more; at++) {
    rmSync(path, { recursive: true, force: true })
    copyDirectory(copy, path)
    const env = native.faultEnv(native.posixEnv())
    env.addRule!({ effect: 'error', after: at, repeat: true })
    const db = await Database.open(path, { env, memtableSize: 4096 }).catch(() => undefined)
    more = db === undefined
    await db?.close().catch(() => {})
    const again = await Database.open(path, { memtableSize: 4096 })
    expect(again.getSync('first'), `operation ${at}`).toBe('1')
    await again.close()
    expect(readdirSync(join(path, 'lost')), `operation ${at}`).toContain(next)
  }
})

it('after a clean close every log but the last must have its end', async () => {
  const live = join(directory, 'live')
  const env = native.faultEnv(native.posixEnv())
  const db = await Database.open(live, { env })
  db.putSync('first', '1')
  db.putSync('last', '2')
  env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
  await expect(db.flush()).rejects.toMatchObject({ code: 'BURROW_IO' })
  db.putSync('next', '3')
  await db.close()
  const [sealed] = readdirSync(live)
    .filter((name) => name.endsWith('.wal'))
    .sort()
  copyFileSync(join(live, sealed!), join(directory, 'sealed'))
  damageEnd(join(live, sealed!))
  await expect(Database.open(live)).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })

  copyFileSync(join(directory, 'sealed'), join(live, sealed!))
  const again = await Database.open(live)
  expect(again.recovery.clean).toBe(true)
  expect(again.getSync('next')).toBe('3')
  await again.close()
})
