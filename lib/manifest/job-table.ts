import { type BurrowError, fromNative } from '../base/errors.ts'
import type { Job, JobCompletion, NativeEngine } from '../native.ts'

type WithoutId<T> = T extends { id: number } ? Omit<T, 'id'> : never
/** A job before the table gives it its id. */
export type JobSpec = WithoutId<Job>

/** Called inside the control plane when a job has ended; `error` says why it failed. Must not throw. */
export type JobDone = (completion: JobCompletion, error: BurrowError | undefined) => void

/** Hands jobs to the native pool and finds, for each completion, who waits for it. */
export class JobTable {
  readonly #engine: Pick<NativeEngine, 'submit' | 'takeCompletions'>
  readonly #waiting = new Map<number, JobDone>()
  #nextId = 1

  constructor(engine: Pick<NativeEngine, 'submit' | 'takeCompletions'>) {
    this.#engine = engine
  }

  /** Jobs that have not ended. */
  get running(): number {
    return this.#waiting.size
  }

  /** The id under which the job runs. `done` is never called before this returns. */
  submit(spec: JobSpec, done: JobDone): number {
    const id = this.#nextId++
    this.#engine.submit({ ...spec, id } as Job)
    this.#waiting.set(id, done)
    return id
  }

  /** Calls the handler of every job that has ended; their number. */
  complete(): number {
    const completions = this.#engine.takeCompletions()
    for (const completion of completions) {
      const done = this.#waiting.get(completion.id)
      this.#waiting.delete(completion.id)
      done?.(completion, completion.error && fromNative(completion.error))
    }
    return completions.length
  }
}
