import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyCodec, type SortCondition } from '../../lib/tables/key-codec.ts'
import type { KeySchema } from '../../lib/tables/key-schema.ts'
import { prefixEnd } from '../../lib/tables/layout.ts'
import { parseNumber } from '../../lib/tables/number.ts'
import { type AttributeValue, compareScalars, equalValues, type Item } from '../../lib/tables/value.ts'
import { anyNumber, keyBytes, keyText, keyValue, numberTexts } from './arbitraries.ts'

const schema = (partition: 'S' | 'N' | 'B', sort?: 'S' | 'N' | 'B'): KeySchema => ({
  partitionKey: { name: 'p', type: partition },
  ...(sort === undefined ? {} : { sortKey: { name: 's', type: sort } }),
})
const types = ['S', 'N', 'B'] as const

function sortBytes(type: 'S' | 'N' | 'B', value: AttributeValue): Buffer {
  return KeyCodec.table(1, schema('S', type)).encode({ p: 'x', s: value })
}

describe('keys of rows', () => {
  it.each(types)('order as values of type %s do', (type) => {
    fc.assert(
      fc.property(keyValue(type), keyValue(type), (a, b) => {
        const order = Math.sign(compareScalars(a, b)!)
        expect(Math.sign(Buffer.compare(sortBytes(type, a), sortBytes(type, b)))).toBe(order)
      }),
      { numRuns: 1000 },
    )
  })

  it('order numbers over their whole range', () => {
    const texts = [
      '-9.9999999999999999999999999999999999999e125',
      '-1e125',
      '-123.45',
      '-123.4',
      '-123',
      '-1.5',
    ]
    texts.push('-1', '-0.5', '-1e-129', '-1e-130', '0', '1e-130', '1.1e-130', '1e-129', '0.5', '0.51', '1')
    texts.push('1.01', '9', '9.9', '10', '11', '99', '100', '100.001', '101', '1e125')
    texts.push('9.9999999999999999999999999999999999999e125')
    const keys = texts.map((text) => sortBytes('N', parseNumber(text)))
    expect([...keys].sort(Buffer.compare)).toEqual(keys)
    expect(Math.max(...keys.map((key) => key.length))).toBe(9 + 3 + 21)
  })

  it('are the same for equal numbers, however they are given', () => {
    fc.assert(
      fc.property(numberTexts(), fc.nat(5), (text, zeros) => {
        const padded = text.includes('e')
          ? text.replace('e', `${'0'.repeat(zeros)}e`)
          : `${text}.${'0'.repeat(zeros)}`
        if (/\..*\./.test(padded)) return
        expect(sortBytes('N', parseNumber(padded))).toEqual(sortBytes('N', parseNumber(text)))
      }),
    )
    expect(sortBytes('N', -0)).toEqual(sortBytes('N', 0))
    expect(sortBytes('N', 10n ** 23n)).toEqual(sortBytes('N', 1e23))
  })

  it('keep partitions together, and rows of one in the order of the sort key', () => {
    const codec = KeyCodec.table(7, schema('S', 'N'))
    fc.assert(
      fc.property(keyText(), keyText(), anyNumber(), (p, q, s) => {
        const key = codec.encode({ p, s })
        const range = codec.partitionRange(p)
        expect(inRange(key, range)).toBe(true)
        expect(key.subarray(0, range.gte.length)).toEqual(codec.partitionPrefix(p))
        if (p !== q) expect(inRange(codec.encode({ p: q, s }), range)).toBe(false)
      }),
    )
  })

  it('say their values', () => {
    const codecs = types.flatMap((p) => [undefined, ...types].map((s) => schema(p, s)))
    fc.assert(
      fc.property(fc.constantFrom(...codecs), fc.context(), fc.gen(), (keys, context, gen) => {
        const item: Item = { p: gen(() => keyValue(keys.partitionKey.type)) }
        if (keys.sortKey) item['s'] = gen(() => keyValue(keys.sortKey!.type))
        context.log(JSON.stringify(keys))
        const codec = KeyCodec.table(0xfffffffe, keys)
        expect(equalValues(codec.decode(codec.encode(item)), item)).toBe(true)
      }),
    )
  })

  it('spread over the stripes', () => {
    const codec = KeyCodec.table(1, schema('S'))
    const counts = new Array<number>(256).fill(0)
    for (let n = 0; n < 25_600; n++) counts[codec.encode({ p: `user#${n}` })[8]!]! += 1
    // Random stripes would give 100 ± 10 each.
    expect(Math.min(...counts)).toBeGreaterThan(50)
    expect(Math.max(...counts)).toBeLessThan(150)
  })
})

describe('ranges of a partition', () => {
  const holds: Record<
    SortCondition['op'],
    (value: AttributeValue, values: readonly AttributeValue[]) => boolean
  > = {
    '=': (v, [a]) => compareScalars(v, a!) === 0,
    '<': (v, [a]) => compareScalars(v, a!)! < 0,
    '<=': (v, [a]) => compareScalars(v, a!)! <= 0,
    '>': (v, [a]) => compareScalars(v, a!)! > 0,
    '>=': (v, [a]) => compareScalars(v, a!)! >= 0,
    between: (v, [a, b]) => compareScalars(v, a!)! >= 0 && compareScalars(v, b!)! <= 0,
    beginsWith: (v, [a]) => asHex(v).startsWith(asHex(a!)),
  }

  it.each(types)('hold what meets the condition, for type %s', (type) => {
    const ops = (Object.keys(holds) as SortCondition['op'][]).filter(
      (op) => type !== 'N' || op !== 'beginsWith',
    )
    const table = KeyCodec.table(1, schema('S', type))
    const index = KeyCodec.globalIndex(1, 1, schema('S', type), {
      partitionKey: { name: 'id', type: 'B' },
      sortKey: { name: 'n', type: 'N' },
    })
    fc.assert(
      fc.property(fc.constantFrom(...ops), keyValue(type), keyValue(type), keyValue(type), (op, s, a, b) => {
        const values =
          op === 'between' ? [a, b] : [op === 'beginsWith' && typeof a === 'string' ? a.slice(0, 1) : a]
        const expected = holds[op](s, values)
        for (const codec of [table, index]) {
          const key = codec.encode({ p: 'x', s, id: Uint8Array.of(0xff, 0, 0xff), n: -1 })
          expect(inRange(key, codec.partitionRange('x', { op, values }))).toBe(expected)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('rows of indexes', () => {
  const base: KeySchema = schema('S', 'S')
  const byTime: KeySchema = { partitionKey: base.partitionKey, sortKey: { name: 'at', type: 'N' } }
  const byColour: KeySchema = {
    partitionKey: { name: 'colour', type: 'S' },
    sortKey: { name: 'at', type: 'N' },
  }

  it('of a local index lie in the partition and stripe of their table', () => {
    const local = KeyCodec.localIndex(3, 1, byTime, base)
    const item: Item = { p: 'a', s: 'b', at: 5, colour: 'red' }
    const row = local.encodeSparse(item)!
    expect(row[8]).toBe(KeyCodec.table(3, base).encode(item)[8])
    expect(local.decode(row)).toEqual({ p: 'a', s: 'b', at: 5 })
    expect(local.encodeSparse({ p: 'a', s: 'b' })).toBeUndefined()
    expect(local.encodeSparse({ p: 'a', s: 'b', at: 'noon' })).toBeUndefined()
  })

  it('of a global index are distinct for distinct items', () => {
    const global = KeyCodec.globalIndex(3, 2, byColour, base)
    const row = (item: Item) => global.encodeSparse(item)!
    expect(global.decode(row({ p: 'a', s: 'b', at: 5, colour: 'red', x: true }))).toEqual({
      p: 'a',
      s: 'b',
      at: 5,
      colour: 'red',
    })
    fc.assert(
      fc.property(keyText(), keyText(), keyText(), keyText(), (p, s, q, t) => {
        const same = p === q && s === t
        const rows = [row({ p, s, at: 1, colour: 'c' }), row({ p: q, s: t, at: 1, colour: 'c' })] as const
        expect(Buffer.compare(...rows) === 0).toBe(same)
      }),
    )
    expect(global.encodeSparse({ p: 'a', s: 'b', at: 5, colour: '' })).toBeUndefined()
    expect(global.encodeSparse({ p: 'a', s: 'b', at: 5, colour: 'x'.repeat(2049) })).toBeUndefined()
  })

  it('fit into a key of the store at their longest', () => {
    const bytes = (name: string) => ({ name, type: 'B' }) as const
    const codec = KeyCodec.globalIndex(
      1,
      1,
      { partitionKey: bytes('a'), sortKey: bytes('b') },
      { partitionKey: bytes('p'), sortKey: bytes('s') },
    )
    const [long, short] = [new Uint8Array(2048), new Uint8Array(1024)]
    const item: Item = { a: long, b: short, p: long, s: short }
    const key = codec.encodeSparse(item)!
    expect(key.length).toBe(12305)
    expect(codec.decode(key)).toEqual(item)
    const text = (name: string) => ({ name, type: 'S' }) as const
    const texts = KeyCodec.globalIndex(
      1,
      1,
      { partitionKey: text('a'), sortKey: text('b') },
      { partitionKey: text('p'), sortKey: text('s') },
    )
    for (const unit of ['\0', 'x']) {
      const [a, b] = [unit.repeat(2048), unit.repeat(1024)]
      expect(texts.decode(texts.encodeSparse({ a, b, p: a, s: b })!)).toEqual({ a, b, p: a, s: b })
    }
  })
})

describe('damaged keys', () => {
  it('are corruption, never anything else', () => {
    const codec = KeyCodec.globalIndex(1, 1, schema('N', 'B'), {
      partitionKey: { name: 'a', type: 'S' },
      sortKey: { name: 'b', type: 'N' },
    })
    fc.assert(
      fc.property(
        anyNumber(),
        keyBytes(),
        keyText(),
        anyNumber(),
        fc.nat(),
        fc.nat(255),
        (p, s, a, b, at, value) => {
          const key = codec.encode({ p, s, a, b })
          const flipped = Buffer.from(key)
          flipped[at % key.length] = value
          const longer = Buffer.concat([key, Buffer.of(value)])
          for (const bad of [key.subarray(0, at % key.length), flipped, longer]) {
            try {
              codec.decode(bad)
            } catch (error) {
              expect(error).toMatchObject({ code: 'BURROW_CORRUPTION' })
            }
          }
          expect(() => codec.decode(longer)).toThrow(expect.objectContaining({ code: 'BURROW_CORRUPTION' }))
        },
      ),
    )
  })
})

it('the end of a prefix is above all keys with it, and not above others', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (tail, other) => {
      const prefix = Buffer.from([0xff, 0x69, ...tail])
      const key = Buffer.from([0xff, 0x69, ...other])
      const has = key.subarray(0, prefix.length).equals(prefix)
      expect(Buffer.compare(key, prefix) >= 0 && Buffer.compare(key, prefixEnd(prefix)) < 0).toBe(has)
    }),
  )
})

function inRange(key: Buffer, { gte, lt }: { gte: Buffer; lt: Buffer }): boolean {
  return Buffer.compare(key, gte) >= 0 && Buffer.compare(key, lt) < 0
}

function asHex(value: AttributeValue): string {
  return Buffer.from(value as string).toString('hex')
}
