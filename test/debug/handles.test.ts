import { expect, it } from 'vitest'
import { Database, type EventMap } from '../../lib/index.ts'
import { turn } from './recording-logger.ts'

it('live handles are listed, oldest first, without stacks unless they are tracked', async () => {
  const db = await Database.open(':memory:')
  await db.put('a', '1')
  expect(db.debug.liveHandles()).toEqual([])
  const iterator = db.entries()
  const snapshot = db.snapshot()
  const open = { ageMs: expect.any(Number), stack: null }
  expect(db.debug.liveHandles()).toEqual([
    { kind: 'iterator', sequence: null, ...open },
    { kind: 'snapshot', sequence: 1, ...open },
  ])
  await iterator.close()
  expect(db.debug.liveHandles().map(({ kind }) => kind)).toEqual(['snapshot'])
  snapshot.close()
  expect(db.debug.liveHandles()).toEqual([])
  expect(db.debug.observed).toBe(false)
  await db.close()
})

function openIteratorHere(db: Database) {
  return db.keys()
}

function takeSnapshotHere(db: Database) {
  return db.snapshot()
}

it('with trackHandles they say where they were opened, and so does the event leak', async () => {
  const db = await Database.open(':memory:', { debug: { trackHandles: true } })
  await db.put('a', '1')
  const iterator = openIteratorHere(db)
  const snapshot = takeSnapshotHere(db)
  const ofSnapshot = snapshot.values()
  const stacks = db.debug.liveHandles().map(({ stack }) => stack?.split('\n')[0])
  expect(stacks).toEqual([
    expect.stringMatching(/openIteratorHere .*handles\.test\.ts/),
    expect.stringMatching(/takeSnapshotHere .*handles\.test\.ts/),
    expect.stringMatching(/handles\.test\.ts/),
  ])
  await ofSnapshot.close()
  const leaks: EventMap['leak'][] = []
  db.on('leak', (event) => leaks.push(event))
  await db.close()
  expect(leaks).toEqual([
    {
      handles: [
        expect.objectContaining({ kind: 'iterator', stack: expect.stringContaining('openIteratorHere') }),
        expect.objectContaining({ kind: 'snapshot', stack: expect.stringContaining('takeSnapshotHere') }),
      ],
    },
  ])
  await iterator.close()
  snapshot.close()
})

it('many iterators that come and go leave nothing behind', async () => {
  const db = await Database.open(':memory:', { debug: { trackHandles: true } })
  await db.put('a', '1')
  for (let i = 0; i < 3000; i++) for (const _ of db.keys()) break
  const left = db.keys()
  expect(db.debug.liveHandles()).toMatchObject([{ kind: 'iterator', stack: expect.any(String) }])
  await left.close()
  await db.close()
})

it('nothing is told when everything was closed', async () => {
  const db = await Database.open(':memory:')
  const leaks: unknown[] = []
  db.on('leak', (event) => leaks.push(event))
  using snapshot = db.snapshot()
  await db.put('a', '1')
  expect(await snapshot.get('a')).toBeUndefined()
  snapshot.close()
  await db.keys().all()
  await turn()
  await db.close()
  expect(leaks).toEqual([])
})

it('classes of handles have names that one finds in a heap snapshot', async () => {
  const db = await Database.open(':memory:')
  const handles = [db, db.snapshot(), db.keys(), db.writeBatch(), db.debug, db.debug.trace()]
  expect(handles.map((handle) => handle.constructor.name)).toEqual([
    'Database',
    'Snapshot',
    'RangeIterator',
    'WriteBatch',
    'Debugger',
    'Tracer',
  ])
  await db.close()
})
