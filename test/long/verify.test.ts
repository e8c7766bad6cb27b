/** Verification at full length: every byte, and thousands of rounds beside a program that writes. */
import { expect, it } from 'vitest'
import { verifyRottenBytes } from '../kv/rotten-bytes.ts'
import { verifyBesideWriter } from '../kv/verify-beside-writer.ts'

it('sees a change of any byte', async () => {
  const { cases, unseen } = await verifyRottenBytes(1)
  console.log(`${cases} cases`)
  expect(unseen).toEqual([])
})

it('2,000 rounds beside a writer without a false alarm', async () => {
  console.log(await verifyBesideWriter(2000))
})
