/**
 * Numbered transactions, each one atomic write. From what a database holds one can tell exactly how many of them were
 * applied, so tests of crashes need no memory of what was written. Plain JavaScript: a child process runs it on the build.
 */

/** Transactions that stay: every so often one deletes all older ones. */
export const kept = 400
const trimEvery = 200

/** Keys begin with their transaction, so that they sort by it. */
export const name = (t) => `t${String(t).padStart(9, '0')}`

/** What transaction `t` writes to each of its keys. */
export function valueAt(t, part) {
  const length = t % 97 === 0 ? 3000 : (t * 31 + part) % 120
  return `${t}.${part}.${'abcdefghij'.repeat(length / 10)}`
}

/** Keys that transaction `t` puts. */
export function partsOf(t) {
  if (t % trimEvery === 0) return 2
  return t % 3 === 0 ? 1 + (t % 5) : 1
}

/** The first transaction that is still there once `t` is the last one. */
export function floorOf(t) {
  return Math.max(0, Math.floor(t / trimEvery) * trimEvery - kept)
}

/** Applies transaction `t`, synchronously or not; a promise if not. */
export function write(db, t, options, sync) {
  const parts = partsOf(t)
  if (parts === 1)
    return sync
      ? db.putSync(`${name(t)}/0`, valueAt(t, 0), options)
      : db.put(`${name(t)}/0`, valueAt(t, 0), options)
  const batch = db.writeBatch()
  if (t % trimEvery === 0 && t > kept) batch.deleteRange({ gte: name(0), lt: name(t - kept) })
  for (let part = 0; part < parts; part++) batch.put(`${name(t)}/${part}`, valueAt(t, part))
  batch.put('last batch', String(t))
  return sync ? batch.commitSync(options) : batch.commit(options)
}

/**
 * The last transaction that the database holds, −1 for none. Throws when what it holds is not exactly what the
 * transactions up to that one leave.
 */
export function lastApplied(db) {
  const entries = db.entries({ prefix: 't' }).nextSync(Number.POSITIVE_INFINITY)
  const last = entries.length === 0 ? -1 : Number(entries.at(-1)[0].slice(1, 10))
  let at = 0
  for (let t = floorOf(last); t <= last; t++) {
    for (let part = 0; part < partsOf(t); part++, at++) {
      const [key, value] = entries[at] ?? []
      if (key !== `${name(t)}/${part}`)
        throw new Error(`${name(t)}/${part} is missing (found ${key}); the last is ${last}`)
      if (value !== valueAt(t, part)) throw new Error(`${key} has the value ${value}`)
      if (db.getSync(key) !== value) throw new Error(`a point read of ${key} differs from the scan`)
    }
  }
  if (at !== entries.length) throw new Error(`${entries.length - at} keys too many, at ${entries[at][0]}`)
  let batch = last
  while (batch >= 0 && partsOf(batch) === 1) batch--
  const found = db.getSync('last batch')
  if (found !== (batch < 0 ? undefined : String(batch)))
    throw new Error(`the last batch is ${found}, not ${batch}`)
  return last
}
