import type { BurrowError } from '../base/errors.ts'
import type { Background } from '../compaction/background.ts'
import { Backoff } from '../util/backoff.ts'
import { MiB } from '../util/units.ts'

/** Bytes that a new log has allocated ahead: an fdatasync into allocated space costs half. It grows by itself after. */
const walAllocation = (memtableSize: number): number => Math.min(memtableSize, 16 * MiB)

/** A log that is sealed, with the memtable that holds its records. */
export interface SealedMemtable {
  readonly id: number
  readonly wal: number
}

/**
 * The logs. One spare is always kept ready, prepared on the disk and named by a durable edit, so that `rotate` swaps
 * at once, and so that every log that can hold an acknowledged record is one that the manifest names.
 */
export class WalFiles {
  readonly #background: Background
  readonly #backoff = new Backoff()
  #active = 0
  #spare: number | null = null
  #preparing = false
  /** A log that could not be made; the next one gets its number, so that there is one unnamed log at the most. */
  #failed: number | null = null
  #error: BurrowError | undefined
  #stopped = false

  constructor(background: Background) {
    this.#background = background
  }

  /** Writing begins, at sequence number `next`, in the spare. REQUIRES: ready. */
  begin(next: number): void {
    const wal = this.#spare!
    this.#background.engine.start(next, wal)
    this.#spare = null
    this.#active = wal
    this.#background.events.emit('walRotated', { file: wal, previous: null, previousBytes: 0 })
  }

  /** Number of the log that is written; 0 before `begin`. */
  get active(): number {
    return this.#active
  }

  get ready(): boolean {
    return this.#spare !== null
  }

  /** Why there is no spare; until it is tried again. */
  get error(): BurrowError | undefined {
    return this.#error
  }

  /** Forgets the last failure: somebody asks who wants to know how it is now. */
  retryNow(): void {
    this.#error = undefined
    this.#backoff.reset()
  }

  /** Prepares no spare any more, for close. */
  stop(): void {
    this.#stopped = true
  }

  /** Seals log and memtable; writing goes on in the spare. REQUIRES: ready. */
  rotate(): SealedMemtable {
    const { engine, events } = this.#background
    const next = this.#spare!
    const previous = this.#active
    const previousBytes = events.wants('walRotated') ? engine.stats().wal.activeBytes : 0
    const id = engine.rotate(next)
    this.#spare = null
    this.#active = next
    events.emit('walRotated', { file: next, previous, previousBytes })
    return { id, wal: previous }
  }

  /** Prepares the next spare when there is none. */
  pump(): void {
    const background = this.#background
    if (this.#spare !== null || this.#preparing || this.#stopped) return
    if (!background.healthy || !this.#backoff.ready) return
    this.#preparing = true
    this.#error = undefined
    const number = this.#failed ?? background.engine.newFileNumber()
    this.#failed = null
    const allocate = walAllocation(background.options.memtableSize)
    background.jobs.submit({ type: 'prepareWal', number, allocate }, (completion, error) => {
      if (error !== undefined) {
        this.#error = error
        background.report('wal', error, completion.id)
        background.jobs.submit({ type: 'deleteFiles', files: [{ kind: 'wal', number }] }, () => {
          this.#preparing = false
          this.#failed = number
          background.pumpAfter(this.#backoff.fail())
        })
      } else if (background.healthy) {
        this.#name(number)
      }
    })
  }

  #name(number: number): void {
    this.#background.versions.update(
      () => ({ addedWals: [number] }),
      (failure) => {
        this.#preparing = false
        if (failure !== null) return
        this.#spare = number
        this.#backoff.reset()
      },
    )
  }
}
