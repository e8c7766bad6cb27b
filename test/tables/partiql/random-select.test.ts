/** Random WHERE clauses against a filter of all items, in whole and in pages. BURROW_TEST_SEED repeats a run. */
import { expect, test } from 'vitest'
import type { Item } from '../../../lib/tables/value.ts'
import { Random, testSeed } from '../../model/random.ts'
import { randomCondition } from './random-condition.ts'
import { openShop, selectAll } from './shop.ts'

const seed = testSeed()
const rounds = 250

function randomItems(random: Random): Item[] {
  const items: Item[] = []
  for (const pk of ['a', 'b', 'c']) {
    for (let sk = 0; sk < 12; sk++) {
      if (random.chance(0.3)) continue
      const item: Item = { pk, sk }
      if (random.chance(0.8)) item['total'] = random.below(12)
      if (random.chance(0.8)) item['city'] = random.pick(['Oslo', 'Rome', 'Bonn'])
      if (random.chance(0.8)) item['age'] = random.below(12)
      if (random.chance(0.8)) item['name'] = `${pk}${sk}`
      if (random.chance(0.5)) item['m'] = { x: random.below(12) }
      if (random.chance(0.5)) item['l'] = [random.below(12), 'z']
      items.push(item)
    }
  }
  return items
}

const keysOf = (items: readonly Item[]) => items.map(({ pk, sk }) => `${pk}/${sk}`)

test(`SELECT finds what WHERE holds for, BURROW_TEST_SEED=${seed}`, async () => {
  const random = new Random(seed)
  const tables = await openShop()
  const items = randomItems(random)
  for (const item of items) await tables.table('orders').put(item)
  const sources = [
    { from: 'orders', rows: items },
    { from: 'orders."by-city"', rows: items.filter((item) => 'city' in item && 'age' in item) },
    { from: 'orders."by-total"', rows: items.filter((item) => 'total' in item) },
  ]
  for (let round = 0; round < rounds; round++) {
    const { from, rows } = random.chance(0.6) ? sources[0]! : random.pick(sources)
    const { holds, text } = randomCondition(random)
    const statement = `SELECT * FROM ${from} WHERE ${text}`
    const what = `round ${round}: ${statement}`
    const whole = await tables.execute(statement).catch((error: Error) => error)
    if (whole instanceof Error) {
      // In an index another attribute is a key, and wants values of its type.
      expect(whole.message, what).toMatch(
        /^Key attribute's data type should match|begins_with, operand type: N/,
      )
      expect(from, what).not.toBe('orders')
      continue
    }
    expect(keysOf(whole.items).sort(), what).toEqual(keysOf(rows.filter(holds)).sort())
    const limit = 1 + random.below(5)
    const paged = await selectAll(tables, statement, [], { limit })
    expect(keysOf(paged.items), `${what}, in pages of ${limit}`).toEqual(keysOf(whole.items))
    const [most, offset] = [random.below(8), random.below(5)]
    const part = await selectAll(
      tables,
      `${statement} LIMIT ${most} OFFSET ${offset}`,
      [],
      random.chance(0.5) ? { limit } : {},
    )
    expect(keysOf(part.items), `${what}, ${most} from ${offset} on`).toEqual(
      keysOf(whole.items.slice(offset, offset + most)),
    )
  }
})
