import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

/** The disk of the machine that runs the tests is none of their business. */
const anyDisk = ['--set', 'health={"diskUsage":null,"diskUsageError":null,"freeSpace":null}']

test('health beside a writer: status, findings, exit code', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  const db = await Database.open(path)
  await db.put('a', '1')
  await db.flush()
  expect(await burrow(['health', path, ...anyDisk])).toMatchObject({
    code: 0,
    stdout: 'healthy\n',
    stderr: '',
  })
  expect(await burrowJson(['health', path, ...anyDisk])).toEqual({
    status: 'healthy',
    warnings: [],
    errors: [],
  })
  mkdirSync(`${path}/lost`)
  writeFileSync(`${path}/lost/000001.sst`, '')
  const { code, stdout } = await burrow(['health', path, ...anyDisk])
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^degraded\nwarning lost-files: lost\/ has 1 file set aside .*\n$/),
  })
  await db.close()
})

test('thresholds are options; an error makes the exit code 1', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  await burrow(['put', path, 'a', '1'])
  const full = await burrow(['health', path, '--json', '--set', 'health={"diskUsageError":0}'])
  expect(full.code).toBe(1)
  expect(JSON.parse(full.stdout)).toMatchObject({
    status: 'unhealthy',
    errors: [{ code: 'disk-usage', value: expect.any(Number), threshold: 0 }],
  })
  const wrong = await burrow(['health', path, '--set', 'health={"diskusage":1}'])
  expect({ code: wrong.code, stderr: wrong.stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining("did you mean 'diskUsage'?"),
  })
})

test('a database that does not open is unhealthy; one that is not there is an error', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  await burrow(['put', path, 'a', '1'])
  truncateSync(`${path}/CURRENT`)
  const { code, stderr, stdout } = await burrow(['health', path, '--json'])
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'unhealthy',
    errors: [
      {
        code: 'does-not-open',
        value: 'BURROW_CORRUPTION',
        message: expect.stringContaining('CURRENT is empty'),
      },
    ],
  })
  expect(await burrow(['health', folder.join('none')])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^burrow: BURROW_NOT_FOUND /),
  })
})
