import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type KeyRange, wholeRange } from '../../lib/base/key-span.ts'
import { leveled } from '../../lib/compaction/leveled.ts'
import { type CompactionPlan, idle, type PolicyOptions, startManual } from '../../lib/compaction/policy.ts'
import { Model, modelOptions } from './model.ts'

/** Runs plans one after the other until nothing is due; returns how many. */
function settle(model: Model, options: PolicyOptions): number {
  for (let count = 0; ; count++) {
    const plan = leveled.choose(model.version, idle, options)
    if (plan === null) return count
    if (count > 10_000) throw new Error(`no end of it: ${plan.reason}`)
    model.run(plan)
    model.check()
  }
}

function compactAll(model: Model, options: PolicyOptions, range: KeyRange, meanwhile = () => {}): void {
  let cursor = startManual(range, model.nextNumber)
  for (let count = 0; count < 10_000; count++) {
    const step = leveled.chooseManual(model.version, idle, options, cursor)
    if (step.done) return
    if (step.plan === null) throw new Error('waits for a job that does not run')
    model.run(step.plan)
    model.check()
    meanwhile()
    cursor = step.cursor
  }
  throw new Error('no end of a manual compaction')
}

const operation = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('put' as const), key: fc.nat(199) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.nat(199) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('deleteRange' as const),
      key: fc.nat(199),
      width: fc.integer({ min: 1, max: 80 }),
    }),
  },
)
const load = fc.array(fc.array(operation, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 40 })

describe('plans run on a model', () => {
  it('end, keep levels disjoint, and never change what a read finds', () => {
    fc.assert(
      fc.property(load, fc.integer({ min: 2, max: 7 }), fc.boolean(), (flushes, maxLevels, codecs) => {
        const options = modelOptions({ maxLevels, codecs })
        const model = new Model()
        for (const operations of flushes) {
          model.flush(operations)
          settle(model, options)
        }
        for (const [level, score] of leveled.scores(model.version, options).entries()) {
          expect(score, `score of L${level}`).toBeLessThan(1)
        }
        expect(leveled.pendingBytes(model.version, options)).toBe(0)
      }),
      { numRuns: 150 },
    )
  })

  it('jobs that overlap in time do no harm either', () => {
    let most = 0
    fc.assert(
      fc.property(load, fc.array(fc.nat(5), { minLength: 50, maxLength: 50 }), (flushes, order) => {
        const options = modelOptions({ maxLevels: 5 })
        const model = new Model()
        let turn = 0
        const started: { plan: CompactionPlan; finish: () => void }[] = []
        const step = () => {
          const plan = leveled.choose(model.version, model.busy(), options)
          if (plan !== null && started.length < 4) {
            started.push({ plan, finish: model.start(plan) })
            most = Math.max(most, started.length)
          } else if (started.length > 0) {
            started.splice(order[turn++ % order.length]! % started.length, 1)[0]!.finish()
            model.check()
          }
          return plan !== null || started.length > 0
        }
        for (const operations of flushes) {
          model.flush(operations)
          step()
          step()
        }
        for (let count = 0; step(); count++) expect(count).toBeLessThan(10_000)
        model.check()
      }),
      { numRuns: 150 },
    )
    expect(most).toBeGreaterThan(1)
  })

  it('a manual compaction ends with everything in the last level and no tombstone', () => {
    fc.assert(
      fc.property(load, (flushes) => {
        const options = modelOptions({ maxLevels: 6 })
        const model = new Model()
        for (const operations of flushes) {
          model.flush(operations)
          if (operations.length % 3 !== 0) settle(model, options)
        }
        compactAll(model, options, wholeRange)
        for (const { level, table } of model.version.all()) {
          expect(level).toBe(5)
          expect([table.tombstones, table.rangeTombstones]).toEqual([0, 0])
        }
      }),
      { numRuns: 100 },
    )
  })

  it('a manual compaction ends while writes go on', () => {
    fc.assert(
      fc.property(load, fc.nat(199), fc.nat(199), (flushes, a, b) => {
        const options = modelOptions({ maxLevels: 4 })
        const model = new Model()
        for (const operations of flushes) model.flush(operations)
        const [begin, end] = [Math.min(a, b), Math.max(a, b)].map((key) => Model.key(key)) as [Buffer, Buffer]
        let round = 0
        compactAll(model, options, { begin, end, endExclusive: false }, () => {
          model.flush(flushes[round++ % flushes.length]!)
          const plan = leveled.choose(model.version, idle, options)
          if (plan !== null) model.run(plan)
        })
      }),
      { numRuns: 100 },
    )
  })
})

describe('write amplification', () => {
  // A leveled tree rewrites a record about (multiplier + 1) / 2 to multiplier times a level.
  it.each([
    ['random keys', (i: number) => (i * 7919) % 20_011, 25],
    ['ascending keys', (i: number) => i, 1.01],
  ])('with %s stays within bounds', (_, keyOf, limit) => {
    const options = {
      ...modelOptions({ maxLevels: 7 }),
      levelSizeMultiplier: 4,
      baseLevelSize: 1000,
      targetFileSize: 300,
      l0CompactionTrigger: 4,
    }
    const model = new Model()
    let next = 0
    for (let flush = 0; flush < 500; flush++) {
      model.flush(Array.from({ length: 40 }, () => ({ kind: 'put' as const, key: keyOf(next++) })))
      while (true) {
        const plan = leveled.choose(model.version, idle, options)
        if (plan === null) break
        model.run(plan)
      }
    }
    model.check()
    const amplification = model.bytesWritten / model.bytesFlushed
    expect(amplification).toBeLessThan(limit)
    expect(model.version.tables(0).length).toBeLessThan(options.l0CompactionTrigger)
  })
})
