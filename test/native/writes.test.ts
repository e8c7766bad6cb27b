import { describe, expect, it } from 'vitest'
import {
  GATE_OPEN,
  GATE_SLOW,
  GATE_STOPPED,
  native,
  WRITE_DONE,
  WRITE_FORCE,
  WRITE_MEMTABLE_FULL,
  WRITE_NO_WAIT,
  WRITE_NO_WAL,
  WRITE_PUMP,
  WRITE_STOPPED,
  WRITE_SYNC,
} from '../../lib/native.ts'
import { bytes, engineOf, invalid, thrownBy } from './calls.ts'
import { completionsOf } from './open-engine.ts'

/** One record as in docs/formats.md "Write batch". */
function record(kind: number, key: string, value: string): Buffer {
  const head = Buffer.alloc(7)
  head.writeUInt8(kind)
  head.writeUInt16LE(key.length, 1)
  head.writeUInt32LE(value.length, 3)
  return Buffer.concat([head, bytes(key), bytes(value)])
}

describe('writes', () => {
  it('take keys and values in either form', () => {
    const engine = engineOf()
    expect(engine.putSS('ss', 'é', 0)).toBe(WRITE_DONE)
    expect(engine.putSB('sb', bytes('2'), WRITE_SYNC)).toBe(WRITE_DONE)
    expect(engine.putBS(bytes('bs'), '3', WRITE_NO_WAL)).toBe(WRITE_DONE)
    expect(engine.putBB(new Uint8Array([98, 98]), new Uint8Array(), WRITE_NO_WAIT)).toBe(WRITE_DONE)
    expect(['ss', 'sb', 'bs', 'bb'].map((key) => engine.getStringS(key))).toEqual(['é', '2', '3', ''])
    expect(engine.deleteS('ss', 0)).toBe(WRITE_DONE)
    expect(engine.deleteB(bytes('sb'), 0)).toBe(WRITE_DONE)
    expect(['ss', 'sb'].map((key) => engine.hasS(key))).toEqual([false, false])
    const batch = Buffer.concat([record(1, 'x1', 'a'), record(1, 'x2', 'b'), record(0, 'bs', '')])
    expect(engine.writeBatch(batch, batch.length, 3, 0)).toBe(WRITE_DONE)
    const range = record(2, 'x1', 'x2')
    expect(engine.writeBatch(range, range.length, 1, 0)).toBe(WRITE_DONE)
    expect(['x1', 'x2', 'bs'].map((key) => engine.getStringS(key))).toEqual([undefined, 'b', undefined])
    const { ops } = engine.stats()
    expect(ops.put).toMatchObject({ count: 4, errors: 0, bytesIn: 2 * 4 + 2 + 1 + 1 })
    expect([ops.delete.count, ops.batch.count, ops.deleteRange.count, ops.commit.count]).toEqual([2, 1, 1, 1])
  })

  it('are acknowledged in order', () => {
    const engine = engineOf()
    for (let i = 0; i < 10; i++) engine.putSS(`key${i}`, 'value', WRITE_NO_WAIT)
    expect(engine.submitted()).toBe(10)
    engine.writePending()
    expect(engine.acknowledged()).toBe(10)
    const index = engine.syncWalAsync()
    while (engine.acknowledged() < index) expect(engine.waitProgress(10_000)).toBe(true)
    engine.syncWal()
    expect(engine.poison()).toBeUndefined()
    expect(engine.stats().ops.sync.count).toBe(2)
  })

  it('stop at the gate, at a full memtable, and point out completions', () => {
    const engine = engineOf(undefined, undefined, { memtableSize: 1 << 16 })
    engine.setGate(GATE_STOPPED, 0)
    expect(engine.putSS('a', '1', 0)).toBe(WRITE_STOPPED)
    expect(engine.putSS('a', '1', WRITE_FORCE)).toBe(WRITE_DONE)
    engine.setGate(GATE_SLOW, 1 << 20)
    engine.putSS('a', 'x'.repeat(1000), WRITE_NO_WAIT)
    expect(engine.takeDelay()).toBeGreaterThan(0)
    expect(engine.takeDelay()).toBe(0)
    engine.setGate(GATE_OPEN, 0)
    engine.putBB(bytes('large'), Buffer.alloc(1 << 17), WRITE_FORCE)
    expect(engine.putSS('b', '1', 0)).toBe(WRITE_MEMTABLE_FULL)
    engine.submit({ id: 5, type: 'deleteFiles', files: [] })
    let written = WRITE_DONE
    while (written === WRITE_DONE) {
      engine.waitProgress(10_000)
      written = engine.putSS('b', '1', WRITE_FORCE)
    }
    expect(written).toBe(WRITE_DONE | WRITE_PUMP)
    expect(completionsOf(engine, 1)).toMatchObject([{ id: 5, type: 'deleteFiles' }])
    expect(thrownBy(() => engine.setGate(3, 0))).toEqual(invalid)
  })

  it('refuse bad keys, values, batches and flags', () => {
    const engine = engineOf()
    const calls: (() => unknown)[] = [
      () => engine.putSS('', 'v', 0),
      () => engine.putBB(new Uint8Array(), bytes('v'), 0),
      () => engine.putSS('k'.repeat(65_536), 'v', 0),
      () => engine.putSS('é'.repeat(32_768), 'v', 0),
      () => engine.putBB(Buffer.alloc(65_536), bytes('v'), 0),
      () => engine.putSS(1 as never, 'v', 0),
      () => engine.putSS('k', undefined as never, 0),
      () => engine.putSB('k', 'v' as never, 0),
      () => engine.putSB('k', new Float64Array(1) as never, 0),
      () => engine.putBS('k' as never, 'v', 0),
      () => engine.putSS('k', 'v', 'x' as never),
      () => (engine.putSS as unknown as () => void)(),
      () => engine.deleteS('', 0),
      () => engine.writeBatch(bytes('junk!'), 6, 1, 0),
      () => engine.writeBatch(record(1, 'k', 'v'), 9, 2, 0),
      () => engine.writeBatch(record(1, 'k', 'v'), -1, 1, 0),
    ]
    for (const call of calls) expect(thrownBy(call)).toEqual(invalid)
    expect(thrownBy(() => engine.writeBatch(record(1, 'k', 'v'), 8, 1, 0))).toMatchObject({
      name: 'BurrowError',
    })
    expect(engine.putSS('k'.repeat(65_535), 'v', 0)).toBe(WRITE_DONE)
    expect(engine.getStringS('k'.repeat(65_535))).toBe('v')
    expect(engine.stats().memtables.active.entries).toBe(1)
  })

  it('keep strings of every length, and replace lone surrogates', () => {
    const engine = engineOf()
    for (const length of [1, 254, 255, 256, 257, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 5000]) {
      for (const letter of ['a', 'é', '€', '😀']) {
        const text = letter.repeat(length)
        const key = `k${letter}${text.slice(0, 2000)}`
        engine.putSS(key, text, 0)
        expect(engine.getStringS(key)).toBe(text)
        expect(engine.getStringB(bytes(key))).toBe(text)
      }
    }
    engine.putSS('lone', 'a\ud800b', 0)
    expect(engine.getStringS('lone')).toBe('a\ufffdb')
  })

  it('a detached array is empty, a shared one is read', () => {
    const engine = engineOf()
    const detached = new Uint8Array([1, 2, 3])
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    expect(thrownBy(() => engine.putBB(detached, bytes('v'), 0))).toEqual(invalid)
    engine.putSB('detached', detached, 0)
    expect(engine.getStringS('detached')).toBe('')
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(65)
    engine.putBB(shared, shared, 0)
    expect(engine.getStringS('AA')).toBe('AA')
    engine.setSlab(detached.buffer as ArrayBuffer)
    expect(engine.getBytesS('AA')).toBe(-4)
  })

  it('fail together once the log has failed', () => {
    const env = native.faultEnv(native.memoryEnv())
    const engine = engineOf(env)
    engine.putSS('a', '1', WRITE_SYNC)
    env.addRule?.({ operations: ['sync'], effect: 'error' })
    expect(thrownBy(() => engine.putSS('b', '1', WRITE_SYNC))).toMatchObject({ code: 'BURROW_IO' })
    expect(thrownBy(() => engine.putSS('c', '1', 0))).toMatchObject({ code: 'BURROW_READ_ONLY' })
    expect(engine.poison()).toMatchObject({ code: 1, errno: 5 })
    expect(engine.getStringS('a')).toBe('1')
    expect(engine.getStringS('b')).toBeUndefined()
    expect(engine.stats().ops.put.errors).toBe(2)
  })
})
