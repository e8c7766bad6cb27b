import type { ResolvedOptions } from '../base/options.ts'

/** What the write path may do. */
export interface StallDecision {
  readonly state: 'none' | 'slowdown' | 'stop'
  readonly reason: 'none' | 'l0-tables' | 'pending-compaction' | 'memtables'
  /** Bytes a second that all writers together may write; null when not limited, 0 when stopped. */
  readonly delayedBytesPerSecond: number | null
}

export interface StallInput {
  readonly l0Tables: number
  /** CompactionPolicy.pendingBytes. */
  readonly pendingCompactionBytes: number
  /** Memtables that are full and not flushed yet. */
  readonly immutableMemtables: number
  /** Bytes in the active memtable. */
  readonly activeBytes: number
}

export type StallOptions = Pick<
  ResolvedOptions,
  | 'l0SlowdownTrigger'
  | 'l0StopTrigger'
  | 'softPendingCompactionBytes'
  | 'hardPendingCompactionBytes'
  | 'maxMemtables'
  | 'memtableSize'
>

/** The rate where slowing down begins: hardly felt. */
export const fastestDelayedRate = 256 * 2 ** 20
/** The rate just before writes stop. */
export const slowestDelayedRate = 2 ** 20

/**
 * How far writers must hold back. Each cause has a severity: below 0 it is harmless, from 0 it slows down, at 1 it
 * stops; the worst decides. The rate falls geometrically between the two ends, so it never jumps far.
 */
export function decideStall(input: StallInput, options: StallOptions): StallDecision {
  const causes: [StallDecision['reason'], number][] = [
    ['memtables', memtableSeverity(input, options)],
    ['l0-tables', severity(input.l0Tables, options.l0SlowdownTrigger, options.l0StopTrigger)],
    [
      'pending-compaction',
      severity(
        input.pendingCompactionBytes,
        options.softPendingCompactionBytes,
        options.hardPendingCompactionBytes,
      ),
    ],
  ]
  const [reason, worst] = causes.reduce((a, b) => (b[1] > a[1] ? b : a))
  if (worst < 0) return { state: 'none', reason: 'none', delayedBytesPerSecond: null }
  if (worst >= 1) return { state: 'stop', reason, delayedBytesPerSecond: 0 }
  const rate = fastestDelayedRate * (slowestDelayedRate / fastestDelayedRate) ** worst
  return { state: 'slowdown', reason, delayedBytesPerSecond: Math.round(rate) }
}

/**
 * With the last memtable in use, its second half is where writers slow down; when it is full there is nowhere to
 * write. Before that a flush can keep up unnoticed.
 */
function memtableSeverity(input: StallInput, options: StallOptions): number {
  const spare = options.maxMemtables - 1 - input.immutableMemtables
  if (spare > 0) return -1
  if (spare < 0) return 1
  return severity(input.activeBytes, options.memtableSize / 2, options.memtableSize)
}

/** −1 below `soft`, 0 at `soft`, 1 from `hard` on, linear between. */
function severity(value: number, soft: number, hard: number): number {
  if (value >= hard) return 1
  if (value < soft) return -1
  return (value - soft) / (hard - soft)
}
