/** The tests of tables at full length. BURROW_TEST_SEED repeats a run. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Tables } from '../../lib/tables.ts'
import { killTables } from '../crash/killing-tables.ts'
import { testSeed } from '../model/random.ts'
import { History } from '../tables/history.ts'

const seed = testSeed()

describe(`tables, BURROW_TEST_SEED=${seed}`, () => {
  it('300 killed processes', async () => {
    const killed = await killTables(300, seed)
    console.log(JSON.stringify(killed))
    expect(killed.unfilled).toBeGreaterThan(0)
  })

  it('20 histories of 5,000 steps', async () => {
    for (let at = 0; at < 20; at++) {
      const home = mkdtempSync(join(tmpdir(), 'burrow-tables-'))
      const options = { syncWrites: false, memtableSize: 65_536, targetFileSize: 32_768 }
      await new History(seed + at, () => Tables.open(join(home, 'db'), options)).run(5000)
      rmSync(home, { recursive: true })
    }
  })
})
