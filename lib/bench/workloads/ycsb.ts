/**
 * The core workloads of YCSB (Cooper et al., "Benchmarking cloud serving systems with YCSB", 2010), A to F, with its
 * proportions and distributions and 64 clients. A record is one key and one value of the set's size (the original has ten
 * fields of 100 bytes: `--value-size 1000`). Half as many operations as records, of E a twentieth. Reads are synchronous where the engine can do that, writes asynchronous.
 */

import { keyOf, Random, recordSize } from '../data.ts'
import type { BenchDatabase, BenchValue } from '../engines/engine.ts'
import { scramble, Zipfian } from '../zipfian.ts'
import { batchSize, inChunks, inFlight, lanes, timed } from './loops.ts'
import { type Context, type Done, expectCount, type Workload } from './workload.ts'

/** Key of record i: scattered over all keys, as YCSB's hash of i does. */
export function ycsbKey(i: number): string {
  return keyOf(Math.imul(i, 0x9e3779b1) >>> 0)
}

type Kind = 'read' | 'update' | 'insert' | 'scan' | 'modify'
type Mix = Partial<Readonly<Record<Kind, number>>>

const longestScan = 100

interface Operation {
  readonly kind: Kind
  readonly key: string
  readonly length: number
}

/** Chooses operations; the same for every engine. */
class Chooser {
  readonly #mix: readonly (readonly [Kind, number])[]
  readonly #latest: boolean
  readonly #random: Random
  readonly #zipfian: Zipfian
  #records: number

  constructor(mix: Mix, latest: boolean, records: number, seed: number) {
    this.#mix = Object.entries(mix) as [Kind, number][]
    this.#latest = latest
    this.#random = new Random(seed)
    this.#zipfian = new Zipfian(records, new Random(seed + 1))
    this.#records = records
  }

  next(): Operation {
    let left = this.#random.unit()
    const [kind] =
      this.#mix.find(([, share]) => {
        left -= share
        return left < 0
      }) ?? this.#mix[0]!
    const length = 1 + this.#random.below(longestScan)
    if (kind === 'insert') return { kind, key: ycsbKey(this.#records++), length }
    return { kind, key: ycsbKey(this.#chosen()), length }
  }

  /** Latest: of the records that were there before the inserts of the last moments, which may be in flight. */
  #chosen(): number {
    const rank = this.#zipfian.next()
    return this.#latest ? Math.max(0, this.#records - 1 - 2 * lanes - rank) : scramble(rank, this.#records)
  }
}

/** What the operations of a run took and gave. */
class Tally {
  /** Reads that found their record. */
  found = 0
  /** Records read or written. */
  records = 0
}

async function perform(
  db: BenchDatabase,
  { key, kind, length }: Operation,
  value: BenchValue,
  tally: Tally,
): Promise<void> {
  if (kind === 'scan') {
    tally.records += await db.seek!(key, length)
    return
  }
  tally.records++
  if (kind === 'read' || kind === 'modify') {
    const got = db.getSync === undefined ? await db.get!(key) : db.getSync(key)
    if (got !== undefined) tally.found++
    if (kind === 'read') return
  }
  if (db.put === undefined) db.putSync!(key, value)
  else await db.put(key, value)
}

function core(letter: string, mix: Mix, what: string, latest = false): Workload {
  const scans = mix.scan !== undefined
  const operationsOf = (num: number) => Math.ceil(num / (scans ? 20 : 2))
  const inserts = mix.insert !== undefined
  return {
    name: `ycsb-${letter}`,
    description: what,
    after: 'ycsb-load',
    consumes: inserts,
    writes: mix.read !== 1,
    asynchronous: true,
    able: ({ get, getSync, put, putSync, seek }) =>
      (get ?? getSync) !== undefined && (put ?? putSync) !== undefined && (!scans || seek !== undefined),
    async run(context): Promise<Done> {
      const { db, latencies, num, seed, valueSize, values, watch } = context
      const chooser = new Chooser(mix, latest, num, seed + letter.charCodeAt(0))
      const total = operationsOf(num)
      const tally = new Tally()
      let reads = 0
      for (let begin = 0; begin < total; begin += 4096) {
        const operations = Array.from({ length: Math.min(4096, total - begin) }, () => chooser.next())
        reads += operations.filter(({ kind }) => kind === 'read' || kind === 'modify').length
        watch.start()
        await inFlight(lanes, operations.length, latencies, (i) =>
          perform(db, operations[i]!, values[(begin + i) % values.length]!, tally),
        )
        watch.stop()
      }
      expectCount('reading', tally.found, reads)
      return { ops: total, bytes: tally.records * recordSize(valueSize) }
    },
  }
}

export const ycsb: readonly Workload[] = [
  {
    name: 'ycsb-load',
    description: "YCSB's records, in batches of 1,000",
    writes: true,
    async run(context: Context): Promise<Done> {
      const { db, latencies, num, valueSize } = context
      const write = (keys: readonly string[], values: Context['values']) =>
        timed(latencies, () => db.batch(keys, values))
      await inChunks(context, num, ycsbKey, write, batchSize)
      return { ops: num, bytes: num * recordSize(valueSize) }
    },
  },
  core('a', { read: 0.5, update: 0.5 }, 'update heavy: half reads, half updates, zipfian'),
  core('b', { read: 0.95, update: 0.05 }, 'read mostly: 95 % reads, 5 % updates, zipfian'),
  core('c', { read: 1 }, 'read only, zipfian'),
  core('f', { read: 0.5, modify: 0.5 }, 'read-modify-write: half of it, half reads, zipfian'),
  core('d', { read: 0.95, insert: 0.05 }, 'read latest: 95 % reads of the newest records, 5 % inserts', true),
  core('e', { scan: 0.95, insert: 0.05 }, 'short ranges: 95 % scans of 1 to 100 records, 5 % inserts'),
]
