import { expect, it } from 'vitest'
import { testSeed } from '../model/random.ts'
import { decodeMutations } from './mutated-edits.ts'

const seed = testSeed()

it(`mutated edits are refused or come back, BURROW_TEST_SEED=${seed}`, () => {
  const { decoded, refused } = decodeMutations(20_000, seed)
  expect(Math.min(decoded, refused)).toBeGreaterThan(500)
})
