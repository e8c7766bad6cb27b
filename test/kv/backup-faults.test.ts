import { expect, test } from 'vitest'
import { testSeed } from '../model/random.ts'
import { cutPowerOfBackups, failEach, scenarios } from './backup-faults.ts'

const seed = testSeed()

test.each(Object.keys(scenarios))(
  'each operation of a %s fails: nothing earlier is lost, the next one works',
  async (name) => {
    expect(await failEach(name, 11)).toBeGreaterThan(15)
  },
)

test(`what resolved survives a power cut at any moment, BURROW_TEST_SEED=${seed}`, async () => {
  await cutPowerOfBackups(120, seed)
})
