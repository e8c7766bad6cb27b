import { describe, expect, it } from 'vitest'
import { validateOptions } from '../../lib/base/options.ts'
import { busyWith, type CompactionPlan, completePlan, idle } from '../../lib/compaction/policy.ts'
import { parseVersion } from '../../lib/manifest/version.ts'

const version = parseVersion(`
  L0
    000001:[p,q] size:10 seqs:9-9
    000004:[x,z] size:10 seqs:8-8
  L4
    000002:[a,c] size:10
    000003:[m,n] size:10
`)
const options = validateOptions({ compression: 'none' })
const plan = (level: number, number: number, outputLevel: number, running: CompactionPlan[]) => {
  const tables = version.tables(level).filter((table) => table.number === number)
  const wanted = { reason: 'l0', score: 1, outputLevel, inputs: [{ level, tables }] } as const
  return completePlan(version, busyWith(running), options, wanted)
}

describe('completePlan stays clear of running jobs', () => {
  const running = plan(4, 2, 5, [])!

  it('of the tables that they read', () => {
    expect(plan(4, 2, 5, [running])).toBeNull()
    expect(plan(4, 3, 5, [running])?.kind).toBe('move')
  })

  it('of the keys that they write, even where no table is yet', () => {
    const wide: CompactionPlan = { ...running, span: { ...running.span, largest: Buffer.from('o') } }
    expect(plan(4, 3, 5, [wide])).toBeNull()
    expect(plan(4, 3, 6, [wide])).not.toBeNull()
  })

  it('of L0 when one reads it', () => {
    const first = plan(0, 4, 4, [])!
    expect(plan(0, 1, 4, [first])).toBeNull()
    expect(idle.l0).toBe(false)
  })
})
