import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rangeIsEmpty, spanInRange } from '../../lib/base/key-span.ts'
import { parseVersion, Version, VersionBuilder } from '../../lib/manifest/version.ts'
import type { VersionEdit } from '../../lib/manifest/version-edit.ts'
import { table } from './arbitraries.ts'

const corrupt = expect.objectContaining({ code: 'BURROW_CORRUPTION' })
const numbers = (tables: readonly { number: number }[]) => tables.map(({ number }) => number)
const range = (begin: string | null, end: string | null, endExclusive = false) => ({
  begin: begin === null ? null : Buffer.from(begin),
  end: end === null ? null : Buffer.from(end),
  endExclusive,
})

describe('apply', () => {
  it('orders L0 newest first and other levels by key, and shares what it does not touch', () => {
    const first = Version.empty.apply({
      added: [
        { level: 0, table: table(4, 'a', 'z', { largestSeq: 40 }) },
        { level: 0, table: table(5, 'a', 'z', { largestSeq: 50 }) },
        { level: 0, table: table(6, 'a', 'z', { largestSeq: 50 }) },
        { level: 2, table: table(2, 'm', 'p') },
        { level: 2, table: table(3, 'a', 'c') },
      ],
    })
    expect(numbers(first.tables(0))).toEqual([6, 5, 4])
    expect(numbers(first.tables(2))).toEqual([3, 2])
    const second = first.apply({ deleted: [{ level: 0, number: 4 }] })
    expect(second.levels[2]).toBe(first.levels[2])
    expect([second.bytes(0), first.bytes(0), second.totalBytes, second.tableCount]).toEqual([
      200, 300, 400, 4,
    ])
    expect([first.deepestLevel, Version.empty.deepestLevel]).toEqual([2, 0])
    expect(first.apply({ lastSequence: 4 })).toBe(first)
  })

  it('moves a table between levels under its number', () => {
    const version = Version.empty.apply({ added: [{ level: 0, table: table(1, 'a', 'b') }] })
    const moved = version.apply({
      deleted: [{ level: 0, number: 1 }],
      added: [{ level: 6, table: version.tables(0)[0]! }],
    })
    expect([moved.tables(0).length, numbers(moved.tables(6))]).toEqual([0, [1]])
  })

  it('lets an exclusive bound meet the next table', () => {
    const meet: VersionEdit = {
      added: [
        { level: 1, table: table(1, 'a', 'm', { largestExclusive: true }) },
        { level: 1, table: table(2, 'm', 'm') },
      ],
    }
    expect(numbers(Version.empty.apply(meet).tables(1))).toEqual([1, 2])
  })

  it.each<[string, VersionEdit]>([
    ['deletes an absent table', { deleted: [{ level: 1, number: 9 }] }],
    ['deletes from the wrong level', { deleted: [{ level: 2, number: 1 }] }],
    ['adds a table twice', { added: [{ level: 1, table: table(1, 'x', 'y') }] }],
    ['adds a table that another level has', { added: [{ level: 3, table: table(1, 'x', 'y') }] }],
    ['makes tables overlap', { added: [{ level: 1, table: table(2, 'b', 'f') }] }],
    ['makes tables share a key', { added: [{ level: 1, table: table(2, 'c', 'f') }] }],
  ])('refuses an edit that %s', (_, edit) => {
    const version = Version.empty.apply({ added: [{ level: 1, table: table(1, 'a', 'c') }] })
    expect(() => version.apply(edit)).toThrow(corrupt)
    expect(numbers(version.tables(1))).toEqual([1])
  })

  it('a builder over many edits ends where one by one ends', () => {
    const edits: VersionEdit[] = [
      { added: [{ level: 0, table: table(1, 'a', 'c') }] },
      { added: [{ level: 0, table: table(2, 'b', 'd') }] },
      {
        deleted: [
          { level: 0, number: 1 },
          { level: 0, number: 2 },
        ],
        added: [{ level: 6, table: table(3, 'a', 'd') }],
      },
    ]
    const builder = new VersionBuilder()
    let version = Version.empty
    for (const edit of edits) {
      builder.apply(edit)
      version = version.apply(edit)
    }
    expect(builder.build().toString()).toBe(version.toString())
  })
})

describe('overlapping', () => {
  const version = parseVersion(`
    L0
      000009:[c,f] seqs:9-9
    L1
      000001:[a,c]
      000002:[e,h)
      000003:[h,k]
      000004:[m,m]
  `)

  it.each([
    [range(null, null), [1, 2, 3, 4]],
    [range('c', 'e'), [1, 2]],
    [range('c', 'e', true), [1]],
    [range('d', 'd'), []],
    [range('h', 'h'), [3]],
    [range('g', null), [2, 3, 4]],
    [range(null, 'h'), [1, 2, 3]],
    [range('n', null), []],
    [range('z', 'a'), []],
  ])('finds %o', (asked, expected) => {
    expect(numbers(version.overlapping(1, asked))).toEqual(expected)
  })

  it('agrees with looking at every table', () => {
    const key = fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'k', 'l', 'm', 'n', 'z')
    fc.assert(
      fc.property(fc.option(key), fc.option(key), fc.boolean(), (begin, end, exclusive) => {
        const asked = range(begin, end, exclusive)
        const scan = rangeIsEmpty(asked) ? [] : version.tables(1).filter((one) => spanInRange(one, asked))
        expect(numbers(version.overlapping(1, asked))).toEqual(numbers(scan))
      }),
    )
  })
})

it('text parses back', () => {
  const text = `L0
  000009:[c,f] size:10 seqs:9-9 codec:lz4
  000007:[\\x00,z) range-tombstones:1 seqs:2-3
L6
  000001:[a,c] size:1 entries:5 tombstones:5`
  expect(parseVersion(text).toString()).toBe(text)
  expect(() => parseVersion('000001:[a,b]')).toThrow(/no level/)
})
