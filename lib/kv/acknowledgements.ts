import type { BurrowError } from '../base/errors.ts'
import type { NativeEngine } from '../native.ts'
import { fairness } from './fairness.ts'
import type { KeepAlive } from './keep-alive.ts'

/** Writes of one turn that share a promise: they are acknowledged together. */
interface WriteGroup {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
  /** Acknowledged when the engine's count reaches this. */
  index: number
  /** The slow-down holds the acknowledgement back until then. */
  notBefore: number
}

export interface AcknowledgementsOptions {
  readonly engine: NativeEngine
  readonly keepAlive: KeepAlive
  /** True while no acknowledgement may be given though the writes are safe: the writers are too fast. */
  readonly held: () => boolean
  /** True while the gate slows writers down: then they owe a delay. */
  readonly slowed: () => boolean
}

/**
 * Promises of asynchronous writes. All that is written between two turns of the microtask queue shares one promise, so
 * a write costs no promise of its own, and the group's unsynced records leave in one write(2). Groups resolve in the
 * order of their writes, when the engine has acknowledged the last write of each.
 */
export class Acknowledgements {
  readonly #options: AcknowledgementsOptions
  #open: WriteGroup | undefined
  #queue: WriteGroup[] = []
  #timer: NodeJS.Timeout | undefined
  #hurried = false

  constructor(options: AcknowledgementsOptions) {
    this.#options = options
  }

  /** True while promises are pending. */
  get pending(): boolean {
    return this.#open !== undefined || this.#queue.length > 0
  }

  /** The promise of the write that was just made. */
  join(): Promise<void> {
    this.#open ??= this.#begin()
    return this.#open.promise
  }

  /** Owed delays are forgiven from here on, for close. */
  hurry(): void {
    this.#hurried = true
    clearTimeout(this.#timer)
    this.drain()
  }

  /** Resolves what the engine has acknowledged. */
  drain(): void {
    if (this.#queue.length > 0 && !this.#options.held()) this.#drain()
  }

  /** The log failed: what it acknowledged before is good, the rest is refused. */
  fail(error: BurrowError): void {
    const acknowledged = this.#options.engine.acknowledged()
    const groups = this.#queue.splice(0)
    for (const group of groups) {
      if (group.index <= acknowledged) group.resolve()
      else group.reject(error)
    }
    if (groups.length > 0) this.#options.keepAlive.release()
  }

  #begin(): WriteGroup {
    let resolve!: () => void
    let reject!: (error: Error) => void
    const promise = new Promise<void>((yes, no) => {
      resolve = yes
      reject = no
    })
    const group: WriteGroup = { promise, resolve, reject, index: 0, notBefore: 0 }
    queueMicrotask(() => this.#close(group))
    return group
  }

  /** No further write joins: hands over what native code has only gathered so far. */
  #close(group: WriteGroup): void {
    const { engine, keepAlive, slowed } = this.#options
    this.#open = undefined
    group.index = engine.submitted()
    try {
      engine.writePending()
    } catch (error) {
      // The log failed with these records in it, or earlier.
      if (group.index > engine.acknowledged()) {
        group.reject(error as Error)
        return
      }
    }
    if (slowed()) group.notBefore = performance.now() + engine.takeDelay() / 1000
    const idle = this.#queue.length === 0 && group.notBefore === 0 && !this.#options.held()
    if (idle && group.index <= engine.acknowledged()) {
      fairness.run(group.resolve)
      return
    }
    if (this.#queue.length === 0) keepAlive.hold()
    this.#queue.push(group)
    this.drain()
  }

  #drain(): void {
    const acknowledged = this.#options.engine.acknowledged()
    let count = 0
    for (const group of this.#queue) {
      if (group.index > acknowledged) break
      if (group.notBefore > 0 && this.#delayed(group)) break
      group.resolve()
      count++
    }
    if (count === 0) return
    this.#queue.splice(0, count)
    if (this.#queue.length === 0) this.#options.keepAlive.release()
  }

  #delayed(group: WriteGroup): boolean {
    const left = group.notBefore - performance.now()
    if (left <= 0 || this.#hurried) return false
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.drain()
    }, left)
    return true
  }
}
