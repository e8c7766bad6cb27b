import { Database } from '../../lib/index.ts'
import { type NativeEnv, native } from '../../lib/native.ts'
import { Random } from '../model/random.ts'
import { lastApplied, write, writeSync } from './transactions.ts'

const cutsPerHistory = 12

/** Cuts the power of databases that are being written, that many times; what was acknowledged with `sync` is there. */
export async function cutPower(cuts: number, seed: number): Promise<void> {
  for (let done = 0; done < cuts; done += cutsPerHistory) {
    const history = new History(seed + done)
    await history.run(Math.min(cutsPerHistory, cuts - done))
  }
}

class History {
  readonly #seed: number
  readonly #random: Random
  readonly #options
  #env: NativeEnv = native.memoryEnv()
  #next = 0
  /** The highest transaction that was acknowledged with `sync`: all before it must survive, too. */
  #durable = -1

  constructor(seed: number) {
    const random = new Random(seed)
    this.#seed = seed
    this.#random = random
    this.#options = {
      memtableSize: random.pick([4096, 16384, 65536]),
      targetFileSize: random.pick([4096, 16384]),
      l0CompactionTrigger: random.pick([1, 2, 4]),
      maxBackgroundJobs: random.pick([1, 2, 3]),
      manifestRollSize: random.pick([1024, 65536]),
    }
  }

  async run(cuts: number): Promise<void> {
    let db = await this.#open(this.#env)
    for (let cut = 0; cut < cuts; cut++) {
      try {
        const pending = await this.#write(db)
        // Nothing yields between here and the copy: what is acknowledged now must be in it.
        const durable = this.#durable
        const copy = this.#env.crashClone!('power', this.#random.uint32())
        const last = await this.#check(copy, durable)
        await Promise.all(pending)
        if (this.#random.chance(0.5)) continue
        // Goes on from the wreck, in which a second cut may follow at once.
        await db.close()
        this.#env = copy
        db = await this.#open(copy)
        this.#next = lastApplied(db) + 1
        this.#durable = last
      } catch (error) {
        throw new Error(`seed ${this.#seed}, cut ${cut}: ${(error as Error).message}`, { cause: error })
      }
    }
    await db.close()
  }

  #open(env: NativeEnv): Promise<Database> {
    return Database.open('db', { ...this.#options, env })
  }

  /** The last transaction in a wreck, which is opened, cut again while it is, and opened again. */
  async #check(wreck: NativeEnv, durable: number): Promise<number> {
    const db = await this.#open(wreck)
    const last = lastApplied(db)
    if (last < durable)
      throw new Error(`${durable} was acknowledged with sync; the last one found is ${last}`)
    const second = wreck.crashClone!('power', this.#random.uint32())
    await db.close()
    const again = await this.#open(second)
    const lastAgain = lastApplied(again)
    await again.close()
    if (lastAgain !== last) throw new Error(`${last} was found, but after a second cut ${lastAgain}`)
    return last
  }

  /** Writes some transactions and returns while asynchronous ones and background work may be under way. */
  async #write(db: Database): Promise<Promise<unknown>[]> {
    const random = this.#random
    const pending: Promise<unknown>[] = []
    for (let burst = random.between(1, 6); burst > 0; burst--) {
      const count = random.between(1, 60)
      const sync = random.chance(0.5)
      for (let i = 0; i < count; i++) {
        const t = this.#next++
        if (random.chance(0.5)) {
          writeSync(db, t, { sync })
          if (sync) this.#durable = Math.max(this.#durable, t)
        } else {
          pending.push(
            write(db, t, { sync }).then(() => {
              if (sync) this.#durable = Math.max(this.#durable, t)
            }),
          )
        }
      }
      if (random.chance(0.3)) await Promise.all(pending.splice(0))
      if (random.chance(0.2)) pending.push(db.flush())
      if (random.chance(0.1)) pending.push(db.compact())
      if (random.chance(0.2)) await new Promise((resolve) => setImmediate(resolve))
    }
    return pending
  }
}
