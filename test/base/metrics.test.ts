import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { healthCodes } from '../../lib/base/health-options.ts'
import { type DatabaseStats, formatStats, type OperationStats } from '../../lib/base/metrics.ts'

const latency = { p50: 1.04, p90: 2, p99: 30, p999: 400, max: 5000, mean: 2 }
const idle: OperationStats = { count: 0, errors: 0, bytesIn: 0, bytesOut: 0, latency }
const cache = {
  capacityBytes: 0,
  usedBytes: 0,
  hits: 0,
  misses: 0,
  hitRatio: null,
  evictions: 0,
  pinnedBytes: 0,
}

const stats: DatabaseStats = {
  uptimeMs: 90_500,
  ops: {
    get: { count: 1000, errors: 1, bytesIn: 8000, bytesOut: 1 << 20, latency },
    getMany: idle,
    put: { count: 20, errors: 0, bytesIn: 4096, bytesOut: 0, latency },
    delete: idle,
    batch: idle,
    deleteRange: idle,
    scan: idle,
    next: idle,
    sync: idle,
    commit: idle,
  },
  cache: {
    block: { ...cache, capacityBytes: 8 << 20, usedBytes: 1 << 20, hits: 3, misses: 1, hitRatio: 0.75 },
    index: cache,
    filter: cache,
    table: { ...cache, hitRatio: 1 },
  },
  bloom: { checks: 10, useful: 9, falsePositives: 1 },
  memtables: { active: 4096, immutable: 1, bytes: 8192, entries: 77 },
  wal: { files: 2, bytes: 65536, syncs: 5, syncLatency: latency, groupSize: 1.5 },
  levels: [
    {
      level: 0,
      files: 2,
      bytes: 2048,
      sortedRuns: 2,
      score: 0.5,
      readBytes: 0,
      writtenBytes: 0,
      compactions: 0,
    },
    {
      level: 6,
      files: 1,
      bytes: 1 << 30,
      sortedRuns: 1,
      score: 0,
      readBytes: 4096,
      writtenBytes: 2048,
      compactions: 3,
    },
  ],
  flush: { count: 4, bytes: 4096, latency },
  compaction: {
    count: 3,
    running: 1,
    bytesRead: 4096,
    bytesWritten: 2048,
    recordsDropped: 12,
    tombstonesDropped: 2,
    pendingBytes: 0,
    byReason: { l0: 2, manual: 1 },
    jobs: [],
  },
  written: { user: 4096, wal: 65536, flush: 4096, compaction: 2048 },
  amplification: { write: 17.5, read: null, space: 1 },
  stalls: { count: 2, totalMs: 120.4, byReason: { 'l0-tables': 120.4 } },
  memory: { totalBytes: 12288, byOwner: { activeMemtable: 4096, blockCache: 8192, openTables: 0 } },
  disk: {
    bytes: 1 << 30,
    byKind: { table: 1 << 30, wal: 0, manifest: 0 },
    freeBytes: null,
    reads: { blocks: 0, bytes: 0, ahead: 0 },
  },
  snapshots: { live: 1, oldestMs: 5 },
  iterators: { live: 2, oldestMs: 5 },
  backups: null,
  errors: { byCode: { BURROW_CORRUPTION: 1, BURROW_IO: 2 }, background: { BURROW_IO: 2 } },
}

test('formatStats prints this table', () => {
  expect(formatStats(stats)).toBe(
    `level  files   size  runs  score   read  written  compactions
L0         2  2 KiB     2   0.50    0 B      0 B            0
L6         1  1 GiB     1   0.00  4 KiB    2 KiB            3

operation  count  errors       in    out  p50 us  p99 us  max us
get         1000       1  7.8 KiB  1 MiB     1.0    30.0  5000.0
put           20       0    4 KiB    0 B     1.0    30.0  5000.0

memtables      8 KiB in 1 + 1, 77 entries
wal            2 files, 64 KiB written, 5 syncs (p99 30 us), group 1.50
flush          4, 4 KiB
compaction     3 (l0 2, manual 1), 1 running, 4 KiB read, 2 KiB written, 0 B pending
dropped        12 records, 2 tombstones
cache          block 1 MiB of 8 MiB, hit ratio 0.75; table hit ratio 1.00
bloom          10 checks, 9 useful, 1 false positives
written        4 KiB by users, 64 KiB to logs, 4 KiB by flushes, 2 KiB by compactions
amplification  write 17.50, read -, space 1.00
stalls         2, 120 ms (ms: l0-tables 120)
memory         12 KiB (blockCache 8 KiB, activeMemtable 4 KiB)
disk           1 GiB, unknown free
errors         BURROW_CORRUPTION 1, BURROW_IO 2
open           1 snapshots, 2 iterators, 91 s`,
  )
})

test('every code that a health rule gives is listed, and no other', () => {
  const source = readFileSync(new URL('../../lib/kv/health-rules.ts', import.meta.url), 'utf8')
  const rules = source.slice(source.indexOf('export const healthRules'))
  const used = new Set([...rules.matchAll(/'([a-z0-9]+(?:-[a-z0-9]+)*)'/g)].map(([, code]) => code!))
  expect(healthCodes.filter((code) => !used.has(code))).toEqual([])
  const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  expect(healthCodes.filter((code) => !operations.includes(`\`${code}\``))).toEqual([])
})
