/** What an observer of operations is told, and that nothing is left when it is gone. */
import { expect, test } from 'vitest'
import { addObserver } from '../../lib/debug/observers.ts'
import { Database } from '../../lib/index.ts'
import { debugHost, type OperationCall, type OperationObserver } from '../../lib/kv/debug-host.ts'

interface Told {
  readonly line: string
  readonly call: OperationCall
}

/** Writes down what it is told, and holds the order to the contract. */
function recorder(): { observer: OperationObserver; told: Told[]; open: Set<OperationCall> } {
  const told: Told[] = []
  const open = new Set<OperationCall>()
  const observer: OperationObserver = {
    begin(call) {
      open.add(call)
      expect(call.ended).toBeNaN()
    },
    end(call) {
      expect(open.delete(call)).toBe(true)
      expect(call.ended).toBeGreaterThanOrEqual(call.began)
      told.push({ line: `${call.name}${call.sync ? ' sync' : ''}${call.failed ? ' failed' : ''}`, call })
    },
  }
  return { observer, told, open }
}

test('every operation is told in both forms, with its subject, result and error', async () => {
  const db = await Database.open(':memory:')
  const { observer, told, open } = recorder()
  const stop = addObserver(db[debugHost], observer)
  db.putSync('a', '1')
  await db.put('b', '2')
  expect(db.getSync('a')).toBe('1')
  expect(await db.get('b')).toBe('2')
  expect(db.hasSync('x')).toBe(false)
  expect(await db.has('b')).toBe(true)
  expect(db.getManySync(['a', 'x'])).toEqual(['1', undefined])
  expect(await db.getMany(['b'])).toEqual(['2'])
  db.deleteSync('x')
  await db.delete('x')
  db.batchSync([{ type: 'put', key: 'c', value: '3' }])
  await db.batch([{ type: 'put', key: 'd', value: '4' }])
  await db.writeBatch().put('e', '5').commit()
  db.deleteRangeSync({ gte: 'd' })
  await db.deleteRange({ gte: 'd' })
  expect([...db.keys()]).toEqual(['a', 'b', 'c'])
  expect(await db.values({ gte: 'b' }).next(9)).toEqual(['2', '3'])
  const snapshot = db.snapshot()
  expect(snapshot.getSync('a')).toBe('1')
  snapshot.close()
  await db.sync()
  await db.flush()
  await db.compact()
  expect(() => db.getSync('')).toThrow()
  await expect(db.put('', '')).rejects.toThrow()
  await expect(db.batch([{ type: 'put' } as never])).rejects.toThrow()
  await db.clear()
  expect(open.size).toBe(0)
  expect(told.map(({ line }) => line)).toEqual([
    ...['put sync', 'put', 'get sync', 'get', 'has sync', 'has', 'getMany sync', 'getMany'],
    ...['delete sync', 'delete', 'batch sync', 'batch', 'batch', 'deleteRange sync', 'deleteRange'],
    ...['scan sync', 'next sync', 'scan sync', 'next', 'snapshot sync', 'get sync'],
    ...['sync', 'flush', 'compact', 'get sync failed', 'put failed', 'batch failed', 'clear'],
  ])
  const [, , first] = told
  expect(first?.call).toMatchObject({ subject: 'a', result: '1' })
  const scans = told.filter(({ call }) => call.name === 'scan').map(({ call }) => call.scan)
  const nexts = told.filter(({ call }) => call.name === 'next').map(({ call }) => call.scan)
  expect(scans).toEqual(nexts)
  expect(told.find(({ line }) => line === 'put failed')?.call.error).toMatchObject({
    code: 'BURROW_INVALID_ARGUMENT',
  })
  stop()
  await db.close()
})

test('nothing is told after the end of observation, not even to what was opened meanwhile', async () => {
  const db = await Database.open(':memory:')
  db.putSync('a', '1')
  const before = db.snapshot()
  const { observer, told } = recorder()
  const stop = addObserver(db[debugHost], observer)
  expect(db.debug.observed).toBe(true)
  before.getSync('a')
  const during = db.snapshot()
  const iterator = db.keys()
  const count = told.length
  expect(count).toBe(3)
  stop()
  stop()
  expect(db.debug.observed).toBe(false)
  before.getSync('a')
  during.getSync('a')
  iterator.nextSync(1)
  db.putSync('b', '2')
  db.getSync('b')
  await db.flush()
  expect(told.length).toBe(count)
  await db.close()
})

test('several observers nest, and a call that outlives its observer is still ended', async () => {
  const db = await Database.open(':memory:')
  const lines: string[] = []
  const named = (name: string): OperationObserver => ({
    begin: () => void lines.push(`${name} begin`),
    run: (_, body) => {
      lines.push(`${name} in`)
      const result = body()
      lines.push(`${name} out`)
      return result
    },
    end: () => void lines.push(`${name} end`),
  })
  const stops = ['1', '2'].map((name) => addObserver(db[debugHost], named(name)))
  const put = db.put('a', '1')
  for (const stop of stops) stop()
  await put
  expect(lines.join(', ')).toBe('1 begin, 2 begin, 1 in, 2 in, 2 out, 1 out, 2 end, 1 end')
  await db.close()
})

test('closing ends observation, and tells who listens', async () => {
  const db = await Database.open(':memory:')
  const host = db[debugHost]
  const { observer, open, told } = recorder()
  addObserver(host, observer)
  const moments: string[] = []
  const note = () => void moments.push(host.status)
  host.onClosing(note)
  host.onClosed(note)
  host.onClosed(note)()
  void db.put('a', '1')
  await db.close()
  expect(moments).toEqual(['open', 'closed'])
  expect(open.size).toBe(0)
  expect(told.map(({ line }) => line)).toEqual(['put'])
  expect(host.observed).toBe(false)
})

test('an error that nobody handles stays one that nobody handles', async () => {
  const db = await Database.open(':memory:')
  const stop = addObserver(db[debugHost], {})
  const unhandled: unknown[] = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => unhandled.push(error))
  try {
    void db.get('')
    await new Promise((resolve) => setTimeout(resolve, 5))
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
  expect(unhandled).toMatchObject([{ code: 'BURROW_INVALID_ARGUMENT' }])
  stop()
  await db.close()
})
