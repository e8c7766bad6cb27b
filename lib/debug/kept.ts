import type { DebugHost } from '../kv/debug-host.ts'
import { HandleTracker, reportLeaks } from './handles.ts'
import { History } from './history.ts'
import { MemoryProfiler } from './memory.ts'

/** What is kept of a database from its opening on, whether anybody asks or not: it listens to a few events, no more. */
export interface Kept {
  readonly history: History
  readonly handles: HandleTracker
  readonly memory: MemoryProfiler
}

const kept = new WeakMap<DebugHost, Kept>()

export function keep(host: DebugHost): void {
  const handles = new HandleTracker(host)
  reportLeaks(host, handles)
  kept.set(host, { history: new History(host.events), handles, memory: new MemoryProfiler(host) })
}

/** REQUIRES: the database was opened. */
export function keptOf(host: DebugHost): Kept {
  const found = kept.get(host)
  if (found === undefined) throw new Error('the database was not opened')
  return found
}
