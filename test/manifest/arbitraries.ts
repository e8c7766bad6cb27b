import fc from 'fast-check'
import type { TableMeta } from '../../lib/manifest/table-meta.ts'
import type { VersionEdit } from '../../lib/manifest/version-edit.ts'
import { compareBytes } from '../../lib/util/bytes.ts'

const count = fc.oneof(fc.nat(300), fc.maxSafeNat())
const fileNumber = count.map((number) => Math.max(1, number))

/** Any table that the codec must carry: odd bytes in keys, numbers up to 2^53 − 1. */
const anyTable: fc.Arbitrary<TableMeta> = fc
  .record({
    number: fileNumber,
    size: count,
    tombstones: fc.nat(100),
    entries: count,
    rangeTombstones: count,
    bounds: fc.tuple(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 })),
    exclusive: fc.boolean(),
    seqs: fc.tuple(count, count),
    createdAt: count,
    rawKeyBytes: count,
    rawValueBytes: count,
    codec: fc.constantFrom('none', 'lz4', 'zstd', 'zlib'),
  })
  .map(({ bounds, exclusive, seqs, ...rest }) => {
    const [smallest, largest] = bounds.sort(compareBytes) as [Uint8Array, Uint8Array]
    return {
      ...rest,
      entries: Math.max(rest.entries, rest.tombstones),
      smallest,
      largest,
      largestExclusive: exclusive && compareBytes(smallest, largest) < 0,
      smallestSeq: Math.min(...seqs),
      largestSeq: Math.max(...seqs),
    }
  })

const level = fc.nat(6)
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 4 })

/** Any edit, also ones that no version would accept. */
export const anyEdit: fc.Arbitrary<VersionEdit> = fc.record(
  {
    databaseId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => Buffer.from(id).toString('hex')),
    formatVersion: fc.constant(1),
    features: some(fc.constantFrom('alpha', 'beta-2')),
    nextFileNumber: count,
    lastSequence: count,
    addedWals: some(count),
    minWal: count,
    added: some(fc.record({ level, table: anyTable })),
    deleted: some(fc.record({ level, number: count })),
    clean: fc.record({ wal: count, length: count }),
    keepUnnamed: fc.boolean(),
  },
  { requiredKeys: [] },
)

/** A table with what tests of levels care about; the rest has sane values. */
export function table(
  number: number,
  smallest: string,
  largest: string,
  more: Partial<TableMeta> = {},
): TableMeta {
  return {
    number,
    size: 100,
    entries: 10,
    tombstones: 0,
    rangeTombstones: 0,
    smallest: Buffer.from(smallest),
    largest: Buffer.from(largest),
    largestExclusive: false,
    smallestSeq: number,
    largestSeq: number,
    createdAt: 0,
    rawKeyBytes: 0,
    rawValueBytes: 0,
    codec: 'none',
    ...more,
  }
}
