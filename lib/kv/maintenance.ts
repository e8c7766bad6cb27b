import { BurrowError } from '../base/errors.ts'
import type { CompactProgress } from '../compaction/scheduler.ts'
import { badOption, readOptions } from './call-options.ts'
import type { ControlPlane } from './control-plane.ts'
import type { ByteRange } from './range.ts'

export type { CompactProgress }

export interface CompactOptions {
  /** Gives up: the promise rejects with BURROW_ABORTED; what is compacted stays. */
  readonly signal?: AbortSignal | undefined
  /** Called from the event loop after each compaction. */
  readonly onProgress?: ((progress: CompactProgress) => void) | undefined
}

const compactNames = new Set(['signal', 'onProgress'] as const)

export function readCompactOptions(options: unknown): CompactOptions {
  const { onProgress, signal } = readOptions(options, compactNames, 'compact')
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw badOption('signal', signal, 'an AbortSignal', 'compact')
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw badOption('onProgress', onProgress, 'a function', 'compact')
  }
  return { signal, onProgress: onProgress as CompactOptions['onProgress'] }
}

/** Writes what is in memtables to tables; resolves when that is durable. */
export function flushMemtables(plane: ControlPlane): Promise<void> {
  if (!plane.healthy) throw plane.readOnlyError()
  const { active } = plane.engine.memtables()
  let goal = plane.flushes.newestId
  if (active.entries > 0) {
    goal = active.id
    plane.requestRotation('manual')
  }
  plane.retryNow()
  return plane.until(
    () => plane.flushes.isDurable(goal),
    () => (plane.healthy ? plane.rotationError : plane.readOnlyError()),
  )
}

/** Flushes, then compacts the range into the last level; null: nothing can be in it. */
export async function compactRange(
  plane: ControlPlane,
  range: ByteRange | null,
  signal: AbortSignal | undefined,
  onProgress: CompactOptions['onProgress'],
): Promise<void> {
  if (signal?.aborted) throw aborted(signal)
  if (range === null) return
  await flushMemtables(plane)
  if (signal?.aborted) throw aborted(signal)
  const keyRange = { begin: range.lower ?? null, end: range.upper ?? null, endExclusive: true }
  let outcome: Error | null | undefined
  const stop = (error: Error) => {
    giveUp()
    outcome ??= error
    plane.pump()
  }
  // The user's function is called from the event loop, never inside the control plane; when it throws, that is the end.
  const progress = (state: CompactProgress) => {
    setImmediate(() => {
      try {
        onProgress?.(state)
      } catch (error) {
        stop(error as Error)
      }
    })
  }
  const giveUp = plane.compactions.compact(keyRange, onProgress && progress, (error) => {
    outcome = error
  })
  const onAbort = () => stop(aborted(signal!))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await plane.until(
      () => outcome === null,
      () => outcome ?? (plane.healthy ? undefined : plane.readOnlyError()),
    )
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

function aborted(signal: AbortSignal): BurrowError {
  return new BurrowError('BURROW_ABORTED', 'the compaction was given up; what is compacted stays', {
    cause: signal.reason,
  })
}
