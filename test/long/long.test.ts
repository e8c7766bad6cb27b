/** The tests of test/crash and test/memory at full length. BURROW_TEST_SEED repeats a run. */
import { describe, expect, it } from 'vitest'
import { failOperations } from '../crash/faults.ts'
import { killChildren } from '../crash/killing.ts'
import { cutPower } from '../crash/power-cuts.ts'
import { allowance, MiB, measure } from '../memory/measuring.ts'
import { testSeed } from '../model/random.ts'

const seed = testSeed()
const normal = { memtableSize: 16 * MiB, blockCacheSize: 64 * MiB }
const small = { memtableSize: MiB, blockCacheSize: 8 * MiB }

describe(`crashes, BURROW_TEST_SEED=${seed}`, () => {
  it('300 killed processes', () => killChildren(300, seed))

  it('5,000 power cuts', () => cutPower(5000, seed))

  it('each operation fails once', async () => {
    console.log(`${await failOperations(1)} cases`)
  })
})

describe('memory', () => {
  it('10 million records without yielding', async () => {
    const { found, peak } = await measure('put', 10_000_000, { ...normal, syncWrites: false })
    expect(found).toBe(10_000_000)
    expect(peak).toBeLessThan(allowance(normal))
  })

  it('20,000 durable records without yielding', async () => {
    const { found, peak } = await measure('put', 20_000, small)
    expect(found).toBe(20_000)
    expect(peak).toBeLessThan(allowance(small))
  })

  it('opening and closing 2,000 times', async () => {
    const { samples } = await measure('open', 2000, small)
    // Half the cycles warm up the heaps of malloc, one for each thread at the most; those of V8 stay flat after.
    expect(samples.at(-1)! - samples[4]!).toBeLessThan(32 * MiB)
  })
})
