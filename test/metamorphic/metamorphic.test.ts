/**
 * One random list of operations gives the same answers under every set of options. A list that does not is reduced and
 * saved in out/metamorphic; BURROW_TEST_SEED repeats a run, BURROW_TEST_CASE=<file> plays a saved case.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Random, testSeed } from '../model/random.ts'
import { makeOperations } from './operations.ts'
import { memoryHome, optionSets } from './option-sets.ts'
import { DatabasePlayer } from './players.ts'
import { check, type SavedCase } from './replay.ts'
import { caseFolder, playEverywhere } from './runs.ts'

const seed = testSeed()
const saved = process.env['BURROW_TEST_CASE']

describe.skipIf(saved !== undefined)(`the same history everywhere, BURROW_TEST_SEED=${seed}`, () => {
  it.each(optionSets)('%s', (name, options) => playEverywhere([[name, options]], seed, 1, 5000))
})

describe('the operations', () => {
  it('are the same for the same seed, and survive JSON', () => {
    const operations = makeOperations(new Random(seed), 3000)
    expect(JSON.parse(JSON.stringify(operations))).toEqual(operations)
    expect(makeOperations(new Random(seed), 3000)).toEqual(operations)
    const calls = makeOperations(new Random(seed), 20_000).map(({ call }) => call)
    expect(new Set(calls).size).toBe(26)
  })
})

it.runIf(saved !== undefined)('a saved case', async () => {
  const { operations, options, seed } = JSON.parse(readFileSync(saved!, 'utf8')) as SavedCase
  const set = optionSets.find(([name]) => name === options)
  if (set === undefined) throw new Error(`there is no set of options named ${options}`)
  await check(seed, options, operations, () => DatabasePlayer.start(memoryHome(set[1])), caseFolder)
})
