import { BurrowError, fromNative } from '../base/errors.ts'
import type { EventBus } from '../base/event-bus.ts'
import type { FlushReason } from '../base/events.ts'
import type { ResolvedOptions } from '../base/options.ts'
import type { Background } from '../compaction/background.ts'
import { ObsoleteFiles } from '../compaction/obsolete-files.ts'
import { CompactionScheduler } from '../compaction/scheduler.ts'
import type { JobSpec, JobTable } from '../manifest/job-table.ts'
import { ManifestLog } from '../manifest/manifest-log.ts'
import { encodeVersionEdit } from '../manifest/version-edit.ts'
import { type ManifestState, snapshotEdit, VersionSet } from '../manifest/version-set.ts'
import { type NativeEngine, WRITE_STOPPED } from '../native.ts'
import { DiskSpace } from './disk-space.ts'
import type { ErrorLog } from './error-log.ts'
import { Flushes } from './flushes.ts'
import { IdleWork } from './idle-work.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { ReplayedLogs } from './recover.ts'
import { Stalls } from './stalls.ts'
import { type SealedMemtable, WalFiles } from './wal-files.ts'

/** How long a synchronous caller sleeps at most before it looks again; progress wakes it at once. */
const longestNapMs = 100
const timerSlackMs = 2

export interface ControlPlaneOptions {
  readonly engine: NativeEngine
  readonly jobs: JobTable
  readonly events: EventBus
  readonly options: ResolvedOptions
  readonly errors: ErrorLog
  /** What recovery found, with the logs that writing begins in. */
  readonly state: ManifestState
  readonly manifest: number
  /** Memtables that recovery filled from logs, oldest first. */
  readonly replayed: readonly SealedMemtable[]
  readonly keepAlive: KeepAlive
  readonly oldestSnapshot: () => number | null
  /** Free bytes of the file system; null when it does not tell. */
  readonly freeSpace: () => number | null
  /** Writes that add data are refused with this error from here on; undefined: no longer. */
  readonly onSpace: (error: BurrowError | undefined) => void
  /** Called at the end of every pump, still inside: resolve promises there, call nobody. */
  readonly onPumped: () => void
  /** The log failed: what it has not acknowledged is lost. */
  readonly onPoison: (error: BurrowError) => void
  /** The log or the manifest failed: from here on the database is read-only. */
  readonly onFailure: (error: BurrowError) => void
}

interface Waiter {
  readonly ready: () => boolean
  readonly failed: (() => Error | undefined) | undefined
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * The background work as one synchronous state machine. `pump()` is its only entry: it takes what native jobs have
 * finished, installs it, and issues what is due next. It runs from the event loop, after writes, and inside
 * synchronous calls that must wait, so a loop that never yields flushes, compacts and deletes like a polite one.
 */
export class ControlPlane implements Background {
  readonly engine: NativeEngine
  readonly options: ResolvedOptions
  readonly jobs: JobTable
  readonly events: EventBus
  readonly versions: VersionSet
  readonly obsolete: ObsoleteFiles
  readonly manifest: ManifestLog
  readonly wals: WalFiles
  readonly flushes: Flushes
  readonly compactions: CompactionScheduler
  readonly idleWork: IdleWork
  readonly stalls: Stalls
  readonly space: DiskSpace
  readonly #config: ControlPlaneOptions
  readonly #timers = new Set<NodeJS.Timeout>()
  #soon: NodeJS.Immediate | undefined
  #waiters: Waiter[] = []
  #failure: BurrowError | undefined
  #lastReport: BurrowError | undefined
  #pumping = false
  #rotation: FlushReason | null = null
  #rolled = false
  #begun = false
  #poisoned = false
  /** The active memtable has writes that no log has. */
  #unlogged = false
  #unloggedId = 0

  constructor(config: ControlPlaneOptions) {
    const { engine, events, jobs } = config
    this.#config = config
    this.engine = engine
    this.options = config.options
    this.jobs = jobs
    this.events = events
    const report = (operation: string, error: BurrowError, jobId?: number) =>
      this.report(operation, error, jobId)
    this.obsolete = new ObsoleteFiles({ engine, jobs, events, report })
    this.manifest = new ManifestLog({
      jobs,
      events,
      current: config.manifest,
      snapshot: () => encodeVersionEdit(snapshotEdit(this.versions.state)),
      newFileNumber: () => engine.newFileNumber(),
      onSuperseded: (number) => this.obsolete.remove([{ kind: 'manifest', number }]),
      onRetry: (error, pause) => {
        this.report('manifest', error)
        this.pumpAfter(pause)
      },
    })
    this.versions = new VersionSet({
      state: config.state,
      sink: this.manifest,
      manifestRollSize: config.options.manifestRollSize,
    })
    this.wals = new WalFiles(this)
    this.flushes = new Flushes(this, config.replayed, () => this.wals.active)
    this.idleWork = new IdleWork(this)
    this.compactions = new CompactionScheduler(this, config.oldestSnapshot, () => this.#idle)
    this.stalls = new Stalls(this, this.compactions)
    this.space = new DiskSpace({
      background: this,
      free: config.freeSpace,
      activeWal: () => this.wals.active,
      refuse: config.onSpace,
    })
  }

  get healthy(): boolean {
    // Also between the failure of a record and the step that finds it: another job may end meanwhile.
    return this.#failure === undefined && this.versions.failure === null
  }

  /** Nobody writes, and no memtable is on its way to L0. */
  get #idle(): boolean {
    return this.idleWork.idle && this.#rotation === null && this.flushes.immutables === 0
  }

  /** Why the database is read-only; undefined while it is not. */
  get failure(): BurrowError | undefined {
    return this.#failure
  }

  /** The last background failure that will be tried again; undefined when all is well now. */
  get trouble(): BurrowError | undefined {
    return this.rotationError ?? this.compactions.error ?? this.space.error
  }

  /** Why memtables cannot be sealed or flushed; until it is tried again. */
  get rotationError(): BurrowError | undefined {
    return this.manifest.error ?? this.wals.error ?? this.flushes.error
  }

  /** Tries what failed again at once, instead of after its pause: somebody waits for it. */
  retryNow(): void {
    this.manifest.retryNow()
    this.wals.retryNow()
    this.flushes.retryNow()
  }

  /** The last background failure since open. */
  get lastReport(): BurrowError | undefined {
    return this.#lastReport
  }

  pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      do this.#step()
      while (this.jobs.complete() > 0)
    } catch (error) {
      this.fail('internal', error as Error)
    } finally {
      this.#pumping = false
    }
    this.#config.onPumped()
    this.#settleWaiters()
  }

  /**
   * Ends opening: begins a new manifest, seals what was replayed, and begins writing, at sequence number `next`. Before, only the manifest and the
   * first logs are worked on.
   */
  async begin(next: number, logs: ReplayedLogs['logs']): Promise<void> {
    const failed = () => this.#failure ?? this.#lastReport
    this.versions.roll()
    await this.until(() => this.versions.pending === 0, failed)
    this.#rolled = true
    await this.until(() => this.wals.ready, failed)
    await this.#sealReplayed(logs)
    this.wals.begin(next)
    this.#begun = true
    this.pump()
  }

  /**
   * What was replayed must survive as long as what will follow it: a later log counts only behind sealed, durable ones.
   * Not before the new manifest is durable: it leaves out the logs behind a hole, which a sealed log would bring back.
   */
  async #sealReplayed(logs: ReplayedLogs['logs']): Promise<void> {
    for (const log of logs) await this.run({ type: 'sealWal', ...log })
  }

  /** Runs one job that opening waits for. */
  async run(spec: JobSpec): Promise<void> {
    let outcome: BurrowError | null | undefined
    this.jobs.submit(spec, (_, error) => {
      outcome = error ?? null
    })
    await this.until(
      () => outcome === null,
      () => outcome ?? undefined,
    )
  }

  #step(): void {
    this.#checkLog()
    this.manifest.pump()
    if (this.#rotation !== null && this.#canRotate()) this.#rotate(this.#rotation)
    // A log has a higher number than the manifest that names it: see checkUnnamedLogs.
    if (this.#rolled) this.wals.pump()
    if (!this.#begun) return
    this.flushes.pump()
    this.compactions.pump()
    this.obsolete.pump()
    this.space.pump()
    this.idleWork.pump()
    if (this.healthy) this.stalls.update(this.flushes.immutables)
  }

  /** The log may fail after the manifest did: those who wait for it have to know in any case. */
  #checkLog(): void {
    const poison = this.#poisoned ? undefined : this.engine.poison()
    if (poison !== undefined) {
      this.#poisoned = true
      const error = fromNative(poison)
      this.#config.onPoison(error)
      this.fail('wal', error)
    }
    if (this.versions.failure !== null) this.fail('manifest', this.versions.failure)
  }

  /** Ends writing for good. Reads go on. */
  fail(operation: string, cause: Error): void {
    if (this.#failure !== undefined) return
    const error =
      cause instanceof BurrowError
        ? cause
        : new BurrowError('BURROW_INTERNAL', `the control plane failed: ${cause.message}`, { cause })
    this.#failure = error
    this.#note(error, operation)
    this.events.emit('backgroundError', { operation, error, readOnly: true })
    this.#config.onFailure(error)
  }

  report(operation: string, error: BurrowError, jobId?: number): void {
    this.#note(error, operation)
    this.events.emit('backgroundError', {
      operation,
      error,
      readOnly: false,
      ...(jobId === undefined ? {} : { jobId }),
    })
  }

  #note(error: BurrowError, operation: string): void {
    this.#lastReport = error
    this.#config.errors.noteBackground(error, operation)
  }

  /** Pumps when the event loop turns: once, however often it is asked for. */
  pumpSoon(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined
      this.pump()
    })
  }

  pumpAfter(milliseconds: number): void {
    // A timer may fire early by as much as its clock is coarse; then the pause would not be over, and nobody came back.
    const late = Math.ceil(milliseconds) + timerSlackMs
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.pump()
    }, late).unref()
    this.#timers.add(timer)
  }

  /** Makes room for a write that native code turned away, if that can be done without waiting. */
  tryAdmit(outcome: number): boolean {
    if (!this.#admits(outcome)) return false
    if (outcome === WRITE_STOPPED) return true
    this.#rotate('memtable-full')
    this.pump()
    return true
  }

  #admits(outcome: number): boolean {
    return outcome === WRITE_STOPPED ? this.stalls.decision.state !== 'stop' : this.#canRotate()
  }

  /**
   * Blocks until something has happened, for a write that native code turned away with `outcome`. Throws when the
   * work that would make room has failed.
   */
  wait(outcome: number): void {
    // Also what failed before is tried again here, for a loop that never yields.
    this.pump()
    if (this.#failure !== undefined) throw this.readOnlyError()
    if (this.#admits(outcome)) return
    const trouble = this.blockedBy(outcome)
    if (trouble !== undefined) throw trouble
    this.engine.waitProgress(longestNapMs)
    this.pump()
  }

  /** Why there is no end in sight of what turned a write away. */
  blockedBy(outcome: number): BurrowError | undefined {
    const { reason } = this.stalls.decision
    if (outcome === WRITE_STOPPED && reason !== 'memtables') return this.compactions.error
    return this.rotationError
  }

  /** Seals the active memtable as soon as a spare log is ready. Until then later calls change nothing. */
  requestRotation(reason: FlushReason): void {
    this.#rotation ??= reason
  }

  get rotationPending(): boolean {
    return this.#rotation !== null
  }

  cancelRotation(): void {
    this.#rotation = null
  }

  #canRotate(): boolean {
    return this.healthy && this.wals.ready && this.flushes.immutables < this.options.maxMemtables - 1
  }

  #rotate(reason: FlushReason): void {
    this.#rotation = null
    const sealed = this.wals.rotate()
    if (this.#unlogged) this.#unloggedId = sealed.id
    this.#unlogged = false
    this.flushes.add(sealed, reason)
  }

  /** A write went to the active memtable, but to no log. */
  noteUnlogged(): void {
    this.#unlogged = true
  }

  /** True when the log of a sealed memtable does not have all of its writes, and its table is not durable yet. */
  get logsLackWrites(): boolean {
    return !this.flushes.isDurable(this.#unloggedId)
  }

  /** Resolves once `ready()` holds after a pump; rejects with what `failed()` gives. Keeps the process alive. */
  until(ready: () => boolean, failed?: () => Error | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#config.keepAlive.hold()
      this.#waiters.push({ ready, failed, resolve, reject })
      this.pump()
    })
  }

  #settleWaiters(): void {
    if (this.#waiters.length === 0) return
    this.#waiters = this.#waiters.filter(({ ready, failed, resolve, reject }) => {
      const error = ready() ? null : failed?.()
      if (error === undefined) return true
      this.#config.keepAlive.release()
      if (error === null) resolve()
      else reject(error)
      return false
    })
  }

  /** What calls that write get once the database is read-only. */
  readOnlyError(): BurrowError {
    return new BurrowError(
      'BURROW_READ_ONLY',
      `writes are refused since the database failed: ${this.#failure?.message ?? 'unknown'} Reads go on; to write, close it and open it again`,
      { cause: this.#failure },
    )
  }

  /** Ends timers; nothing pumps any more by itself. */
  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.idleWork.stop()
    clearImmediate(this.#soon)
  }
}
