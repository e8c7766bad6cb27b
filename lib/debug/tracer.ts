import { BurrowError } from '../base/errors.ts'
import { type PackedPhases, unpackPhases } from '../base/phases.ts'
import type { DebugHost, OperationCall } from '../kv/debug-host.ts'
import { errorArgs, JobSpans } from './job-spans.ts'
import { addObserver } from './observers.ts'
import { OpenTelemetrySpans } from './open-telemetry.ts'
import { type ResolvedTraceOptions, readTraceOptions } from './read-trace-options.ts'
import { Ring } from './ring.ts'
import { describeSubject, type KeptSubject, keepSubject } from './subject.ts'
import {
  type TraceEvent,
  type TraceRecord,
  type TrackGroup,
  traceEvents,
  writeTraceFile,
} from './trace-events.ts'
import type { TraceOptions } from './trace-options.ts'

/** What is kept of a call. To keep it is part of what the call costs, so its `args` are put together when asked for. */
class OperationRecord implements TraceRecord {
  readonly group: TrackGroup
  readonly name: string
  readonly began: number
  readonly ended: number
  readonly #subject: KeptSubject
  readonly #phases: PackedPhases | undefined
  readonly #error: ReturnType<typeof errorArgs> | undefined

  constructor(call: OperationCall, subject: KeptSubject, redact: boolean) {
    this.group = call.sync ? 'calls' : 'asynchronous calls'
    this.name = call.name
    this.began = call.began
    this.ended = call.ended
    this.#subject = subject
    this.#phases = call.packedPhases
    if (!call.failed) return
    const { code, message } = errorArgs(call.error)
    this.#error = { ...(code !== undefined && { code }), ...(!redact && { message }) }
  }

  get args(): Record<string, unknown> {
    return {
      ...describeSubject(this.#subject),
      ...(this.#phases !== undefined && { phases: unpackPhases(this.#phases) }),
      ...(this.#error !== undefined && { error: this.#error }),
    }
  }
}

/**
 * Records what a database does: a span for each operation that it chooses by `mode`, one for each flush and compaction,
 * and a mark for each change of the write stall. Made by `db.debug.trace()`.
 *
 * From `stop()` on operations run as if there had never been a tracer, and what was recorded stays. Closing the database
 * stops it, after the last job.
 */
export class Tracer {
  readonly #host: DebugHost
  readonly #options: ResolvedTraceOptions
  readonly #records: Ring<TraceRecord>
  readonly #jobs: JobSpans
  readonly #spans: OpenTelemetrySpans | undefined
  readonly #ends: (() => void)[]
  readonly #startedAt = performance.now()
  #stoppedAt: number | undefined

  /** Made by `db.debug.trace()`. */
  constructor(host: DebugHost, options?: TraceOptions) {
    this.#host = host
    this.#options = readTraceOptions(options)
    if (host.status === 'closing' || host.status === 'closed') {
      throw new BurrowError('BURROW_CLOSED', `the database ${host.path} is closed; open it again to trace it`)
    }
    const { mode, openTelemetry, phases, redact } = this.#options
    this.#records = new Ring(this.#options.capacity)
    this.#spans = openTelemetry && new OpenTelemetrySpans(openTelemetry, host.path, redact)
    this.#jobs = new JobSpans((record) => this.#keep(record))
    const spans = this.#spans
    this.#ends = [
      host.events.onAny((name, payload, at) => this.#jobs.event(name, payload, at)),
      host.onClosed(() => this.stop()),
      addObserver(host, {
        phases,
        ...(spans !== undefined && { begin: (call: OperationCall) => spans.begin(call) }),
        end: mode === 'all' ? (call) => this.#operation(call) : (call) => this.#choose(call),
      }),
    ]
  }

  /** False from `stop()`, or the end of closing, on. */
  get running(): boolean {
    return this.#stoppedAt === undefined
  }

  /** Events that had to give way to later ones since there is room for `capacity`. */
  get dropped(): number {
    return this.#records.dropped
  }

  /** Ends recording and puts the plain functions back. Calls under way are not recorded any more. Idempotent. */
  stop(): void {
    if (this.#stoppedAt !== undefined) return
    this.#stoppedAt = performance.now()
    for (const end of this.#ends) end()
  }

  /**
   * What was recorded, oldest first, as Chrome trace events without metadata. Operations and jobs are complete events
   * (`ph: 'X'`) with `ts` and `dur` in microseconds; `args` has what they were about, `error`, and `phases`: count and
   * microseconds by native sub-phase. Jobs that are under way end now and say `unfinished`.
   */
  events(): TraceEvent[] {
    const now = this.#stoppedAt ?? performance.now()
    const unfinished = [...this.#jobs.unfinished(now)].filter((job) => this.#wanted(job))
    return traceEvents([...this.#records, ...unfinished.map((job) => this.#redacted(job))])
  }

  /** Writes `{ traceEvents: [...] }`, for Perfetto or chrome://tracing, over what is at `path`. Also while it runs. */
  async write(path: string): Promise<void> {
    const { mode, redact, sampleRate, slowMs } = this.#options
    await writeTraceFile(path, {
      processName: redact ? 'burrowdb' : `burrowdb ${this.#host.path}`,
      events: this.events(),
      about: {
        mode,
        ...(mode === 'sampled' && { sampleRate }),
        ...(mode === 'slow' && { slowMs }),
        dropped: this.dropped,
        // Where `ts` 0 is, and what the trace covers.
        timeOrigin: new Date(performance.timeOrigin).toISOString(),
        startedAtMs: this.#startedAt,
        endedAtMs: this.#stoppedAt ?? performance.now(),
      },
    })
  }

  #choose(call: OperationCall): void {
    const { mode, sampleRate, slowMs } = this.#options
    const chosen = mode === 'slow' ? call.ended - call.began >= slowMs : Math.random() < sampleRate
    if (chosen) this.#operation(call)
    else this.#spans?.forget(call)
  }

  #operation(call: OperationCall): void {
    if (this.#stoppedAt !== undefined) return
    const subject = keepSubject(call, this.#options.redact)
    this.#records.push(new OperationRecord(call, subject, this.#options.redact))
    this.#spans?.operation(call, describeSubject(subject))
  }

  /** A job or a moment. */
  #keep(record: TraceRecord): void {
    if (!this.#wanted(record)) return
    const kept = this.#redacted(record)
    this.#records.push(kept)
    if (record.ended !== undefined) this.#spans?.job(kept)
  }

  #wanted({ began, ended }: TraceRecord): boolean {
    const { mode, slowMs } = this.#options
    return mode !== 'slow' || ended === undefined || ended - began >= slowMs
  }

  #redacted(record: TraceRecord): TraceRecord {
    if (!this.#options.redact) return record
    const { path: _path, error, ...args } = record.args
    const { code } = (error ?? {}) as { code?: string }
    return { ...record, args: error === undefined ? args : { ...args, error: { code } } }
  }
}
