import { burrow } from '../../lib/bench/engines/burrow.ts'
import type { AdapterEngine, Engine } from '../../lib/bench/engines/engine.ts'
import { map, noop } from './baselines.ts'
import { betterSqlite3 } from './better-sqlite3.ts'
import { classicLevel } from './classic-level.ts'
import { lmdb, lmdbNoSync } from './lmdb.ts'
import { native } from './native.ts'
import { rocksdb } from './rocksdb.ts'
import { rocksdbJs } from './rocksdb-js.ts'

/** In the order in which they run and are reported. */
export const engines: readonly Engine[] = [
  burrow,
  classicLevel,
  lmdb,
  lmdbNoSync,
  betterSqlite3,
  rocksdb,
  rocksdbJs,
  native,
  map,
  noop,
]

export function engineNamed(name: string): Engine {
  const engine = engines.find((candidate) => candidate.name === name)
  if (engine === undefined) {
    throw new Error(`no engine is named '${name}'; there are ${engines.map((each) => each.name).join(', ')}`)
  }
  return engine
}

/** One that runs in the process of JavaScript. */
export function adapterNamed(name: string): AdapterEngine {
  const engine = engineNamed(name)
  if (!('open' in engine)) throw new Error(`${name} is a program of its own`)
  return engine
}
