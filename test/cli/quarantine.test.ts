import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

test('says what is lost, first with --dry-run', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  const db = await Database.open(path)
  for (let i = 0; i < 10; i++) db.putSync(`k${i}`, 'value')
  db.deleteSync('gone')
  await db.flush()
  const { stderr } = await burrow(['quarantine', path, '1'])
  expect(stderr).toMatch(/^burrow: BURROW_LOCKED /)
  await db.close()
  const name = readdirSync(path).find((file) => file.endsWith('.sst'))!
  const before = readdirSync(path).sort()
  const dry = await burrowJson(['quarantine', path, name, '--dry-run'])
  expect(dry).toMatchObject({
    ...{ dryRun: true, level: 0, records: 11, tombstones: 1, rangeTombstones: 0, movedTo: null },
    smallestHex: Buffer.from('gone').toString('hex'),
    largestHex: Buffer.from('k9').toString('hex'),
  })
  expect(readdirSync(path).sort()).toEqual(before)
  expect((await burrow(['quarantine', path, name, '--dry-run'])).stdout).toContain('would be taken out')
  const { code, stdout } = await burrow(['quarantine', path, name])
  expect(code).toBe(0)
  expect(stdout).toBe(
    `${name}, L0: was taken out of the database
lost: 11 records with keys in [gone,k9], sequence numbers 1 to 11
careful: 1 of them are deletions, and it has 0 range deletions: what they deleted may come back
its file is in ${path}/lost, with the manifest that named it
`,
  )
  expect((await burrow(['verify', path])).code).toBe(0)
  expect(await burrowJson(['scan', path])).toEqual([])
  const again = await burrow(['quarantine', path, name])
  expect(again.code).toBe(1)
  expect(again.stderr).toMatch(/^burrow: BURROW_NOT_FOUND /)
  expect((await burrow(['quarantine', path, 'x'])).code).toBe(2)
})
