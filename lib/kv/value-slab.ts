import { markAsUntransferable } from 'node:worker_threads'
import type { NativeEngine } from '../native.ts'
import { allocateFast, viewOf } from '../util/fast-buffer.ts'

/** A new one costs microseconds, which a few hundred small values share; a value that is kept keeps all of it. */
const slabSize = 32 * 1024
/** Values up to this size share a slab; larger ones would keep too much of it alive alone. */
const largestShared = slabSize / 8

/**
 * Where values land that are read as bytes. Small ones are carved from a slab, one after the other and never again,
 * so each belongs to whoever got it; the slab cannot be transferred to another thread, since that would take its
 * neighbours away. Larger values get memory of their own. One for each engine, which knows the slab too.
 */
export class ValueSlab {
  readonly #engine: Pick<NativeEngine, 'setSlab' | 'takePinned'>
  #slab = allocateFast(0)
  /** The slab's: asking a Buffer for it costs as much as to make the view. */
  #memory = this.#slab.buffer
  #offset = slabSize

  constructor(engine: Pick<NativeEngine, 'setSlab' | 'takePinned'>) {
    this.#engine = engine
  }

  /** Makes room for a value of `largestShared` bytes. To be called right before each native read. */
  prepare(): void {
    // Also when somebody has detached it all the same: it has no length then.
    if (this.#offset + largestShared > this.#slab.length) this.#renew()
  }

  /** The value that a native read answered with `length`: it stands at `offset`, or is pinned. */
  take(length: number): Buffer {
    if (length < 0) {
      const value = Buffer.allocUnsafeSlow(-2 - length)
      this.#engine.takePinned(value)
      return value
    }
    const begin = this.#offset
    // Aligned, as the engine does, so that a typed array can stand on a value.
    this.#offset = (begin + length + 7) & ~7
    return viewOf(this.#memory, begin, length)
  }

  #renew(): void {
    this.#slab = allocateFast(slabSize)
    this.#memory = this.#slab.buffer
    this.#offset = 0
    markAsUntransferable(this.#memory)
    this.#engine.setSlab(this.#memory as ArrayBuffer)
  }
}
