import { fromNative } from '../base/errors.ts'
import type { NativeEngine, ReadCompletion } from '../native.ts'
import type { KeepAlive } from './keep-alive.ts'

interface Waiting {
  readonly resolve: (completion: ReadCompletion) => void
  readonly reject: (error: Error) => void
}

/** Reads that went to the disk threads, and who waits for them. */
export class ReadRequests {
  readonly #engine: Pick<NativeEngine, 'takeReads'>
  readonly #keepAlive: KeepAlive
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  /** Told of the phases of measured requests, before they are settled; the last observer sets it. */
  onPhases: ((request: number, phases: Float64Array) => void) | undefined
  #onSettled: (() => void)[] = []

  constructor(engine: Pick<NativeEngine, 'takeReads'>, keepAlive: KeepAlive) {
    this.#engine = engine
    this.#keepAlive = keepAlive
  }

  /** Number of the next request: they count up. */
  get nextId(): number {
    return this.#nextId
  }

  /** Resolves when every request made so far is answered. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#onSettled.push(resolve))
  }

  /** Calls `submit` with a fresh request number; the promise is its answer. Throws what `submit` throws. */
  ask(submit: (request: number) => void): Promise<ReadCompletion> {
    const request = this.#nextId++
    submit(request)
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject })
      this.#keepAlive.hold()
    })
  }

  /** Settles what the disk threads have answered. */
  deliver(): void {
    if (this.#waiting.size === 0) return
    for (const completion of this.#engine.takeReads()) {
      const waiting = this.#waiting.get(completion.request)
      if (waiting === undefined) continue
      this.#waiting.delete(completion.request)
      this.#keepAlive.release()
      if (completion.phases !== undefined) this.onPhases?.(completion.request, completion.phases)
      if (completion.error !== undefined) waiting.reject(fromNative(completion.error))
      else waiting.resolve(completion)
    }
    if (this.#waiting.size === 0) for (const resolve of this.#onSettled.splice(0)) resolve()
  }
}
