import { readCount } from '../base/call-options.ts'
import type { Core } from './core.ts'
import { sweepTable } from './ttl/sweep.ts'

export const defaultSweepIntervalMs = 60_000
/** Timers cannot wait longer. */
const longestIntervalMs = 2 ** 31 - 1

/** The option `sweepIntervalMs`: milliseconds between two sweeps in the background; 0: none. */
export function readSweepInterval(value: unknown): number {
  const interval = readCount('sweepIntervalMs', value, 'Tables.open') ?? defaultSweepIntervalMs
  return Math.min(interval, longestIntervalMs)
}

/** Deletes, now and then, items that have expired and stream records that are too old. */
export class Sweeper {
  readonly #core: Core
  #timer: NodeJS.Timeout | undefined
  #sweeping: Promise<number> | undefined

  constructor(core: Core, intervalMs: number) {
    this.#core = core
    if (intervalMs === 0 || core.store.database.status !== 'open') return
    // By itself no reason for the process to live.
    this.#timer = setInterval(() => this.#tick(), intervalMs).unref()
  }

  /** Sweeps all tables once; resolves to the number of items that were deleted. */
  async sweep(): Promise<number> {
    // One under way may have been past what the caller means.
    while (this.#sweeping !== undefined) await this.#sweeping.catch(() => undefined)
    const sweeping = sweepAll(this.#core)
    this.#sweeping = sweeping
    this.#core.inBackground(sweeping)
    try {
      return await sweeping
    } finally {
      this.#sweeping = undefined
    }
  }

  /** No sweep begins in the background any more; closing waits for one under way. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    if (this.#sweeping !== undefined) return
    this.sweep().catch(() => undefined)
  }
}

async function sweepAll(core: Core): Promise<number> {
  let deleted = 0
  for (const table of core.catalog.states()) {
    if (core.ended.aborted) break
    deleted += await sweepTable(core, table)
    if (!table.dropped) await table.stream.trim()
  }
  return deleted
}
