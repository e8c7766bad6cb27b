/** Random damage and repair at full length. BURROW_TEST_SEED repeats a run. */
import { expect, it } from 'vitest'
import { TemporaryFolder } from '../cli/burrow.ts'
import { repairOnce } from '../kv/repairing.ts'
import { testSeed } from '../model/random.ts'

const seed = testSeed()
/** BURROW_TEST_REPAIRS for fewer. */
const rounds = Number(process.env['BURROW_TEST_REPAIRS'] ?? 5000)

it(`${rounds} damaged databases, BURROW_TEST_SEED=${seed}`, async () => {
  using folder = new TemporaryFolder()
  let repaired = 0
  for (let round = 0; round < rounds; round++) {
    await repairOnce(seed + round, folder.join('db'))
    repaired++
  }
  expect(repaired).toBe(rounds)
})
