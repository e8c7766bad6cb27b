import type { Background } from '../compaction/background.ts'
import type { CompactionScheduler } from '../compaction/scheduler.ts'
import { decideStall, type StallDecision, slowestDelayedRate } from '../compaction/stall.ts'
import type { Version } from '../manifest/version.ts'
import { GATE_OPEN, GATE_SLOW, GATE_STOPPED } from '../native.ts'

const gates = { none: GATE_OPEN, slowdown: GATE_SLOW, stop: GATE_STOPPED } as const

/** Totals since open. Milliseconds in which writes were slowed or stopped, and by what. */
export interface StallTotals {
  count: number
  totalMs: number
  byReason: Record<string, number>
}

/** Sets the gate that writes pass, from how far flushes and compactions are behind. */
export class Stalls {
  readonly #background: Background
  readonly #compactions: CompactionScheduler
  readonly totals: StallTotals = { count: 0, totalMs: 0, byReason: {} }
  #decision: StallDecision = { state: 'none', reason: 'none', delayedBytesPerSecond: null }
  #since = 0
  #version: Version | null = null
  #pendingBytes = 0

  constructor(background: Background, compactions: CompactionScheduler) {
    this.#background = background
    this.#compactions = compactions
  }

  get decision(): StallDecision {
    return this.#decision
  }

  get pendingBytes(): number {
    const { versions, options } = this.#background
    if (this.#version !== versions.version) {
      this.#version = versions.version
      this.#pendingBytes = this.#compactions.policy.pendingBytes(versions.version, options)
    }
    return this.#pendingBytes
  }

  /** The totals, with the stall that lasts now. */
  current(): StallTotals {
    const { byReason, count, totalMs } = this.totals
    if (this.#decision.state === 'none') return { count, totalMs, byReason: { ...byReason } }
    const elapsed = performance.now() - this.#since
    const { reason } = this.#decision
    return {
      count,
      totalMs: totalMs + elapsed,
      byReason: { ...byReason, [reason]: (byReason[reason] ?? 0) + elapsed },
    }
  }

  update(immutableMemtables: number): void {
    const { engine, options, versions } = this.#background
    const decision = this.#passable(
      decideStall(
        {
          l0Tables: versions.version.tables(0).length,
          pendingCompactionBytes: this.pendingBytes,
          immutableMemtables,
          // Only the last memtable's fill matters; asking for it costs a call.
          activeBytes: immutableMemtables >= options.maxMemtables - 1 ? engine.memtables().active.bytes : 0,
        },
        options,
      ),
    )
    const before = this.#decision
    if (decision.state === before.state && decision.delayedBytesPerSecond === before.delayedBytesPerSecond)
      return
    engine.setGate(gates[decision.state], decision.delayedBytesPerSecond ?? 0)
    this.#decision = decision
    if (decision.state === before.state && decision.reason === before.reason) return
    this.#count(before)
    this.#background.events.emit('stall', { ...decision, previous: before.state })
  }

  /** While compaction is paused nothing would ever end a stop that it caused: then writes go on, slowly. */
  #passable(decision: StallDecision): StallDecision {
    if (decision.state !== 'stop' || decision.reason === 'memtables' || !this.#compactions.paused)
      return decision
    return { state: 'slowdown', reason: decision.reason, delayedBytesPerSecond: slowestDelayedRate }
  }

  #count(before: StallDecision): void {
    const now = performance.now()
    const { totals } = this
    if (before.state !== 'none') {
      const elapsed = now - this.#since
      totals.totalMs += elapsed
      totals.byReason[before.reason] = (totals.byReason[before.reason] ?? 0) + elapsed
    }
    if (this.#decision.state !== 'none') totals.count++
    this.#since = now
  }
}
