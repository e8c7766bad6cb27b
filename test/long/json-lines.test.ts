/** The tests of test/kv/json-lines.test.ts at full length, and values that fit no string of Node. */
import { pipeline } from 'node:stream/promises'
import { expect, it } from 'vitest'
import { exportJsonLines, importJsonLines } from '../../lib/index.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { fresh, roundTrips } from '../kv/round-trips.ts'
import { testSeed } from '../model/random.ts'

const seed = testSeed()

it(`10,000 round trips, BURROW_TEST_SEED=${seed}`, () => roundTrips(10_000, seed))

it.each([600 * 2 ** 20, 2 ** 30])('a value of %i bytes', async (length) => {
  using folder = new TemporaryFolder()
  await using from = await fresh(folder.join('from'))
  await using into = await fresh(folder.join('into'))
  const value = Buffer.alloc(length, 'any bytes, and more \xff of them', 'latin1')
  await from.put('key', value)
  const source = exportJsonLines(from)
  await pipeline(source, (chunks) => importJsonLines(into, chunks as AsyncIterable<Buffer>))
  expect((await into.get('key'))?.equals(value)).toBe(true)
})
