/** Memory of processes that do one thing very often; `npm run test:long` does it more often still. */
import { describe, expect, it } from 'vitest'
import { allowance, MiB, measure } from './measuring.ts'

const small = { memtableSize: MiB, blockCacheSize: 8 * MiB }

describe('a loop of putSync that never yields', () => {
  it('stays within bounds over a million records', async () => {
    const { found, peak } = await measure('put', 1_000_000, { ...small, syncWrites: false })
    expect(found).toBe(1_000_000)
    expect(peak).toBeLessThan(allowance(small))
  })

  it('and over 2,000 durable ones', async () => {
    const options = { ...small, memtableSize: 64 * 1024 }
    const { found, peak } = await measure('put', 2000, options)
    expect(found).toBe(2000)
    expect(peak).toBeLessThan(allowance(options))
  })
})

it('opening and closing 200 times leaks nothing', async () => {
  const { samples } = await measure('open', 200, small)
  expect(samples.at(-1)! - samples[4]!).toBeLessThan(16 * MiB)
})

it('iterators that nobody closes are bounded', async () => {
  const options = { ...small, syncWrites: false, maxOpenIterators: 200 }
  const { live, refused, samples } = await measure('iterators', 20_000, options)
  expect(refused).toBeGreaterThan(0)
  expect(live).toBeLessThan(200)
  expect(samples.at(-1)! - samples[4]!).toBeLessThan(16 * MiB)
})

it('100,000 reads of large values do not grow', async () => {
  const options = { ...small, syncWrites: false, valueEncoding: 'buffer' } as const
  const { peak } = await measure('get', 100_000, options)
  // Garbage that V8 has not collected yet comes on top; 10 GB were read.
  expect(peak).toBeLessThan(allowance(small) + 100 * MiB)
})
