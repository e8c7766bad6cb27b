import type { EventBus } from '../base/event-bus.ts'
import type { LogSource } from '../base/logger.ts'

/** A database that is about to be opened: nothing of it was read yet, and no event emitted. */
export interface Opening {
  readonly path: string
  readonly events: EventBus
  readonly log: LogSource
}

export type OpeningWatcher = (opening: Opening) => void

let watcher: OpeningWatcher | undefined

/**
 * Lets lib/index.ts attach to every database what lib/debug has for all of them: the log of events, for one. This layer
 * knows of no other.
 */
export function watchOpenings(next: OpeningWatcher): void {
  watcher = next
}

export function tellOpening(opening: Opening): void {
  watcher?.(opening)
}
