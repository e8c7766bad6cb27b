import type { DatabaseStats } from '../../base/metrics.ts'

/** Bytes to and from one kind of file, for one purpose, as the database counted them. */
export interface FileTraffic {
  readonly kind: 'table' | 'wal'
  readonly purpose: 'reads' | 'flush' | 'compaction' | 'writes'
  readonly readBytes: number
  readonly writtenBytes: number
  /** Blocks read, flushes, compactions, syncs of the log. */
  readonly operations: number
}

/** What went on between two looks at one database that stayed open. */
export function trafficBetween(before: DatabaseStats, after: DatabaseStats): FileTraffic[] {
  const change = (of: (stats: DatabaseStats) => number) => of(after) - of(before)
  return [
    {
      kind: 'table',
      purpose: 'reads',
      readBytes: change(({ disk }) => disk.reads.bytes),
      writtenBytes: 0,
      operations: change(({ disk }) => disk.reads.blocks),
    },
    {
      kind: 'table',
      purpose: 'flush',
      readBytes: 0,
      writtenBytes: change(({ flush }) => flush.bytes),
      operations: change(({ flush }) => flush.count),
    },
    {
      kind: 'table',
      purpose: 'compaction',
      readBytes: change(({ compaction }) => compaction.bytesRead),
      writtenBytes: change(({ compaction }) => compaction.bytesWritten),
      operations: change(({ compaction }) => compaction.count),
    },
    {
      kind: 'wal',
      purpose: 'writes',
      readBytes: 0,
      writtenBytes: change(({ wal }) => wal.bytes),
      operations: change(({ wal }) => wal.syncs),
    },
  ]
}
