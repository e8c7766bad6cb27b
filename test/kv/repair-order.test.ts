import { expect, it } from 'vitest'
import { arrange, type KeptTable } from '../../lib/kv/repair-order.ts'
import { Version } from '../../lib/manifest/version.ts'
import { table } from '../manifest/arbitraries.ts'
import { Random, testSeed } from '../model/random.ts'

/** A table as the keys in it, each with the sequence numbers of its versions. */
type Records = Map<number, number[]>

/** A tree that is written, flushed and compacted at random as the engine does it, and what each table of it holds. */
class Tree {
  readonly #random: Random
  readonly levels: number[][] = [[], [], [], []]
  readonly tables = new Map<number, Records>()
  /** Inputs of compactions. */
  readonly dropped = new Map<number, Records>()
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

  /** Throws when tables of a level overlap. */
  version(): Version {
    const added = this.levels.flatMap((numbers, level) =>
      numbers.map((number) => ({ level, table: metaOf(number, this.tables.get(number)!) })),
    )
    return Version.empty.apply({ added })
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
    const upper = this.#close(from, [this.#random.pick(this.levels[from]!)])
    // What is written may cover every key between the first and the last: single inputs tell too little.
    const lower = this.#within(from + 1, this.#hull(upper))
    this.levels[from] = this.levels[from]!.filter((number) => !upper.includes(number))
    this.levels[from + 1] = this.levels[from + 1]!.filter((number) => !lower.includes(number))
    if (upper.length === 1 && lower.length === 0 && this.#random.chance(0.7)) {
      this.levels[from + 1]!.push(...upper)
      return
    }
    const keepsAll = this.#random.chance(0.2)
    const merged = merge([...upper, ...lower].map((number) => this.tables.get(number)!))
    for (const number of [...upper, ...lower]) {
      this.dropped.set(number, this.tables.get(number)!)
      this.tables.delete(number)
    }
    const entries = [...merged].sort(([a], [b]) => a - b)
    while (entries.length > 0) {
      const part = entries.splice(0, this.#random.between(1, 8))
      const records = part.map(([key, all]) => [key, keepsAll ? all : [Math.max(...all)]] as const)
      this.#add(from + 1, new Map(records))
    }
  }

  /** In L0 what overlaps a chosen table may be older than it. */
  #close(level: number, numbers: readonly number[]): readonly number[] {
    const wider = this.#within(level, this.#hull(numbers))
    return level > 0 || wider.length === numbers.length ? wider : this.#close(level, wider)
  }

  #hull(numbers: readonly number[]): readonly [number, number] {
    return range(merge(numbers.map((number) => this.tables.get(number)!)))
  }

  #within(level: number, [begin, end]: readonly [number, number]): number[] {
    return this.levels[level]!.filter((number) => {
      const [first, last] = range(this.tables.get(number)!)
      return first <= end && begin <= last
    })
  }
}

const range = (records: Records): readonly [number, number] => [
  Math.min(...records.keys()),
  Math.max(...records.keys()),
]

function merge(tables: Iterable<Records>): Records {
  const merged: Records = new Map()
  for (const records of tables) {
    for (const [key, versions] of records) merged.set(key, [...(merged.get(key) ?? []), ...versions])
  }
  return merged
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
function readAll(version: Version, contents: ReadonlyMap<number, Records>): Map<number, number> {
  const found = new Map<number, number>()
  for (const { table } of version.all()) {
    for (const [key, versions] of contents.get(table.number)!) {
      if (!found.has(key)) found.set(key, Math.max(...versions))
    }
  }
  return found
}

function readArranged(kept: readonly KeptTable[], tables: ReadonlyMap<number, Records>): Map<number, number> {
  const { merges, placed } = arrange(kept)
  const contents = new Map(tables)
  const added = [...placed]
  for (const [index, group] of merges.entries()) {
    const merged = merge(group.tables.map(({ table }) => tables.get(table.number)!))
    contents.set(1000 + index, merged)
    added.push({ level: group.level, table: metaOf(1000 + index, merged) })
  }
  return readAll(Version.empty.apply({ added }), contents)
}

function newestOf(tables: ReadonlyMap<number, Records>): Map<number, number> {
  return new Map([...merge(tables.values())].map(([key, versions]) => [key, Math.max(...versions)]))
}

const seed = testSeed()

it(`reads find the newest version without levels, or with those of an earlier moment (seed ${seed})`, () => {
  for (let round = 0; round < 800; round++) {
    const random = new Random(seed + round)
    const tree = new Tree(random)
    const [before, after] = [random.below(40), random.below(20)]
    for (let i = 0; i < before; i++) tree.step()
    // The edits that can be read name these levels, and what was dropped until then.
    const lost = random.chance(0.5)
    const levels = new Map(lost ? [] : [...tree.version().all()].map((one) => [one.table.number, one.level]))
    const droppedBefore = new Set(lost ? [] : tree.dropped.keys())
    for (let i = 0; i < after; i++) tree.step()
    const wanted = newestOf(tree.tables)
    expect(readAll(tree.version(), tree.tables), `the tree of seed ${seed + round}`).toEqual(wanted)
    const files = new Map(tree.tables)
    // A crash leaves some inputs of compactions behind.
    const leftover = random.pick([0, 0.2, 1])
    for (const [number, records] of tree.dropped) {
      if (!droppedBefore.has(number) && random.chance(leftover)) files.set(number, records)
    }
    const kept = [...files].map(([number, records]) => ({
      table: metaOf(number, records),
      level: levels.get(number),
    }))
    expect(readArranged(kept, files), `seed ${seed + round}`).toEqual(wanted)
  }
})

it('leaves tables alone whose levels are known', () => {
  const tables = [
    { table: table(1, 'a', 'm', { smallestSeq: 1, largestSeq: 100 }), level: 1 },
    { table: table(2, 'a', 'z', { smallestSeq: 50, largestSeq: 60 }), level: 0 },
  ]
  expect(arrange(tables)).toEqual({ placed: tables, merges: [] })
})

it('merges a table that edits do not name only with what it is not newer than, and so on', () => {
  const named = [
    { table: table(1, 'a', 'f', { smallestSeq: 1, largestSeq: 20 }), level: 1 },
    { table: table(2, 'm', 'p', { smallestSeq: 3, largestSeq: 9 }), level: 1 },
    { table: table(3, 'v', 'y', { smallestSeq: 1, largestSeq: 39 }), level: 1 },
  ]
  // Newer than all of table 2, but what it becomes with table 1 is not.
  const interleaved = { table: table(4, 'b', 'n', { smallestSeq: 10, largestSeq: 30 }), level: undefined }
  const newer = { table: table(5, 'x', 'z', { smallestSeq: 40, largestSeq: 50 }), level: undefined }
  const { merges, placed } = arrange([...named, interleaved, newer])
  expect(merges.map(({ level, tables }) => [level, tables.map((one) => one.table.number).sort()])).toEqual([
    [6, [1, 2, 4]],
  ])
  expect(placed).toEqual([named[2], { table: newer.table, level: 0 }])
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
