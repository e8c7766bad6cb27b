import { type Encoding, encodeBound } from '../base/encodings.ts'
import { badOption, readCount, readEncodings, readOptions } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import { resolveRange } from '../kv/range.ts'
import { checkOpen } from './call.ts'
import { keyPrefix } from './key-prefix.ts'
import { readSample, type SampledKey, sampleKeys } from './key-sample.ts'
import { readShow, type ShowOptions } from './show-bytes.ts'

export interface PrefixSharesOptions extends Pick<ShowOptions, 'keyFormat' | 'redact'> {
  /** The prefixes to tell about, in the database's key encoding or `keyEncoding`; they may contain each other. */
  readonly prefixes?: readonly unknown[] | undefined
  /** Or: keys are put together by so many bytes at their front. Default: see PrefixCount. */
  readonly prefixLength?: number | undefined
  readonly keyEncoding?: Encoding | undefined
  /** At most so many, those with most bytes, unless `prefixes` names them. Default 100. */
  readonly limit?: number | undefined
  /** Records to look at: as for analyzeKeyDistribution. Default 100 000. */
  readonly sample?: number | undefined
}

export interface PrefixShare {
  readonly prefix: unknown
  /** Stored records: versions and deletions of single keys. */
  readonly records: number
  /** Of their keys and values, uncompressed. */
  readonly bytes: number
  /** Of all such bytes in the database, 0 to 1. */
  readonly share: number
  /** Bytes of table files, from their indexes: exact up to a block at each end of each table. */
  readonly tableBytes: number
}

export interface PrefixShares {
  /** Whether every record was looked at for `records`, `bytes` and `share`. `tableBytes` is always an estimate. */
  readonly exact: boolean
  readonly prefixes: readonly PrefixShare[]
}

const names = new Set([
  'prefixes',
  'prefixLength',
  'keyEncoding',
  'limit',
  'sample',
  'keyFormat',
  'redact',
] as const)
const defaultLimit = 100

/** See Debugger.prefixShares. */
export function prefixShares(host: DebugHost, options?: PrefixSharesOptions): PrefixShares {
  const call = 'prefixShares'
  checkOpen(host)
  const fields = readOptions(options, names, call)
  const { keyEncoding, valueEncoding } = host.options
  const encodings = readEncodings(
    { keyEncoding: fields.keyEncoding },
    { key: keyEncoding, value: valueEncoding },
  )
  const show = readShow(fields, { keyEncoding: encodings.key, valueEncoding }, call)
  const length = readCount('prefixLength', fields.prefixLength, call)
  const limit = readCount('limit', fields.limit, call, true) ?? defaultLimit
  const given = readPrefixes(fields.prefixes, encodings.key, call)
  if (given !== undefined && length !== undefined) {
    throw badOption('prefixLength', length, 'left out when prefixes are given', call)
  }
  const { exact, keys } = sampleKeys(host, readSample(fields.sample, call))
  const groups =
    given === undefined
      ? groupsOf(keys, (key) => (length === undefined ? keyPrefix(key) : key.subarray(0, length)))
      : given.map((prefix) => groupUnder(prefix, keys))
  if (given === undefined) groups.sort((a, b) => b.bytes - a.bytes).splice(limit)
  const total = groupUnder(Buffer.alloc(0), keys).bytes
  return {
    exact,
    prefixes: groups.map(({ bytes, prefix, records }) => ({
      prefix: show.key(prefix),
      records: Math.round(records),
      bytes: Math.round(bytes),
      share: total === 0 ? 0 : bytes / total,
      tableBytes: tableBytes(host, prefix),
    })),
  }
}

interface Group {
  readonly prefix: Buffer
  records: number
  bytes: number
}

function groupsOf(keys: readonly SampledKey[], prefixOf: (key: Buffer) => Buffer): Group[] {
  const groups = new Map<string, Group>()
  for (const { bytes, key, weight } of keys) {
    const prefix = prefixOf(key)
    const name = prefix.toString('latin1')
    const group = groups.get(name) ?? { prefix, records: 0, bytes: 0 }
    group.records += weight
    group.bytes += weight * bytes
    groups.set(name, group)
  }
  return [...groups.values()]
}

function groupUnder(prefix: Buffer, keys: readonly SampledKey[]): Group {
  const under = keys.filter(({ key }) => key.subarray(0, prefix.length).equals(prefix))
  return groupsOf(under, () => prefix)[0] ?? { prefix, records: 0, bytes: 0 }
}

function tableBytes({ engine }: DebugHost, prefix: Buffer): number {
  const range = resolveRange({ prefix }, 'buffer')
  return range === null ? 0 : engine.approximateSize(range.lower, range.upper)
}

function readPrefixes(prefixes: unknown, encoding: Encoding, call: string): Buffer[] | undefined {
  if (prefixes === undefined) return undefined
  if (!Array.isArray(prefixes)) throw badOption('prefixes', prefixes, 'an array of prefixes', call)
  return prefixes.map((prefix) => {
    const encoded = encodeBound(prefix, encoding)
    // As in ranges: under 'json' a string prefix means texts that begin so.
    const bytes = Buffer.from(encoded as Uint8Array)
    return encoding === 'json' && typeof prefix === 'string' ? bytes.subarray(0, -1) : bytes
  })
}
