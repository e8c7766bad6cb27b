/**
 * The parts that native code splits the time of an operation or a job into. They do not overlap, and need not add up to
 * the whole: what is in none of them is the boundary, JavaScript, or bookkeeping.
 *
 * - `wait`: until it was this write's turn in the commit queue, or held back by the write gate
 * - `walWrite`: write(2) of log records
 * - `fsync`: making a log or a table durable
 * - `memtable`: searching memtables, or inserting into one
 * - `filter`: Bloom filters asked
 * - `index`: tables opened, and index blocks searched
 * - `blockCache`: blocks found in the cache
 * - `blockRead`: blocks read from files, with their checksums
 * - `decode`: blocks decompressed, and records searched in data blocks
 * - `merge`: sorted inputs put together, and old versions left out; scans and jobs only
 * - `encode`: blocks built and compressed; jobs only
 * - `tableWrite`: write(2) of table files; jobs only
 */
export const phaseNames = [
  'wait',
  'walWrite',
  'fsync',
  'memtable',
  'filter',
  'index',
  'blockCache',
  'blockRead',
  'decode',
  'merge',
  'encode',
  'tableWrite',
] as const
export type PhaseName = (typeof phaseNames)[number]

export interface PhaseTime {
  /** How often: blocks, filters, writes. */
  readonly count: number
  readonly micros: number
}

/** Only phases that occurred are there. */
export type Phases = { readonly [N in PhaseName]?: PhaseTime }

/** Index, count and nanoseconds of each phase that occurred: small and quickly made. */
export type PackedPhases = readonly number[]

/** `numbers`: count and nanoseconds of each phase, in the order of `phaseNames`, as native code gives them. */
export function packPhases(numbers: Float64Array): PackedPhases {
  const packed: number[] = []
  for (let index = 0; index < phaseNames.length; index++) {
    const [count, nanos] = [numbers[2 * index]!, numbers[2 * index + 1]!]
    if (count > 0 || nanos > 0) packed.push(index, count, nanos)
  }
  return packed
}

export function unpackPhases(packed: PackedPhases): Phases {
  const phases: { [N in PhaseName]?: PhaseTime } = {}
  for (let at = 0; at < packed.length; at += 3) {
    phases[phaseNames[packed[at]!]!] = { count: packed[at + 1]!, micros: packed[at + 2]! / 1000 }
  }
  return phases
}

export function phasesFrom(numbers: Float64Array): Phases {
  return unpackPhases(packPhases(numbers))
}
