import type { ExplainedScan } from '../base/inspection.ts'
import { readCount, readEncodings, readFlag, readOptions } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import { type ByteRange, type KeyRangeOptions, rangeNames, resolveRange } from '../kv/range.ts'
import type { Snapshot } from '../kv/snapshot.ts'
import { checkOpen, sequenceOf } from './call.ts'

export interface ExplainScanOptions {
  /** At most so many records. Default: all of the range. */
  readonly limit?: number | undefined
  /** From the highest key down. Default false. */
  readonly reverse?: boolean | undefined
  /** Scan what this snapshot shows; default: now. */
  readonly snapshot?: Snapshot | undefined
}

/** Data blocks, and what was read of files; index and filter partitions that had to be read count among `disk`. */
export interface BlockCounts {
  readonly cache: number
  readonly disk: number
}

/** A table whose bounds the range touches. */
export interface ScannedFile {
  readonly file: number
  readonly level: number
  /** `no-block`: nothing of it was needed: the scan ended before, or it holds nothing between the bounds. */
  readonly outcome: 'read' | 'no-block'
  readonly blocks: BlockCounts
  readonly bytesRead: number
}

export interface ScanExplanation {
  readonly records: {
    readonly returned: number
    /** Stored records that the scan came by, those returned among them. */
    readonly passed: number
    /** Deletions of single keys among them. */
    readonly tombstones: number
    /**
     * Other records that are not shown: older versions, versions that are newer than the snapshot, and what range
     * deletions cover. Of many versions of one key the scan comes by a few and jumps over the rest.
     */
    readonly hidden: number
  }
  /** Memtables that take part, newest first. */
  readonly memtables: readonly {
    readonly place: string
    readonly memtable: number
    readonly entries: number
  }[]
  /** In the order of levels. */
  readonly files: readonly ScannedFile[]
  /** Tables outside of the range, by level. */
  readonly filesSkipped: readonly { readonly level: number; readonly files: number }[]
  readonly blocks: BlockCounts
  /** From files, as stored. */
  readonly bytesRead: number
  /** Of the keys and values returned. */
  readonly bytesReturned: { readonly keys: number; readonly values: number }
  /** False when the limit ended it. */
  readonly complete: boolean
  readonly firstRecordMicroseconds: number
  readonly microseconds: number
}

const scanNames = new Set(['limit', 'reverse', 'snapshot'] as const)
const keyNames = new Set([...rangeNames, 'keyEncoding'] as const)

const emptyScan: ExplainedScan = {
  ...{ returned: 0, keyBytes: 0, valueBytes: 0, passed: 0, tombstones: 0, skipped: 0 },
  ...{ cacheBlocks: 0, diskBlocks: 0, diskBytes: 0, tables: [], outside: [] },
  ...{ done: true, firstMicros: 0, micros: 0 },
}

/** See Debugger.explainScan. */
export function explainScan(
  host: DebugHost,
  range?: KeyRangeOptions,
  options?: ExplainScanOptions,
): ScanExplanation {
  const call = 'explainScan'
  checkOpen(host)
  const { keyEncoding, valueEncoding } = host.options
  const bounds = readOptions(range, keyNames, call)
  const encodings = readEncodings(
    { keyEncoding: bounds.keyEncoding },
    { key: keyEncoding, value: valueEncoding },
  )
  const fields = readOptions(options, scanNames, call)
  const limit = readCount('limit', fields.limit, call, true) ?? Number.POSITIVE_INFINITY
  const reverse = readFlag('reverse', fields.reverse, call) ?? false
  const sequence = sequenceOf(host, fields.snapshot, call)
  const bytes: ByteRange | null = resolveRange(bounds, encodings.key)
  const memtables = bytes === null ? [] : memtablesOf(host)
  const found =
    bytes === null ? emptyScan : host.engine.explainScan(reverse, bytes.lower, bytes.upper, limit, sequence)
  return {
    records: {
      returned: found.returned,
      passed: found.passed,
      tombstones: found.tombstones,
      hidden: Math.max(0, found.skipped - found.tombstones),
    },
    memtables,
    files: found.tables.map(({ cacheBlocks, diskBlocks, diskBytes, file, level }) => ({
      file: file!,
      level: level!,
      outcome: cacheBlocks + diskBlocks === 0 ? 'no-block' : 'read',
      blocks: { cache: cacheBlocks, disk: diskBlocks },
      bytesRead: diskBytes,
    })),
    filesSkipped: found.outside
      .filter(({ tables }) => tables > 0)
      .map(({ level, tables }) => ({ level, files: tables })),
    blocks: { cache: found.cacheBlocks, disk: found.diskBlocks },
    bytesRead: found.diskBytes,
    bytesReturned: { keys: found.keyBytes, values: found.valueBytes },
    complete: found.done,
    firstRecordMicroseconds: found.firstMicros,
    microseconds: found.micros,
  }
}

function memtablesOf(host: DebugHost): ScanExplanation['memtables'] {
  const { active, immutables } = host.engine.memtables()
  const found = [
    { place: 'memtable', memtable: active.id, entries: active.entries },
    ...immutables.map(({ entries, id }) => ({ place: 'immutable', memtable: id, entries })).reverse(),
  ]
  return found.filter(({ entries }) => entries > 0)
}
