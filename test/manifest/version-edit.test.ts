import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BurrowError } from '../../lib/base/errors.ts'
import { decodeVersionEdit, encodeVersionEdit, type VersionEdit } from '../../lib/manifest/version-edit.ts'
import { formatVersionEdit, parseTable, parseVersionEdit } from '../../lib/manifest/version-edit-text.ts'
import { ByteWriter } from '../../lib/util/byte-writer.ts'
import { readGoldenHex, rewriteGolden, writeGoldenHex } from '../golden/hex.ts'
import { anyEdit, table } from './arbitraries.ts'

const features = new Set(['alpha', 'beta-2'])

function failure(record: Uint8Array): BurrowError {
  try {
    decodeVersionEdit(record, { file: 'MANIFEST-000001', offset: 77 })
  } catch (error) {
    if (error instanceof BurrowError) return error
    throw error
  }
  throw new Error('the record was accepted')
}

function fields(...list: [number, Uint8Array][]): Uint8Array {
  const out = new ByteWriter()
  for (const [tag, payload] of list) out.varint(tag).bytes(payload)
  return out.finish()
}

const varint = (value: number) => new ByteWriter().varint(value).finish()

describe('the binary form', () => {
  it('carries every edit', () => {
    fc.assert(
      fc.property(anyEdit, (edit) => {
        expect(normal(decodeVersionEdit(encodeVersionEdit(edit), {}, features))).toEqual(normal(edit))
      }),
    )
  })

  it('is corruption when cut anywhere inside a field, and never anything but a BurrowError', () => {
    fc.assert(
      fc.property(anyEdit, fc.nat(), fc.nat(255), (edit, at, value) => {
        const record = encodeVersionEdit({ ...edit, lastSequence: 300 })
        const cut = record.subarray(0, at % record.length)
        const flipped = record.slice()
        flipped[at % record.length] = value
        for (const bad of [cut, flipped, Uint8Array.from([...cut, value])]) {
          try {
            decodeVersionEdit(bad, {}, features)
          } catch (error) {
            if (!(error instanceof BurrowError)) throw error
            expect(['BURROW_CORRUPTION', 'BURROW_UNSUPPORTED']).toContain(error.code)
          }
        }
      }),
    )
  })

  it('has not changed', () => {
    const path = 'formats/version-edit.hex'
    const edit: VersionEdit = {
      databaseId: '000102030405060708090a0b0c0d0e0f',
      formatVersion: 1,
      nextFileNumber: 300,
      lastSequence: 2 ** 53 - 1,
      addedWals: [7],
      minWal: 5,
      deleted: [{ level: 0, number: 3 }],
      added: [
        {
          level: 6,
          table: table(9, 'apple', 'pear', {
            size: 70_000,
            entries: 500,
            tombstones: 20,
            rangeTombstones: 1,
            largestExclusive: true,
            smallestSeq: 1,
            largestSeq: 600,
            createdAt: 1_700_000_000_000,
            rawKeyBytes: 2500,
            rawValueBytes: 90_000,
            codec: 'lz4',
          }),
        },
      ],
      clean: { wal: 7, length: 4096 },
    }
    const record = encodeVersionEdit(edit)
    if (rewriteGolden)
      writeGoldenHex(path, 'One manifest record: see docs/formats.md, "Manifest records"', record)
    expect(readGoldenHex(path).toString('hex')).toBe(Buffer.from(record).toString('hex'))
    expect(normal(decodeVersionEdit(readGoldenHex(path)))).toEqual(normal(edit))
  })

  it('names the file, the offset and the field of what is malformed', () => {
    const error = failure(fields([4, new Uint8Array([0x80])]))
    expect(error.code).toBe('BURROW_CORRUPTION')
    expect(error.message).toMatch(/MANIFEST-000001 at offset 77 is malformed: next file number/)
    expect(error.context).toMatchObject({ file: 'MANIFEST-000001', offset: 77 })
  })

  it.each([
    ['a number above 2^53 - 1', fields([5, new Uint8Array(8).fill(0xff)])],
    ['a number of eleven bytes', fields([5, new Uint8Array(11).fill(0x80)])],
    ['a number not in its shortest form', fields([5, Uint8Array.from([0x81, 0x00])])],
    ['a field longer than its content', fields([5, Uint8Array.from([1, 1])])],
    ['a length beyond the end', Uint8Array.from([5, 0xff, 0xff, 0xff, 0x7f])],
    ['a database id of the wrong length', fields([1, new Uint8Array(15)])],
    ['a scalar given twice', fields([5, varint(1)], [5, varint(1)])],
    ['level 7', fields([9, Uint8Array.from([7, 1])])],
    ['a feature that is not a name', fields([3, Uint8Array.from([0, 1])])],
    ['format version 0', fields([2, varint(0)])],
    ['a table cut short', fields([8, Uint8Array.from([0, 1, 1, 1])])],
  ])('refuses %s as corruption', (_, record) => {
    expect(failure(record).code).toBe('BURROW_CORRUPTION')
  })

  it('refuses tables that contradict themselves, on both ways', () => {
    const upsideDown = table(1, 'b', 'a')
    expect(() => encodeVersionEdit({ added: [{ level: 0, table: upsideDown }] })).toThrow(RangeError)
    const record = encodeVersionEdit({ added: [{ level: 0, table: table(1, 'a', 'b') }] })
    record[record.indexOf(0x61)] = 0x63
    expect(failure(record).message).toContain('smallest key is above its largest')
  })

  it('refuses what a newer version wrote, by name', () => {
    expect(failure(fields([3, Buffer.from('blob-files')]))).toMatchObject({
      code: 'BURROW_UNSUPPORTED',
      context: { feature: 'blob-files' },
    })
    expect(failure(fields([2, varint(2)]))).toMatchObject({ context: { feature: 'format version 2' } })
    expect(failure(fields([127, varint(2)]))).toMatchObject({ context: { feature: 'manifest field 127' } })
  })

  it('skips fields above 128, in the record and at the end of a table', () => {
    expect(decodeVersionEdit(fields([129, Buffer.from('anything')], [5, varint(9)]))).toEqual({
      lastSequence: 9,
    })
    const plain = encodeVersionEdit({ added: [{ level: 1, table: table(1, 'a', 'b') }] })
    // Tag and length are one byte each: the record holds this one field.
    const payload = plain.subarray(2)
    const longer = (extra: Uint8Array) => fields([8, Uint8Array.from([...payload, ...extra])])
    expect(decodeVersionEdit(longer(fields([200, varint(1)])))).toEqual(decodeVersionEdit(plain))
    expect(failure(longer(fields([11, varint(1)]))).code).toBe('BURROW_UNSUPPORTED')
  })
})

describe('the text form', () => {
  it('parses back', () => {
    fc.assert(
      fc.property(anyEdit, (edit) => {
        expect(normal(parseVersionEdit(formatVersionEdit(edit)))).toEqual(normal(edit))
      }),
    )
  })

  it('reads well', () => {
    const edit: VersionEdit = {
      lastSequence: 12,
      addedWals: [8],
      deleted: [{ level: 1, number: 3 }],
      added: [
        {
          level: 2,
          table: table(4, 'a b', '\u0000', { smallest: Buffer.from(' '), largestExclusive: true }),
        },
      ],
      clean: { wal: 8, length: 99 },
    }
    edit.added![0]!.table.largest.set([0xff])
    expect(formatVersionEdit(edit)).toBe(
      [
        'last-sequence: 12',
        'add-wal: 000008',
        'delete-table: L1 000003',
        'add-table: L2 000004:[\\x20,\\xff) size:100 entries:10 seqs:4-4',
        'clean: 000008 length:99',
      ].join('\n'),
    )
  })

  it.each(['000001', '1:[a,b', '1:[a,b] size:x', '1:[a,b] colour:1', '1:[a,\\xzz]', '1:[a,b] seqs:1'])(
    'refuses the table %s',
    (text) => {
      expect(() => parseTable(text)).toThrow(RangeError)
    },
  )

  it('refuses lines that are no field', () => {
    expect(() => parseVersionEdit('add-file: L1 3')).toThrow(/not a field/)
    expect(() => parseVersionEdit('delete-table: 3')).toThrow(/no level/)
  })
})

/** Buffers and Uint8Arrays compare as bytes. */
function normal(edit: VersionEdit): unknown {
  return JSON.parse(
    JSON.stringify(edit, (_, value: unknown) => (value instanceof Uint8Array ? Array.from(value) : value)),
    (_, value) =>
      typeof value === 'object' && value !== null && value.type === 'Buffer' ? value.data : value,
  )
}
