/**
 * BURROW_TEST_SEED repeats a run; `npm run test:long` does many more rounds. A failure of a simulation names its history:
 * that number as the seed makes it the first one.
 */
import { describe, expect, it } from 'vitest'
import { testSeed } from '../model/random.ts'
import { failOperations } from './faults.ts'
import { killChildren } from './killing.ts'
import { cutPower } from './power-cuts.ts'
import { simulatePowerCuts } from './simulation.ts'

const seed = testSeed()

describe(`crashes, BURROW_TEST_SEED=${seed}`, () => {
  it('50 killed processes lose nothing that they acknowledged', async () => {
    const { within } = await killChildren(50, seed)
    expect(Object.keys(within).length).toBeGreaterThan(4)
  })

  it('1,000 simulated power cuts lose nothing that was acknowledged with sync', async () => {
    const { cuts, duringRecovery } = await simulatePowerCuts(1000, seed)
    expect(cuts).toBe(1000)
    expect(duringRecovery).toBeGreaterThan(100)
  })

  it('a seed repeats a simulation exactly', async () => {
    const first = await simulatePowerCuts(60, seed)
    expect(await simulatePowerCuts(60, seed)).toEqual(first)
    expect((await simulatePowerCuts(60, seed + 1000)).fingerprint).not.toBe(first.fingerprint)
  })

  it('100 power cuts beside running threads lose nothing either', () => cutPower(100, seed))

  it('one operation in 50 that fails costs nothing that was acknowledged', async () => {
    const { cases, met } = await failOperations(50)
    expect(met).toBeGreaterThan(0.9 * cases)
  })
})
