import { describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { type Item, isTableError, Tables, type TransactWrite } from '../../lib/tables.ts'
import { Random, testSeed } from '../model/random.ts'
import { type SeenTransaction, serialOrder } from './serial-order.ts'

const seed = testSeed()
const table = { name: 'things', partitionKey: { name: 'id', type: 'S' } } as const

async function severalHandles(count: number): Promise<{ handles: Tables[]; close: () => Promise<void> }> {
  const db = await Database.open(':memory:')
  const handles = await Promise.all(Array.from({ length: count }, () => Tables.open(db)))
  return {
    handles,
    close: async () => {
      for (const handle of handles) await handle.close()
      await db.close()
    },
  }
}

describe(`tables used at the same time, BURROW_TEST_SEED=${seed}`, () => {
  it('lose no increment of several handles', async () => {
    const { close, handles } = await severalHandles(4)
    await handles[0]!.create({
      ...table,
      globalIndexes: [{ name: 'by-n', partitionKey: { name: 'n', type: 'N' } }],
    })
    const seen: number[] = []
    const add = async (handle: Tables) => {
      const { attributes } = await handle.table('things').update({ id: 'counter' }, 'ADD n :one', {
        values: { ':one': 1 },
        returnValues: 'UPDATED_NEW',
      })
      seen.push(attributes!['n'] as number)
    }
    const readAndPut = async (handle: Tables): Promise<void> => {
      const t = handle.table('things')
      const item = (await t.get({ id: 'versioned' })) ?? { id: 'versioned', n: 0 }
      try {
        await t.put({ ...item, n: (item['n'] as number) + 1 }, { version: 'v' })
      } catch (error) {
        if (!isTableError(error, 'ConditionalCheckFailedException')) throw error
        await readAndPut(handle)
      }
    }
    const inTransaction = (handle: Tables) => {
      const update = { table: 'things', expression: 'ADD n :one', values: { ':one': 1 } }
      return handle.transactWrite([
        { update: { ...update, key: { id: 'one' } } },
        { update: { ...update, key: { id: 'two' } } },
      ])
    }
    await Promise.all(
      handles.flatMap((handle) => [
        ...Array.from({ length: 100 }, () => add(handle)),
        ...Array.from({ length: 10 }, () => readAndPut(handle)),
        ...Array.from({ length: 25 }, () => inTransaction(handle)),
      ]),
    )
    const { items } = await handles[1]!
      .table('things')
      .batchGet(['counter', 'versioned', 'one', 'two'].map((id) => ({ id })))
    expect(items).toEqual([
      { id: 'counter', n: 400 },
      { id: 'versioned', n: 40, v: 40 },
      { id: 'one', n: 100 },
      { id: 'two', n: 100 },
    ])
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, n) => n + 1))
    expect(await handles[2]!.verify('things')).toMatchObject({ ok: true, indexRows: { 'by-n': 4 } })
    await close()
  })

  it('are serializable', async () => {
    const { close, handles } = await severalHandles(3)
    await handles[0]!.create(table)
    const random = new Random(seed)
    const keys = Array.from({ length: 6 }, (_, n) => `key-${n}`)
    for (const id of keys) await handles[0]!.table('things').put({ id, writers: [] })
    const transactions: SeenTransaction[] = []
    const logOf = (item: Item | undefined) => item?.['writers'] as string[]
    const some = () => keys.filter(() => random.chance(0.4))
    let canceled = 0
    const client = async (handle: Tables, client: number) => {
      for (let step = 0; step < 40; step++) {
        const name = `${client}/${step}`
        const wanted = some()
        if (wanted.length === 0) continue
        const read = await handle.transactGet(wanted.map((id) => ({ table: 'things', key: { id } })))
        const reads = new Map(wanted.map((id, at) => [id, logOf(read[at]).length]))
        transactions.push({ name: `${name} reads`, reads })
        const expected = random.chance(0.7) ? reads : new Map<string, number>()
        const written = random.chance(0.5) ? wanted.slice(0, 2) : some()
        const operations = [...new Set([...written, ...expected.keys()])].map((id): TransactWrite => {
          const condition = expected.has(id)
            ? { condition: 'size(writers) = :size', values: { ':size': expected.get(id)! } }
            : {}
          const at = { table: 'things', key: { id } }
          if (!written.includes(id)) return { check: { ...at, ...condition } }
          const values = { ...condition.values, ':me': [name] }
          return {
            update: { ...at, ...condition, expression: 'SET writers = list_append(writers, :me)', values },
          }
        })
        if (operations.length === 0) continue
        try {
          await handle.transactWrite(operations, { sync: random.chance(0.5) })
          transactions.push({ name, reads: expected })
        } catch (error) {
          if (!isTableError(error, 'TransactionCanceledException')) throw error
          canceled++
        }
      }
    }
    await Promise.all(handles.flatMap((handle, at) => [client(handle, 2 * at), client(handle, 2 * at + 1)]))
    const { items } = await handles[0]!.table('things').batchGet(keys.map((id) => ({ id })))
    const writers = new Map(items.map((item) => [item['id'] as string, logOf(item)]))
    expect(serialOrder(transactions, writers)).toHaveLength(transactions.length)
    expect(canceled).toBeGreaterThan(10)
    expect(transactions.length).toBeGreaterThan(150)
    await close()
  })

  it('which histories that are not serializable do not pass', () => {
    const seen = (name: string, ...reads: [string, number][]) => ({ name, reads: new Map(reads) })
    // Each of two read what the other wrote, as it was before.
    const skew = [seen('a', ['y', 0]), seen('b', ['x', 0])]
    expect(
      serialOrder(
        skew,
        new Map([
          ['x', ['a']],
          ['y', ['b']],
        ]),
      ),
    ).toBeUndefined()
    // One was lost: both read the same version, and both wrote.
    const lost = [seen('a', ['x', 0]), seen('b', ['x', 0])]
    expect(serialOrder(lost, new Map([['x', ['a', 'b']]]))).toBeUndefined()
    // A reader saw half of a transaction.
    const torn = [seen('a'), seen('r', ['x', 1], ['y', 0])]
    expect(
      serialOrder(
        torn,
        new Map([
          ['x', ['a']],
          ['y', ['a']],
        ]),
      ),
    ).toBeUndefined()
    const fine = [seen('b', ['x', 1]), seen('a', ['x', 0]), seen('r', ['x', 2], ['y', 0])]
    expect(serialOrder(fine, new Map([['x', ['a', 'b']]]))).toEqual(['a', 'b', 'r'])
  })
})
