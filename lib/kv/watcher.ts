import type { EventBus } from '../base/event-bus.ts'
import type { LogSource } from '../base/logger.ts'
import type { DebugHost } from './debug-host.ts'

/** A database that is about to be opened: nothing of it was read yet, and no event emitted. */
export interface Opening {
  readonly path: string
  readonly events: EventBus
  readonly log: LogSource
}

/** What lib/debug has for every database, such as the log of events. */
export interface Watcher {
  opening(opening: Opening): void
  /** Just before `open` resolves. */
  opened(host: DebugHost): void
}

let watcher: Watcher | undefined

/** Lets lib/debug attach to each database that is opened from now on; this layer knows nothing of it. */
export function watchDatabases(next: Watcher): void {
  watcher = next
}

export function tellOpening(opening: Opening): void {
  watcher?.opening(opening)
}

export function tellOpened(host: DebugHost): void {
  watcher?.opened(host)
}
