/** Random requests to tables and to dynalite, another DynamoDB in Node. BURROW_TEST_SEED repeats a run. */
import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { distFile } from '../dist.ts'
import { testSeed } from '../model/random.ts'

const seed = testSeed()

it(`differs from dynalite in 20,000 requests only where that is explained, BURROW_TEST_SEED=${seed}`, () => {
  const flags = ['--requests', '20000', '--seed', String(seed)]
  const judge = distFile('bench/judge/main.js')
  const { status, stderr, stdout } = spawnSync(process.execPath, [judge, ...flags], { encoding: 'utf8' })
  expect(status, stdout.slice(-5000) + stderr).toBe(0)
})
