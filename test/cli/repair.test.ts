import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { filesOf, named, overwrite } from '../kv/wreck.ts'
import { burrow, TemporaryFolder } from './burrow.ts'

async function makeDatabase(path: string): Promise<void> {
  const db = await Database.open(path, { blockSize: 1024 })
  for (let i = 0; i < 1000; i++) db.putSync(`k${String(i).padStart(4, '0')}`, `value ${i}`, { sync: false })
  await db.close()
}

it('leaves a sound database alone', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  await makeDatabase(db)
  const before = filesOf(db)
  expect(await burrow(['repair', db])).toMatchObject({ code: 0, stderr: '' })
  expect((await burrow(['repair', db, '--dry-run'])).stdout).toMatch(
    /^sound: 1 table, 1000 records; .*Nothing was changed\n$/,
  )
  expect(filesOf(db)).toEqual(before)
})

it('looks first, repairs then, and says what is lost', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  await makeDatabase(db)
  const [table] = named(db, /\.sst$/)
  overwrite(join(db, table!), (bytes) => {
    bytes[2000]! ^= 1
  })
  rmSync(join(db, 'CURRENT'))
  const before = filesOf(db)
  const dry = await burrow(['repair', db, '--dry-run'])
  expect(dry).toMatchObject({ code: 1, stderr: '' })
  expect(dry.stdout).toContain('damaged: CURRENT: it is missing')
  expect(dry.stdout).toMatch(
    new RegExp(`damaged: ${table}: .*\n  \\d+ records saved, \\d+ lost\n  L\\d, keys from k0000 to k0999`),
  )
  expect(dry.stdout).toMatch(/lost at offset \d+, \d+ bytes: .*; behind key k\d+; before key k\d+\n/)
  expect(filesOf(db)).toEqual(before)

  const { code, stderr, stdout } = await burrow(['repair', db, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const report = JSON.parse(stdout) as {
    damaged: { file: string; recordsLost?: number }[]
    filesMoved: string[]
  }
  expect(report).toMatchObject({ sound: false, dryRun: false, manifest: 'whole' })
  expect(report.filesMoved).toContain(table)
  const lost = report.damaged.find(({ file }) => file === table)!.recordsLost!
  expect(lost).toBeGreaterThan(0)
  expect(JSON.parse((await burrow(['scan', db, '--json'])).stdout)).toHaveLength(1000 - lost)
  expect(await burrow(['verify', db])).toMatchObject({ code: 0 })
})

it('says what is wrong with the command line, and that there is no database', async () => {
  using folder = new TemporaryFolder()
  expect(await burrow(['repair'])).toMatchObject({ code: 2 })
  expect(await burrow(['repair', folder.join('none')])).toMatchObject({ code: 1, stdout: '' })
})
