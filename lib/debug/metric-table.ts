import { healthCodes } from '../base/health-options.ts'
import type { DatabaseStats, Latency, OperationStats } from '../base/metrics.ts'
import type { ResolvedOptions } from '../base/options.ts'
import type { Health } from '../kv/health.ts'

/** What one scrape of one database looks at. */
export interface Scrape {
  readonly stats: DatabaseStats
  readonly health: Health
  readonly options: ResolvedOptions
  readonly peakBytes: number
}

export type MetricType = 'gauge' | 'counter' | 'summary'
export type Labels = Readonly<Record<string, string>>

/** A value with its labels; `suffix` is `_sum` or `_count` of a summary. */
export interface Sample {
  readonly labels: Labels
  readonly value: number
  readonly suffix?: string
}

export interface MetricDefinition {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  /** Beside `database`. */
  readonly labels: readonly string[]
  readonly read: (scrape: Scrape) => Iterable<Sample>
}

const none: Labels = {}
const micro = 1e-6
const milli = 1e-3

type Read = (scrape: Scrape) => number | null | undefined

/** A metric with one value; null where there is none. */
function single(type: MetricType, name: string, help: string, read: Read): MetricDefinition {
  return {
    name,
    type,
    help,
    labels: [],
    *read(scrape) {
      const value = read(scrape)
      if (value !== null && value !== undefined) yield { labels: none, value }
    },
  }
}

const gauge = (name: string, help: string, read: Read) => single('gauge', name, help, read)
const counter = (name: string, help: string, read: Read) => single('counter', name, help, read)

/** One value for each of some things that a label names. */
function each<T>(
  type: MetricType,
  name: string,
  help: string,
  label: string,
  things: (scrape: Scrape) => Iterable<readonly [string, T]>,
  value: (thing: T) => number | null,
): MetricDefinition {
  return {
    name,
    type,
    help,
    labels: [label],
    *read(scrape) {
      for (const [key, thing] of things(scrape)) {
        const number = value(thing)
        if (number !== null) yield { labels: { [label]: key }, value: number }
      }
    },
  }
}

const quantiles = { '0.5': 'p50', '0.9': 'p90', '0.99': 'p99', '0.999': 'p999' } as const

function* summaryOf(labels: Labels, { mean, ...latency }: Latency, count: number): Iterable<Sample> {
  for (const [quantile, field] of Object.entries(quantiles)) {
    yield { labels: { ...labels, quantile }, value: latency[field] * micro }
  }
  yield { labels, value: mean * count * micro, suffix: '_sum' }
  yield { labels, value: count, suffix: '_count' }
}

function summary(
  name: string,
  help: string,
  read: (stats: DatabaseStats) => [Latency, number],
): MetricDefinition {
  return { name, type: 'summary', help, labels: [], read: ({ stats }) => summaryOf(none, ...read(stats)) }
}

const operations = ({ stats }: Scrape) => Object.entries<OperationStats>(stats.ops)
const caches = ({ stats }: Scrape) => Object.entries(stats.cache)
const levels = ({ stats }: Scrape) => stats.levels.map((level) => [String(level.level), level] as const)
const issues = ({ health }: Scrape) => [...health.errors, ...health.warnings]
const numbers = (record: Readonly<Record<string, number>>) => Object.entries(record)
const same = (value: number) => value

const statuses = ['healthy', 'degraded', 'unhealthy'] as const

/** 0, 1 for a warning, 2 for an error: for every rule. */
function* healthOf({ health }: Scrape): Iterable<readonly [string, number]> {
  const errors = new Set(health.errors.map(({ code }) => code))
  const warnings = new Set(health.warnings.map(({ code }) => code))
  for (const code of healthCodes) yield [code, errors.has(code) ? 2 : warnings.has(code) ? 1 : 0]
}

const mean = 'The sum is the mean of the sampled ones times the count.'

/** Every metric, in the order of docs/metrics.md, which a test keeps equal. Names and units stay; more may come. */
export const metricTable: readonly MetricDefinition[] = [
  gauge('burrow_uptime_seconds', 'Since open.', ({ stats }) => stats.uptimeMs * milli),

  each(
    'counter',
    'burrow_operations_total',
    'Calls that reached native code.',
    'operation',
    operations,
    (op) => op.count,
  ),
  each(
    'counter',
    'burrow_operation_errors_total',
    'Those of them that failed there; see burrow_errors_total for all failures.',
    'operation',
    operations,
    (op) => op.errors,
  ),
  each(
    'counter',
    'burrow_operation_read_bytes_total',
    'Bytes of keys and values that calls got.',
    'operation',
    operations,
    (op) => op.bytesOut,
  ),
  each(
    'counter',
    'burrow_operation_written_bytes_total',
    'Bytes of keys and values that calls handed over.',
    'operation',
    operations,
    (op) => op.bytesIn,
  ),
  {
    name: 'burrow_operation_latency_seconds',
    type: 'summary',
    help: `Time in native code, since open; of operations that stay in memory one in 16 is measured. ${mean}`,
    labels: ['operation'],
    *read(scrape) {
      for (const [operation, { count, latency }] of operations(scrape))
        yield* summaryOf({ operation }, latency, count)
    },
  },
  each(
    'counter',
    'burrow_errors_total',
    'Calls and background tasks that failed.',
    'code',
    ({ stats }) => numbers(stats.errors.byCode),
    same,
  ),
  each(
    'counter',
    'burrow_background_errors_total',
    'Background tasks that failed.',
    'code',
    ({ stats }) => numbers(stats.errors.background),
    same,
  ),

  gauge(
    'burrow_cache_capacity_bytes',
    'What the cache of blocks may hold, of all kinds.',
    ({ stats }) => stats.cache.block.capacityBytes,
  ),
  gauge(
    'burrow_cache_pinned_bytes',
    'Of these: held by readers now.',
    ({ stats }) => stats.cache.block.pinnedBytes,
  ),
  each(
    'gauge',
    'burrow_cache_used_bytes',
    'Blocks in the cache by kind; table: open tables.',
    'kind',
    caches,
    (cache) => cache.usedBytes,
  ),
  each(
    'counter',
    'burrow_cache_hits_total',
    'Lookups that found what they looked for.',
    'kind',
    caches,
    (cache) => cache.hits,
  ),
  each(
    'counter',
    'burrow_cache_misses_total',
    'Lookups that did not.',
    'kind',
    caches,
    (cache) => cache.misses,
  ),
  each(
    'counter',
    'burrow_cache_evictions_total',
    'What had to give way.',
    'kind',
    caches,
    (cache) => cache.evictions,
  ),
  counter('burrow_bloom_checks_total', 'Bloom filters asked.', ({ stats }) => stats.bloom.checks),
  counter(
    'burrow_bloom_useful_total',
    'Reads of a table that a filter spared.',
    ({ stats }) => stats.bloom.useful,
  ),
  counter(
    'burrow_bloom_false_positives_total',
    'Reads that a filter let through in vain.',
    ({ stats }) => stats.bloom.falsePositives,
  ),

  gauge('burrow_memtable_bytes', 'All memtables.', ({ stats }) => stats.memtables.bytes),
  gauge('burrow_memtable_active_bytes', 'The one that is written to.', ({ stats }) => stats.memtables.active),
  gauge('burrow_memtable_entries', 'Writes in all memtables.', ({ stats }) => stats.memtables.entries),
  gauge(
    'burrow_memtables_immutable',
    'Full memtables that wait to be flushed.',
    ({ stats }) => stats.memtables.immutable,
  ),
  gauge('burrow_wal_files', 'Logs that the manifest names.', ({ stats }) => stats.wal.files),
  counter('burrow_wal_syncs_total', 'Syncs of logs.', ({ stats }) => stats.wal.syncs),
  gauge(
    'burrow_wal_group_writes',
    'Writes that shared one sync, on average.',
    ({ stats }) => stats.wal.groupSize,
  ),
  summary('burrow_wal_sync_latency_seconds', `Syncs of logs. ${mean}`, ({ wal }) => [
    wal.syncLatency,
    wal.syncs,
  ]),

  each('gauge', 'burrow_level_files', 'Tables.', 'level', levels, (level) => level.files),
  each('gauge', 'burrow_level_bytes', 'Bytes of tables.', 'level', levels, (level) => level.bytes),
  each(
    'gauge',
    'burrow_level_sorted_runs',
    'What a point read has to ask.',
    'level',
    levels,
    (level) => level.sortedRuns,
  ),
  each(
    'gauge',
    'burrow_level_score_ratio',
    'How full the level is for its size: a compaction is due from 1 on.',
    'level',
    levels,
    (level) => level.score,
  ),
  each(
    'counter',
    'burrow_level_compactions_total',
    'Compactions into the level.',
    'level',
    levels,
    (level) => level.compactions,
  ),
  each(
    'counter',
    'burrow_level_compaction_read_bytes_total',
    'Read by them.',
    'level',
    levels,
    (level) => level.readBytes,
  ),
  each(
    'counter',
    'burrow_level_compaction_written_bytes_total',
    'Written by them.',
    'level',
    levels,
    (level) => level.writtenBytes,
  ),

  counter('burrow_flushes_total', 'Flushes that succeeded.', ({ stats }) => stats.flush.count),
  summary('burrow_flush_latency_seconds', `The last flushes. ${mean}`, ({ flush }) => [
    flush.latency,
    flush.count,
  ]),
  each(
    'counter',
    'burrow_compactions_total',
    'Compactions that succeeded.',
    'reason',
    ({ stats }) => numbers(stats.compaction.byReason),
    same,
  ),
  gauge('burrow_compactions_running', 'Under way now.', ({ stats }) => stats.compaction.running),
  gauge(
    'burrow_compaction_pending_bytes',
    'Estimate of what must be rewritten until nothing is due.',
    ({ stats }) => stats.compaction.pendingBytes,
  ),
  counter(
    'burrow_compaction_read_bytes_total',
    'Read by compactions.',
    ({ stats }) => stats.compaction.bytesRead,
  ),
  counter(
    'burrow_compaction_dropped_records_total',
    'Old versions and deleted records that went away.',
    ({ stats }) => stats.compaction.recordsDropped,
  ),
  counter(
    'burrow_compaction_dropped_tombstones_total',
    'Deletions that went away.',
    ({ stats }) => stats.compaction.tombstonesDropped,
  ),
  each(
    'counter',
    'burrow_written_bytes_total',
    'Bytes written by cause: user: keys and values that calls handed over; to files: wal, flush, compaction.',
    'cause',
    ({ stats }) => numbers(stats.written),
    same,
  ),
  gauge(
    'burrow_write_amplification_ratio',
    'Bytes written to files over bytes that users wrote.',
    ({ stats }) => stats.amplification.write,
  ),
  gauge(
    'burrow_read_amplification_ratio',
    'Bytes read from files over bytes that users got.',
    ({ stats }) => stats.amplification.read,
  ),
  gauge(
    'burrow_space_amplification_ratio',
    'Bytes of all tables over bytes of the deepest level.',
    ({ stats }) => stats.amplification.space,
  ),
  counter(
    'burrow_stalls_total',
    'Times that writers began to be held back.',
    ({ stats }) => stats.stalls.count,
  ),
  each(
    'counter',
    'burrow_stall_seconds_total',
    'Time in which writers were held back.',
    'reason',
    ({ stats }) => numbers(stats.stalls.byReason),
    (ms) => ms * milli,
  ),

  each(
    'gauge',
    'burrow_memory_bytes',
    'Native memory.',
    'owner',
    ({ stats }) => numbers(stats.memory.byOwner),
    same,
  ),
  gauge(
    'burrow_memory_peak_bytes',
    'The highest sum of them since open, as db.debug.memory() saw it.',
    ({ peakBytes }) => peakBytes,
  ),
  each('gauge', 'burrow_disk_bytes', 'Live files.', 'kind', ({ stats }) => numbers(stats.disk.byKind), same),
  gauge('burrow_disk_free_bytes', 'Free on the file system.', ({ stats }) => stats.disk.freeBytes),
  gauge('burrow_snapshots', 'Open snapshots.', ({ stats }) => stats.snapshots.live),
  gauge(
    'burrow_snapshot_oldest_seconds',
    'Age of the oldest.',
    ({ stats }) => stats.snapshots.oldestMs * milli,
  ),
  gauge('burrow_iterators', 'Open iterators.', ({ stats }) => stats.iterators.live),
  gauge(
    'burrow_iterator_oldest_seconds',
    'Age of the oldest.',
    ({ stats }) => stats.iterators.oldestMs * milli,
  ),
  counter('burrow_backups_total', 'Backups that succeeded.', ({ stats }) => stats.backups?.count),
  counter('burrow_backup_failures_total', 'Backups that failed.', ({ stats }) => stats.backups?.failures),
  gauge(
    'burrow_backup_last_timestamp_seconds',
    'When the last good one was made, since 1970.',
    ({ stats }) => {
      const at = stats.backups?.lastAt ?? null
      return at === null ? null : at * milli
    },
  ),

  gauge('burrow_health_status', '0 healthy, 1 degraded, 2 unhealthy.', ({ health }) =>
    statuses.indexOf(health.status),
  ),
  each(
    'gauge',
    'burrow_health_rule',
    '0 well, 1 warning, 2 error: each rule of db.health().',
    'rule',
    healthOf,
    same,
  ),
  each(
    'gauge',
    'burrow_health_rule_value',
    'What a rule that is not well measured, where that is a number.',
    'rule',
    (scrape) => issues(scrape).map((issue) => [issue.code, issue.value] as const),
    numeric,
  ),
  each(
    'gauge',
    'burrow_health_rule_limit',
    'The limit that it passed.',
    'rule',
    (scrape) => issues(scrape).map((issue) => [issue.code, issue.threshold] as const),
    numeric,
  ),
  each(
    'gauge',
    'burrow_health_threshold',
    'The option health as it is in force; without those that are off.',
    'threshold',
    ({ options }) => Object.entries(options.health),
    (limit) => limit,
  ),
]

function numeric(value: number | string): number | null {
  return typeof value === 'number' ? value : null
}
