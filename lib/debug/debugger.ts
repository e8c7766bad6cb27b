import type { DebugHost } from '../kv/debug-host.ts'
import type { RecordedError } from '../kv/error-log.ts'
import type { KeyRangeOptions } from '../kv/range.ts'
import { type DumpedEdit, type DumpManifestOptions, dumpManifest } from './dump-manifest.ts'
import { type DumpOptions, dumpMemTable } from './dump-memtable.ts'
import type { DumpedRecord } from './dump-records.ts'
import { dumpTable, type TableDump } from './dump-table.ts'
import { dumpWal, type LoggedWrite } from './dump-wal.ts'
import { type ExplainGetOptions, explainGet, type GetExplanation } from './explain-get.ts'
import { type ExplainScanOptions, explainScan, type ScanExplanation } from './explain-scan.ts'
import type { LiveHandle } from './handles.ts'
import type { HistoryEntry } from './history.ts'
import { keptOf } from './kept.ts'
import {
  analyzeKeyDistribution,
  type KeyDistribution,
  type KeyDistributionOptions,
} from './key-distribution.ts'
import { type KeyHistoryOptions, type KeyVersion, keyHistory } from './key-history.ts'
import { dumpLevelStats } from './level-stats.ts'
import type { MemoryReport } from './memory.ts'
import { type PrefixShares, type PrefixSharesOptions, prefixShares } from './prefix-shares.ts'
import { type Served, type ServeOptions, serve } from './serve.ts'
import type { TraceOptions } from './trace-options.ts'
import { Tracer } from './tracer.ts'

/**
 * `db.debug`: what a database looks like inside. One thin method a line; each part has a file of its own and gets the
 * host. Nothing here costs anything until it is called.
 */
export class Debugger {
  readonly #host: DebugHost

  constructor(host: DebugHost) {
    this.#host = host
  }

  // --- dumps and explanations. All run on the calling thread and may read the disk; with `redact: true` they show no key
  // and no value. Dumps read while they are iterated: BURROW_CLOSED once `close` has begun; for damage an error that names
  // file and offset, and in `context.dumped` and `context.lastKey` what came before it.

  /**
   * The records of the active memtable and of those that wait for their flush, as of this call: in key order, the newest
   * first where keys repeat, range deletions where they begin. A flush in the meantime does no harm. Can be iterated once.
   */
  dumpMemTable(options?: DumpOptions): Generator<DumpedRecord, void, void> {
    return dumpMemTable(this.#host, options)
  }

  /** Memtables and levels as text, a line each: `L0: 3 files, 4096 bytes …`. */
  dumpLevelStats(): string {
    return dumpLevelStats(this.#host)
  }

  /** The records of a table file in key order, with its properties and range deletions. */
  dumpTable(fileNumber: number, options?: DumpOptions): TableDump {
    return dumpTable(this.#host, fileNumber, options)
  }

  /** The writes in a log, or in all logs from the oldest on, as far as they reached the file. Can be iterated once. */
  dumpWal(fileNumber?: number, options?: DumpOptions): Generator<LoggedWrite, void, void> {
    return dumpWal(this.#host, fileNumber, options)
  }

  /** The edits of the current manifest. Can be iterated once. */
  dumpManifest(options?: DumpManifestOptions): Generator<DumpedEdit, void, void> {
    return dumpManifest(this.#host, options)
  }

  /** How the keys look and where writes go: first bytes, lengths, prefixes, hot ranges. */
  analyzeKeyDistribution(options?: KeyDistributionOptions): KeyDistribution {
    return analyzeKeyDistribution(this.#host, options)
  }

  /** What each prefix takes. */
  prefixShares(options?: PrefixSharesOptions): PrefixShares {
    return prefixShares(this.#host, options)
  }

  /** Does what `get` does and tells each place where it looked, why that was skipped or what it held, and how long it took. */
  explainGet(key: unknown, options?: ExplainGetOptions): GetExplanation {
    return explainGet(this.#host, key, options)
  }

  /**
   * Runs a scan, without handing out what it finds, and tells what it took. Blocks are read one by one: a scan that reads
   * ahead reads the same ones in larger pieces.
   */
  explainScan(range?: KeyRangeOptions, options?: ExplainScanOptions): ScanExplanation {
    return explainScan(this.#host, range, options)
  }

  /** Every version of a key that is still stored, and every range deletion over it, newest first, with where it is. */
  keyHistory(key: unknown, options?: KeyHistoryOptions): KeyVersion[] {
    return keyHistory(this.#host, key, options)
  }

  // --- handles, memory, errors

  /** Iterators and snapshots that are open, the oldest first; with `debug: { trackHandles: true }` also where from. */
  liveHandles(): LiveHandle[] {
    return keptOf(this.#host).handles.live()
  }

  /** Native memory by owner, its peaks and growth, and the process's. */
  memory(): MemoryReport {
    return keptOf(this.#host).memory.report()
  }

  /** The last 100 failures of calls and of background work, the newest first. */
  lastErrors(): RecordedError[] {
    return this.#host.lastErrors()
  }

  /** The last 256 flushes, compactions and write stalls that are over, the newest first. */
  history(): HistoryEntry[] {
    return keptOf(this.#host).history.entries
  }

  // --- watching from outside

  /** Serves statistics and health over HTTP on this machine, for `burrow top`; see ServeOptions. Ends with `close`. */
  serve(options?: ServeOptions): Promise<Served> {
    return serve(this.#host, options)
  }

  // --- traces

  /** Records operations and background jobs from now on; see TraceOptions. Several tracers may run at once. */
  trace(options?: TraceOptions): Tracer {
    return new Tracer(this.#host, options)
  }

  /** Whether operations are observed: by a tracer, a channel, or a tracker of handles. */
  get observed(): boolean {
    return this.#host.observed
  }
}
