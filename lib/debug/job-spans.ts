import type { EventMap, EventName } from '../base/events.ts'
import type { TraceRecord } from './trace-events.ts'

type JobName = 'flush' | 'compaction' | 'recovery'

interface OpenJob {
  readonly name: JobName
  readonly began: number
  readonly args: Readonly<Record<string, unknown>>
}

/** Makes trace records of a database's events: the two ends of a job become one span, the rest are moments. */
export class JobSpans {
  readonly #open = new Map<string, OpenJob>()
  readonly #keep: (record: TraceRecord) => void

  constructor(keep: (record: TraceRecord) => void) {
    this.#keep = keep
  }

  /** `at`: when it was emitted, as performance.now() tells. */
  event<N extends EventName>(name: N, payload: EventMap[N], at: number): void {
    switch (name) {
      case 'flush':
      case 'compaction':
      case 'recovery':
        this.#job(name, payload as EventMap[JobName], at)
        return
      case 'tableCreated':
      case 'tableDeleted':
        // Every job says which tables it made, and what is deleted follows.
        return
      default:
        this.#keep({ group: 'events', name, began: at, ended: undefined, args: plain(payload) })
    }
  }

  /** Jobs that have not ended, as spans up to `now`. */
  *unfinished(now: number): Iterable<TraceRecord> {
    for (const { args, began, name } of this.#open.values()) {
      yield { group: name, name, began, ended: now, args: { ...args, unfinished: true } }
    }
  }

  #job(name: JobName, payload: EventMap[JobName], at: number): void {
    const { phase, ...rest } = payload
    const key = `${name} ${payload.jobId}`
    if (phase === 'begin') {
      this.#open.set(key, { name, began: at, args: plain(rest) })
      return
    }
    const begun = this.#open.get(key)
    this.#open.delete(key)
    const { durationMs } = payload as { durationMs: number }
    // One that began before the tracer did has only its end.
    const began = begun?.began ?? at - durationMs
    this.#keep({
      group: name,
      name,
      began,
      ended: Math.max(at, began),
      args: { ...begun?.args, ...plain(rest) },
    })
  }
}

/** The payload as JSON can hold it: errors by code and message. */
function plain(payload: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [name, value instanceof Error ? errorArgs(value) : value]),
  )
}

export function errorArgs(error: unknown): { code?: string; message?: string } {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return {
    ...(typeof code === 'string' && { code }),
    message: typeof message === 'string' ? message : String(error),
  }
}
