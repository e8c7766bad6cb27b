import { readOptions } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import { SCAN_HEADER, SCAN_KEYS } from '../native.ts'
import { checkOpen } from './call.ts'
import { keyPrefix } from './key-prefix.ts'
import { readSample, type Sample, type SampledKey, sampleKeys, sum } from './key-sample.ts'
import { readShow, type Show, type ShowOptions } from './show-bytes.ts'

export interface KeyDistributionOptions extends Pick<ShowOptions, 'keyFormat' | 'redact'> {
  /**
   * Records to look at. When the database stores no more, everything is exact; else every n-th record of each memtable and every
   * n-th block of each table is, and one block of each at least. 1 to 10 000 000. Default 100 000.
   */
  readonly sample?: number | undefined
}

/** Keys that begin alike. */
export interface PrefixCount {
  /** Up to and including the first printable ASCII character that is no letter and no digit; of keys without one four bytes. */
  readonly prefix: unknown
  readonly keys: number
  /** Of all keys, 0 to 1. */
  readonly share: number
}

/** Of ten ranges with about as many records each, one that was written to. */
export interface HotRange {
  /** First and last key that was met in it. */
  readonly from: unknown
  readonly to: unknown
  /** Stored versions in it. */
  readonly records: number
  /** Those in memtables and level 0. */
  readonly recent: number
  /** Its part of all recent records, 0 to 1: 0.1 when writes go everywhere alike. */
  readonly share: number
}

export interface KeyDistribution {
  /** True: numbers of keys are those that a scan finds. False: they are estimated from stored records, every version counts. */
  readonly exact: boolean
  readonly keys: number
  /** Records that were looked at. */
  readonly sampled: number
  /** Records that are stored: versions of keys and deletions. Exact. */
  readonly records: number
  /** [first byte, keys], ascending. */
  readonly firstByte: readonly (readonly [number, number])[]
  /** Of keys, in bytes. null without keys. */
  readonly lengths: {
    readonly min: number
    readonly max: number
    readonly mean: number
    readonly p50: number
    readonly p90: number
    readonly p99: number
    /** [length, keys], ascending. */
    readonly histogram: readonly (readonly [number, number])[]
  } | null
  /** The twenty that most keys have, most first. */
  readonly prefixes: readonly PrefixCount[]
  /** Where the newest writes went, most first. */
  readonly hotRanges: readonly HotRange[]
}

const names = new Set(['sample', 'keyFormat', 'redact'] as const)
const mostPrefixes = 20
const ranges = 10
const scanBuffer = 256 << 10

/** See Debugger.analyzeKeyDistribution. */
export function analyzeKeyDistribution(host: DebugHost, options?: KeyDistributionOptions): KeyDistribution {
  const call = 'analyzeKeyDistribution'
  checkOpen(host)
  const fields = readOptions(options, names, call)
  const most = readSample(fields.sample, call)
  const show = readShow(fields, host.options, call)
  const sample = sampleKeys(host, most)
  const counts = new KeyCounts()
  if (sample.exact) for (const key of visibleKeys(host)) counts.add(key, 1)
  else for (const { key, weight } of sample.keys) counts.add(key, weight)
  return {
    exact: sample.exact,
    keys: Math.round(counts.total),
    sampled: sample.keys.length,
    records: sample.records,
    firstByte: rounded(counts.firstByte),
    lengths: counts.lengths(),
    prefixes: counts.prefixes(show),
    hotRanges: hotRanges(sample, show),
  }
}

/** Every key that a scan shows now. */
function* visibleKeys({ engine }: DebugHost): Generator<Buffer, void, void> {
  const scan = engine.openScan(SCAN_KEYS, undefined, undefined, Number.POSITIVE_INFINITY, 0)
  try {
    // Room for the longest key: a batch never needs more.
    const buffer = Buffer.allocUnsafeSlow(scanBuffer)
    for (;;) {
      const records = engine.fillScan(scan, buffer, 2 ** 32 - 1)
      if (records === 0) return
      let at = SCAN_HEADER
      for (let i = 0; i < records; i++) {
        const end = at + 8 + buffer.readUInt32LE(at)
        yield buffer.subarray(at + 8, end)
        at = end
      }
    }
  } finally {
    engine.closeScan(scan)
  }
}

class KeyCounts {
  total = 0
  readonly firstByte = new Map<number, number>()
  readonly #lengths = new Map<number, number>()
  /** By the prefix's bytes as latin1 text. */
  readonly #prefixes = new Map<string, number>()

  add(key: Buffer, weight: number): void {
    this.total += weight
    increase(this.firstByte, key[0]!, weight)
    increase(this.#lengths, key.length, weight)
    increase(this.#prefixes, keyPrefix(key).toString('latin1'), weight)
  }

  lengths(): KeyDistribution['lengths'] {
    const histogram = rounded(this.#lengths)
    if (histogram.length === 0) return null
    const quantile = (share: number) => {
      let seen = 0
      for (const [length, weight] of [...this.#lengths].sort(([a], [b]) => a - b)) {
        seen += weight
        if (seen >= share * this.total) return length
      }
      return histogram.at(-1)![0]
    }
    const bytes = sum([...this.#lengths].map(([length, weight]) => length * weight))
    return {
      min: histogram[0]![0],
      max: histogram.at(-1)![0],
      mean: bytes / this.total,
      p50: quantile(0.5),
      p90: quantile(0.9),
      p99: quantile(0.99),
      histogram,
    }
  }

  prefixes(show: Show): PrefixCount[] {
    const found = [...this.#prefixes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    return found.slice(0, mostPrefixes).map(([prefix, weight]) => ({
      prefix: show.key(Buffer.from(prefix, 'latin1')),
      keys: Math.round(weight),
      share: weight / this.total,
    }))
  }
}

function increase<K>(counts: Map<K, number>, key: K, weight: number): void {
  counts.set(key, (counts.get(key) ?? 0) + weight)
}

function rounded(counts: ReadonlyMap<number, number>): [number, number][] {
  return [...counts].sort(([a], [b]) => a - b).map(([key, weight]) => [key, Math.round(weight)])
}

/** Cuts the records, which are in key order, into ten parts of about the same weight. */
function hotRanges({ keys }: Sample, show: Show): HotRange[] {
  const weightOf = (part: readonly SampledKey[]) => sum(part.map(({ weight }) => weight))
  const recentOf = (part: readonly SampledKey[]) => weightOf(part.filter(({ recent }) => recent))
  const allRecent = recentOf(keys)
  if (allRecent === 0) return []
  return partsOf(keys)
    .map((part) => ({
      from: show.key(part[0]!.key),
      to: show.key(part.at(-1)!.key),
      records: Math.round(weightOf(part)),
      recent: Math.round(recentOf(part)),
      share: recentOf(part) / allRecent,
    }))
    .filter(({ recent }) => recent > 0)
    .sort((a, b) => b.share - a.share)
}

/** Versions of one key stay together. */
function partsOf(keys: readonly SampledKey[]): SampledKey[][] {
  const total = sum(keys.map(({ weight }) => weight))
  const parts: SampledKey[][] = []
  let part: SampledKey[] = []
  let seen = 0
  for (const one of keys) {
    const last = part.at(-1)
    if (last !== undefined && seen >= ((parts.length + 1) * total) / ranges && !last.key.equals(one.key)) {
      parts.push(part)
      part = []
    }
    part.push(one)
    seen += one.weight
  }
  if (part.length > 0) parts.push(part)
  return parts
}
