import type { EventBus } from '../base/event-bus.ts'
import type { EventMap } from '../base/events.ts'

/** One job or one change of the write stall state that is over, as plain JSON. */
export type HistoryEntry =
  | {
      readonly kind: 'flush'
      /** Milliseconds since 1970, at its end. */
      readonly at: number
      readonly jobId: number
      readonly reason: string
      readonly durationMs: number
      readonly files: number
      readonly bytesWritten: number
      /** Code of the error; null when it succeeded. */
      readonly error: string | null
    }
  | {
      readonly kind: 'compaction'
      readonly at: number
      readonly jobId: number
      readonly reason: string
      readonly move: boolean
      readonly durationMs: number
      /** Ascending. */
      readonly inputLevels: readonly number[]
      readonly outputLevel: number
      readonly inputs: number
      readonly outputs: number
      readonly bytesRead: number
      readonly bytesWritten: number
      readonly recordsDropped: number
      readonly error: string | null
    }
  | {
      readonly kind: 'stall'
      /** At its end. */
      readonly at: number
      readonly state: 'slowdown' | 'stop'
      readonly reason: string
      readonly durationMs: number
    }

const remembered = 256

/**
 * The last jobs and stalls since open. It listens to events, so what happens while the event loop does not turn is seen
 * once it does.
 */
export class History {
  readonly #entries: HistoryEntry[] = []
  #stall: { readonly event: EventMap['stall']; readonly began: number } | undefined

  constructor(events: EventBus) {
    events.on('flush', (event) => this.#flush(event))
    events.on('compaction', (event) => this.#compaction(event))
    events.on('stall', (event) => this.#changed(event))
  }

  /** The newest first. */
  get entries(): HistoryEntry[] {
    return [...this.#entries].reverse()
  }

  #add(entry: HistoryEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length > remembered) this.#entries.shift()
  }

  #flush(event: EventMap['flush']): void {
    if (event.phase === 'begin') return
    const { bytesWritten, durationMs, error, jobId, reason, tables } = event
    const at = Date.now()
    const files = tables.length
    this.#add({
      kind: 'flush',
      at,
      jobId,
      reason,
      durationMs,
      files,
      bytesWritten,
      error: error?.code ?? null,
    })
  }

  #compaction(event: EventMap['compaction']): void {
    if (event.phase === 'begin') return
    const { bytesRead, bytesWritten, durationMs, error, inputs, jobId, kind } = event
    const { outputLevel, outputs, reason, recordsDropped } = event
    this.#add({
      kind: 'compaction',
      at: Date.now(),
      jobId,
      reason,
      move: kind === 'move',
      durationMs,
      inputLevels: [...new Set(inputs.map(({ level }) => level))].sort((a, b) => a - b),
      outputLevel,
      inputs: inputs.length,
      outputs: outputs.length,
      bytesRead,
      bytesWritten,
      recordsDropped,
      error: error?.code ?? null,
    })
  }

  #changed(event: EventMap['stall']): void {
    const before = this.#stall
    const now = performance.now()
    if (before !== undefined && before.event.state !== 'none') {
      const { reason, state } = before.event
      this.#add({ kind: 'stall', at: Date.now(), state, reason, durationMs: now - before.began })
    }
    this.#stall = event.state === 'none' ? undefined : { event, began: now }
  }
}
