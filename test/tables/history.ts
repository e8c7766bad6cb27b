import { isDeepStrictEqual } from 'node:util'
import {
  type Item,
  isTableError,
  type TableChanges,
  type Tables,
  type TransactWrite,
} from '../../lib/tables.ts'
import { Random } from '../model/random.ts'

const globals = [
  { name: 'by-tag', partitionKey: { name: 'tag', type: 'S' } },
  {
    name: 'by-num',
    partitionKey: { name: 'num', type: 'N' },
    sortKey: { name: 'tag', type: 'S' },
    projection: 'KEYS_ONLY',
  },
  {
    name: 'by-bin',
    partitionKey: { name: 'bin', type: 'B' },
    sortKey: { name: 'n', type: 'N' },
    projection: { include: ['extra'] },
  },
] as const
const locals = [
  { name: 'in-order', sortKey: { name: 'num', type: 'N' } },
  { name: 'in-text', sortKey: { name: 'tag', type: 'S' }, projection: { include: ['list'] } },
] as const
const tableNames = ['first', 'second']

type Model = Map<string, Item>

/** What a history did, by kind: a test can see that nothing was left out. */
export type Counts = Record<string, number>

/**
 * Makes random writes of every kind in two tables whose indexes come and go, one after the other, and holds what they
 * answer, and what is read, against a simple model; closes and opens in between. Throws where they differ.
 */
export class History {
  readonly #random: Random
  readonly #open: () => Promise<Tables>
  readonly #models = new Map<string, Model>(tableNames.map((name) => [name, new Map()]))
  readonly counts: Counts = {}
  #tables!: Tables

  constructor(seed: number, open: () => Promise<Tables>) {
    this.#random = new Random(seed)
    this.#open = open
  }

  async run(steps: number): Promise<void> {
    this.#tables = await this.#open()
    for (const name of tableNames) {
      await this.#tables.create({
        name,
        partitionKey: { name: 'p', type: 'S' },
        sortKey: { name: 'n', type: 'N' },
        globalIndexes: globals.slice(0, 2),
        localIndexes: locals.slice(0, 1),
      })
    }
    for (let step = 0; step < steps; step++) {
      try {
        await this.#step()
      } catch (error) {
        throw new Error(`step ${step}: ${(error as Error).message}`, { cause: error })
      }
    }
    await this.#checkAll()
    await this.#tables.close()
  }

  async #step(): Promise<void> {
    const random = this.#random
    const kind = random.below(100)
    if (kind < 25) return this.#count('put', this.#put())
    if (kind < 45) return this.#count('update', this.#update())
    if (kind < 57) return this.#count('delete', this.#delete())
    if (kind < 67) return this.#count('batchWrite', this.#batchWrite())
    if (kind < 82) return this.#count('transactWrite', this.#transactWrite())
    if (kind < 90) return this.#count('get', this.#get())
    if (kind < 94) return this.#count('change of indexes', this.#changeIndexes())
    if (kind < 97) return this.#count('verify', this.#checkAll())
    return this.#count('reopen', this.#reopen())
  }

  async #count(kind: string, work: Promise<void>): Promise<void> {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
    await work
  }

  async #put(): Promise<void> {
    const { model, name } = this.#pickTable()
    const item = this.#item()
    const old = model.get(idOf(item))
    const fresh = this.#random.chance(0.3)
    const options = {
      returnValues: 'ALL_OLD',
      ...(fresh ? { condition: 'attribute_not_exists(p)' } : {}),
    } as const
    const outcome = await this.#attempt(this.#tables.table(name).put(item, options))
    if (fresh && old !== undefined) return this.#expectRefused(outcome)
    expectSame(outcome, old === undefined ? {} : { attributes: old }, 'put')
    model.set(idOf(item), item)
  }

  async #update(): Promise<void> {
    const { model, name } = this.#pickTable()
    const { n, p } = this.#item()
    const key = { p: p!, n: n! }
    const old = model.get(idOf(key))
    const conditional = this.#random.chance(0.3)
    const amount = this.#random.below(5)
    const tag = this.#random.chance(0.7) ? `tag-${this.#random.below(5)}` : undefined
    const change = tag === undefined ? 'ADD num :n REMOVE tag' : 'SET tag = :t ADD num :n'
    const outcome = await this.#attempt(
      this.#tables.table(name).update(key, change, {
        values: { ':n': amount, ...(tag === undefined ? {} : { ':t': tag }) },
        ...(conditional ? { condition: 'attribute_exists(tag)' } : {}),
        returnValues: 'ALL_NEW',
      }),
    )
    if (conditional && old?.['tag'] === undefined) return this.#expectRefused(outcome)
    const { tag: _, ...rest }: Item = old ?? key
    const now: Item = {
      ...rest,
      ...(tag === undefined ? {} : { tag }),
      num: ((old?.['num'] as number) ?? 0) + amount,
    }
    expectSame(outcome, { attributes: now }, 'update')
    model.set(idOf(key), now)
  }

  async #delete(): Promise<void> {
    const { model, name } = this.#pickTable()
    const key = this.#someKey(model)
    const old = model.get(idOf(key))
    const conditional = this.#random.chance(0.3)
    const condition = conditional ? { condition: 'num > :n', values: { ':n': 3 } } : {}
    const outcome = await this.#attempt(
      this.#tables.table(name).delete(key, { returnValues: 'ALL_OLD', ...condition }),
    )
    if (conditional && !((old?.['num'] as number) > 3)) return this.#expectRefused(outcome)
    expectSame(outcome, old === undefined ? {} : { attributes: old }, 'delete')
    model.delete(idOf(key))
  }

  async #batchWrite(): Promise<void> {
    const requests: Record<string, { put: Item[]; delete: Item[] }> = {}
    for (const [name, model] of this.#models) {
      const request = { put: distinct(this.#several(6, () => this.#item())), delete: [] as Item[] }
      const taken = new Set(request.put.map(idOf))
      request.delete = distinct(this.#several(4, () => this.#someKey(model))).filter(
        (key) => !taken.has(idOf(key)),
      )
      if (request.put.length + request.delete.length > 0) requests[name] = request
      for (const item of request.put) model.set(idOf(item), item)
      for (const key of request.delete) model.delete(idOf(key))
    }
    if (Object.keys(requests).length > 0) await this.#tables.batchWrite(requests)
  }

  async #transactWrite(): Promise<void> {
    const operations: TransactWrite[] = []
    const effects: (() => void)[] = []
    const codes: string[] = []
    for (const [table, model] of this.#models) {
      for (const { n, p, ...rest } of distinct(this.#several(4, () => this.#item()))) {
        const key = { p: p!, n: n! }
        const exists = model.has(idOf(key))
        const wanted = this.#random.chance(0.85) ? exists : !exists
        const condition = wanted ? 'attribute_exists(p)' : 'attribute_not_exists(p)'
        codes.push(wanted === exists ? 'None' : 'ConditionalCheckFailed')
        switch (this.#random.below(4)) {
          case 0:
            operations.push({ put: { table, item: { ...key, ...rest }, condition } })
            effects.push(() => model.set(idOf(key), { ...key, ...rest }))
            break
          case 1:
            operations.push({ delete: { table, key, condition } })
            effects.push(() => model.delete(idOf(key)))
            break
          case 2: {
            const expression = 'ADD num :one'
            operations.push({ update: { table, key, expression, condition, values: { ':one': 1 } } })
            const old = model.get(idOf(key)) ?? key
            effects.push(() =>
              model.set(idOf(key), { ...old, num: (((old as Item)['num'] as number | undefined) ?? 0) + 1 }),
            )
            break
          }
          default:
            operations.push({ check: { table, key, condition } })
        }
      }
    }
    if (operations.length === 0) return
    try {
      await this.#tables.transactWrite(operations)
    } catch (error) {
      if (!isTableError(error, 'TransactionCanceledException')) throw error
      expectSame(
        error.cancellationReasons?.map(({ code }) => code),
        codes,
        'reasons',
      )
      this.counts['canceled'] = (this.counts['canceled'] ?? 0) + 1
      return
    }
    expectSame([...new Set(codes)], ['None'], 'a transaction that should have been canceled')
    for (const effect of effects) effect()
  }

  async #get(): Promise<void> {
    const gets = [...this.#models].flatMap(([table, model]) =>
      this.#several(5, () => ({ table, key: this.#someKey(model) })),
    )
    if (gets.length === 0) return
    const found = await this.#tables.transactGet(gets)
    expectSame(
      found,
      gets.map(({ key, table }) => this.#models.get(table)!.get(idOf(key))),
      'transactGet',
    )
    const { key, table } = gets[0]!
    expectSame(await this.#tables.table(table).get(key), found[0], 'get')
  }

  async #changeIndexes(): Promise<void> {
    const { name } = this.#pickTable()
    const { globalIndexes, localIndexes } = await this.#tables.describe(name, { count: false })
    const there = new Set([...globalIndexes, ...localIndexes].map((index) => index.name))
    const pick = <T extends { name: string }>(all: readonly T[]) =>
      all.filter((index) => !there.has(index.name) && this.#random.chance(0.5))
    const changes: TableChanges = {
      createGlobalIndexes: pick(globals),
      createLocalIndexes: pick(locals),
      dropIndexes: [...there].filter(() => this.#random.chance(0.3)),
    }
    if (Object.values(changes).every((list) => (list as unknown[]).length === 0)) return
    await this.#tables.update(name, changes, { wait: this.#random.chance(0.5) })
  }

  async #reopen(): Promise<void> {
    if (this.#random.chance(0.3)) await this.#tables.database.flush()
    await this.#tables.close()
    this.#tables = await this.#open()
  }

  async #checkAll(): Promise<void> {
    for (const [name, model] of this.#models) {
      await this.#tables.whenActive(name)
      const report = await this.#tables.verify(name)
      expectSame(report.problems, [], 'problems')
      expectSame(report.items, model.size, 'number of items')
      const { globalIndexes, localIndexes } = await this.#tables.describe(name, { count: false })
      for (const { name: index, partitionKey, sortKey } of [...globalIndexes, ...localIndexes]) {
        const has = (item: Item) =>
          [partitionKey, sortKey].every((key) => key === undefined || Object.hasOwn(item, key.name))
        expectSame(report.indexRows[index], [...model.values()].filter(has).length, `rows of ${index}`)
      }
      for (const item of model.values())
        expectSame(await this.#tables.table(name).get({ p: item['p']!, n: item['n']! }), item, 'item')
    }
  }

  #pickTable(): { name: string; model: Model } {
    const name = this.#random.pick(tableNames)
    return { name, model: this.#models.get(name)! }
  }

  #item(): Item {
    const random = this.#random
    const item: Item = { p: `p-${random.below(4)}`, n: random.between(-5, 5) }
    if (random.chance(0.7)) item['tag'] = `tag-${random.below(5)}`
    if (random.chance(0.7)) item['num'] = random.between(-3, 6)
    if (random.chance(0.5)) item['bin'] = Uint8Array.of(random.below(3), 0, 255)
    if (random.chance(0.3)) item['list'] = [random.below(3), { x: null }]
    if (random.chance(0.3)) item['extra'] = 'x'.repeat(random.below(2000))
    return item
  }

  #someKey(model: Model): Item {
    const known = [...model.values()]
    const { n, p } = known.length > 0 && this.#random.chance(0.7) ? this.#random.pick(known) : this.#item()
    return { p: p!, n: n! }
  }

  #several<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.#random.below(most + 1) }, make)
  }

  async #attempt<T>(work: Promise<T>): Promise<T | 'refused'> {
    try {
      return await work
    } catch (error) {
      if (isTableError(error, 'ConditionalCheckFailedException')) return 'refused'
      throw error
    }
  }

  #expectRefused(outcome: unknown): void {
    expectSame(outcome, 'refused', 'a write whose condition is false')
    this.counts['refused'] = (this.counts['refused'] ?? 0) + 1
  }
}

function idOf(item: Item): string {
  return `${item['p']}/${item['n']}`
}

function distinct(items: Item[]): Item[] {
  return [...new Map(items.map((item) => [idOf(item), item])).values()]
}

function expectSame(found: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(found, expected)) return
  throw new Error(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`)
}
