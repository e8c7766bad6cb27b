import { expect, it } from 'vitest'
import { Database, type Snapshot } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'

type Reader = Pick<Database | Snapshot, 'getSync' | 'entries' | 'getMany'>

async function contents(reader: Reader): Promise<Record<string, string>> {
  const forward: [unknown, unknown][] = []
  for await (const entry of reader.entries()) forward.push(entry)
  const backward: [unknown, unknown][] = []
  for await (const entry of reader.entries({ reverse: true })) backward.push(entry)
  expect(backward.reverse()).toEqual(forward)
  const found = Object.fromEntries(forward as [string, string][])
  for (const key of ['a', 'b', 'c', 'd']) expect(reader.getSync(key), key).toBe(found[key])
  return found
}

it('range deletions count in the order of their batch, in every place and at every snapshot', async () => {
  const env = native.memoryEnv()
  let db = await Database.open('db', { env })
  db.writeBatch()
    .put('a', '1')
    .put('b', '1')
    .deleteRange({ gte: 'a', lt: 'c' })
    .put('b', '2')
    .put('c', '2')
    .commitSync()
  const first = { b: '2', c: '2' }
  const afterBatch = db.snapshot()
  db.putSync('a', '3')
  const afterPut = db.snapshot()
  db.deleteRangeSync({ gte: 'a', lte: 'b' })
  const afterDelete = db.snapshot()
  db.writeBatch().deleteRange({ gte: 'c', lt: 'z' }).put('d', '4').delete('d').put('a', '4').commitSync()
  const check = async () => {
    expect(await contents(afterBatch)).toEqual(first)
    expect(await contents(afterPut)).toEqual({ ...first, a: '3' })
    expect(await contents(afterDelete)).toEqual({ c: '2' })
    expect(await contents(db)).toEqual({ a: '4' })
  }
  await check()
  await db.flush()
  await check()
  await db.compact()
  await check()
  for (const snapshot of [afterBatch, afterPut, afterDelete]) snapshot.close()
  await db.compact()
  expect(await contents(db)).toEqual({ a: '4' })

  // The same by replay.
  db.writeBatch().put('b', '5').deleteRange({ gte: 'a', lt: 'c' }).put('c', '5').commitSync()
  const copy = env.crashClone!('kill', 1)
  await db.close()
  db = await Database.open('db', { env: copy })
  expect(await contents(db)).toEqual({ c: '5' })
  await db.close()
})
