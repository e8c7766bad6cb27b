import { badOption, readCount } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import { compareBytes } from '../util/bytes.ts'

/** A record of the database, standing for `weight` of them. */
export interface SampledKey {
  readonly key: Buffer
  readonly weight: number
  /** Of key and value, uncompressed. */
  readonly bytes: number
  /** In a memtable or in level 0: written lately, as far as that goes. */
  readonly recent: boolean
}

export interface Sample {
  /** In key order; every version of a key that was met. */
  readonly keys: readonly SampledKey[]
  /** Every record was looked at. */
  readonly exact: boolean
  /** Stored records: versions and deletions of single keys. Exact. */
  readonly records: number
}

const header = 7
const defaultSample = 100_000
const mostSample = 10_000_000

/** The option `sample`: 1 to 10 000 000 records, by default 100 000. */
export function readSample(value: unknown, call: string): number {
  const sample = readCount('sample', value, call) ?? defaultSample
  if (sample >= 1 && sample <= mostSample) return sample
  throw badOption('sample', value, `a whole number from 1 to ${mostSample}`, call)
}

/** Looks at about `most` records of memtables and tables; at all of them when there are no more. */
export function sampleKeys(host: DebugHost, most: number): Sample {
  const { active, immutables } = host.engine.memtables()
  const tables = host.state().version.levels.flatMap((level) => level.tables)
  const stored = sum([active, ...immutables, ...tables].map(({ entries }) => entries))
  const stride = Math.max(1, Math.ceil(stored / most))
  const sources = host.engine.sampleKeys(stride)
  const keys: SampledKey[] = []
  for (const { entries, keys: packed, level, sampled } of sources) {
    const weight = sampled === 0 ? 0 : entries / sampled
    const recent = (level ?? 0) === 0
    for (let at = 0; at < packed.length; ) {
      const length = packed.readUInt16LE(at + 5)
      const key = packed.subarray(at + header, at + header + length)
      keys.push({ key, weight, bytes: length + packed.readUInt32LE(at), recent })
      at += header + length
    }
  }
  keys.sort((a, b) => compareBytes(a.key, b.key))
  return { keys, exact: stride === 1, records: sum(sources.map(({ entries }) => entries)) }
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
