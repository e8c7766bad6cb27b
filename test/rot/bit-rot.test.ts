/** Every byte of a small database changed, and every file cut at every length. `npm run test:long` tries all changes. */
import { beforeAll, describe, expect, it } from 'vitest'
import { rot } from './bit-rot.ts'
import { peakMemory, rotForged } from './forged-rot.ts'
import { makeSpecimens, type Specimen } from './specimens.ts'

const MiB = 2 ** 20
const isTable = (name: string) => name.endsWith('.sst')

let specimens: Specimen[]
beforeAll(async () => {
  specimens = await makeSpecimens()
})
const named = (name: string) => specimens.find((specimen) => specimen.name === name)!

describe('every byte changed, every file cut', () => {
  it('of a closed database is damage, never another answer', async () => {
    const closed = named('closed')
    const bytes = [...closed.files.values()].reduce((sum, file) => sum + file.length, 0)
    const { cases, cut, failed, refused } = await rot(closed)
    expect(cases).toBe(2 * bytes)
    expect(cut).toBe(0)
    // What may pass unnoticed is the mark of the close.
    expect(refused + failed).toBeGreaterThan(cases - 80)
  })

  // Tables are the same at every moment.
  it('of manifest and logs is damage, or cuts writes that nothing says were durable', async () => {
    let cuts = 0
    for (const specimen of specimens) {
      const { cut } = await rot(specimen, { files: (name) => !isTable(name) })
      if (specimen.closed) expect(cut).toBe(0)
      cuts += cut
    }
    expect(cuts).toBeGreaterThan(500)
  })
})

describe('lies under checksums that hold', () => {
  it('crash nothing, hang nothing, and make nothing allocate what it cannot need', async () => {
    const before = peakMemory()
    const tables = await rotForged(named('closed'), [0xff], 5)
    const logs = await rotForged(
      named('killed with two logs, the second one synced'),
      [0xff],
      5,
      (name) => !isTable(name),
    )
    expect(tables.failed + tables.refused).toBeGreaterThan(1000)
    expect(logs.refused).toBeGreaterThan(300)
    const after = peakMemory()
    expect(after.resident - before.resident).toBeLessThan(512 * MiB)
    expect(after.virtual - before.virtual).toBeLessThan(1024 * MiB)
  })
})
