import { markAsUntransferable } from 'node:worker_threads'
import type { NativeEngine } from '../native.ts'
import { allocateFast, viewOf } from '../util/fast-buffer.ts'

const slabSize = 16 * 1024
/** Values up to this size share a slab; larger ones would keep too much of it alive alone. */
const largestShared = slabSize / 8

/**
 * Where values land that are read as bytes. Small ones are carved from a slab, one after the other and never again,
 * so each belongs to whoever got it; the slab cannot be transferred to another thread, since that would take its
 * neighbours away. Larger values get memory of their own.
 */
export class ValueSlab {
  readonly #takePinned: NativeEngine['takePinned']
  #slab: ArrayBuffer
  #offset = 0

  constructor(engine: Pick<NativeEngine, 'takePinned'>) {
    this.#takePinned = engine.takePinned
    this.#slab = newSlab()
  }

  /** Memory for the next value, with room from `offset` on for one of `largestShared` bytes. */
  get slab(): ArrayBuffer {
    if (this.#offset + largestShared > slabSize) {
      this.#slab = newSlab()
      this.#offset = 0
    }
    return this.#slab
  }

  get offset(): number {
    return this.#offset
  }

  /** The value that a native call answered with `length`: it stands at `offset`, or is pinned. */
  take(length: number): Buffer {
    if (length < 0) {
      const value = Buffer.allocUnsafeSlow(-2 - length)
      this.#takePinned(value)
      return value
    }
    const begin = this.#offset
    // Aligned, so that a typed array can stand on a value.
    this.#offset = (begin + length + 7) & ~7
    return viewOf(this.#slab, begin, length)
  }
}

function newSlab(): ArrayBuffer {
  const slab = allocateFast(slabSize).buffer as ArrayBuffer
  markAsUntransferable(slab)
  return slab
}
