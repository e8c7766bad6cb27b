import { describe, expect, it } from 'vitest'
import { type Holds, holdAll, holdOne, Latches, latchesOf } from '../../lib/kv/latches.ts'
import { Random, testSeed } from '../model/random.ts'

const key = (text: string) => Buffer.from(text)
const alone = (text: string) => holdOne(key(text), true)
const shared = (text: string) => holdOne(key(text), false)

describe('latches', () => {
  it('are taken at once when they are free', () => {
    const latches = new Latches()
    expect(latches.acquire(alone('a'))).toBeUndefined()
    expect(latches.acquire(alone('b'))).toBeUndefined()
    latches.release(alone('a'))
    expect(latches.acquire(alone('a'))).toBeUndefined()
  })

  it('serve who waits first come, first served', async () => {
    const latches = new Latches()
    const order: string[] = []
    const enter = async (name: string, holds: Holds) => {
      await latches.acquire(holds)
      order.push(`${name} in`)
      await Promise.resolve()
      order.push(`${name} out`)
      latches.release(holds)
    }
    await Promise.all([
      enter('1', alone('k')),
      enter('2', shared('k')),
      enter('3', shared('k')),
      enter('4', alone('k')),
      enter('5', shared('k')),
    ])
    expect(order).toEqual([
      '1 in',
      '1 out',
      '2 in',
      '3 in',
      '2 out',
      '3 out',
      '4 in',
      '4 out',
      '5 in',
      '5 out',
    ])
    expect(latches.contended).toBe(0)
  })

  it('take all or none when they must not wait', () => {
    const latches = new Latches()
    const both = holdAll([
      { key: key('x'), exclusive: true },
      { key: key('y'), exclusive: true },
    ])
    expect(both).toHaveLength(2)
    expect(latches.tryAcquire([both[1]!])).toBe(true)
    expect(latches.tryAcquire(both)).toBe(false)
    expect(latches.tryAcquire([both[0]!])).toBe(true)
    latches.release(both)
    expect(latches.tryAcquire(both)).toBe(true)
  })

  it('hold a stripe once, and alone if any key asks for that', () => {
    const holds = holdAll([
      { key: key('x'), exclusive: false },
      { key: key('x'), exclusive: true },
      { key: key('x'), exclusive: false },
    ])
    expect(holds).toEqual(alone('x'))
  })

  it('belong to a database', () => {
    const [one, other] = [{}, {}]
    expect(latchesOf(one)).toBe(latchesOf(one))
    expect(latchesOf(one)).not.toBe(latchesOf(other))
  })

  const seed = testSeed()
  it(`never let two in that exclude each other, and nobody waits forever, BURROW_TEST_SEED=${seed}`, async () => {
    const random = new Random(seed)
    const latches = new Latches()
    const inside = new Map<number, number>()
    let most = 0
    const work = async () => {
      for (let step = 0; step < 40; step++) {
        const keys = Array.from({ length: random.between(1, 4) }, () => ({
          key: key(`k${random.below(12)}`),
          exclusive: random.chance(0.5),
        }))
        const holds = holdAll(keys)
        await latches.acquire(holds)
        for (const hold of holds) {
          const stripe = hold >>> 1
          const now = inside.get(stripe) ?? 0
          expect(hold & 1 ? now : Math.min(now, 0)).toBe(0)
          inside.set(stripe, hold & 1 ? -1 : now + 1)
          most = Math.max(most, now + 1)
        }
        for (let wait = random.below(4); wait > 0; wait--) await Promise.resolve()
        for (const hold of holds) {
          const stripe = hold >>> 1
          inside.set(stripe, hold & 1 ? 0 : inside.get(stripe)! - 1)
        }
        latches.release(holds)
      }
    }
    await Promise.all(Array.from({ length: 16 }, work))
    expect(most).toBeGreaterThan(1)
    expect([...inside.values()].every((count) => count === 0)).toBe(true)
    expect(latches.contended).toBe(0)
  })
})
