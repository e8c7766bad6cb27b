import { Database, type DatabaseOptions } from '../../lib/index.ts'
import { type NativeEnv, native } from '../../lib/native.ts'
import { Random } from '../model/random.ts'
import { few, lastApplied, write, writeSync } from './transactions.ts'

const cutsPerHistory = 24
/** The next power cut comes within so many changes of files. */
const longestLife = 60
/** As a rule a wreck loses power again while it is opened, which makes fewer changes. */
const longestRecovery = 30

export interface Simulated {
  readonly cuts: number
  /** Power cuts that came while a wreck of an earlier one was opened. */
  readonly duringRecovery: number
  /** Of every wreck and of what was found in it: the same for the same seed and count. */
  readonly fingerprint: number
}

/**
 * Cuts the power of simulated databases that many times, in the middle of whatever they do; each wreck is opened while
 * the original goes on, and holds what was acknowledged with `sync`. The simulation has neither threads nor clock, so
 * that history number n of a seed is the same each time.
 */
export async function simulatePowerCuts(cuts: number, seed: number): Promise<Simulated> {
  const total = { cuts: 0, duringRecovery: 0, fingerprint: 0 }
  for (let history = 0; total.cuts < cuts; history++) {
    const most = Math.min(cutsPerHistory, cuts - total.cuts)
    const done = await new SimulatedHistory(seed + history).run(most)
    total.cuts += done.cuts
    total.duringRecovery += done.duringRecovery
    total.fingerprint = digest(`${total.fingerprint} ${done.fingerprint}`)
  }
  return total
}

interface Wreck {
  readonly env: NativeEnv
  /** What must be in it: everything up to this transaction… */
  readonly atLeast: number
  /** …and what may be. */
  readonly atMost: number
}

export class SimulatedHistory {
  readonly #seed: number
  readonly #random: Random
  readonly #options: DatabaseOptions
  #env: NativeEnv = native.memoryEnv()
  #next = 0
  #durable = -1
  #cuts = 0
  #duringRecovery = 0
  #fingerprint = 0

  constructor(seed: number) {
    const random = new Random(seed)
    this.#seed = seed
    this.#random = random
    this.#env.simulate!(random.uint32())
    this.#options = {
      memtableSize: random.pick([4096, 8192]),
      targetFileSize: random.pick([4096, 16384]),
      l0CompactionTrigger: random.pick([1, 2, 4]),
      // Slowing writers down takes time, and so does being idle, which is what there is none of.
      maxMemtables: 8,
      l0SlowdownTrigger: 100,
      l0StopTrigger: 200,
      idleCompaction: false,
      manifestRollSize: random.pick([1024, 65536]),
      blockCacheSize: 65536,
      statistics: false,
    }
  }

  async run(cuts: number): Promise<Simulated> {
    let step = 'opening'
    try {
      let db = await this.#open(this.#env)
      while (this.#cuts < cuts) {
        step = `after cut ${this.#cuts}`
        const background: Promise<unknown>[] = []
        const wreck = await this.#writeUntilCut(db, background)
        const { env, last } = await this.#check(wreck, cuts)
        await Promise.all(background)
        if (this.#random.chance(0.5)) continue
        await db.close()
        this.#env = env
        db = await this.#open(env)
        this.#next = last + 1
        this.#durable = last
      }
      await db.close()
    } catch (error) {
      throw new Error(`history ${this.#seed}, ${step}: ${(error as Error).message}`, { cause: error })
    }
    return { cuts: this.#cuts, duringRecovery: this.#duringRecovery, fingerprint: this.#fingerprint }
  }

  #open(env: NativeEnv): Promise<Database> {
    return Database.open('db', { ...this.#options, env })
  }

  /** Writes, flushes and compacts until the power is cut somewhere within. */
  async #writeUntilCut(db: Database, background: Promise<unknown>[]): Promise<Wreck> {
    const random = this.#random
    this.#env.crashAfter!(random.between(1, longestLife), random.uint32())
    for (;;) {
      const atLeast = this.#durable
      const t = this.#next++
      const sync = random.chance(0.3)
      if (random.chance(0.7)) {
        writeSync(db, t, { sync }, few)
        if (sync) this.#durable = t
      } else {
        const written = write(db, t, { sync: true }, few).then(() => {
          this.#durable = Math.max(this.#durable, t)
        })
        if (random.chance(0.2)) await written
        else background.push(written)
      }
      if (random.chance(0.02)) background.push(db.flush())
      if (random.chance(0.01)) background.push(db.compact())
      const env = this.#env.takeCrash!()
      if (env !== undefined) return { env, atLeast, atMost: t }
    }
  }

  /** The last transaction in a wreck, and the files of the wreck, or of the wreck of that, to go on with. */
  async #check(wreck: Wreck, cuts: number): Promise<{ env: NativeEnv; last: number }> {
    const random = this.#random
    const { env } = wreck
    this.#cuts++
    this.#note(env)
    const twice = this.#cuts < cuts && random.chance(0.5)
    if (twice) env.crashAfter!(random.between(1, longestRecovery), random.uint32())
    const db = await this.#open(env)
    const last = lastApplied(db, few)
    if (last < wreck.atLeast || last > wreck.atMost) {
      throw new Error(`${wreck.atLeast} to ${wreck.atMost} was written; the last one found is ${last}`)
    }
    this.#fingerprint = digest(`${this.#fingerprint} ${last}`)
    await db.close()
    const second = twice ? env.takeCrash!() : undefined
    if (second === undefined) return { env, last }
    this.#duringRecovery++
    return this.#check({ env: second, atLeast: last, atMost: last }, cuts)
  }

  #note(env: NativeEnv): void {
    const files = env.exists('db') ? env.list('db') : []
    const sizes = files.map((file) => `${file} ${env.fileSize(`db/${file}`)}`)
    this.#fingerprint = digest(`${this.#fingerprint} ${sizes}`)
  }
}

function digest(text: string): number {
  return native.crc32c(Buffer.from(text))
}
