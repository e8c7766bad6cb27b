import { BurrowError } from '../base/errors.ts'
import type { Background } from '../compaction/background.ts'
import type { Version } from '../manifest/version.ts'
import { formatBytes } from '../util/units.ts'

/** While there is too little, it looks again at most this often. */
const pauseMs = 100

export interface DiskSpaceOptions {
  readonly background: Background
  /** Bytes that may still be written; null when nobody knows. */
  readonly free: () => number | null
  /** Number of the log that is written. */
  readonly activeWal: () => number
  /** From now on writes that add data are refused with this error; undefined: no longer. */
  readonly refuse: (error: BurrowError | undefined) => void
}

/**
 * Keeps a reserve on the disk. Below `diskReserve` only deletes are taken: what is in memtables can still be flushed, and
 * compactions can still make room of deleted data. It looks when a memtable was sealed and when tables came or went, not
 * at each write: a memtable more than the reserve may be used up in between.
 */
export class DiskSpace {
  readonly #options: DiskSpaceOptions
  #version: Version | undefined
  #wal = 0
  #lookedAt = 0
  #error: BurrowError | undefined

  constructor(options: DiskSpaceOptions) {
    this.#options = options
  }

  /** Why writes that add data are refused; undefined while there is room. */
  get error(): BurrowError | undefined {
    return this.#error
  }

  pump(): void {
    const { activeWal, background } = this.#options
    const { version } = background.versions
    const wal = activeWal()
    if (version === this.#version && wal === this.#wal) this.lookAgain()
    else this.#look()
    this.#version = version
    this.#wal = wal
  }

  /** Somebody is refused: perhaps there is room by now. */
  lookAgain(): void {
    if (this.#error !== undefined && performance.now() - this.#lookedAt >= pauseMs) this.#look()
  }

  #look(): void {
    const { background, free, refuse } = this.#options
    const { diskReserve } = background.options
    if (diskReserve === 0) return
    this.#lookedAt = performance.now()
    const bytes = free()
    const before = this.#error
    this.#error = bytes === null || bytes >= diskReserve ? undefined : noSpace(bytes, diskReserve)
    if (this.#error === before) return
    refuse(this.#error)
    if (before === undefined) background.report('disk space', this.#error!)
  }
}

function noSpace(free: number, reserve: number): BurrowError {
  return new BurrowError(
    'BURROW_NO_SPACE',
    `writes that add data are refused: the file system has ${formatBytes(free)} left, less than diskReserve (${formatBytes(reserve)}). Free some space, or delete data and run compact; writing then goes on by itself`,
    { context: { option: 'diskReserve', allowed: `at least ${reserve} bytes free` } },
  )
}
