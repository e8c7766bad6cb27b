import { expect, test } from 'vitest'
import { testSeed } from '../model/random.ts'
import { killWhileBackingUp } from './backup-killing.ts'

const seed = testSeed()

test(`what a killed process finished is whole, the rest is nothing, BURROW_TEST_SEED=${seed}`, async () => {
  const { finished } = await killWhileBackingUp(7, seed)
  expect(finished).toBeGreaterThan(0)
})
