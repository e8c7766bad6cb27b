import { Random } from '../../lib/bench/data.ts'
import type { Item } from '../../lib/tables.ts'

/** Items that share a partition key. */
export const perPartition = 100

const words = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot', 'golf', 'hotel', 'india', 'juliet']

export function keyOfItem(number: number): { pk: string; sk: string } {
  const partition = String(Math.floor(number / perPartition)).padStart(8, '0')
  return { pk: `user#${partition}`, sk: `order#${String(number % perPartition).padStart(4, '0')}` }
}

/** Item `number`: 12 attributes of several types, 1 KiB as DynamoDB counts. The same number is the same item. */
export function makeItem(number: number): Item {
  const random = new Random(number)
  const word = () => words[random.below(words.length)]!
  const text = (length: number) => {
    let made = ''
    while (made.length < length) made += `${word()} `
    return made.slice(0, length)
  }
  return {
    ...keyOfItem(number),
    name: text(30),
    email: `${word()}.${word()}@example.com`,
    age: 18 + random.below(60),
    score: random.unit() * 1000,
    active: random.below(2) === 1,
    created: 1_700_000_000 + random.below(10_000_000),
    tags: new Set(['customer', word(), `segment-${random.below(10)}`]),
    address: { street: text(24), city: word(), zip: String(10_000 + random.below(89_999)) },
    amounts: [random.below(1000), random.below(1000), random.below(1000)],
    notes: text(690),
    // What the indexes of the benchmarks of writes are by.
    g0: word(),
    g1: random.below(1000),
    g2: word() + random.below(100),
  }
}
