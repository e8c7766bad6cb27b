import type { NativeEngine } from '../native.ts'

/** Keeps the process alive while promises are pending; an open database alone does not. */
export class KeepAlive {
  readonly #engine: Pick<NativeEngine, 'ref' | 'unref'>
  #count = 0

  constructor(engine: Pick<NativeEngine, 'ref' | 'unref'>) {
    this.#engine = engine
  }

  hold(): void {
    if (this.#count++ === 0) this.#engine.ref()
  }

  release(): void {
    if (--this.#count === 0) this.#engine.unref()
  }
}
