/** Which stripe, and whether it is held alone: `stripe * 2 + (exclusive ? 1 : 0)`. */
export type Hold = number

/** Held together, in ascending order of their stripes, each stripe once. Made by `holdOne` and `holdAll`. */
export type Holds = readonly Hold[]

interface Waiter {
  readonly exclusive: boolean
  readonly granted: () => void
}

/** A power of two. Keys that share a stripe only wait for each other, so more of them buy little. */
const stripes = 4096
const exclusively = -1

/**
 * Short-term locks on keys of a database, for calls that read and then write. A key belongs to one of 4096 stripes; a
 * stripe is held by one holder alone, or shared by many. Whoever needs several stripes takes them in their order, so
 * nobody waits in a circle; REQUIRES: a holder takes no further ones. Who waits is served first come, first served: a
 * shared request does not pass an exclusive one that waits. A latch that is free is taken at once, without a promise.
 */
export class Latches {
  /** By stripe: 0 free, −1 held alone, otherwise how many share it. */
  readonly #holders = new Int32Array(stripes)
  /** Only of stripes on which somebody waits. */
  readonly #queues = new Map<number, Waiter[]>()

  /** Takes all of them at once, or undefined; otherwise resolves when the last one is taken. */
  acquire(holds: Holds): Promise<void> | undefined {
    for (let index = 0; index < holds.length; index++) {
      if (!this.#take(holds[index]!)) return this.#acquireRest(holds, index)
    }
    return undefined
  }

  /** Takes all of them, or none: false when somebody else holds one in the way. */
  tryAcquire(holds: Holds): boolean {
    for (let index = 0; index < holds.length; index++) {
      if (this.#take(holds[index]!)) continue
      this.#release(holds, index)
      return false
    }
    return true
  }

  /** True when `tryAcquire` would take them. */
  areFree(holds: Holds): boolean {
    if (!this.tryAcquire(holds)) return false
    this.release(holds)
    return true
  }

  /** REQUIRES: they are held, since `acquire` with the same holds. */
  release(holds: Holds): void {
    this.#release(holds, holds.length)
  }

  /** Stripes on which somebody waits. */
  get contended(): number {
    return this.#queues.size
  }

  #take(hold: Hold): boolean {
    const stripe = hold >>> 1
    const holders = this.#holders[stripe]!
    if (holders !== 0 && ((hold & 1) === 1 || holders === exclusively)) return false
    if (this.#queues.size > 0 && this.#queues.has(stripe)) return false
    this.#holders[stripe] = (hold & 1) === 1 ? exclusively : holders + 1
    return true
  }

  async #acquireRest(holds: Holds, from: number): Promise<void> {
    for (let index = from; index < holds.length; index++) {
      const hold = holds[index]!
      if (index === from || !this.#take(hold)) await this.#wait(hold)
    }
  }

  #wait(hold: Hold): Promise<void> {
    return new Promise((granted) => {
      const waiter = { exclusive: (hold & 1) === 1, granted }
      const queue = this.#queues.get(hold >>> 1)
      if (queue === undefined) this.#queues.set(hold >>> 1, [waiter])
      else queue.push(waiter)
    })
  }

  #release(holds: Holds, count: number): void {
    for (let index = 0; index < count; index++) {
      const stripe = holds[index]! >>> 1
      const holders = this.#holders[stripe]!
      this.#holders[stripe] = holders === exclusively ? 0 : holders - 1
      if (this.#queues.size > 0) this.#grant(stripe)
    }
  }

  /** Hands the stripe to whoever waits in front: one alone, or all in front who share. */
  #grant(stripe: number): void {
    const queue = this.#queues.get(stripe)
    if (queue === undefined) return
    let served = 0
    for (const waiter of queue) {
      const holders = this.#holders[stripe]!
      if (holders !== 0 && (waiter.exclusive || holders === exclusively)) break
      this.#holders[stripe] = waiter.exclusive ? exclusively : holders + 1
      served++
      waiter.granted()
    }
    if (served === queue.length) this.#queues.delete(stripe)
    else queue.splice(0, served)
  }
}

/** The hold on one key. */
export function holdOne(key: Uint8Array, exclusive: boolean): Holds {
  return [stripeOf(key) * 2 + (exclusive ? 1 : 0)]
}

/** The holds on several keys; of two keys on one stripe, the exclusive one counts. */
export function holdAll(keys: Iterable<{ readonly key: Uint8Array; readonly exclusive: boolean }>): Holds {
  const modes = new Map<number, number>()
  for (const { key, exclusive } of keys) {
    const stripe = stripeOf(key)
    modes.set(stripe, (modes.get(stripe) ?? 0) | (exclusive ? 1 : 0))
  }
  return [...modes].map(([stripe, mode]) => stripe * 2 + mode).sort((a, b) => a - b)
}

/** FNV-1a over the bytes. */
function stripeOf(key: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key[index]!, 0x01000193)
  // The low bits of FNV depend on the low bits of the bytes only.
  return (hash ^ (hash >>> 15)) & (stripes - 1)
}

const byDatabase = new WeakMap<object, Latches>()

/** The latches of a database: one set, whoever asks. */
export function latchesOf(database: object): Latches {
  let latches = byDatabase.get(database)
  if (latches === undefined) {
    latches = new Latches()
    byDatabase.set(database, latches)
  }
  return latches
}
