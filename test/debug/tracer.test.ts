import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ring } from '../../lib/debug/ring.ts'
import { type TraceEvent, traceEvents } from '../../lib/debug/trace-events.ts'
import { Database } from '../../lib/index.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'burrow-trace-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const names = (events: readonly TraceEvent[]) => events.map(({ name }) => name)

/** Complete events of one track must not overlap, unless one is inside the other. */
function expectNesting(events: readonly TraceEvent[]): void {
  for (const tid of new Set(events.map((event) => event.tid))) {
    const track = events.filter((event) => event.tid === tid)
    const open: number[] = []
    for (const { dur, ts } of track.filter(({ ph }) => ph === 'X')) {
      const end = ts + dur!
      while (open.length > 0 && open.at(-1)! <= ts) open.pop()
      expect(end).toBeLessThanOrEqual((open.at(-1) ?? Number.POSITIVE_INFINITY) + 0.001)
      open.push(end)
    }
  }
}

describe('a tracer of everything', () => {
  it('has a span for each operation and each job, on tracks that nest', async () => {
    const db = await Database.open(':memory:', { memtableSize: 64 << 10 })
    const tracer = db.debug.trace()
    db.putSync('a\n', '1')
    db.getSync('a\n')
    await Promise.all([db.get('a\n'), db.get('b'), db.put('c', '3'), db.getMany(['a', 'c'])])
    for await (const _ of db.keys()) {
      // Every record.
    }
    expect(() => db.getSync('')).toThrow()
    await db.flush()
    db.putSync('d', '4')
    await db.compact()
    await new Promise((resolve) => setImmediate(resolve))
    tracer.stop()
    const events = tracer.events()
    expect(new Set(names(events))).toEqual(
      new Set(
        ['put', 'get', 'getMany', 'scan', 'next', 'flush', 'compact', 'compaction'].concat([
          'walRotated',
          'manifestWritten',
        ]),
      ),
    )
    for (const event of events) {
      expect(event.pid).toBe(process.pid)
      expect(event.ts).toBeGreaterThan(0)
      if (event.ph === 'X') expect(event.dur).toBeGreaterThanOrEqual(0)
    }
    expectNesting(events)
    const gets = events.filter(({ name }) => name === 'get')
    expect(gets.length).toBe(4)
    expect(gets[0]?.args['key']).toBe('a\\x0a')
    expect(gets[3]?.args['error']).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    // The call and the job have one name each, and tracks of their own.
    const flushes = events.filter(({ name }) => name === 'flush')
    expect(flushes.filter(({ cat }) => cat === 'operation').length).toBe(1)
    const jobs = flushes.filter(({ cat }) => cat === 'job')
    expect(jobs.length).toBe(2)
    expect(jobs[0]?.args).toMatchObject({ reason: 'manual', memtables: 1, jobId: expect.any(Number) })
    expect(events.find(({ name }) => name === 'compaction')?.args).toMatchObject({ reason: 'manual' })
    await db.close()
  })

  it('keeps no key when it is told so', async () => {
    const db = await Database.open(':memory:')
    const tracer = db.debug.trace({ redact: true, capacity: 1 })
    db.putSync('secret', '1')
    tracer.stop()
    expect(tracer.events().length).toBe(1)
    expect(JSON.stringify(tracer.events())).not.toContain('secret')
    await db.close()
  })

  it('drops the oldest beyond its capacity, and counts them', async () => {
    const db = await Database.open(':memory:')
    const tracer = db.debug.trace({ capacity: 3 })
    for (let i = 0; i < 10; i++) db.getSync(`key ${i}`)
    expect(tracer.dropped).toBe(7)
    expect(tracer.events().map(({ args }) => args['key'])).toEqual(['key\\x207', 'key\\x208', 'key\\x209'])
    await db.close()
  })
})

describe('modes', () => {
  it('slow keeps what took long, and nothing else', async () => {
    const db = await Database.open(':memory:')
    const never = db.debug.trace({ mode: 'slow', slowMs: 1e6 })
    const always = db.debug.trace({ mode: 'slow', slowMs: 0 })
    db.putSync('a', '1')
    await db.flush()
    never.stop()
    always.stop()
    expect(never.events().filter(({ ph }) => ph === 'X')).toEqual([])
    expect(names(always.events())).toEqual(expect.arrayContaining(['put', 'flush']))
    await db.close()
  })

  it('sampled keeps about its share', async () => {
    const db = await Database.open(':memory:')
    const some = db.debug.trace({ mode: 'sampled', sampleRate: 0.1 })
    const all = db.debug.trace({ mode: 'sampled', sampleRate: 1 })
    for (let i = 0; i < 4000; i++) db.hasSync('k')
    expect(all.events().length).toBe(4000)
    // Ten standard deviations.
    expect(Math.abs(some.events().length - 400)).toBeLessThan(190)
    await db.close()
  })

  it('refuses options that do not fit', async () => {
    const db = await Database.open(':memory:')
    const bad: [object, RegExp][] = [
      [{ mode: 'fast' }, /option 'mode'.*'all', 'sampled' or 'slow'/],
      [{ mode: 'sampled', sampleRate: 0 }, /'sampleRate'.*above 0/],
      [{ mode: 'sampled', sampleRate: Number.NaN }, /'sampleRate'/],
      [{ mode: 'slow', slowMs: -1 }, /'slowMs'.*from 0 up/],
      [{ slowMs: 5 }, /'slowMs'.*mode: 'slow'/],
      [{ mode: 'slow', sampleRate: 0.5 }, /'sampleRate'.*mode: 'sampled'/],
      [{ capacity: 0 }, /'capacity'.*1 to/],
      [{ capacity: 1e9 }, /'capacity'.*1 to/],
      [{ phases: 1 }, /'phases'.*true or false/],
      [{ slowMS: 5 }, /did you mean 'slowMs'/],
    ]
    for (const [options, message] of bad) {
      expect(() => db.debug.trace(options)).toThrow(message)
    }
    expect(db.debug.observed).toBe(false)
    await db.close()
  })
})

describe('the end of a tracer', () => {
  it('leaves nothing behind', async () => {
    const db = await Database.open(':memory:')
    const tracers = [db.debug.trace(), db.debug.trace({ mode: 'slow' })]
    expect(db.debug.observed).toBe(true)
    for (const tracer of tracers) tracer.stop()
    expect(db.debug.observed).toBe(false)
    expect(tracers.map(({ running }) => running)).toEqual([false, false])
    db.putSync('a', '1')
    await db.get('a')
    await db.flush()
    await new Promise((resolve) => setImmediate(resolve))
    expect(tracers.flatMap((tracer) => tracer.events())).toEqual([])
    await db.close()
  })

  it('comes with the database, after its last job, and calls under way are kept', async () => {
    const db = await Database.open(':memory:')
    const tracer = db.debug.trace()
    const pending = [db.put('a', '1'), db.get('a'), db.flush(), db.put('b', '2')]
    const closing = db.close()
    await Promise.allSettled([...pending, closing])
    await closing
    expect(tracer.running).toBe(false)
    const kept = tracer.events().filter(({ ph }) => ph === 'X')
    const operations = kept.filter(({ cat }) => cat === 'operation')
    expect(names(operations).sort()).toEqual(['flush', 'get', 'put', 'put'])
    expect(names(kept.filter(({ cat }) => cat === 'job'))).toContain('flush')
    expect(kept.every(({ args }) => args['unfinished'] === undefined)).toBe(true)
    tracer.stop()
    await tracer.write(join(folder, 'closed.json'))
    expect(() => db.debug.trace()).toThrow(expect.objectContaining({ code: 'BURROW_CLOSED' }))
  })
})

describe('the file', () => {
  it('is a JSON object in the Chrome format, with names for process and tracks', async () => {
    const db = await Database.open(join(folder, 'db'), { syncWrites: false })
    const tracer = db.debug.trace()
    for (let i = 0; i < 1500; i++) db.putSync(`k${i}`, 'v')
    await Promise.all([db.get('k1'), db.get('k2')])
    const path = join(folder, 'trace.json')
    await tracer.write(path)
    const file = JSON.parse(readFileSync(path, 'utf8')) as {
      traceEvents: TraceEvent[]
      otherData: Record<string, unknown>
    }
    expect(file.otherData).toMatchObject({ mode: 'all', dropped: 0 })
    const { traceEvents: all } = file
    expect(all.filter(({ ph }) => ph === 'X').length).toBe(1502)
    const metadata = all.filter(({ ph }) => ph === 'M')
    expect(metadata.find(({ name }) => name === 'process_name')?.args['name']).toContain('burrowdb')
    const named = new Set(metadata.filter(({ name }) => name === 'thread_name').map(({ tid }) => tid))
    expect(all.filter(({ pid }) => pid !== process.pid)).toEqual([])
    expect(all.filter(({ ph, tid }) => ph !== 'M' && !named.has(tid))).toEqual([])
    await expect(tracer.write(join(folder, 'no', 'where.json'))).rejects.toThrow('ENOENT')
    tracer.stop()
    await db.close()
  })

  it('shows stalls as marks and as a counter, and gives overlapping jobs lines of their own', () => {
    const job = { group: 'compaction', name: 'compaction', args: {} } as const
    const events = traceEvents([
      { ...job, began: 1, ended: 5 },
      { ...job, began: 2, ended: 3 },
      { ...job, began: 3, ended: 6 },
      { group: 'events', name: 'stall', began: 4, ended: undefined, args: { state: 'stop' } },
    ])
    expect(events.map(({ ph, tid }) => [ph, tid])).toEqual([
      ['X', 30001],
      ['X', 30002],
      ['X', 30002],
      ['i', 50001],
      ['C', 50001],
    ])
    expect(events.at(-1)).toMatchObject({ name: 'write stall', ts: 4000, args: { state: 2 } })
  })
})

it('a ring keeps the last in order', () => {
  const ring = new Ring<number>(3)
  expect([...ring]).toEqual([])
  for (let i = 1; i <= 7; i++) ring.push(i)
  expect([...ring]).toEqual([5, 6, 7])
  expect([ring.length, ring.dropped]).toEqual([3, 4])
})
