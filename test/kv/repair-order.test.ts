import { expect, it } from 'vitest'
import { arrange, type KeptTable } from '../../lib/kv/repair-order.ts'
import { Version } from '../../lib/manifest/version.ts'
import { table } from '../manifest/arbitraries.ts'
import { Random, testSeed } from '../model/random.ts'

/** A table as the keys in it, each with the sequence numbers of its versions. */
type Records = Map<number, number[]>

/** A tree that is written, flushed and compacted at random, and what each table of it holds. */
class Tree {
  readonly #random: Random
  readonly levels: number[][] = [[], [], [], []]
  readonly tables = new Map<number, Records>()
  #sequence = 0
  #number = 0

  constructor(random: Random) {
    this.#random = random
  }

  step(): void {
    const from = this.#random.below(4)
    if (from === 3 || this.levels[from]!.length === 0) this.#flush()
    else this.#compact(from)
  }

  #flush(): void {
    const records: Records = new Map()
    for (let i = this.#random.between(1, 6); i > 0; i--) {
      const key = this.#random.below(30)
      records.set(key, [...(records.get(key) ?? []), ++this.#sequence])
    }
    this.#add(0, records)
  }

  #add(level: number, records: Records): void {
    const number = ++this.#number
    this.tables.set(number, records)
    this.levels[level]!.push(number)
  }

  #compact(from: number): void {
    const inputs = from === 0 ? [...this.levels[0]!] : [this.#random.pick(this.levels[from]!)]
    const overlapping = this.levels[from + 1]!.filter((number) =>
      inputs.some((input) => overlap(this.tables.get(number)!, this.tables.get(input)!)),
    )
    const newest = new Map<number, number>()
    for (const number of [...inputs, ...overlapping]) {
      for (const [key, versions] of this.tables.get(number)!) {
        newest.set(key, Math.max(newest.get(key) ?? 0, ...versions))
      }
      this.tables.delete(number)
    }
    const drop = (level: number) => this.levels[level]!.filter((number) => this.tables.has(number))
    this.levels[from] = drop(from)
    this.levels[from + 1] = drop(from + 1)
    const keys = [...newest.keys()].sort((a, b) => a - b)
    while (keys.length > 0) {
      const part = keys.splice(0, this.#random.between(1, 8))
      this.#add(from + 1, new Map(part.map((key) => [key, [newest.get(key)!]])))
    }
  }
}

const range = (records: Records): [number, number] => [
  Math.min(...records.keys()),
  Math.max(...records.keys()),
]

function overlap(a: Records, b: Records): boolean {
  const [[firstA, lastA], [firstB, lastB]] = [range(a), range(b)]
  return firstA <= lastB && firstB <= lastA
}

const nameOf = (key: number) => String(key).padStart(2, '0')

function metaOf(number: number, records: Records) {
  const [first, last] = range(records)
  const versions = [...records.values()].flat()
  return table(number, nameOf(first), nameOf(last), {
    smallestSeq: Math.min(...versions),
    largestSeq: Math.max(...versions),
  })
}

/** What a read finds of each key: the newest version in the first table that has it. */
function readAll(kept: readonly KeptTable[], tables: ReadonlyMap<number, Records>): Map<number, number> {
  const { merges, placed } = arrange(kept)
  const contents = new Map(tables)
  const added = [...placed]
  let number = 1000
  for (const group of merges) {
    const merged: Records = new Map()
    for (const { table } of group.tables) {
      for (const [key, versions] of tables.get(table.number)!) {
        merged.set(key, [...(merged.get(key) ?? []), ...versions])
      }
    }
    contents.set(++number, merged)
    added.push({ level: group.level, table: metaOf(number, merged) })
  }
  // Throws where tables of a level overlap.
  const version = Version.empty.apply({ added })
  const found = new Map<number, number>()
  for (const { table } of version.all()) {
    for (const [key, versions] of contents.get(table.number)!) {
      if (!found.has(key)) found.set(key, Math.max(...versions))
    }
  }
  return found
}

function newestOf(tables: ReadonlyMap<number, Records>): Map<number, number> {
  const newest = new Map<number, number>()
  for (const records of tables.values()) {
    for (const [key, versions] of records) newest.set(key, Math.max(newest.get(key) ?? 0, ...versions))
  }
  return newest
}

const seed = testSeed()

it(`reads find the newest version without levels, or with those of an earlier moment (seed ${seed})`, () => {
  for (let round = 0; round < 800; round++) {
    const random = new Random(seed + round)
    const tree = new Tree(random)
    const levels = new Map<number, number>()
    const [before, after] = [random.below(40), random.below(20)]
    for (let i = 0; i < before; i++) tree.step()
    const lost = random.chance(0.5)
    if (!lost) {
      for (const [level, numbers] of tree.levels.entries())
        for (const number of numbers) levels.set(number, level)
    }
    for (let i = 0; i < after; i++) tree.step()
    const kept = [...tree.tables].map(([number, records]) => ({
      table: metaOf(number, records),
      level: levels.get(number),
    }))
    const found = readAll(kept, tree.tables)
    const wanted = newestOf(tree.tables)
    for (const [key, version] of wanted)
      expect(found.get(key), `seed ${seed + round}, key ${key}`).toBe(version)
  }
})

it('leaves tables alone whose levels are known', () => {
  const tables = [
    { table: table(1, 'a', 'm', { smallestSeq: 1, largestSeq: 100 }), level: 1 },
    { table: table(2, 'a', 'z', { smallestSeq: 50, largestSeq: 60 }), level: 0 },
  ]
  expect(arrange(tables)).toEqual({ placed: tables, merges: [] })
})

it('merges what interleaves, and sinks what is below everything', () => {
  const old = { table: table(1, 'a', 'm', { smallestSeq: 1, largestSeq: 100 }), level: undefined }
  const flushed = { table: table(2, 'a', 'z', { smallestSeq: 50, largestSeq: 60 }), level: undefined }
  const newer = { table: table(3, 'c', 'd', { smallestSeq: 101, largestSeq: 110 }), level: undefined }
  const apart = { table: table(4, 'zz', 'zzz', { smallestSeq: 5, largestSeq: 70 }), level: undefined }
  const { merges, placed } = arrange([old, flushed, newer, apart])
  expect(merges).toEqual([{ tables: [old, flushed], level: 6 }])
  expect(placed).toEqual([
    { table: apart.table, level: 6 },
    { table: newer.table, level: 0 },
  ])
})
