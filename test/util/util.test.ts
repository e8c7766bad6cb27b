import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteReaderError } from '../../lib/util/byte-reader.ts'
import { ByteWriter } from '../../lib/util/byte-writer.ts'
import { compareBytes, escapeBytes, unescapeBytes } from '../../lib/util/bytes.ts'
import { describeValue } from '../../lib/util/describe-value.ts'
import { editDistance, nearestName } from '../../lib/util/nearest-name.ts'
import { formatBytes, parseSize } from '../../lib/util/units.ts'

describe('bytes', () => {
  it('compare as unsigned', () => {
    expect(compareBytes(Uint8Array.of(0x7f), Uint8Array.of(0x80))).toBeLessThan(0)
    expect(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0)
  })

  it('escape to text without separators and back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = escapeBytes(bytes)
        expect(text).not.toMatch(/[\s,:[\]()]/)
        expect(unescapeBytes(text)).toEqual(bytes)
      }),
    )
    for (const text of ['a b', '\\x1', '\\xZZ', 'é', '['])
      expect(() => unescapeBytes(text)).toThrow(RangeError)
  })
})

describe('ByteWriter and ByteReader', () => {
  it('carry varints and strings', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ maxLength: 700 }), (number, bytes) => {
        const written = new ByteWriter(1).varint(number).bytes(bytes).varint(number).finish()
        const reader = new ByteReader(written)
        expect(reader.varint('first')).toBe(number)
        expect(reader.bytes('second')).toEqual(bytes)
        expect([reader.varint('third'), reader.atEnd, reader.remaining]).toEqual([number, true, 0])
      }),
    )
    for (const bad of [-1, 1.5, 2 ** 53, Number.NaN])
      expect(() => new ByteWriter().varint(bad)).toThrow(RangeError)
  })

  it('say where reading failed', () => {
    const reader = new ByteReader(Uint8Array.of(1, 5, 0, 0))
    reader.varint('one')
    expect(() => reader.bytes('text')).toThrow(expect.objectContaining({ offset: 2 }))
    expect(() => new ByteReader(Uint8Array.of(9)).varint('small', 8)).toThrow(ByteReaderError)
  })
})

describe('texts', () => {
  it('find the name that was meant', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(nearestName('memTableSise', ['memtableSize', 'maxMemtables'])).toBe('memtableSize')
    expect(nearestName('zebra', ['memtableSize'])).toBeUndefined()
  })

  it('describe any value on one short line', () => {
    const hostile = {
      get boom(): never {
        throw new Error('read')
      },
    }
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('trap')
        },
      },
    )
    for (const value of [hostile, proxy, Symbol('s'), 1n, 'x'.repeat(500), Array(500).fill(1), null]) {
      expect(describeValue(value)).toMatch(/^.{1,80}$/)
    }
  })

  it('write sizes for people', () => {
    expect([0, 1023, 1024, 1.5 * 2 ** 30, 64 * 2 ** 20].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1 KiB',
      '1.5 GiB',
      '64 MiB',
    ])
  })
  it('read sizes of people', () => {
    const good = ['0', '4096', '16B', '64KiB', '64k', '1.5 GiB', '10M', '1GB', '2 tb', '7PiB']
    expect(good.map(parseSize)).toEqual([
      ...[0, 4096, 16, 65536, 65536, 1.5 * 2 ** 30, 10 * 2 ** 20, 1e9, 2e12, 7 * 2 ** 50],
    ])
    const bad = [
      '',
      '-1',
      '1.5',
      '0.1KiB',
      'x',
      '1 XB',
      '1e3',
      '8PiB',
      '9007199254740992',
      'Infinity',
      '0x10',
      '1i',
    ]
    expect(bad.filter((text) => parseSize(text) !== undefined)).toEqual([])
  })
})
