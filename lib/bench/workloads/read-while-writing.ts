import { setImmediate as turn } from 'node:timers/promises'
import { keyOf, Random, recordSize } from '../data.ts'
import { fillrandom } from './fills.ts'
import { inChunks, lanes } from './loops.ts'
import { readEach } from './reads.ts'
import { type Context, expectCount, type Workload } from './workload.ts'

/** Writes of 64 at a time, the next 64 when these are done, but no more than that in a turn of the event loop. */
class Writer {
  readonly #context: Context
  readonly #random: Random
  #stopped = false
  written = 0

  constructor(context: Context) {
    this.#context = context
    this.#random = new Random(context.seed + 4)
  }

  async run(): Promise<void> {
    const { db, num, values } = this.#context
    while (!this.#stopped) {
      const keys = Array.from({ length: lanes }, () => keyOf(this.#random.below(num)))
      const some = keys.map((_, i) => values[(this.written + i) % values.length]!)
      if (db.put === undefined) db.putTogether!(keys, some)
      else await Promise.all(keys.map((key, i) => db.put!(key, some[i]!)))
      this.written += lanes
      await turn()
    }
  }

  stop(): void {
    this.#stopped = true
  }
}

/**
 * Both sides share the thread of JavaScript: the reader does 64 synchronous reads in each turn of the event loop, or keeps
 * 64 in flight when the engine has only asynchronous ones; the writer has its puts in flight meanwhile.
 */
export const readWhileWriting: Workload = {
  name: 'readwhilewriting',
  description: 'random reads while random puts are in flight, 64 at a time; a second row has the writes',
  after: fillrandom.name,
  writes: true,
  weakerCounts: true,
  asynchronous: true,
  able: ({ get, getSync, put, putTogether }) =>
    (get !== undefined || getSync !== undefined) && (put !== undefined || putTogether !== undefined),
  async run(context) {
    const { db, num, seed, valueSize } = context
    const random = new Random(seed + 2)
    const read = readEach(context)
    const writer = new Writer(context)
    const writing = writer.run()
    let found = 0
    const readSome = async (keys: readonly string[]) => {
      if (db.getSync === undefined) {
        const one = async (key: string) => (await db.get!(key)) !== undefined
        found += (await Promise.all(keys.map(one))).filter(Boolean).length
      } else {
        found += await read(keys)
        await turn()
      }
    }
    await inChunks(context, num, () => keyOf(random.below(num)), readSome, lanes)
    writer.stop()
    await writing
    expectCount('reading', found, num)
    const bytes = recordSize(valueSize)
    return {
      ops: num,
      bytes: num * bytes,
      also: { writes: { ops: writer.written, bytes: writer.written * bytes } },
    }
  },
}
