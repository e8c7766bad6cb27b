import type { Background } from '../compaction/background.ts'
import type { CompactionScheduler } from '../compaction/scheduler.ts'
import type { Version } from '../manifest/version.ts'

/** Nobody has written for so long: the database is idle. */
const idleAfterMs = 100

/** What it needs of the control plane. */
interface Plane extends Background {
  readonly compactions: CompactionScheduler
  requestRotation(reason: 'idle'): void
  pump(): void
}

/**
 * Finds out when nobody writes. Each sorted run is a place that reads have to look into, and what flushes leave in L0
 * waits there for more; while writers rest, it is merged. CompactionPolicy.chooseIdle says when that pays.
 * Looks by a timer, so that writes do nothing for it, and only while there is something in L0.
 */
export class IdleWork {
  readonly #plane: Plane
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  /** The sequence number when the timer was set. */
  #before = 0
  /** Where writes stood when the database was found idle. */
  #idleAt: number | undefined
  /** There was nothing to do for it. */
  #settled: Version | undefined

  constructor(plane: Plane) {
    this.#plane = plane
  }

  get idle(): boolean {
    return this.#idleAt !== undefined && this.#idleAt === this.#plane.engine.visibleSequence()
  }

  pump(): void {
    const { healthy, options, versions } = this.#plane
    if (
      this.#stopped ||
      !options.idleCompaction ||
      !healthy ||
      this.#timer !== undefined ||
      versions.version === this.#settled
    )
      return
    if (versions.version.tables(0).length === 0) return
    this.#before = this.#plane.engine.visibleSequence()
    this.#timer = setTimeout(() => this.#look(), idleAfterMs).unref()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #look(): void {
    const { compactions, engine, healthy, options, versions } = this.#plane
    this.#timer = undefined
    const now = engine.visibleSequence()
    if (now === this.#before && healthy && !compactions.paused) {
      this.#settled = versions.version
      this.#idleAt = now
      const { bytes } = engine.memtables().active
      if (compactions.policy.flushesIdle(versions.version, bytes, options))
        this.#plane.requestRotation('idle')
    }
    this.#plane.pump()
  }
}
