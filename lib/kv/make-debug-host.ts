import type { DatabaseStats } from '../base/metrics.ts'
import type { DebugHost, OperationObserver } from './debug-host.ts'
import type { ErrorLog } from './error-log.ts'
import type { Health } from './health.ts'
import type { OpenedFiles } from './open.ts'
import type { ScanHost } from './scan.ts'
import type { Snapshots } from './snapshot.ts'
import type { StatsSource } from './statistics.ts'

interface Shown {
  readonly files: OpenedFiles
  readonly snapshots: Snapshots
  readonly scans: ScanHost
  readonly status: () => DebugHost['status']
  readonly statsSource: () => StatsSource
  readonly errors: ErrorLog
  readonly stats: () => DatabaseStats
  readonly health: () => Health
  readonly observe: (observer: OperationObserver | undefined) => void
  readonly observed: () => boolean
}

/** The database's side of a DebugHost. */
export interface OwnDebugHost extends DebugHost {
  /** Calls who waits for this moment. */
  announce(moment: 'closing' | 'closed'): void
}

export function makeDebugHost(shown: Shown): OwnDebugHost {
  const { files, observe, scans, snapshots, stats, statsSource, health } = shown
  const { engine, events, log, options, path, place } = files
  const listeners = { closing: new Set<() => void>(), closed: new Set<() => void>() }
  const on = (moment: keyof typeof listeners, listener: () => void) => {
    const own = () => listener()
    listeners[moment].add(own)
    return () => void listeners[moment].delete(own)
  }
  return {
    path,
    directory: place.directory,
    env: place.env,
    options,
    engine,
    events,
    log,
    readOnly: options.readOnly,
    get status() {
      return shown.status()
    },
    get observed() {
      return shown.observed()
    },
    state: () => statsSource().state,
    manifest: () => statsSource().manifest,
    memtables: () => {
      const { active, immutables } = engine.memtables()
      return { active: active.id, immutable: immutables.map(({ id }) => id) }
    },
    snapshots: () => snapshots.list(),
    scans: () => scans.list(),
    lastErrors: () => shown.errors.last,
    stats,
    health,
    observe,
    onClosing: (listener) => on('closing', listener),
    onClosed: (listener) => on('closed', listener),
    announce: (moment) => {
      for (const listener of listeners[moment]) listener()
      listeners[moment].clear()
    },
  }
}
