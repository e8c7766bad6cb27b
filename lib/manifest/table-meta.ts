import type { KeySpan } from '../base/key-span.ts'

/**
 * What the manifest knows of one table file. All versions of a user key are in one file of a level, so bounds are
 * user keys; they include the spans of range tombstones, whose end is exclusive. All numbers are exact integers.
 */
export interface TableMeta extends KeySpan {
  /** File number, unique in the life of the database. */
  readonly number: number
  /** Bytes of the file. */
  readonly size: number
  /** Records: values and point tombstones of all versions. Range tombstones are counted apart. */
  readonly entries: number
  /** Point tombstones among `entries`. */
  readonly tombstones: number
  readonly rangeTombstones: number
  readonly smallestSeq: number
  readonly largestSeq: number
  /** When the file was written, milliseconds since 1970. */
  readonly createdAt: number
  /** Bytes of all user keys and of all values, uncompressed. */
  readonly rawKeyBytes: number
  readonly rawValueBytes: number
  /** Name of the codec that the table was written with. */
  readonly codec: string
}

/** Longest bound of a table: a key, or the exclusive end of a range tombstone just above the longest key. */
export const maxBoundBytes = 65536

/** The order of L0: newest first, that is by largest sequence number, then by file number. */
export function compareNewestFirst(a: TableMeta, b: TableMeta): number {
  return b.largestSeq - a.largestSeq || b.number - a.number
}

/** What is wrong with the fields of a table, or undefined. */
export function tableProblem(table: TableMeta): string | undefined {
  const order = Buffer.compare(table.smallest, table.largest)
  if (order > 0 || (order === 0 && table.largestExclusive)) return 'its smallest key is above its largest'
  if (table.smallestSeq > table.largestSeq) return 'its smallest sequence number is above its largest'
  if (table.tombstones > table.entries) return 'it has more tombstones than entries'
  if (table.number < 1) return 'file numbers begin at 1'
  if (!/^[a-z0-9]{1,16}$/.test(table.codec))
    return `${JSON.stringify(table.codec)} is not the name of a codec`
  return undefined
}
