import { endsBefore, rangeOf, startsWithin } from '../base/key-span.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { Version } from '../manifest/version.ts'
import { expand } from './expand.ts'
import { type LevelShape, levelScores, levelShape, pendingCompactionBytes } from './level-shape.ts'
import { chooseManual } from './manual.ts'
import {
  type Busy,
  type CompactionPlan,
  type CompactionPolicy,
  completePlan,
  droppable,
  type PolicyOptions,
} from './policy.ts'

/**
 * Leveled compaction: every level below L0 is one sorted run, each a multiplier larger than the one above. The level
 * that is fullest for its size goes first, by the table that costs least: the fewest bytes to rewrite in the next level
 * for each byte that leaves (RocksDB's kMinOverlappingRatio). Levels that are within their size give way to tables
 * that are mostly tombstones, so that deleted data leaves the disk without waiting for new writes.
 */
export const leveled: CompactionPolicy = {
  choose(version, busy, options) {
    const shape = levelShape(version, options)
    const scores = levelScores(version, options, shape, (number) => busy.tables.has(number))
    const due = [...scores.entries()].filter(([, score]) => score >= 1).sort(([, a], [, b]) => b - a)
    for (const [level, score] of due) {
      const plan =
        level === 0
          ? chooseL0(version, busy, options, shape, score)
          : chooseLevel(version, busy, options, level, score)
      if (plan !== null) return plan
    }
    return chooseTombstones(version, busy, options, shape)
  },
  chooseIdle,
  flushesIdle,
  chooseManual,
  scores: (version, options) => levelScores(version, options),
  pendingBytes: pendingCompactionBytes,
}

/** The oldest table of L0 and all that goes with it, into the base level. */
function chooseL0(
  version: Version,
  busy: Busy,
  options: PolicyOptions,
  shape: LevelShape,
  score: number,
  reason: 'l0' | 'idle' = 'l0',
): CompactionPlan | null {
  const oldest = version.tables(0).at(-1)
  if (oldest === undefined || busy.l0) return null
  const inputs = expand(version, busy, options, 0, [oldest], shape.baseLevel)
  return completePlan(version, busy, options, { reason, score, inputs, outputLevel: shape.baseLevel })
}

/** Less than this share of a memtable is not worth the trouble: reads find it in the cache. */
const idleShare = 1 / 8

/**
 * L0 into the base level, when a read has to look into two runs or more there, and when what is rewritten for the
 * tables of L0 is not larger than they are. So idle times cost a byte at most two more writes, however many there are.
 */
function chooseIdle(version: Version, busy: Busy, options: PolicyOptions): CompactionPlan | null {
  if (version.bytes(0) < idleShare * options.memtableSize) return null
  const shape = levelShape(version, options)
  if (version.tables(0).length + Math.sign(version.tables(shape.baseLevel).length) < 2) return null
  const plan = chooseL0(version, busy, options, shape, 0, 'idle')
  if (plan === null || plan.kind === 'move') return plan
  const fresh = plan.inputs.find(({ level }) => level === 0)?.tables ?? []
  return plan.inputBytes <= 2 * fresh.reduce((sum, { size }) => sum + size, 0) ? plan : null
}

function flushesIdle(version: Version, memtableBytes: number, options: PolicyOptions): boolean {
  if (version.tables(0).length === 0 || memtableBytes < idleShare * options.memtableSize) return false
  const { baseLevel } = levelShape(version, options)
  return version.bytes(baseLevel) <= version.bytes(0) + memtableBytes
}

function chooseLevel(
  version: Version,
  busy: Busy,
  options: PolicyOptions,
  level: number,
  score: number,
): CompactionPlan | null {
  for (const table of cheapestFirst(version, level)) {
    if (busy.tables.has(table.number)) continue
    const inputs = expand(version, busy, options, level, [table], level + 1)
    const plan = completePlan(version, busy, options, {
      reason: 'level-size',
      score,
      inputs,
      outputLevel: level + 1,
    })
    if (plan !== null) return plan
  }
  return null
}

/** Tables of a level by what it costs to compact them, cheapest first; of equals the oldest first. */
function cheapestFirst(version: Version, level: number): TableMeta[] {
  const costs = new Map<TableMeta, number>()
  for (const [table, bytes] of overlapBytes(version, level)) {
    // Tombstones count as if they brought their victims along: those are freed too.
    const gain = table.size * (1 + (2 * tombstoneWeight(table)) / Math.max(1, table.entries))
    costs.set(table, bytes / Math.max(1, gain))
  }
  const order = (a: TableMeta, b: TableMeta) =>
    costs.get(a)! - costs.get(b)! || a.smallestSeq - b.smallestSeq || a.number - b.number
  return [...costs.keys()].sort(order)
}

/** For each table of a level the bytes that it overlaps in the next one: one pass over both. */
function overlapBytes(version: Version, level: number): Map<TableMeta, number> {
  const next = version.tables(level + 1)
  const result = new Map<TableMeta, number>()
  let first = 0
  for (const table of version.tables(level)) {
    while (first < next.length && endsBefore(next[first]!, table.smallest)) first++
    const range = rangeOf(table)
    let bytes = 0
    for (let at = first; at < next.length && startsWithin(next[at]!, range); at++) bytes += next[at]!.size
    result.set(table, bytes)
  }
  return result
}

/** Tables with more tombstones than this share of their entries are compacted before their level is full. */
const heavyShare = 0.5

/** A range tombstone hides any number of records; it counts as this many point tombstones. */
const rangeTombstoneWeight = 16

function tombstoneWeight(table: TableMeta): number {
  return table.tombstones + rangeTombstoneWeight * table.rangeTombstones
}

function isHeavy(table: TableMeta): boolean {
  const weight = tombstoneWeight(table)
  return weight > 0 && weight >= heavyShare * table.entries
}

/**
 * A table that is mostly tombstones goes down a level, or is rewritten where it is when it is in the last. Each such
 * plan moves the table down or frees it of tombstones, so there is an end to it.
 */
function chooseTombstones(
  version: Version,
  busy: Busy,
  options: PolicyOptions,
  shape: LevelShape,
): CompactionPlan | null {
  for (let level = 1; level <= shape.lastLevel; level++) {
    if (!version.tables(level).some(isHeavy)) continue
    for (const [table, bytes] of overlapBytes(version, level)) {
      if (!isHeavy(table) || busy.tables.has(table.number)) continue
      const last = level === shape.lastLevel
      if (last ? !droppable(table, busy) : !worthwhile(version, options, level, table, bytes)) continue
      const outputLevel = last ? level : level + 1
      const inputs = last
        ? [{ level, tables: [table] }]
        : expand(version, busy, options, level, [table], outputLevel)
      const plan = completePlan(version, busy, options, {
        reason: 'tombstones',
        score: 0,
        inputs,
        outputLevel,
      })
      if (plan !== null) return plan
    }
  }
  return null
}

/** Not dearer than an ordinary compaction; or a range tombstone that may free whole tables. */
function worthwhile(
  version: Version,
  options: PolicyOptions,
  level: number,
  table: TableMeta,
  overlap: number,
): boolean {
  if (overlap <= 2 * options.levelSizeMultiplier * table.size) return true
  // Of three that overlap, the middle one lies within.
  return table.rangeTombstones > 0 && version.overlappingSpan(level + 1, table).length >= 3
}
