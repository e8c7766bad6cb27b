import { BurrowError, isBurrowError } from '../base/errors.ts'
import { badOption } from './call-options.ts'
import type { Workbench } from './workbench.ts'

/** Fields that every long call takes. */
export interface LongCallOptions<P> {
  /** Gives up: the promise rejects with BURROW_ABORTED, and what was made is removed. */
  readonly signal?: AbortSignal | undefined
  /** Called from the event loop. An error that it throws ends the call. */
  readonly onProgress?: ((progress: P) => void) | undefined
}

export function readSignal(value: unknown, call: string): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw badOption('signal', value, 'an AbortSignal', call)
}

export function readProgress<P>(value: unknown, call: string): ((progress: P) => void) | undefined {
  if (value === undefined || typeof value === 'function') return value as ((progress: P) => void) | undefined
  throw badOption('onProgress', value, 'a function', call)
}

/** Throws BURROW_ABORTED once the signal says so; BURROW_CLOSED when it is the database that ends. */
export function checkSignal(signal: AbortSignal | undefined, call: string): void {
  if (!signal?.aborted) return
  if (isBurrowError(signal.reason)) throw signal.reason
  throw new BurrowError('BURROW_ABORTED', `${call} was given up; nothing of it is left`, {
    cause: signal.reason,
  })
}

/** Runs `work`; when the signal fires, the jobs of the workbench stop at the next block. */
export async function cancellable<T>(
  { engine }: Workbench,
  signal: AbortSignal | undefined,
  call: string,
  work: () => Promise<T>,
): Promise<T> {
  const cancel = () => engine.cancelCompactions()
  checkSignal(signal, call)
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    return await work()
  } catch (error) {
    checkSignal(signal, call)
    throw error
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

/** Calls `step` for each item, `width` at a time. After a failure none begins any more, and those under way are awaited. */
export async function forEachParallel<T>(
  items: readonly T[],
  width: number,
  step: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  let stopped = false
  const worker = async () => {
    while (!stopped && next < items.length) {
      const item = items[next++]!
      try {
        await step(item)
      } catch (error) {
        stopped = true
        throw error
      }
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: width }, worker))
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}

/** For tidying up after a failure, of which the caller hears anyway. */
export function attempt(run: () => void): void {
  try {
    run()
  } catch {
    // What cannot be removed stays.
  }
}
