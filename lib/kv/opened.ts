import type { DebugHost } from './debug-host.ts'

const listeners = new Set<(host: DebugHost) => void>()

/** Calls `listener` for every database that this thread opens from now on, before `open` resolves. */
export function onOpened(listener: (host: DebugHost) => void): void {
  listeners.add(listener)
}

/** For Database.open. `host` is made only when somebody listens. */
export function announceOpened(host: () => DebugHost): void {
  for (const listener of listeners) listener(host())
}
