import { expect, it } from 'vitest'
import { testSeed } from '../model/random.ts'
import { killTables } from './killing-tables.ts'

const seed = testSeed()

it(`8 killed processes leave tables and indexes that agree, BURROW_TEST_SEED=${seed}`, async () => {
  const { steps, unfilled } = await killTables(8, seed)
  expect(steps).toBeGreaterThan(50)
  expect(unfilled).toBeGreaterThan(0)
})
