import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { validateOptions } from '../../lib/base/options.ts'
import {
  decideStall,
  fastestDelayedRate,
  type StallInput,
  slowestDelayedRate,
} from '../../lib/compaction/stall.ts'

const options = validateOptions()
const calm: StallInput = { l0Tables: 0, pendingCompactionBytes: 0, immutableMemtables: 0, activeBytes: 0 }
const decide = (input: Partial<StallInput>) => decideStall({ ...calm, ...input }, options)
const GiB = 2 ** 30

describe('decideStall', () => {
  it.each<[string, Partial<StallInput>, string, string]>([
    ['nothing to do', {}, 'none', 'none'],
    ['one table short of slowing down', { l0Tables: 19 }, 'none', 'none'],
    ['many tables in L0', { l0Tables: 20 }, 'slowdown', 'l0-tables'],
    ['too many tables in L0', { l0Tables: 36 }, 'stop', 'l0-tables'],
    ['much to compact', { pendingCompactionBytes: 100 * GiB }, 'slowdown', 'pending-compaction'],
    ['far too much to compact', { pendingCompactionBytes: 256 * GiB }, 'stop', 'pending-compaction'],
    ['a spare memtable', { immutableMemtables: 1, activeBytes: 60 * 2 ** 20 }, 'none', 'none'],
    [
      'the last memtable, half full',
      { immutableMemtables: 2, activeBytes: 32 * 2 ** 20 },
      'slowdown',
      'memtables',
    ],
    ['the last memtable, full', { immutableMemtables: 2, activeBytes: 64 * 2 ** 20 }, 'stop', 'memtables'],
    ['more memtables than allowed', { immutableMemtables: 3 }, 'stop', 'memtables'],
    [
      'the worst decides',
      { l0Tables: 21, pendingCompactionBytes: 200 * GiB },
      'slowdown',
      'pending-compaction',
    ],
  ])('%s', (_, input, state, reason) => {
    expect(decide(input)).toMatchObject({ state, reason })
  })

  it('is graded: more of anything never speeds up, and no step is a cliff', () => {
    let before = fastestDelayedRate
    for (let l0Tables = 20; l0Tables < 36; l0Tables++) {
      const rate = decide({ l0Tables }).delayedBytesPerSecond!
      expect(rate).toBeLessThanOrEqual(before)
      expect(rate).toBeGreaterThan(before / 2)
      before = rate
    }
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), fc.nat(300), fc.nat(300), (a, b, c, d) => {
        const less = decide({ l0Tables: Math.min(a, b), pendingCompactionBytes: Math.min(c, d) * GiB })
        const more = decide({ l0Tables: Math.max(a, b), pendingCompactionBytes: Math.max(c, d) * GiB })
        const rate = ({ delayedBytesPerSecond }: typeof less) =>
          delayedBytesPerSecond ?? Number.POSITIVE_INFINITY
        expect(rate(more)).toBeLessThanOrEqual(rate(less))
      }),
    )
  })

  it('stays within its rates and copes with equal thresholds', () => {
    expect(decide({ l0Tables: 20 }).delayedBytesPerSecond).toBe(fastestDelayedRate)
    expect(decide({ l0Tables: 35 }).delayedBytesPerSecond).toBeGreaterThan(slowestDelayedRate)
    const equal = { ...options, l0SlowdownTrigger: 8, l0StopTrigger: 8 }
    expect(decideStall({ ...calm, l0Tables: 7 }, equal).state).toBe('none')
    expect(decideStall({ ...calm, l0Tables: 8 }, equal).state).toBe('stop')
  })
})
