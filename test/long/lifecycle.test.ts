/** Workers that are terminated, many times: see test/lifecycle. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { busyWith, terminateWorkers } from '../lifecycle/worker-endings.ts'

describe('100 workers of each kind that are terminated', () => {
  it.each(Object.keys(busyWith))('during %s', async (doing) => {
    const folder = mkdtempSync(join(tmpdir(), 'burrow-terminated-'))
    for (let run = 0; run < 4; run++) await terminateWorkers(join(folder, `db${run}`), doing, 25)
    rmSync(folder, { recursive: true })
  })
})
