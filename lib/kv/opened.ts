import type { EventBus } from '../base/event-bus.ts'
import type { LogSource } from '../base/logger.ts'
import type { DebugHost } from './debug-host.ts'

/** A database that is about to be opened: nothing of it was read yet, and no event emitted. */
export interface Opening {
  readonly path: string
  readonly events: EventBus
  readonly log: LogSource
}

const openingListeners = new Set<(opening: Opening) => void>()
const openedListeners = new Set<(host: DebugHost) => void>()

/** Calls `listener` for every database that this thread is about to open from now on. */
export function onOpening(listener: (opening: Opening) => void): void {
  openingListeners.add(listener)
}

/** Calls `listener` for every database that this thread opens from now on, before `open` resolves. */
export function onOpened(listener: (host: DebugHost) => void): void {
  openedListeners.add(listener)
}

export function announceOpening(opening: Opening): void {
  for (const listener of openingListeners) listener(opening)
}

/** For Database.open. `host` is made only when somebody listens. */
export function announceOpened(host: () => DebugHost): void {
  for (const listener of openedListeners) listener(host())
}
