import { describe, expect, it } from 'vitest'
import { type NativeEngine, READ_ABSENT, READ_NOT_CACHED } from '../../lib/native.ts'
import { bytes, engineOf, invalid, thrownBy } from './calls.ts'
import { flush } from './open-engine.ts'

function packKeys(...keys: string[]): Buffer {
  return Buffer.concat(
    keys.map((key) => {
      const head = Buffer.alloc(2)
      head.writeUInt16LE(Buffer.byteLength(key))
      return Buffer.concat([head, bytes(key)])
    }),
  )
}

function unpackValues(packed: Buffer | null): (string | undefined)[] {
  const values: (string | undefined)[] = []
  for (let p = 0; packed !== null && p < packed.length; ) {
    const length = packed.readInt32LE(p)
    p += 4
    values.push(length < 0 ? undefined : packed.toString('utf8', p, p + length))
    p += Math.max(length, 0)
  }
  return values
}

describe('reads', () => {
  it('find values in memory and on disk', () => {
    const engine = engineOf()
    engine.putSS('a', 'old', 0)
    engine.putSS('disk', 'value', 0)
    const before = engine.visibleSequence()
    flush(engine)
    engine.putSS('a', 'new', 0)
    expect(engine.tryGetStringS('disk')).toBeNull()
    expect(engine.tryGetStringB(bytes('disk'))).toBeNull()
    expect(engine.tryGetBytesS('disk')).toBe(READ_NOT_CACHED)
    expect(engine.tryGetBytesB(bytes('disk'))).toBe(READ_NOT_CACHED)
    expect([engine.tryHasS('disk'), engine.tryHasB(bytes('disk'))]).toEqual([null, null])
    expect([engine.tryHasS('a'), engine.tryHasB(bytes('a'), before)]).toEqual([true, null])
    expect(engine.tryGetMany(packKeys('disk'), 6, 1)).toBeNull()
    expect(engine.tryGetStringS('a')).toBe('new')
    expect(engine.getStringS('a', before)).toBe('old')
    expect(engine.getStringB(bytes('a'), undefined)).toBe('new')
    expect(engine.tryGetStringB(bytes('a'))).toBe('new')
    expect(engine.getStringS('disk')).toBe('value')
    expect([engine.hasS('a'), engine.hasB(bytes('a')), engine.hasB(bytes('nothing'))]).toEqual([
      true,
      true,
      false,
    ])
    const keys = packKeys('a', 'nothing', 'disk')
    expect(unpackValues(engine.getMany(keys, keys.length, 3))).toEqual(['new', undefined, 'value'])
    expect(unpackValues(engine.tryGetMany(keys, keys.length, 3, before))).toEqual(['old', undefined, 'value'])
    expect(engine.approximateSize(undefined, undefined)).toBeGreaterThan(0)
    expect(engine.approximateSize(bytes('x'), bytes('y'))).toBe(0)
    expect(engine.stats().diskReads.blocks).toBeGreaterThan(0)
  })

  it('answer many keys with a column of values', () => {
    const engine = engineOf()
    engine.putSS('a', 'first', 0)
    engine.putSS('b', '', 0)
    engine.putSS('c', 'é', 0)
    engine.putSS('d', 'x'.repeat(33 << 10), 0)
    flush(engine)
    const ask = (...names: string[]) => {
      const keys = packKeys(...names)
      const lengths = new Int32Array(4)
      const found = engine.getMany(keys, keys.length, names.length, undefined, lengths)
      expect(engine.tryGetMany(keys, keys.length, names.length, undefined, lengths)).toEqual(found)
      return [found, ...lengths.subarray(0, names.length)]
    }
    expect(ask('a', 'none', 'b', 'a')).toEqual(['firstfirst', 5, -1, 0, 5])
    expect(ask('a', 'c')).toEqual([bytes('firsté'), 5, 2])
    const [large, length] = ask('d')
    expect([large, length]).toEqual([bytes('x'.repeat(33 << 10)), 33 << 10])
    const keys = packKeys('a', 'b')
    for (const lengths of [new Int32Array(1), new Uint32Array(2), 'x'])
      expect(thrownBy(() => engine.getMany(keys, keys.length, 2, undefined, lengths as never))).toEqual(
        invalid,
      )
  })

  it('put bytes into the slab, one behind the other', () => {
    const engine = engineOf()
    engine.putSS('a', 'old', 0)
    const before = engine.visibleSequence()
    engine.putSS('a', 'renewed', 0)
    engine.putSS('b', '12345678', 0)
    engine.putSS('empty', '', 0)
    const slab = Buffer.alloc(30, '.')
    expect(engine.getBytesS('a')).toBe(-9)
    engine.setSlab(slab.buffer.slice(0, 0) as ArrayBuffer)
    expect(engine.getBytesS('empty')).toBe(0)
    const own = Uint8Array.from(slab)
    engine.setSlab(own.buffer)
    expect(engine.getBytesS('a')).toBe(7)
    expect(engine.getBytesB(bytes('a'), before)).toBe(3)
    expect(engine.getBytesS('nothing')).toBe(READ_ABSENT)
    expect(engine.getBytesS('empty')).toBe(0)
    expect(engine.getBytesS('b')).toBe(8)
    expect(engine.getBytesS('a')).toBe(-9)
    expect(engine.getBytesS('a', before)).toBe(3)
    expect(Buffer.from(own).toString()).toBe('renewed.old.....12345678old...')
    expect(engine.getBytesS('a', before)).toBe(-5)
    expect(engine.getBytesS('empty')).toBe(0)
  })

  it('keep a value that was too large until it is taken', () => {
    const engine = engineOf()
    const value = 'v'.repeat(5000)
    engine.putSS('large', value, 0)
    engine.setSlab(new ArrayBuffer(4096))
    expect(engine.getBytesS('large')).toBe(-5002)
    flush(engine)
    engine.putSS('other', 'x', 0)
    const into = Buffer.alloc(5000)
    expect(thrownBy(() => engine.takePinned(Buffer.alloc(10)))).toEqual(invalid)
    engine.takePinned(into)
    expect(into.toString()).toBe(value)
    expect(thrownBy(() => engine.takePinned(into))).toEqual(invalid)
  })

  it('answer from disk threads', () => {
    const engine = engineOf()
    engine.putSS('a', '1', 0)
    flush(engine)
    engine.submitGet(1, 'a')
    engine.putSS('a', '2', 0)
    engine.submitGet(2, bytes('a'))
    engine.submitGet(3, 'nothing', 1)
    const keys = packKeys('a', 'b')
    engine.submitGetMany(4, keys, keys.length, 2)
    keys.fill(0)
    const answers: ReturnType<NativeEngine['takeReads']> = []
    while (answers.length < 4) {
      engine.waitProgress(10_000)
      answers.push(...engine.takeReads())
    }
    answers.sort((a, b) => a.request - b.request)
    expect(answers.slice(0, 3).map((answer) => answer.bytes?.toString())).toEqual(['1', '2', undefined])
    expect(unpackValues(answers[3]?.bytes ?? null)).toEqual(['2', undefined])
  })

  it('refuse what is malformed', () => {
    const engine = engineOf()
    const calls: (() => unknown)[] = [
      () => engine.getStringS(''),
      () => engine.getStringS('a', -1),
      () => engine.getStringS('a', 1.5),
      () => engine.getStringS('a', 2 ** 53),
      () => engine.getBytesS('a', -1),
      () => engine.setSlab('x' as never),
      () => engine.setSlab(new Uint8Array(1) as never),
      () => engine.getMany(packKeys('a'), 3, 2),
      () => engine.getMany(packKeys('a'), 2, 1),
      () => engine.getMany(packKeys('a', 'b'), 6, 1),
      () => engine.getMany(Buffer.from([0, 0]), 2, 1),
      () => engine.submitGet(1, ''),
      () => engine.submitGet(1, 1 as never),
      () => engine.submitGetMany(1, packKeys('a'), 3, 5),
    ]
    for (const call of calls) expect(thrownBy(call), call.toString()).toEqual(invalid)
  })
})
