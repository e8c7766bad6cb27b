import type { Database, WriteOptions } from '../../lib/index.ts'

/**
 * Numbered transactions, each one atomic write. From what a database holds one can tell exactly how many of them were
 * applied, so tests of crashes need no memory of what was written.
 */

export interface Scale {
  /** Transactions that stay at least: every so often one deletes all that are older. */
  readonly kept: number
  readonly trimEvery: number
}

const usual: Scale = { kept: 400, trimEvery: 200 }
/** Little to check, for crashes by the million. */
export const few: Scale = { kept: 24, trimEvery: 12 }

/** Keys begin with their transaction, so that they sort by it. */
const name = (t: number) => `t${String(t).padStart(9, '0')}`

/** What transaction `t` writes to each of its keys. */
function valueAt(t: number, part: number): string {
  const length = t % 97 === 0 ? 3000 : (t * 31 + part) % 120
  return `${t}.${part}.${'abcdefghij'.repeat(length / 10)}`
}

/** Keys that transaction `t` puts. */
function partsOf(t: number, { trimEvery }: Scale): number {
  if (t % trimEvery === 0) return 2
  return t % 3 === 0 ? 1 + (t % 5) : 1
}

/** The first transaction that is still there once `t` is the last one. */
function floorOf(t: number, { kept, trimEvery }: Scale): number {
  return Math.max(0, Math.floor(t / trimEvery) * trimEvery - kept)
}

function batchOf(db: Database, t: number, scale: Scale) {
  const batch = db.writeBatch()
  const { kept, trimEvery } = scale
  if (t % trimEvery === 0 && t > kept) batch.deleteRange({ gte: name(0), lt: name(t - kept) })
  for (let part = 0; part < partsOf(t, scale); part++) batch.put(`${name(t)}/${part}`, valueAt(t, part))
  return batch.put('last batch', String(t))
}

/** Applies transaction `t`. */
export function writeSync(db: Database, t: number, options?: WriteOptions, scale = usual): void {
  if (partsOf(t, scale) === 1) db.putSync(`${name(t)}/0`, valueAt(t, 0), options)
  else batchOf(db, t, scale).commitSync(options)
}

export function write(db: Database, t: number, options?: WriteOptions, scale = usual): Promise<void> {
  if (partsOf(t, scale) === 1) return db.put(`${name(t)}/0`, valueAt(t, 0), options)
  return batchOf(db, t, scale).commit(options)
}

/**
 * The last transaction that the database holds, −1 for none. Throws when what it holds is not exactly what the
 * transactions up to that one leave.
 */
export function lastApplied(db: Database, scale = usual): number {
  const entries = db.entries({ prefix: 't' }).nextSync(Number.POSITIVE_INFINITY)
  const last = entries.length === 0 ? -1 : Number(entries.at(-1)![0].slice(1, 10))
  let at = 0
  for (let t = floorOf(last, scale); t <= last; t++) {
    for (let part = 0; part < partsOf(t, scale); part++, at++) {
      const [key, value] = entries[at] ?? []
      if (key !== `${name(t)}/${part}`)
        throw new Error(`${name(t)}/${part} is missing (found ${key}); the last is ${last}`)
      if (value !== valueAt(t, part)) throw new Error(`${key} has the value ${value}`)
      if (db.getSync(key) !== value) throw new Error(`a point read of ${key} differs from the scan`)
    }
  }
  if (at !== entries.length) throw new Error(`${entries.length - at} keys too many, at ${entries[at]![0]}`)
  let batch = last
  while (batch >= 0 && partsOf(batch, scale) === 1) batch--
  const found = db.getSync('last batch')
  if (found !== (batch < 0 ? undefined : String(batch)))
    throw new Error(`the last batch is ${found}, not ${batch}`)
  return last
}
