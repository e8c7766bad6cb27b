/** Verification at full length: every byte, and thousands of rounds beside a program that writes. */
import { expect, it } from 'vitest'
import { verifyRottenBytes } from '../kv/rotten-bytes.ts'
import { verifyBesideWriter } from '../kv/verify-beside-writer.ts'
import { verifyWrecks } from '../kv/verify-wrecks.ts'
import { testSeed } from '../model/random.ts'

it('sees a change of any byte', async () => {
  const { cases, unseen } = await verifyRottenBytes(1)
  console.log(`${cases} cases`)
  expect(unseen).toEqual([])
})

it('2,000 rounds beside a writer without a false alarm', async () => {
  console.log(await verifyBesideWriter(2000))
})

const seed = testSeed()
it(`10,000 wrecks are no damage, BURROW_TEST_SEED=${seed}`, async () => {
  console.log(await verifyWrecks(10_000, seed))
})
