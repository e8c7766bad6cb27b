import { BurrowError } from '../base/errors.ts'
import type { EventBus } from '../base/event-bus.ts'
import type { EventListener, EventName } from '../base/events.ts'
import { parseLogFilter } from '../base/logger.ts'
import type { DatabaseStats } from '../base/metrics.ts'
import type { DatabaseOptions, ResolvedOptions } from '../base/options.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import type { NativeEngine } from '../native.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { DatabaseAtRest } from './at-rest.ts'
import type { BackupOptions, BackupReport } from './backup-options.ts'
import { Backups } from './backups.ts'
import { readEncodings, readOptions } from './call-options.ts'
import type { CheckpointOptions, CheckpointReport } from './checkpoint.ts'
import { ControlPlane } from './control-plane.ts'
import { type DebugHost, debugHost, type OperationName } from './debug-host.ts'
import { ErrorLog } from './error-log.ts'
import { fairness } from './fairness.ts'
import { readsOfNow } from './gathering-reads.ts'
import { checkHealth, type Health } from './health.ts'
import { KeepAlive } from './keep-alive.ts'
import type { Bytes, KeyOf, ValueOf } from './keys-and-values.ts'
import { type CompactOptions, compactRange, flushMemtables, readCompactOptions } from './maintenance.ts'
import { makeDebugHost, type OwnDebugHost } from './make-debug-host.ts'
import { Observation } from './observed.ts'
import { emitRecovered, emitRecoveryFailure, type OpenedFiles, openFiles, visibleSequence } from './open.ts'
import { announceOpened } from './opened.ts'
import { type KeyRangeOptions, rangeNames, resolveRange } from './range.ts'
import { ReadRequests } from './read-requests.ts'
import { observeReads, type Scans } from './readable.ts'
import { Reads } from './reads.ts'
import type { RecoveryReport } from './recover.ts'
import { ScanHost } from './scan.ts'
import { shutDown } from './shutdown.ts'
import { type Snapshot, type SnapshotHost, Snapshots } from './snapshot.ts'
import { freeBytes, gatherStats, type LevelFile, listLevels, type StatsSource } from './statistics.ts'
import { keepsUnnamed, tidyFiles } from './tidy-files.ts'
import { defineUnsupported } from './unsupported.ts'
import { ValueSlab } from './value-slab.ts'
import { readVerifyOptions, type VerifyOptions, type VerifyReport, verifyDatabase } from './verify.ts'
import { type BatchOperation, type BatchTarget, WriteBatch } from './write-batch.ts'
import { type WriteCalls, type WriteOptions, Writes } from './writes.ts'

/** `read-only`: opened so, or writes are refused since the log or the manifest failed. */
export type DatabaseStatus = 'open' | 'read-only' | 'closing' | 'closed'

const keyRangeNames = new Set([...rangeNames, 'keyEncoding'] as const)

/**
 * An ordered key-value store in a directory. One process, and one thread in it, has it open for writing; others may
 * open it with `readOnly`. Asynchronous calls always return a promise; the `…Sync` forms block.
 *
 * `K` and `V` are what keys and values look like when they are read: strings, unless the options say otherwise.
 */
export class Database<K = string, V = string> extends DatabaseAtRest<K, V> {
  readonly #files: OpenedFiles
  readonly #engine: NativeEngine
  readonly #events: EventBus
  readonly #keepAlive: KeepAlive
  readonly #requests: ReadRequests
  readonly #acknowledgements: Acknowledgements
  readonly #plane: ControlPlane | undefined
  readonly #writes: Writes | undefined
  /** What answers writes: `#writes`, or its observed form. */
  #writeCalls: WriteCalls | undefined
  #observation: Observation | undefined
  #debugHost: OwnDebugHost | undefined
  readonly #backups: Backups | undefined
  readonly #reads: Reads
  readonly #scans: ScanHost
  readonly #snapshots = new Snapshots()
  readonly #host: SnapshotHost
  readonly #batchTarget: BatchTarget
  readonly #openedAt = performance.now()
  readonly #errors: ErrorLog
  #recovery: RecoveryReport
  #phase: 'open' | 'closing' | 'closed' = 'open'
  #refusal: BurrowError | undefined
  #closing: Promise<void> | undefined
  /** Aborted, with the error for who still waits, when closing begins. */
  readonly #ended = new AbortController()

  private constructor(files: OpenedFiles) {
    super()
    const { engine, events, jobs, options } = files
    this.#files = files
    this.#engine = engine
    this.#events = events
    this.#recovery = files.report
    const errors = new ErrorLog({
      redact: options.debug.redact,
      version: () => this.#state.version,
      sequence: () => (this.#phase === 'closed' ? undefined : visibleSequence(files)),
    })
    this.#errors = errors
    const keepAlive = new KeepAlive(engine)
    const requests = new ReadRequests(engine, keepAlive)
    this.#keepAlive = keepAlive
    this.#requests = requests
    this.#acknowledgements = new Acknowledgements({
      engine,
      keepAlive,
      held: () => this.#writes?.held ?? false,
      slowed: () => this.#plane?.stalls.decision.state === 'slowdown',
    })
    const encodings = { key: options.keyEncoding, value: options.valueEncoding }
    if (!options.readOnly) {
      const { found, replayed } = files
      const wals = new Set(replayed.memtables.map(({ wal }) => wal))
      const { nextFileNumber } = found
      const { lastSequence } = replayed
      const keepUnnamed = keepsUnnamed(files)
      this.#plane = new ControlPlane({
        engine,
        jobs,
        events,
        options,
        errors,
        state: { ...found.state, wals: [...wals], nextFileNumber, lastSequence, clean: null, keepUnnamed },
        manifest: found.manifest,
        replayed: replayed.memtables,
        keepAlive,
        oldestSnapshot: () => this.#snapshots.oldestSequence,
        freeSpace: () => freeBytes(files.place),
        onSpace: (error) => this.#writes?.refuseData(error),
        onPumped: () => {
          this.#writes?.updateHold()
          this.#acknowledgements.drain()
        },
        onPoison: (error) => this.#acknowledgements.fail(error),
        onFailure: (error) => this.#writes?.refuse(this.#plane?.readOnlyError() ?? error),
      })
      this.#writes = new Writes({
        engine,
        plane: this.#plane,
        acknowledgements: this.#acknowledgements,
        encodings,
        syncWrites: options.syncWrites,
        memtableSize: options.memtableSize,
        errors,
        beforeWrite: () => this.#reads.answer(),
      })
      this.#writeCalls = this.#writes
    }
    this.#backups = this.#plane === undefined ? undefined : new Backups(this.#plane, files, keepAlive)
    const snapshots = this.#snapshots
    const slab = new ValueSlab(engine)
    const makeReads = (sequence: number | undefined) =>
      new Reads({ engine, slab, requests, snapshots, encodings, sequence, errors })
    // Tables that an iterator or snapshot held may be deleted then, and compactions may drop more.
    const onReleased = () => {
      if (this.#phase === 'open') this.#plane?.pumpSoon()
    }
    this.#reads = readsOfNow({ engine, slab, requests, snapshots, encodings, sequence: undefined, errors })
    this.#scans = new ScanHost({
      engine,
      requests,
      snapshots,
      encodings,
      readAhead: options.readAheadSize,
      maxOpen: options.maxOpenIterators,
      errors,
      onReleased,
    })
    this.#host = { engine, scans: this.#scans, makeReads, onReleased }
    const scans: Scans = { scan: (shape, range) => this.#scans.scan(shape, range, undefined) }
    this.readThrough(this.#reads, scans, this.#reads.alone())
    this.#batchTarget = {
      encodings,
      commit: (batch, write) => this.#later('batch', (writes) => writes.commit(batch, write)),
      commitSync: (batch, write) => this.#writable('batchSync').commitSync(batch, write),
    }
    files.onProgress(() => this.#onProgress())
  }

  /**
   * Opens the database in `path`, a directory, or makes one; ':memory:' keeps everything in memory. Replays what a crash
   * left in the logs. Fails with BURROW_LOCKED when it is open elsewhere, BURROW_CORRUPTION for damage that a crash
   * cannot explain (nothing is changed then).
   */
  static async open<const O extends DatabaseOptions>(
    path: string,
    options?: O,
  ): Promise<Database<KeyOf<O>, ValueOf<O>>> {
    const files = await openFiles(path, options)
    const database = new Database<KeyOf<O>, ValueOf<O>>(files)
    try {
      await database.#begin()
      announceOpened(() => database[debugHost])
    } catch (error) {
      emitRecoveryFailure(files, database.#openedAt, error)
      database.#plane?.dispose()
      files.engine.close()
      files.lock?.release()
      throw error
    }
    return database
  }

  // --- what it is

  /** The path that it was opened with. */
  get path(): string {
    return this.#files.path
  }

  /** All options as they are in force. */
  get options(): ResolvedOptions {
    return this.#files.options
  }

  get status(): DatabaseStatus {
    if (this.#phase !== 'open') return this.#phase
    if (this.#plane === undefined) return 'read-only'
    this.#plane.pump()
    return this.#plane.healthy ? 'open' : 'read-only'
  }

  /** What `open` found: logs replayed, writes in them, bytes cut, files moved. */
  get recovery(): RecoveryReport {
    return this.#recovery
  }

  /** The database as it is now, for as long as the snapshot is open. */
  snapshot(): Snapshot<K, V> {
    this.#check('snapshot')
    const take = () => this.#snapshots.take<K, V>(this.#host)
    return this.#observation === undefined ? take() : this.#observation.now('snapshot', undefined, take)
  }

  // --- writes

  /** Resolves when the write is as safe as `sync` and `wal` ask; it is visible to reads at once. */
  put(key: K | Bytes, value: V | Bytes, options?: WriteOptions): Promise<void> {
    return this.#writeCalls === undefined
      ? this.#later('put', (writes) => writes.put(key, value, options))
      : this.#writeCalls.put(key, value, options)
  }

  putSync(key: K | Bytes, value: V | Bytes, options?: WriteOptions): void {
    this.#writable('putSync').putSync(key, value, options)
  }

  /** Deletes `key`; nothing happens when it is not there. */
  delete(key: K | Bytes, options?: WriteOptions): Promise<void> {
    return this.#later('delete', (writes) => writes.delete(key, options))
  }

  deleteSync(key: K | Bytes, options?: WriteOptions): void {
    this.#writable('deleteSync').deleteSync(key, options)
  }

  /** Deletes every key of the range, at a cost that does not depend on how many there are. */
  deleteRange(range: KeyRangeOptions, options?: WriteOptions): Promise<void> {
    return this.#later('deleteRange', (writes) => writes.deleteRange(range, options))
  }

  deleteRangeSync(range: KeyRangeOptions, options?: WriteOptions): void {
    this.#writable('deleteRangeSync').deleteRangeSync(range, options)
  }

  /** Applies the operations at once: all or none, also after a crash. */
  batch(operations: readonly BatchOperation<K | Bytes, V | Bytes>[], options?: WriteOptions): Promise<void> {
    return this.#later('batch', (writes) => writes.batch(operations, options))
  }

  batchSync(operations: readonly BatchOperation<K | Bytes, V | Bytes>[], options?: WriteOptions): void {
    this.#writable('batchSync').batchSync(operations, options)
  }

  /** A batch to be filled step by step. */
  writeBatch(): WriteBatch {
    return new WriteBatch(this.#batchTarget)
  }

  /** Deletes everything. */
  clear(options?: WriteOptions): Promise<void> {
    return this.#later('clear', (writes) => writes.clear(options))
  }

  // --- maintenance

  /** Resolves when every write made before is durable. */
  sync(): Promise<void> {
    return this.#later('sync', (writes) => writes.sync())
  }

  /** Writes what is in memtables to tables. Resolves when that is durable. */
  flush(): Promise<void> {
    return this.#maintain('flush', { name: 'flush', subject: undefined }, flushMemtables)
  }

  /** Flushes, then brings every key of the range to the last level: old versions and deleted records go away. */
  compact(range?: KeyRangeOptions, options?: CompactOptions): Promise<void> {
    return this.#maintain('compact', { name: 'compact', subject: range }, (plane) => {
      const { signal, onProgress } = readCompactOptions(options)
      return compactRange(plane, this.#byteRange(range, 'compact'), signal, onProgress)
    })
  }

  /** No compaction begins by itself any more. Resolves when none is running. */
  pauseCompaction(): Promise<void> {
    return this.#maintain('pauseCompaction', undefined, (plane) => {
      plane.compactions.pause()
      return plane.until(() => plane.compactions.running === 0 || !plane.compactions.paused)
    })
  }

  resumeCompaction(): Promise<void> {
    return this.#maintain('resumeCompaction', undefined, (plane) => {
      plane.compactions.resume()
      plane.pump()
    })
  }

  /**
   * Makes a database in the directory `path`, which must be empty or not there, with everything written before the call;
   * writing goes on. Hard links, where the file system can: milliseconds at any size. Writes with `wal: false` that are
   * not flushed yet are flushed first.
   */
  checkpoint(path: string, options?: CheckpointOptions): Promise<CheckpointReport> {
    return this.#copying('checkpoint', path, (backups) => backups.checkpoint(path, options))
  }

  /**
   * Adds a backup to a directory: flushes, then copies the tables that no earlier backup there has. It counts once it is
   * complete and durable; an interrupted one leaves the others whole. BURROW_LOCKED while another one is made there.
   */
  backup(directory: string, options?: BackupOptions): Promise<BackupReport> {
    return this.#copying('backup', directory, (backups) => backups.backup(directory, options))
  }

  /** Estimate of the bytes that a range takes in tables. What is in memtables does not count. */
  async approximateSize(range: KeyRangeOptions): Promise<number> {
    this.#check('approximateSize')
    const bytes = this.#byteRange(range, 'approximateSize')
    const size = bytes === null ? 0 : this.#engine.approximateSize(bytes.lower, bytes.upper)
    await fairness.turn()
    return size
  }

  /**
   * Reads every live file and holds all that it says against everything else; see VerifyReport. Damage is in the report.
   * Reads and writes go on meanwhile: tables that a compaction replaces are left out.
   */
  verify(options?: VerifyOptions): Promise<VerifyReport> {
    try {
      this.#check('verify')
      const database = {
        files: this.#files,
        plane: this.#plane,
        keepAlive: this.#keepAlive,
        ended: this.#ended.signal,
      }
      const asked = readVerifyOptions(options)
      return this.#observe('verify', undefined, () =>
        this.#errors.noting('verify', () => verifyDatabase(database, asked)),
      )
    } catch (error) {
      return fairness.rejected(error)
    }
  }

  // --- watching

  stats(): DatabaseStats {
    this.#check('stats')
    return gatherStats(this.#statsSource())
  }

  /** Whether all is well, and what is not: see the option `health` for the thresholds. */
  health(): Health {
    this.#check('health')
    return checkHealth({
      ...this.#statsSource(),
      recovery: this.#recovery,
      backup: this.#backups?.health ?? null,
    })
  }

  #statsSource(): StatsSource {
    const { found, options, place } = this.#files
    return {
      engine: this.#engine,
      plane: this.#plane,
      state: this.#state,
      manifest: this.#plane?.manifest.current ?? found.manifest,
      options,
      place,
      scans: this.#scans,
      snapshots: this.#snapshots,
      backups: this.#backups?.stats ?? null,
      openedAt: this.#openedAt,
      errors: this.#errors,
    }
  }

  get #state(): ManifestState {
    return this.#plane?.versions.state ?? this.#files.found.state
  }

  /** The tables of each level, from L0 down. */
  levels(): { level: number; files: LevelFile[] }[] {
    this.#check('levels')
    return listLevels(this.#state.version)
  }

  /** Calls `listener` for every later event of this name, from the event loop. Returns the function that ends it. */
  on<N extends EventName>(name: N, listener: EventListener<N>): () => void {
    return this.#events.on(name, listener)
  }

  once<N extends EventName>(name: N, listener: EventListener<N>): () => void {
    return this.#events.once(name, listener)
  }

  off<N extends EventName>(name: N, listener: EventListener<N>): void {
    this.#events.off(name, listener)
  }

  /**
   * What the log shows from here on: levels for all and by component, `warn,compaction=debug`. Without the option `logger`,
   * lines go to standard error. BURROW_INVALID_ARGUMENT for a level or component that does not exist.
   */
  setLogFilter(filter: string): void {
    this.#files.log.setFilter(parseLogFilter(filter))
  }

  /** @internal For lib/debug: see lib/kv/debug-host.ts. */
  get [debugHost](): DebugHost {
    this.#debugHost ??= this.#makeDebugHost()
    return this.#debugHost
  }

  #makeDebugHost(): OwnDebugHost {
    return makeDebugHost({
      files: this.#files,
      snapshots: this.#snapshots,
      scans: this.#scans,
      status: () => this.status,
      statsSource: () => this.#statsSource(),
      errors: this.#errors,
      stats: () => this.stats(),
      health: () => this.health(),
      observe: (observer) => {
        const host = { engine: this.#engine, requests: this.#requests }
        this.#setObservation(observer && new Observation(observer, host))
      },
      observed: () => this.#observation !== undefined,
    })
  }

  #setObservation(observation: Observation | undefined): void {
    this.#observation?.end()
    observation?.begin()
    this.#observation = observation
    this[observeReads](observation)
    this.#snapshots.observe(observation)
    this.#scans.observe(observation)
    if (this.#writes !== undefined) this.#writeCalls = observation?.writes(this.#writes) ?? this.#writes
  }

  // --- the end

  /**
   * Finishes the calls made before, flushes, and lets go of the directory; later calls fail with BURROW_CLOSED. Open
   * iterators and snapshots are closed. Every call returns the same promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** For `using`, which cannot wait: closing begins at the end of the block. Prefer `await using`. */
  [Symbol.dispose](): void {
    void this.close()
  }

  async #begin(): Promise<void> {
    const { replayed, report } = this.#files
    let filesMoved: string[] = []
    if (this.#plane !== undefined) {
      const letGo = this.#plane.obsolete.hold(replayed.damaged)
      await this.#plane.begin(replayed.lastSequence + 1, replayed.logs)
      filesMoved = await tidyFiles(this.#plane, this.#files)
      letGo()
    }
    this.#recovery = Object.freeze({
      ...report,
      filesMoved,
      durationMs: report.durationMs + performance.now() - this.#openedAt,
    })
    this.#backups?.begin()
    emitRecovered(this.#files, this.#recovery)
  }

  #onProgress(): void {
    this.#requests.deliver()
    if (this.#plane === undefined) this.#files.jobs.complete()
    else this.#plane.pump()
  }

  #check(call: string): void {
    if (this.#refusal !== undefined) throw this.#errors.note(this.#refusal, call)
  }

  /** Throws BURROW_CLOSED, or BURROW_READ_ONLY when it was opened so. */
  #writable(call: string): WriteCalls {
    this.#check(call)
    if (this.#writeCalls !== undefined) return this.#writeCalls
    const message = `${this.path} was opened with readOnly; open it without to write`
    throw this.#errors.note(new BurrowError('BURROW_READ_ONLY', message), call)
  }

  /** The asynchronous form of a call: it never throws. */
  #later(call: string, run: (writes: WriteCalls) => Promise<void>): Promise<void> {
    let writes: WriteCalls
    try {
      writes = this.#writable(call)
    } catch (error) {
      return fairness.rejected(error)
    }
    return run(writes)
  }

  /** The asynchronous form of a call that may find nothing to do; `observed` by this name. */
  #maintain(
    call: string,
    observed: { readonly name: OperationName; readonly subject: unknown } | undefined,
    run: (plane: ControlPlane) => Promise<void> | void,
  ): Promise<void> {
    return this.#later(call, () =>
      this.#observe(observed?.name, observed?.subject, () =>
        this.#errors.noting(call, async () => {
          await run(this.#plane!)
          await fairness.turn()
        }),
      ),
    )
  }

  async #copying<T>(name: OperationName, subject: string, run: (backups: Backups) => Promise<T>): Promise<T> {
    this.#writable(name)
    const report = await this.#observe(name, subject, () =>
      this.#errors.noting(name, () => run(this.#backups!)),
    )
    await fairness.turn()
    return report
  }

  /** For calls that take far longer than asking whether somebody observes. */
  #observe<T>(name: OperationName | undefined, subject: unknown, run: () => Promise<T>): Promise<T> {
    if (name === undefined || this.#observation === undefined) return run()
    return this.#observation.later(name, subject, run)
  }

  #byteRange(range: unknown, call: string) {
    const fields = readOptions(range, keyRangeNames, call)
    return resolveRange(fields, readEncodings(fields, this.#batchTarget.encodings).key)
  }

  async #close(): Promise<void> {
    const closed = new BurrowError('BURROW_CLOSED', `the database ${this.path} is closed; open it again`)
    const { lock } = this.#files
    const engine = this.#engine
    this.#debugHost?.announce('closing')
    this.#phase = 'closing'
    this.#refusal = closed
    this.#ended.abort(closed)
    this.#writes?.refuse(closed)
    this.#reads.refuse(closed)
    this.#snapshots.closeAll()
    this.#scans.close(closed)
    this.#keepAlive.hold()
    try {
      await this.#requests.settled()
      if (this.#plane !== undefined) {
        const [plane, writes] = [this.#plane, this.#writes!]
        await this.#backups?.stop(closed)
        const acknowledgements = this.#acknowledgements
        await shutDown({ engine, plane, writes, acknowledgements, closed })
      }
    } finally {
      this.#keepAlive.release()
      engine.close()
      lock?.release()
      this.#phase = 'closed'
      this.#events.deliver()
      this.#debugHost?.announce('closed')
    }
  }
}

defineUnsupported(Database)
