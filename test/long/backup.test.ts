/** The tests of backups, checkpoints and restores at full length. BURROW_TEST_SEED repeats a run. */
import { describe, it } from 'vitest'
import { cutPowerOfBackups, failEach, scenarios } from '../kv/backup-faults.ts'
import { killWhileBackingUp } from '../kv/backup-killing.ts'
import { backUpAtRandom } from '../kv/backup-model.ts'
import { testSeed } from '../model/random.ts'

const seed = testSeed()

describe(`backups, BURROW_TEST_SEED=${seed}`, () => {
  it('300 histories with restores', async () => {
    let [backups, restores] = [0, 0]
    for (let run = 0; run < 300; run++) {
      const done = await backUpAtRandom(seed + run, 15)
      backups += done.backups
      restores += done.restores
    }
    console.log(`${backups} backups, ${restores} restores that were gone on from`)
  })

  it('each operation fails once', async () => {
    let cases = 0
    for (const name of Object.keys(scenarios)) cases += await failEach(name, 1)
    console.log(`${cases} cases`)
  })

  it('5,000 power cuts', () => cutPowerOfBackups(5000, seed))

  it('100 killed processes', async () => {
    const { finished, halves } = await killWhileBackingUp(100, seed)
    console.log(`${finished} calls were finished; ${halves} were cut off`)
  })
})
