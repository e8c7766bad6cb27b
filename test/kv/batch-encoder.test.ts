/** Writes become the same records whichever way they take: directly, or gathered and packed by native code. */
import { describe, expect, it } from 'vitest'
import { BatchEncoder } from '../../lib/kv/batch-encoder.ts'
import { Random, testSeed } from '../model/random.ts'

const encodings = { key: 'utf8', value: 'utf8' } as const
const seed = testSeed()

type Data = string | Uint8Array

/** A record as docs/formats.md has it. */
function record(kind: number, key: Data, value: Data): Buffer {
  const [k, v] = [Buffer.from(key as string, 'utf8'), Buffer.from(value as string, 'utf8')]
  const header = Buffer.alloc(7)
  header.writeUInt8(kind, 0)
  header.writeUInt16LE(k.length, 1)
  header.writeUInt32LE(v.length, 3)
  return Buffer.concat([header, k, v])
}

function encoded(encoder: BatchEncoder): Buffer {
  const { records } = encoder
  return Buffer.from(records.subarray(0, encoder.length))
}

/** Compares bytes as bytes: a difference of buffers is as long as they are. */
function expectRecords(encoder: BatchEncoder, expected: Buffer): void {
  const found = encoded(encoder)
  const place = found.findIndex((byte, i) => byte !== expected[i])
  expect({ length: found.length, place }).toEqual({ length: expected.length, place: -1 })
}

/** Puts every pair, and what the records must be. */
function putAll(encoder: BatchEncoder, pairs: readonly (readonly [Data, Data])[]): Buffer {
  for (const [key, value] of pairs) encoder.put(key, value, encodings)
  return Buffer.concat(pairs.map(([key, value]) => record(1, key, value)))
}

describe('batch encoder', () => {
  it.each([
    ['text', 'key', 'value'],
    ['bytes', Buffer.from([0, 255]), Buffer.from([1, 2, 3])],
    ['text and bytes', 'key', new Uint8Array([7])],
    ['bytes and text', new Uint8Array([7]), 'value'],
    ['an empty value', 'key', ''],
    ['no bytes as value', 'key', new Uint8Array()],
    ['text of two bytes a unit', 'Zürich', 'ÄÖÜ'],
    ['text of three bytes a unit', '東京', '日本'.repeat(512)],
    ['a key and value just short enough to gather', 'k'.repeat(1024), Buffer.alloc(1024, 'v')],
    ['a long key', 'k'.repeat(1025), 'v'],
    ['a long value', 'k', 'v'.repeat(1025)],
    ['long bytes', Buffer.alloc(1025, 'k'), Buffer.alloc(70_000, 'v')],
    ['halves of surrogate pairs', 'a\ud83d', '\udc07\ud83d'],
  ] as const)('%s, few and many', (_name, key, value) => {
    for (const count of [1, 8, 9, 600]) {
      const encoder = new BatchEncoder()
      const expected = putAll(
        encoder,
        Array.from({ length: count }, () => [key, value] as const),
      )
      expect(encoder.count).toBe(count)
      expectRecords(encoder, expected)
    }
  })

  it(`any mixture in its order, BURROW_TEST_SEED=${seed}`, () => {
    const random = new Random(seed)
    const units = ['a', 'z', '\0', 'ü', '東', '\ud83d', '\udc07', '🐇']
    const text = (least: number) =>
      Array.from(
        { length: least + (random.below(20) === 0 ? random.below(1500) : random.below(20)) },
        () => units[random.below(random.below(4) === 0 ? units.length : 2)],
      ).join('')
    const data = (least: number) => (random.below(2) === 0 ? text(least) : Buffer.from(text(least)))
    for (let round = 0; round < 50; round++) {
      const encoder = new BatchEncoder()
      const expected: Buffer[] = []
      for (let i = random.below(600); i >= 0; i--) {
        const key = data(1)
        if (random.below(4) === 0) {
          encoder.delete(key, encodings)
          expected.push(record(0, key, ''))
        } else if (random.below(40) === 0) {
          encoder.deleteRange({ lower: Buffer.from('a'), upper: Buffer.from('b') })
          expected.push(record(2, 'a', 'b'))
        } else {
          const value = data(0)
          encoder.put(key, value, encodings)
          expected.push(record(1, key, value))
        }
        if (random.below(200) === 0) expectRecords(encoder, Buffer.concat(expected))
      }
      expect(encoder.count).toBe(expected.length)
      expectRecords(encoder, Buffer.concat(expected))
    }
  })

  it('copies bytes at the call', () => {
    const encoder = new BatchEncoder()
    const value = Buffer.from('before')
    for (let i = 0; i < 20; i++) encoder.put('key', value, encodings)
    const expected = encoded(encoder)
    value.fill('x')
    expectRecords(encoder, expected)
  })

  it('takes arrays by the bytes they have, whatever they say', () => {
    class Liar extends Uint8Array {
      override get length(): number {
        return 1
      }
    }
    const whole = new Uint8Array([0, 1, 2, 3, 4, 5])
    for (const count of [1, 8, 9, 2000]) {
      const encoder = new BatchEncoder()
      for (let i = 0; i < count; i++) encoder.put(new Liar(whole.buffer, 1), whole.subarray(2, 4), encodings)
      const expected = record(1, Buffer.from([1, 2, 3, 4, 5]), Buffer.from([2, 3]))
      expectRecords(encoder, Buffer.concat(Array<Buffer>(count).fill(expected)))
    }
  })

  it('leaves no trace of a write that is refused', () => {
    const encoder = new BatchEncoder()
    const expected = putAll(
      encoder,
      Array.from({ length: 20 }, (_, i) => [`key ${i}`, 'ü'] as const),
    )
    const detached = new Uint8Array(10)
    structuredClone(detached, { transfer: [detached.buffer] })
    for (const [key, value] of [
      ['', 'value'],
      ['key', 5],
      ['key', detached],
      [new Uint8Array(), 'value'],
      ['ü'.repeat(32_768), 'value'],
      [undefined, 'value'],
    ]) {
      expect(() => encoder.put(key, value, encodings)).toThrow()
      expect(() => encoder.delete(value === 'value' ? key : value, encodings)).toThrow()
    }
    expect(encoder.count).toBe(20)
    expectRecords(encoder, expected)
  })

  it('begins anew after clear, and says about how long it is meanwhile', () => {
    const encoder = new BatchEncoder()
    for (let i = 0; i < 100; i++) encoder.put('key', 'value', encodings)
    expect(encoder.length).toBe(100 * 15)
    encoder.clear()
    expect(encoder.length).toBe(0)
    expect(encoder.count).toBe(0)
    const expected = putAll(encoder, [['a', 'b']])
    expectRecords(encoder, expected)
  })
})
