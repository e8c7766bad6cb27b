/** Made-up samples: what a busy database would say. */
import { type DatabaseStats, operationNames } from '../../lib/base/metrics.ts'
import type { FilesSample, LiveSample } from '../../lib/debug/sample.ts'

const MiB = 2 ** 20

const operation = (count: number, bytes: number, p50 = 0) => ({
  count,
  errors: 0,
  bytesIn: bytes,
  bytesOut: 2 * bytes,
  latency: { p50, p90: 2 * p50, p99: 10 * p50, p999: 100 * p50, max: 1000 * p50, mean: p50 },
})
const cache = (usedBytes: number, hits: number, misses: number) => ({
  capacityBytes: 256 * MiB,
  usedBytes,
  hits,
  misses,
  hitRatio: hits / (hits + misses),
  evictions: 7,
  pinnedBytes: 0,
})
const level = (level: number, files: number, bytes: number, score: number) => ({
  level,
  files,
  bytes,
  sortedRuns: 1,
  score,
  readBytes: 0,
  writtenBytes: 0,
  compactions: 1,
})
const latency = operation(0, 0, 50).latency

/** Everything grows with the seconds since open. */
export function liveSample(seconds: number, changes: Partial<DatabaseStats> = {}): LiveSample {
  const none = operation(0, 0)
  const ops = {
    ...(Object.fromEntries(operationNames.map((name) => [name, none])) as DatabaseStats['ops']),
    get: operation(123_456 * seconds, 12 * MiB * seconds, 1.25),
    put: { ...operation(9876 * seconds, MiB * seconds, 3.5), errors: 2 },
    sync: operation(3 * seconds, 0, 850),
  }
  return {
    format: 1,
    source: 'live',
    at: Date.UTC(2026, 10, 22, 12, 0, 0) + seconds * 1000,
    version: '0.1.0',
    pid: 4711,
    path: '/srv/data/customers',
    status: 'open',
    health: {
      status: 'degraded',
      errors: [],
      warnings: [
        { code: 'l0-tables', message: 'L0 has 17 tables; compaction lags behind', value: 17, threshold: 12 },
      ],
    },
    stats: {
      uptimeMs: seconds * 1000,
      ops,
      cache: {
        block: cache(192 * MiB, 900 * seconds, 100 * seconds),
        index: cache(MiB, 99 * seconds, seconds),
        filter: cache(MiB, 50 * seconds, 50 * seconds),
        table: cache(MiB, 10, 0),
      },
      bloom: { checks: 1, useful: 1, falsePositives: 0 },
      memtables: { active: 20 * MiB, immutable: 1, bytes: 84 * MiB, entries: 700_000 },
      wal: { files: 2, bytes: 1.5 * MiB * seconds, syncs: 3 * seconds, syncLatency: latency, groupSize: 4 },
      levels: [
        level(0, 17, 1088 * MiB, 1.42),
        level(1, 8, 250 * MiB, 0.98),
        level(2, 40, 2500 * MiB, 1.01),
        level(3, 0, 0, 0),
      ],
      flush: { count: 12, bytes: 4 * MiB * seconds, latency },
      compaction: {
        count: 31,
        running: 1,
        bytesRead: 20 * MiB * seconds,
        bytesWritten: 18 * MiB * seconds,
        recordsDropped: 5,
        tombstonesDropped: 1,
        pendingBytes: 700 * MiB,
        byReason: { l0: 20, 'level-size': 11 },
        jobs: [
          {
            jobId: 77,
            reason: 'l0',
            level: 0,
            outputLevel: 1,
            inputFiles: 25,
            inputBytes: 1200 * MiB,
            remainingBytes: 300 * MiB,
          },
        ],
      },
      amplification: { write: 4.217, read: 1.5, space: null },
      written: { user: 0, wal: 0, flush: 0, compaction: 0 },
      stalls: { count: 4, totalMs: 250 * seconds, byReason: { 'l0-tables': 250 * seconds } },
      memory: {
        totalBytes: 300 * MiB,
        byOwner: { activeMemtable: 84 * MiB, blockCache: 192 * MiB, openTables: 0 },
      },
      disk: {
        bytes: 3840 * MiB,
        byKind: { table: 1, wal: 1, manifest: 1 },
        freeBytes: 50_000 * MiB,
        reads: { blocks: 800 * seconds, bytes: 3.2 * MiB * seconds, ahead: 0 },
      },
      snapshots: { live: 1, oldestMs: 5 },
      iterators: { live: 2, oldestMs: 5 },
      backups: null,
      errors: { byCode: {}, background: {} },
      ...changes,
    },
  }
}

export function filesSample(seconds: number): FilesSample {
  return {
    format: 1,
    source: 'files',
    at: Date.UTC(2026, 10, 22, 12, 0, 0) + seconds * 1000,
    version: '0.1.0',
    pid: null,
    path: '/srv/data/customers',
    files: {
      levels: [
        { level: 0, files: 2, bytes: 8 * MiB },
        { level: 1, files: 1, bytes: (64 + seconds) * MiB },
      ],
      walFiles: 1,
      walBytes: 3 * MiB - seconds * 1024,
      manifestBytes: 4321,
      bytes: (75 + seconds) * MiB - seconds * 1024 + 4321,
      freeBytes: null,
      lastSequence: 1_234_567,
    },
  }
}
