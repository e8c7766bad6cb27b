import type { BurrowError } from '../base/errors.ts'
import type { EventBus } from '../base/event-bus.ts'
import { Backoff } from '../util/backoff.ts'
import type { JobTable } from './job-table.ts'
import type { VersionEdit } from './version-edit.ts'
import type { ManifestDone, ManifestSink } from './version-set.ts'

interface PendingRecord {
  readonly kind: 'append' | 'roll'
  readonly record: Uint8Array
  readonly edit: VersionEdit
  readonly done: ManifestDone
}

export interface ManifestLogOptions {
  readonly jobs: JobTable
  readonly events: EventBus
  /** The manifest that CURRENT names now; 0: none. */
  readonly current: number
  /** A manifest's first record for the state in memory, which has every edit that was handed to `append`. */
  readonly snapshot: () => Uint8Array
  readonly newFileNumber: () => number
  /** CURRENT names another manifest, durably: this one is of no use any more. */
  readonly onSuperseded: (manifest: number) => void
  /** There was no space for a record. It will be written again, into a new manifest, after the pause. */
  readonly onRetry: (error: BurrowError, pauseMs: number) => void
}

/**
 * The manifest on disk: writes records in order, one job at a time, so that none is ever written behind a failed one.
 *
 * A record that found no space is not lost: when the pause is over, a new manifest begins with a snapshot of what is
 * in memory, which covers every record that waits. Any other failure is final and goes to `done`.
 */
export class ManifestLog implements ManifestSink {
  readonly #options: ManifestLogOptions
  readonly #backoff = new Backoff()
  #queue: PendingRecord[] = []
  #busy = false
  #current: number
  /** The manifest may end in half a record: only a new one can go on. */
  #torn = false
  #error: BurrowError | undefined

  constructor(options: ManifestLogOptions) {
    this.#options = options
    this.#current = options.current
  }

  /** File number of the manifest that CURRENT names. */
  get current(): number {
    return this.#current
  }

  /** Why records wait to be written again; until that is tried. */
  get error(): BurrowError | undefined {
    return this.#error
  }

  get idle(): boolean {
    return this.#queue.length === 0 && !this.#busy
  }

  append(record: Uint8Array, edit: VersionEdit, done: ManifestDone): void {
    this.#queue.push({ kind: 'append', record, edit, done })
    this.pump()
  }

  roll(record: Uint8Array, edit: VersionEdit, done: ManifestDone): void {
    this.#queue.push({ kind: 'roll', record, edit, done })
    this.pump()
  }

  /** Forgets the last failure: somebody asks who wants to know how it is now. */
  retryNow(): void {
    this.#error = undefined
    this.#backoff.reset()
  }

  /** Issues the next job when none runs. */
  pump(): void {
    if (this.#busy || this.#queue.length === 0 || !this.#backoff.ready) return
    this.#error = undefined
    if (this.#torn) this.#writeSnapshot()
    else if (this.#queue[0]?.kind === 'roll') this.#roll(this.#queue[0].record, this.#queue.splice(0, 1))
    else this.#append(this.#queue.splice(0, 1))
  }

  /** One snapshot instead of all that waits; the clean mark, which no snapshot has, comes after it. */
  #writeSnapshot(): void {
    const covered = this.#queue.filter(({ edit }) => edit.clean === undefined)
    this.#queue = this.#queue.filter(({ edit }) => edit.clean !== undefined)
    this.#roll(this.#options.snapshot(), covered)
  }

  #append(written: PendingRecord[]): void {
    this.#busy = true
    const { record } = written[0]!
    this.#options.jobs.submit({ type: 'manifestAppend', record }, (completion, error) => {
      this.#finish(written, error, completion.manifestSize ?? 0, false)
    })
  }

  #roll(record: Uint8Array, written: PendingRecord[]): void {
    this.#busy = true
    const number = this.#options.newFileNumber()
    this.#options.jobs.submit({ type: 'manifestCreate', number, records: [record] }, (completion, error) => {
      const superseded = this.#current
      if (error === undefined) this.#current = number
      this.#finish(written, error, completion.manifestSize ?? 0, true)
      if (error === undefined && superseded !== 0) this.#options.onSuperseded(superseded)
    })
  }

  #finish(written: PendingRecord[], error: BurrowError | undefined, bytes: number, rolled: boolean): void {
    this.#busy = false
    if (error?.code === 'BURROW_NO_SPACE') {
      this.#queue.unshift(...written)
      this.#torn = true
      this.#error = error
      this.#options.onRetry(error, this.#backoff.fail())
      return
    }
    if (error === undefined) {
      this.#backoff.reset()
      if (rolled) this.#torn = false
      const event = { file: this.#current, bytes, edits: written.length, rolled }
      this.#options.events.emit('manifestWritten', event)
    }
    for (const { done } of written) done(error ?? null)
    this.pump()
  }
}
