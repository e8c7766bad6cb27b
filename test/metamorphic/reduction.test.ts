/** A database that is broken on purpose: its failure is found, reduced to what it needs, and saved. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { Random, testSeed } from '../model/random.ts'
import { makeOperations, type Operation } from './operations.ts'
import { memoryHome } from './option-sets.ts'
import { byteEncodings, DatabasePlayer, type Home } from './players.ts'
import { check, findFailure, reduce, type SavedCase } from './replay.ts'

const folder = mkdtempSync(join(tmpdir(), 'burrow-reduction-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const seed = testSeed()
const options = { memtableSize: 16384, syncWrites: false }

/** After a range deletion and, later, a flush, no get finds anything. */
function forgetful(db: Database<Buffer, Buffer>): Database<Buffer, Buffer> {
  let deleted = false
  let broken = false
  return new Proxy(db, {
    get(target, name) {
      if (name === 'deleteRange' || name === 'deleteRangeSync') deleted = true
      if (name === 'flush') broken = deleted
      if (name === 'getSync' && broken) return () => undefined
      if (name === 'get' && broken) return async () => undefined
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

const brokenHome = (): Home => {
  const home = memoryHome(options)
  return { ...home, open: async () => forgetful(await home.open()) }
}
const start = () => DatabasePlayer.start(brokenHome())

describe(`a database that is wrong under a condition, BURROW_TEST_SEED=${seed}`, () => {
  it('is found, and the operations are reduced to those that matter', async () => {
    const operations = makeOperations(new Random(seed), 3000)
    const checking = check(seed, 'broken', operations, start, folder)
    await expect(checking).rejects.toThrow(/expected .*\n\d+ of 3000 operations, saved in /)
    const saved = JSON.parse(readFileSync(join(folder, `${seed}.json`), 'utf8')) as SavedCase
    expect(saved.operations).toEqual(operations)
    expect(saved).toMatchObject({ seed, options: 'broken' })
    const calls = saved.reduced.map(({ call }) => call)
    // Something to be found, and what makes it wrong, in some order.
    expect(calls.length).toBe(4)
    expect(calls.slice(0, 3)).toEqual(expect.arrayContaining(['deleteRange', 'flush']))
    expect(calls.at(-1)).toBe('get')
    expect(await findFailure(saved.reduced, start)).toMatchObject({ index: 3 })
    expect(await findFailure(saved.reduced, () => DatabasePlayer.start(memoryHome(options)))).toBe(undefined)
  })

  it('a failing call is a failure, at its place', async () => {
    const home = memoryHome(options)
    const closedSoon = async () => {
      const db = await Database.open(':memory:', byteEncodings)
      await db.close()
      return DatabasePlayer.start({ ...home, open: async () => db })
    }
    const operations: Operation[] = [
      { call: 'settle' },
      { call: 'put', key: 'k', value: 'v', way: 'later' },
      { call: 'settle' },
    ]
    expect(await findFailure(operations, closedSoon)).toMatchObject({
      index: expect.any(Number),
      problem: expect.stringContaining('is closed'),
    })
  })
})

describe('reduction', () => {
  const numbered = Array.from({ length: 500 }, (_, i): Operation => ({ call: 'snapshot', snapshot: i }))
  const numbers = (list: readonly Operation[]) =>
    list.map((op) => (op.call === 'snapshot' ? op.snapshot : -1))

  it('keeps exactly what a failure needs, wherever it stands', async () => {
    const random = new Random(seed)
    for (let round = 0; round < 20; round++) {
      const needed = new Set(Array.from({ length: 1 + random.below(5) }, () => random.below(500)))
      const reduced = await reduce(numbered, async (list) => {
        const left = new Set(needed)
        for (const [index, number] of numbers(list).entries()) {
          left.delete(number)
          if (left.size === 0) return { index, problem: 'all there' }
        }
        return undefined
      })
      expect(numbers(reduced)).toEqual([...needed].sort((a, b) => a - b))
    }
  })

  it('ends after so many attempts', async () => {
    let attempts = 0
    const reduced = await reduce(
      numbered,
      async (list) => {
        attempts++
        return list.length > 400 ? { index: list.length - 1, problem: 'long' } : undefined
      },
      30,
    )
    expect(attempts).toBe(30)
    expect(reduced.length).toBeGreaterThan(400)
  })
})
