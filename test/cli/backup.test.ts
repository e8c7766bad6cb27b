import { mkdirSync, readdirSync, truncateSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

async function filled(folder: TemporaryFolder): Promise<string> {
  const path = folder.join('db')
  await using db = await Database.open(path)
  db.putSync('a', '1')
  return path
}

test('a checkpoint is a database', async () => {
  using folder = new TemporaryFolder()
  const db = await filled(folder)
  expect(await burrowJson(['checkpoint', db, folder.join('copy')])).toMatchObject({ linked: 1, copied: 0 })
  expect((await burrow(['get', folder.join('copy'), 'a'])).stdout).toBe('1\n')
  const again = await burrow(['checkpoint', db, folder.join('copy')])
  expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('BURROW_EXISTS') })
  const text = await burrow(['checkpoint', db, folder.join('other')])
  expect(text.stdout).toMatch(/other: 1 file, .* \(1 linked\) in \d+ ms\n$/)
})

test('backup, list, verify, restore', async () => {
  using folder = new TemporaryFolder()
  const db = await filled(folder)
  const backups = folder.join('backups')
  const first = await burrow(['backup', db, backups])
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toMatch(/^backup 1: 1 table, .*; 1 new, /)
  await burrow(['put', db, 'b', '2'])
  expect(await burrowJson(['backup', db, backups])).toMatchObject({ id: 2, sharedFiles: 1, copiedFiles: 1 })
  expect(await burrowJson(['backup', 'list', backups])).toMatchObject([{ id: 1 }, { id: 2, damage: null }])
  expect((await burrow(['backup', 'list', backups])).stdout.trim().split('\n')).toHaveLength(2)
  expect(await burrowJson(['backup', 'verify', backups, '--id', '2'])).toMatchObject({
    ok: true,
    backups: [2],
  })
  expect((await burrow(['backup', 'verify', backups])).stdout).toMatch(/^2 backups: sound; read 2 tables/)
  expect(await burrowJson(['restore', backups, folder.join('old'), '--id', '1'])).toMatchObject({ id: 1 })
  expect((await burrow(['get', folder.join('old'), 'b'])).code).toBe(1)
  expect((await burrow(['restore', backups, folder.join('new')])).stdout).toMatch(/^backup 2 restored to /)
  expect((await burrow(['get', folder.join('new'), 'b'])).stdout).toBe('2\n')
  const kept = await burrow(['backup', db, backups, '--keep-count', '1', '--keep-age', '7d', '--no-verify'])
  expect(kept.stdout).toContain('removed: 1, 2')
})

test('damage is an exit code', async () => {
  using folder = new TemporaryFolder()
  const db = await filled(folder)
  const backups = folder.join('backups')
  await burrow(['backup', db, backups])
  const shared = `${backups}/shared`
  truncateSync(`${shared}/${readdirSync(shared)[0]}`, 10)
  const verified = await burrow(['backup', 'verify', backups])
  expect(verified).toMatchObject({ code: 1, stderr: '' })
  expect(verified.stdout).toContain('it is 10 bytes long')
  const restored = await burrow(['restore', backups, folder.join('r'), '--json'])
  expect(restored.code).toBe(1)
  expect(JSON.parse(restored.stderr)).toMatchObject({ error: { code: 'BURROW_CORRUPTION' } })
  expect(readdirSync(folder.path).sort()).toEqual(['backups', 'db'])
})

test('what is open elsewhere, not there, or makes no sense', async () => {
  using folder = new TemporaryFolder()
  const path = await filled(folder)
  await using _ = await Database.open(path)
  const locked = await burrow(['backup', path, folder.join('b')])
  expect(locked).toMatchObject({ code: 1, stderr: expect.stringContaining('call db.backup() there') })
  expect((await burrow(['checkpoint', path, folder.join('b')])).stderr).toContain(
    'call db.checkpoint() there',
  )
  expect((await burrow(['backup', 'list', folder.join('none')])).stderr).toContain('BURROW_NOT_FOUND')
  mkdirSync(folder.join('empty'))
  expect((await burrow(['restore', folder.join('empty'), folder.join('r')])).stderr).toContain(
    'BURROW_NOT_FOUND',
  )
  expect((await burrow(['backup', folder.join('none'), folder.join('b')])).stderr).toContain(
    'BURROW_NOT_FOUND',
  )
  for (const args of [
    ['backup'],
    ['backup', path],
    ['backup', path, 'b', '--keep-count', '0'],
    ['backup', path, 'b', '--keep-age', '7'],
    ['restore', 'b'],
    ['checkpoint', path],
  ]) {
    expect((await burrow(args)).code).toBe(2)
  }
})
