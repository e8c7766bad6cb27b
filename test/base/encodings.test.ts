import { describe, expect, it } from 'vitest'
import {
  decode,
  type Encoding,
  encodeBound,
  encodeKey,
  encodeValue,
  maxKeyBytes,
} from '../../lib/base/encodings.ts'

const refused = expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' })

describe('encode', () => {
  it('takes text and the bytes of any view', () => {
    expect(encodeValue('héllo', 'utf8')).toBe('héllo')
    const words = new Uint16Array([1, 2, 3, 4])
    expect([...(encodeValue(words.subarray(1, 3), 'buffer') as Uint8Array)]).toEqual([2, 0, 3, 0])
    expect([...(encodeValue(new DataView(words.buffer, 2, 2), 'utf8') as Uint8Array)]).toEqual([2, 0])
    const buffer = Buffer.from('abc')
    expect(encodeKey(buffer, 'buffer')).toBe(buffer)
    expect(encodeKey('abc', 'buffer')).toBe('abc')
  })

  it('copies shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(7)
    const encoded = encodeValue(shared.subarray(1), 'buffer') as Uint8Array
    expect([...encoded]).toEqual([7, 7, 7])
    expect(encoded.buffer).toBeInstanceOf(ArrayBuffer)
    shared.fill(8)
    expect([...encoded]).toEqual([7, 7, 7])
  })

  it.each([
    ['Uint8Array', (bytes: ArrayBuffer) => new Uint8Array(bytes)],
    ['Buffer', (bytes: ArrayBuffer) => Buffer.from(bytes)],
    ['DataView', (bytes: ArrayBuffer) => new DataView(bytes)],
  ])('refuses a detached %s', (_, make) => {
    const bytes = new ArrayBuffer(8)
    const view = make(bytes)
    structuredClone(bytes, { transfer: [bytes] })
    expect(() => encodeValue(view, 'buffer')).toThrow(refused)
    expect(() => encodeKey(view, 'utf8')).toThrow(refused)
  })

  it.each([[1], [null], [undefined], [{}], [[]], [Symbol('s')], [new ArrayBuffer(1)], [true]])(
    'refuses %s where text or bytes are due',
    (value) => {
      for (const encoding of ['utf8', 'buffer'] as Encoding[]) {
        expect(() => encodeValue(value, encoding)).toThrow(refused)
        expect(() => encodeKey(value, encoding)).toThrow(refused)
      }
    },
  )

  it('checks the length of keys in bytes', () => {
    expect(() => encodeKey('', 'utf8')).toThrow(refused)
    expect(() => encodeKey(new Uint8Array(0), 'buffer')).toThrow(refused)
    expect(encodeKey('x'.repeat(maxKeyBytes), 'utf8')).toHaveLength(maxKeyBytes)
    expect(() => encodeKey('x'.repeat(maxKeyBytes + 1), 'utf8')).toThrow('65536 bytes long')
    expect(encodeKey('€'.repeat(21845), 'utf8')).toHaveLength(21845)
    expect(() => encodeKey('€'.repeat(21846), 'utf8')).toThrow('65538 bytes long')
    expect(() => encodeKey(new Uint8Array(maxKeyBytes + 1), 'buffer')).toThrow(refused)
    expect(encodeBound('', 'utf8')).toBe('')
    expect(encodeValue('', 'utf8')).toBe('')
    expect(encodeValue(new Uint8Array(0), 'buffer')).toHaveLength(0)
  })

  it('json: null is a value, undefined, functions, cycles and bigint are not', () => {
    expect(encodeValue(null, 'json')).toBe('null')
    expect(encodeValue({ a: [1] }, 'json')).toBe('{"a":[1]}')
    expect(encodeKey('a', 'json')).toBe('"a"')
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    for (const value of [undefined, () => 1, cycle, 1n])
      expect(() => encodeValue(value, 'json')).toThrow(refused)
  })
})

describe('decode', () => {
  it('gives back what was encoded', () => {
    const bytes = Buffer.from('{"a":"é"}')
    expect(decode(bytes, 'utf8')).toBe('{"a":"é"}')
    expect(decode(bytes, 'json')).toEqual({ a: 'é' })
    expect(decode('null', 'json')).toBeNull()
    const view = new Uint8Array(bytes)
    const buffer = decode(view, 'buffer') as Buffer
    expect(Buffer.isBuffer(buffer)).toBe(true)
    expect(buffer.buffer).toBe(view.buffer)
    expect(decode('é', 'buffer')).toEqual(Buffer.from('é'))
  })

  it('says how to read bytes that are not JSON', () => {
    expect(() => decode('{oops', 'json')).toThrow(/not JSON.*valueEncoding: 'buffer'/)
  })
})
