/** The test of test/metamorphic with many lists, and long ones. */
import { describe, it } from 'vitest'
import { optionSets } from '../metamorphic/option-sets.ts'
import { playEverywhere } from '../metamorphic/runs.ts'
import { testSeed } from '../model/random.ts'

const seed = testSeed()

describe(`the same history everywhere, BURROW_TEST_SEED=${seed}`, () => {
  it('200 lists of 3,000 operations', () => playEverywhere(optionSets, seed, 200, 3000))

  it('10 lists of 50,000 operations', () => playEverywhere(optionSets, seed + 1000, 10, 50_000))
})
