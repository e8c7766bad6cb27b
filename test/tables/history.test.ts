import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Tables } from '../../lib/tables.ts'
import { testSeed } from '../model/random.ts'
import { History } from './history.ts'
import { makeHome } from './open-tables.ts'

const seed = testSeed()

describe(`histories of tables, BURROW_TEST_SEED=${seed}`, () => {
  it('of 700 writes and reads answer as the model does, with indexes that come and go, also after reopening', async () => {
    const place = join(makeHome(), 'db')
    const options = { syncWrites: false, memtableSize: 65_536, targetFileSize: 32_768 }
    const history = new History(seed, () => Tables.open(place, options))
    await history.run(700)
    const { counts } = history
    for (const kind of [
      'put',
      'update',
      'delete',
      'batchWrite',
      'transactWrite',
      'get',
      'change of indexes',
      'verify',
      'reopen',
      'refused',
      'canceled',
    ])
      expect(counts[kind], kind).toBeGreaterThan(3)
  })
})
