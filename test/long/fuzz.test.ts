/** The fuzz targets of native/fuzz for ten minutes each, and mutated version edits. They need clang: see native/fuzz/run.js. */
import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { decodeMutations } from '../manifest/mutated-edits.ts'
import { testSeed } from '../model/random.ts'

const seed = testSeed()

it('every target for ten minutes', { timeout: 0 }, () => {
  const { status } = spawnSync(process.execPath, ['native/fuzz/run.js', '--seconds', '600'], {
    stdio: 'inherit',
  })
  expect(status).toBe(0)
})

it(`3 million mutated edits, BURROW_TEST_SEED=${seed}`, () => {
  console.log(JSON.stringify(decodeMutations(3_000_000, seed)))
})
