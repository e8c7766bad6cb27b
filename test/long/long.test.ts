/** The tests of test/crash and test/memory at full length. BURROW_TEST_SEED repeats a run. */
import { describe, expect, it } from 'vitest'
import { failOperations } from '../crash/faults.ts'
import { killChildren } from '../crash/killing.ts'
import { cutPower } from '../crash/power-cuts.ts'
import { simulateInProcesses } from '../crash/simulation-processes.ts'
import { allowance, MiB, measure } from '../memory/measuring.ts'
import { testSeed } from '../model/random.ts'

const seed = testSeed()
const normal = { memtableSize: 16 * MiB, blockCacheSize: 64 * MiB }
const small = { memtableSize: MiB, blockCacheSize: 8 * MiB }

/** BURROW_TEST_CUTS for fewer. */
const cuts = Number(process.env['BURROW_TEST_CUTS'] ?? 1_000_000)

describe(`crashes, BURROW_TEST_SEED=${seed}`, () => {
  it('1,000 killed processes', async () => {
    console.log(JSON.stringify(await killChildren(1000, seed)))
  })

  it(`${cuts} simulated power cuts`, async () => {
    const report = await simulateInProcesses(cuts, seed)
    console.log(JSON.stringify(report))
    expect(report.cuts).toBe(cuts)
  })

  it('5,000 power cuts beside running threads', () => cutPower(5000, seed))

  it('each operation fails once, in every way', async () => {
    console.log(JSON.stringify(await failOperations(1)))
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
