import type { BurrowError } from '../base/errors.ts'
import type { EventBus } from '../base/event-bus.ts'
import type { JobTable } from '../manifest/job-table.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { FileKind, NativeEngine } from '../native.ts'

export interface FileName {
  readonly kind: FileKind
  readonly number: number
}

export interface ObsoleteFilesOptions {
  readonly engine: Pick<NativeEngine, 'takeReleased'>
  readonly jobs: JobTable
  readonly events: EventBus
  readonly report: (operation: string, error: BurrowError, jobId?: number) => void
}

/**
 * Deletes what no edit names any more. A table goes when two things have happened, in either order: the edit that
 * dropped it is durable, and native code says that no read view holds it. A file that cannot be deleted is left for
 * the next open, which deletes what no edit names.
 */
export class ObsoleteFiles {
  readonly #options: ObsoleteFilesOptions
  /** Dropped by a durable edit, perhaps still read. */
  readonly #dropped = new Map<number, number>()
  /** No longer read, but the edit may not be durable yet. */
  readonly #released = new Set<number>()
  #queue: (FileName & { readonly bytes: number })[] = []
  /** File numbers that must stay, with how many hold them. */
  readonly #held = new Map<number, number>()
  #busy = false

  constructor(options: ObsoleteFilesOptions) {
    this.#options = options
  }

  /** True while nothing is to be deleted, apart from tables that somebody reads. */
  get idle(): boolean {
    return !this.#busy && this.#queue.length === 0
  }

  /** Tables that wait for a reader to let go of them. */
  get heldTables(): number {
    return this.#dropped.size
  }

  /** The edit that dropped these tables is durable. */
  dropTables(tables: readonly TableMeta[]): void {
    for (const { number, size } of tables) {
      if (this.#released.delete(number)) this.#queue.push({ kind: 'table', number, bytes: size })
      else this.#dropped.set(number, size)
    }
  }

  /** Files that nobody has read or will read: logs, manifests, outputs of failed jobs. */
  remove(files: readonly FileName[]): void {
    for (const file of files) this.#queue.push({ ...file, bytes: 0 })
  }

  /** Keeps these files, by number, until the returned function is called; what is to be deleted waits for it. */
  hold(numbers: readonly number[]): () => void {
    for (const number of numbers) this.#held.set(number, (this.#held.get(number) ?? 0) + 1)
    let holding = true
    return () => {
      if (!holding) return
      holding = false
      for (const number of numbers) {
        const left = this.#held.get(number)! - 1
        if (left === 0) this.#held.delete(number)
        else this.#held.set(number, left)
      }
    }
  }

  /** Issues the next deletion when none runs. */
  pump(): void {
    for (const number of this.#options.engine.takeReleased()) {
      const bytes = this.#dropped.get(number)
      if (bytes === undefined) this.#released.add(number)
      else this.#queue.push({ kind: 'table', number, bytes })
      this.#dropped.delete(number)
    }
    if (this.#busy || this.#queue.length === 0) return
    const files = this.#queue.filter(({ number }) => !this.#held.has(number))
    if (files.length === 0) return
    this.#queue = this.#queue.filter(({ number }) => this.#held.has(number))
    this.#busy = true
    const names = files.map(({ kind, number }) => ({ kind, number }))
    const jobId = this.#options.jobs.submit({ type: 'deleteFiles', files: names }, (_, error) => {
      this.#busy = false
      if (error !== undefined) {
        this.#options.report('delete', error, jobId)
        return
      }
      for (const { kind, number, bytes } of files) {
        if (kind === 'table') this.#options.events.emit('tableDeleted', { file: number, bytes })
      }
    })
  }
}
