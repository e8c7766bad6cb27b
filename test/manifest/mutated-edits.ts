import { expect } from 'vitest'
import { BurrowError } from '../../lib/base/errors.ts'
import { decodeVersionEdit, encodeVersionEdit, type VersionEdit } from '../../lib/manifest/version-edit.ts'
import { formatVersionEdit, parseVersionEdit } from '../../lib/manifest/version-edit-text.ts'
import { readGoldenHex } from '../golden/hex.ts'
import { Random } from '../model/random.ts'
import { table } from './arbitraries.ts'

const beginnings: readonly VersionEdit[] = [
  { nextFileNumber: 9, lastSequence: 300, addedWals: [3, 4], minWal: 3 },
  { deleted: [{ level: 0, number: 3 }], added: [{ level: 1, table: table(4, 'a', 'm') }] },
  { added: [{ level: 6, table: table(2 ** 40, 'a', 'b', { largestExclusive: true, codec: 'zstd' }) }] },
  { clean: { wal: 7, length: 2 ** 33 } },
]
/** Bytes that mean something where numbers, lengths and tags are read. */
const telling = [0, 1, 2, 7, 8, 9, 10, 11, 0x7f, 0x80, 0x81, 0xff]

/**
 * Decodes records made from edits by mutation, those that decode among them mutated again. Each gives a BurrowError of the
 * two kinds that a record may give, or an edit that comes back from its binary and its text form.
 */
export function decodeMutations(rounds: number, seed: number): { decoded: number; refused: number } {
  const random = new Random(seed)
  const pool: Uint8Array[] = [
    readGoldenHex('formats/version-edit.hex'),
    ...beginnings.map((edit) => encodeVersionEdit(edit)),
  ]
  const count = { decoded: 0, refused: 0 }
  for (let round = 0; round < rounds; round++) {
    let record = random.pick(pool)
    for (let changes = random.between(1, 4); changes > 0; changes--) record = mutate(record, pool, random)
    try {
      const edit = decodeVersionEdit(record)
      count.decoded++
      expectToComeBack(edit)
      if (pool.length < 2000) pool.push(record)
      else pool[random.below(pool.length)] = record
    } catch (error) {
      if (!(error instanceof BurrowError) || !refusals.has(error.code)) {
        throw new Error(`seed ${seed}, record ${Buffer.from(record).toString('hex')}`, { cause: error })
      }
      count.refused++
    }
  }
  return count
}

const refusals: ReadonlySet<string> = new Set(['BURROW_CORRUPTION', 'BURROW_UNSUPPORTED'])

function expectToComeBack(edit: VersionEdit): void {
  const record = encodeVersionEdit(edit)
  expect(Buffer.from(encodeVersionEdit(decodeVersionEdit(record)))).toEqual(Buffer.from(record))
  const parsed = parseVersionEdit(formatVersionEdit(edit))
  expect(Buffer.from(encodeVersionEdit(parsed))).toEqual(Buffer.from(record))
}

function mutate(record: Uint8Array, pool: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(record.length + 1)
  const byte = random.chance(0.5) ? random.pick(telling) : random.below(256)
  switch (random.below(6)) {
    case 0: // a byte changed
      return Uint8Array.from(record, (old, i) => (i === at ? byte : old))
    case 1: // a bit flipped
      return Uint8Array.from(record, (old, i) => (i === at ? old ^ (1 << random.below(8)) : old))
    case 2: // a byte more
      return Uint8Array.from([...record.subarray(0, at), byte, ...record.subarray(at)])
    case 3: // some bytes fewer
      return Uint8Array.from([...record.subarray(0, at), ...record.subarray(at + 1 + random.below(4))])
    case 4: {
      // a piece of another record
      const other = random.pick(pool)
      const from = random.below(other.length + 1)
      const piece = other.subarray(from, from + random.below(40))
      return Uint8Array.from([...record.subarray(0, at), ...piece, ...record.subarray(at)]).subarray(0, 600)
    }
    default: // cut
      return record.slice(0, at)
  }
}
