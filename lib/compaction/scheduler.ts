import { BurrowError } from '../base/errors.ts'
import type { KeyRange } from '../base/key-span.ts'
import type { RunningCompaction } from '../base/metrics.ts'
import { phasesFrom } from '../base/phases.ts'
import type { Version } from '../manifest/version.ts'
import type { VersionEdit } from '../manifest/version-edit.ts'
import type { EngineStats, JobCompletion } from '../native.ts'
import { Backoff } from '../util/backoff.ts'
import { type Background, finishedTables, installEdit, removeOutputs, summarize } from './background.ts'
import { leveled } from './leveled.ts'
import {
  type Busy,
  busyWith,
  type CompactionPlan,
  type CompactionPolicy,
  type ManualCursor,
  startManual,
} from './policy.ts'

/** How far `db.compact` has come. */
export interface CompactProgress {
  /** The level that is being emptied into the next one. */
  readonly level: number
  /** Compactions that have ended. */
  readonly compactions: number
  /** Bytes of the tables that they read. */
  readonly bytesCompacted: number
}

interface ManualRequest {
  cursor: ManualCursor
  running: number
  compactions: number
  bytesCompacted: number
  readonly onProgress: ((progress: CompactProgress) => void) | undefined
  readonly done: (error: BurrowError | null) => void
}

/** Totals since open. */
export interface CompactionTotals {
  count: number
  bytesRead: number
  bytesWritten: number
  recordsDropped: number
  tombstonesDropped: number
  byReason: Record<string, number>
  /** By output level. */
  byLevel: { readBytes: number; writtenBytes: number; compactions: number }[]
}

/** Asks the policy what to compact, runs its plans as native jobs, and installs what comes out. */
export class CompactionScheduler {
  readonly #background: Background
  readonly #policy: CompactionPolicy = leveled
  readonly #oldestSnapshot: () => number | null
  readonly #idle: () => boolean
  readonly #running = new Map<number, CompactionPlan>()
  readonly #backoff = new Backoff()
  readonly #slots: number
  readonly totals: CompactionTotals = {
    count: 0,
    bytesRead: 0,
    bytesWritten: 0,
    recordsDropped: 0,
    tombstonesDropped: 0,
    byReason: {},
    byLevel: [],
  }
  #manual: ManualRequest[] = []
  #paused = false
  #stopped: BurrowError | undefined
  #error: BurrowError | undefined
  /** The policy was asked about this version and had nothing more; null: it has to be asked. */
  #settled: Version | null = null
  #settledSnapshot: number | null = null
  #settledIdle = false
  #nextMoveId = -1

  /** `idle`: whether nobody writes. */
  constructor(background: Background, oldestSnapshot: () => number | null, idle: () => boolean) {
    this.#background = background
    this.#oldestSnapshot = oldestSnapshot
    this.#idle = idle
    // One thread is kept for flushes when there are two or more.
    this.#slots = Math.max(1, background.options.maxBackgroundJobs - 1)
  }

  get running(): number {
    return this.#running.size
  }

  /** `progress`: records that jobs have been through, by id. */
  describeRunning(progress: EngineStats['compactions']): RunningCompaction[] {
    return [...this.#running].map(([jobId, plan]) => {
      const { inputBytes, inputs, outputLevel, reason } = plan
      const tables = inputs.flatMap((input) => input.tables)
      const entries = tables.reduce((sum, table) => sum + table.entries, 0)
      const done = progress.find(({ id }) => id === jobId)?.records ?? 0
      const remaining = entries === 0 ? 1 : Math.max(0, 1 - done / entries)
      return {
        jobId,
        reason,
        level: Math.min(...inputs.map(({ level }) => level)),
        outputLevel,
        inputFiles: tables.length,
        inputBytes,
        remainingBytes: Math.round(inputBytes * remaining),
      }
    })
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Why the last compaction failed; until it is tried again. */
  get error(): BurrowError | undefined {
    return this.#error
  }

  get policy(): CompactionPolicy {
    return this.#policy
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#settled = null
  }

  /** Begins nothing any more; manual compactions end with `error`. Running jobs have to be cancelled by the caller. */
  stop(error: BurrowError): void {
    this.#stopped = error
    for (const request of this.#manual.splice(0)) request.done(error)
  }

  /** Brings everything in `range` to the last level; `done` is called once. Returns a function that gives up. */
  compact(
    range: KeyRange,
    onProgress: ((progress: CompactProgress) => void) | undefined,
    done: (error: BurrowError | null) => void,
  ): () => void {
    if (this.#stopped !== undefined) {
      done(this.#stopped)
      return () => {}
    }
    const cursor = startManual(range, this.#background.versions.state.nextFileNumber)
    const request = { cursor, running: 0, compactions: 0, bytesCompacted: 0, onProgress, done }
    this.#manual.push(request)
    return () => {
      this.#manual = this.#manual.filter((other) => other !== request)
    }
  }

  /** Issues what is due while there are free slots. */
  pump(): void {
    const { healthy, versions } = this.#background
    if (this.#stopped !== undefined || !healthy || !this.#backoff.ready) return
    while (this.#running.size < this.#slots) {
      if (this.#nextManual()) continue
      const { version } = versions
      const oldest = this.#oldestSnapshot()
      const idle = this.#idle()
      if (this.#paused || this.#isSettled(version, oldest, idle)) return
      const { options } = this.#background
      const due = this.#policy.choose(version, this.#busy(), options)
      const plan = due ?? (idle ? this.#policy.chooseIdle(version, this.#busy(), options) : null)
      if (plan === null) {
        this.#settled = version
        this.#settledSnapshot = oldest
        this.#settledIdle = idle
        return
      }
      this.#start(plan)
    }
  }

  #isSettled(version: Version, oldest: number | null, idle: boolean): boolean {
    return version === this.#settled && oldest === this.#settledSnapshot && (this.#settledIdle || !idle)
  }

  #busy(): Busy {
    return busyWith(this.#running.values(), this.#oldestSnapshot())
  }

  /** Takes a step of the first manual compaction that can; false when none can. */
  #nextManual(): boolean {
    for (const request of [...this.#manual]) {
      const { version } = this.#background.versions
      const step = this.#policy.chooseManual(version, this.#busy(), this.#background.options, request.cursor)
      request.cursor = step.cursor
      if (step.plan !== null) {
        request.running++
        this.#start(step.plan, request)
        return true
      }
      if (step.done && request.running === 0) this.#endManual(request, null)
    }
    return false
  }

  #endManual(request: ManualRequest, error: BurrowError | null): void {
    if (!this.#manual.includes(request)) return
    this.#manual = this.#manual.filter((other) => other !== request)
    request.done(error)
  }

  #start(plan: CompactionPlan, request?: ManualRequest): void {
    this.#error = undefined
    if (plan.kind === 'move') {
      this.#move(plan)
      if (request !== undefined) this.#countManual(request, plan)
      return
    }
    const { jobs, options } = this.#background
    const jobId = jobs.submit(
      {
        type: 'compact',
        priority: plan.inputs.some(({ level }) => level === 0) ? 'l0' : 'compaction',
        inputs: plan.inputs.map(({ level, tables }) => ({
          level,
          tables: tables.map(({ number }) => number),
        })),
        outputLevel: plan.outputLevel,
        targetFileSize: plan.targetFileSize,
        maxGrandparentOverlap: plan.maxGrandparentOverlap,
        format: {
          blockSize: options.blockSize,
          bloomBitsPerKey: options.bloomBitsPerKey,
          codec: plan.codec,
          codecLevel: options.compressionLevel,
        },
      },
      (completion, error) => this.#finish(plan, completion, error, request),
    )
    this.#running.set(jobId, plan)
    this.#background.events.emit('compaction', {
      phase: 'begin',
      jobId,
      ...describePlan(plan),
      score: plan.score,
    })
  }

  /** Tables change their level as they are: an edit, no job. Such steps have negative ids in events. */
  #move(plan: CompactionPlan): void {
    const jobId = this.#nextMoveId--
    const began = performance.now()
    const { events } = this.#background
    events.emit('compaction', { phase: 'begin', jobId, ...describePlan(plan), score: plan.score })
    const tables = plan.inputs.flatMap((input) => input.tables)
    installEdit(
      this.#background,
      {
        deleted: deletions(plan),
        added: tables.map((table) => ({ level: plan.outputLevel, table })),
      },
      0,
    )
    this.#count(plan, 0, 0)
    events.emit('compaction', {
      phase: 'end',
      jobId,
      durationMs: performance.now() - began,
      ...describePlan(plan),
      outputs: tables.map((table) => summarize(plan.outputLevel, table)),
      bytesRead: 0,
      bytesWritten: 0,
      recordsDropped: 0,
      tombstonesDropped: 0,
      phases: {},
    })
  }

  #finish(
    plan: CompactionPlan,
    completion: JobCompletion,
    failure: BurrowError | undefined,
    request: ManualRequest | undefined,
  ): void {
    const background = this.#background
    this.#running.delete(completion.id)
    this.#settled = null
    const error = failure ?? (background.healthy ? undefined : refused())
    const oldest = Math.min(...plan.inputs.flatMap(({ tables }) => tables.map(({ createdAt }) => createdAt)))
    const tables = error === undefined ? finishedTables(completion, oldest) : []
    if (error === undefined) {
      const added = tables.map((table) => ({ level: plan.outputLevel, table }))
      installEdit(background, { deleted: deletions(plan), added } satisfies VersionEdit, 0)
      this.#backoff.reset()
    } else {
      removeOutputs(background, completion)
      if (error.code !== 'BURROW_ABORTED' && background.healthy) {
        this.#error = error
        background.report('compaction', error, completion.id)
        background.pumpAfter(this.#backoff.fail())
      }
    }
    this.#announce(plan, completion, error, tables)
    if (request === undefined) return
    request.running--
    if (error === undefined) this.#countManual(request, plan)
    else this.#endManual(request, error)
  }

  #announce(
    plan: CompactionPlan,
    completion: JobCompletion,
    error: BurrowError | undefined,
    tables: ReturnType<typeof finishedTables>,
  ): void {
    const { events } = this.#background
    const bytesRead = completion.bytesRead ?? 0
    const bytesWritten = completion.bytesWritten ?? 0
    const recordsDropped = completion.recordsDropped ?? 0
    const tombstonesDropped = completion.tombstonesDropped ?? 0
    if (error === undefined) {
      this.#count(plan, bytesRead, bytesWritten)
      this.totals.recordsDropped += recordsDropped
      this.totals.tombstonesDropped += tombstonesDropped
    }
    const outputs = tables.map((table) => summarize(plan.outputLevel, table))
    for (const output of outputs) {
      events.emit('tableCreated', { ...output, jobId: completion.id, reason: 'compaction' })
    }
    events.emit('compaction', {
      phase: 'end',
      jobId: completion.id,
      durationMs: completion.micros / 1000,
      ...(error === undefined ? {} : { error }),
      ...describePlan(plan),
      outputs,
      bytesRead,
      bytesWritten,
      recordsDropped,
      tombstonesDropped,
      phases: completion.phases === undefined ? {} : phasesFrom(completion.phases),
    })
  }

  #count(plan: CompactionPlan, bytesRead: number, bytesWritten: number): void {
    const { totals } = this
    totals.count++
    totals.bytesRead += bytesRead
    totals.bytesWritten += bytesWritten
    totals.byReason[plan.reason] = (totals.byReason[plan.reason] ?? 0) + 1
    totals.byLevel[plan.outputLevel] ??= { readBytes: 0, writtenBytes: 0, compactions: 0 }
    const level = totals.byLevel[plan.outputLevel]!
    level.readBytes += bytesRead
    level.writtenBytes += bytesWritten
    level.compactions++
  }

  #countManual(request: ManualRequest, plan: CompactionPlan): void {
    request.compactions++
    request.bytesCompacted += plan.inputBytes
    if (plan.kind === 'move') request.running--
    const { cursor, compactions, bytesCompacted, onProgress } = request
    onProgress?.({ level: cursor.level, compactions, bytesCompacted })
  }
}

function deletions(plan: CompactionPlan): { level: number; number: number }[] {
  return plan.inputs.flatMap(({ level, tables }) => tables.map(({ number }) => ({ level, number })))
}

function describePlan(plan: CompactionPlan) {
  return {
    reason: plan.reason,
    kind: plan.kind,
    inputs: plan.inputs.flatMap(({ level, tables }) => tables.map((table) => summarize(level, table))),
    outputLevel: plan.outputLevel,
  }
}

function refused(): BurrowError {
  return new BurrowError(
    'BURROW_READ_ONLY',
    'the result was dropped: the database is read-only since a write failed',
  )
}
