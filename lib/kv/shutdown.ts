import type { BurrowError } from '../base/errors.ts'
import type { NativeEngine } from '../native.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Writes } from './writes.ts'

export interface ShutdownOptions {
  readonly engine: NativeEngine
  readonly plane: ControlPlane
  readonly writes: Writes
  readonly acknowledgements: Acknowledgements
  /** What calls get that cannot be finished any more. */
  readonly closed: BurrowError
}

/**
 * Ends the work of an open database, up to `engine.close()`, which is the caller's. What was called before is finished,
 * memtables are flushed, compactions are given up, and the clean mark is written. What cannot be done because the disk
 * fails is left to the next open: the logs have it all.
 */
export async function shutDown(options: ShutdownOptions): Promise<void> {
  const { acknowledgements, closed, engine, plane, writes } = options
  // Lets the write groups of this turn close.
  await Promise.resolve()
  writes.endHold()
  acknowledgements.hurry()
  plane.idleWork.stop()
  plane.compactions.stop(closed)
  engine.cancelCompactions()
  // Also when the manifest has failed: the log goes on. When the log fails, it is settled who waits.
  await plane.until(() => !acknowledgements.pending)
  await flushAll(plane)
  plane.wals.stop()
  plane.cancelRotation()
  await plane.until(() => plane.jobs.running === 0 || (!plane.healthy && plane.manifest.idle))
  if (plane.healthy) await markClean(engine, plane)
  plane.dispose()
}

/** Every write goes to tables; a failure ends the attempt. */
async function flushAll(plane: ControlPlane): Promise<void> {
  const failed = () => plane.failure ?? plane.rotationError
  plane.retryNow()
  try {
    await plane.until(() => plane.wals.ready, failed)
    // The spare becomes the last log, and no other follows it.
    plane.wals.stop()
    plane.requestRotation('close')
    await plane.until(() => !plane.rotationPending && plane.flushes.immutables === 0, failed)
    await plane.until(() => plane.versions.pending === 0, failed)
  } catch {
    // Reported already. The logs stay.
  }
}

async function markClean(engine: NativeEngine, plane: ControlPlane): Promise<void> {
  const failed = () => plane.failure ?? plane.lastReport
  const before = plane.lastReport
  try {
    const clean = engine.stopWrites()
    plane.versions.update(() => ({ clean }))
    await plane.until(
      () => plane.versions.pending === 0 && plane.obsolete.idle,
      () => (failed() === before ? undefined : failed()),
    )
  } catch (error) {
    // Without the mark the next open replays the logs, as after a crash.
    plane.report('close', error as BurrowError)
  }
}
