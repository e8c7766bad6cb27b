import { describe, expect, it } from 'vitest'
import { native, WRITE_NO_WAIT, WRITE_SYNC } from '../../lib/native.ts'
import { closed, closing, engineOf, invalid, thrownBy } from './calls.ts'
import { completionsOf, configFor, openScan, rotate, run, startEngine } from './open-engine.ts'

describe('an engine', () => {
  it('replays logs and adopts memtables', () => {
    const env = native.memoryEnv()
    const databaseId = native.randomDatabaseId()
    const first = engineOf(env, '/db', { databaseId })
    first.putSS('a', '1', 0)
    first.putSS('b', '2', 0)
    rotate(first)
    expect(first.memtables()).toMatchObject({
      active: { entries: 0 },
      immutables: [{ entries: 2, lastSequence: 2 }],
    })
    first.putSS('c', '3', 0)
    const { wal, length } = first.stopWrites()
    expect(wal).toBe(2)
    expect(env.fileSize('/db/000002.wal')).toBe(length)
    expect(thrownBy(() => first.putSS('d', '4', 0))).toEqual(closed)
    first.close()

    const second = closing(native.openEngine(env, configFor('/db', { databaseId, nextFileNumber: 3 })))
    expect(thrownBy(() => second.putSS('a', '1', 0))).toEqual(closed)
    expect(thrownBy(() => second.rotate(1))).toMatchObject({ code: 'BURROW_INTERNAL' })
    for (const number of [1, 2]) {
      const replayed = run(second, {
        type: 'replayWal',
        number,
        ...(number === 2 ? { expectedLength: length } : {}),
      })
      expect(replayed).toMatchObject({ end: 'sealed', records: number === 1 ? 2 : 1 })
      second.adoptMemtable(replayed.memtable as number)
    }
    expect(thrownBy(() => second.adoptMemtable(99))).toMatchObject({ code: 'BURROW_INTERNAL' })
    run(second, { type: 'prepareWal', number: second.newFileNumber(), allocate: 1 << 16 })
    second.start(4, 3)
    expect(thrownBy(() => second.start(4, 3))).toMatchObject({ code: 'BURROW_INTERNAL' })
    expect([second.visibleSequence(), second.getStringS('a'), second.getStringS('c')]).toEqual([3, '1', '3'])
    expect(run(second, { type: 'replayWal', number: 9 }).error).toMatchObject({ code: 7 })
  })

  it('that is read-only reads everything and writes nothing', () => {
    const env = native.memoryEnv()
    const databaseId = native.randomDatabaseId()
    const writer = engineOf(env, '/db', { databaseId })
    writer.putSS('a', '1', 0)
    const reader = closing(native.openEngine(env, configFor('/db', { databaseId, readOnly: true })))
    reader.adoptMemtable(run(reader, { type: 'replayWal', number: 1 }).memtable as number)
    expect(reader.getStringS('a')).toBe('1')
    for (const call of [
      () => reader.putSS('a', '1', 0),
      () => reader.submit({ id: 1, type: 'deleteFiles', files: [] }),
    ]) {
      expect(thrownBy(call)).toMatchObject({ code: 'BURROW_READ_ONLY' })
    }
  })

  it('tells its statistics', () => {
    const engine = engineOf()
    engine.putSS('a', '1', WRITE_SYNC)
    engine.getStringS('a')
    const stats = engine.stats()
    expect(stats.ops.get).toMatchObject({ count: 1, bytesIn: 1, bytesOut: 1 })
    expect(stats.ops.commit.latency.max).toBeGreaterThan(0)
    expect(stats.wal.syncs).toBe(1)
    expect(stats).toMatchObject({ visibleSequence: 1, nextFileNumber: 2, scans: 0, snapshots: 0 })
    expect(stats.cache.block.capacityBytes).toBeGreaterThan(0)
    engine.resetPeakStats?.()
    expect(engine.stats().ops.commit.latency.max).toBe(0)
  })

  it('calls onProgress on the event loop, once for much', async () => {
    let calls = 0
    let wake = () => {}
    const engine = engineOf(undefined, undefined, {
      onProgress: () => {
        calls++
        wake()
      },
    })
    await new Promise((resolve) => setImmediate(resolve))
    calls = 0
    engine.ref()
    const progress = new Promise<void>((resolve) => {
      wake = resolve
    })
    for (let i = 0; i < 100; i++) engine.submit({ id: i, type: 'deleteFiles', files: [] })
    completionsOf(engine, 100)
    await progress
    expect(calls).toBeLessThan(10)
    engine.unref()
    engine.unref()
  })

  it('refuses what is malformed', () => {
    const engine = engineOf()
    const calls: (() => unknown)[] = [
      () => engine.removeSnapshot(99),
      () => engine.waitProgress('x' as never),
      () => engine.install({} as never),
      () => engine.start(0, 1),
    ]
    for (const call of calls) expect(thrownBy(call), call.toString()).toEqual(invalid)
  })
})

describe('close', () => {
  it('ends every function, and scans, and is idempotent', () => {
    const engine = startEngine()
    const scan = openScan(engine)
    engine.putSS('a', 'v'.repeat(100), WRITE_NO_WAIT)
    engine.setSlab(new ArrayBuffer(1))
    engine.getBytesS('a')
    engine.submitGet(1, 'a')
    scan.fillAsync(2, 1, 1)
    engine.close()
    engine.close()
    engine.ref()
    engine.unref()
    // What the last call took is told also when that was close().
    const mayBeLate = ['close', 'closeScan', 'ref', 'unref', 'takePhases']
    const functions = Object.entries(engine).filter(
      ([name, value]) => typeof value === 'function' && !mayBeLate.includes(name),
    )
    expect(functions.length).toBe(68)
    for (const [name, call] of functions)
      expect(
        thrownBy(() => call()),
        name,
      ).toEqual(closed)
    for (const call of [
      () => scan.fill(Buffer.alloc(100), 1),
      () => scan.count(1),
      () => scan.seek('a'),
      () => scan.fillAsync(1, 1, 1),
    ]) {
      expect(thrownBy(call)).toEqual(closed)
    }
    scan.close()
  })

  it('keeps what was written', () => {
    const env = native.memoryEnv()
    const engine = startEngine(env)
    engine.putSS('a', '1', WRITE_NO_WAIT)
    engine.close()
    expect(native.readLog(env, '/db/000001.wal', 'wal', 1).records.length).toBe(1)
  })
})
