/** BURROW_TEST_SEED repeats a run; `npm run test:long` does many more rounds. */
import { describe, it } from 'vitest'
import { testSeed } from '../model/random.ts'
import { failOperations } from './faults.ts'
import { killChildren } from './killing.ts'
import { cutPower } from './power-cuts.ts'

const seed = testSeed()

describe(`crashes, BURROW_TEST_SEED=${seed}`, () => {
  it('15 killed processes lose nothing that they acknowledged', () => killChildren(15, seed))

  it('200 power cuts lose nothing that was acknowledged with sync', () => cutPower(200, seed))

  it('one operation in twenty that fails costs nothing that was acknowledged', async () => {
    await failOperations(20)
  })
})
