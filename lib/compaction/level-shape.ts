import type { Version } from '../manifest/version.ts'
import type { PolicyOptions } from './policy.ts'

/**
 * Sizes that the levels of a leveled tree should have, derived from the data: RocksDB's dynamic level sizes
 * (level_compaction_dynamic_level_bytes, Dong et al., CIDR 2017). The last level is as large as it is; each level
 * above should be a multiplier smaller, down to the base level, where L0 goes. So about 90 % of the data is in the last
 * level at any size, and levels above the base level are empty.
 */
export interface LevelShape {
  /** Where L0 is compacted into. */
  readonly baseLevel: number
  /** The deepest level that compactions write. */
  readonly lastLevel: number
  /** Bytes that a level may have, by level; infinite for L0, for levels above the base and for the last. */
  readonly targets: readonly number[]
}

export function levelShape(version: Version, options: PolicyOptions): LevelShape {
  const { baseLevelSize, levelSizeMultiplier: multiplier } = options
  // A database that was written with more levels keeps them.
  const lastLevel = Math.max(options.maxLevels - 1, version.deepestLevel)
  const targets = version.levels.map(() => Number.POSITIVE_INFINITY)
  const firstUsed = version.levels.findIndex((level, index) => index > 0 && level.tables.length > 0)
  if (firstUsed < 0) return { baseLevel: lastLevel, lastLevel, targets }

  const largest = Math.max(...version.levels.slice(1).map((level) => level.bytes))
  // The size that the first used level ought to have, seen from the largest.
  let size = largest / multiplier ** (lastLevel - firstUsed)
  let baseLevel = firstUsed
  while (baseLevel > 1 && size > baseLevelSize) {
    baseLevel--
    size /= multiplier
  }
  size = Math.min(Math.max(size, baseLevelSize / multiplier), baseLevelSize)
  for (let level = baseLevel; level < lastLevel; level++) {
    targets[level] = Math.max(size, baseLevelSize)
    size *= multiplier
  }
  return { baseLevel, lastLevel, targets }
}

/** See CompactionPolicy.scores. Tables for which `busy` is true are on their way down already and do not count. */
export function levelScores(
  version: Version,
  options: PolicyOptions,
  shape: LevelShape = levelShape(version, options),
  busy: (number: number) => boolean = () => false,
): number[] {
  return version.levels.map(({ tables }, level) => {
    let count = 0
    let bytes = 0
    for (const table of tables) {
      if (busy(table.number)) continue
      count++
      bytes += table.size
    }
    if (level > 0) return bytes / shape.targets[level]!
    // L0 is due by its number of tables, which reads pay for, or when it outweighs the level that it goes into.
    const base = shape.targets[shape.baseLevel]!
    const limit = Math.max(options.baseLevelSize, Number.isFinite(base) ? base : 0)
    return Math.max(count / options.l0CompactionTrigger, bytes / limit)
  })
}

/**
 * See CompactionPolicy.pendingBytes. What overflows a level goes into the next one and takes along what it overlaps
 * there, in proportion to the sizes of the two levels; the overflow adds to the next level in turn.
 */
export function pendingCompactionBytes(version: Version, options: PolicyOptions): number {
  const shape = levelShape(version, options)
  let pending = 0
  let arriving = 0
  if (levelScores(version, options, shape)[0]! >= 1) {
    arriving = version.bytes(0)
    pending = arriving + version.bytes(shape.baseLevel)
  }
  for (let level = shape.baseLevel; level < shape.lastLevel; level++) {
    const bytes = version.bytes(level) + arriving
    const target = shape.targets[level]!
    arriving = Math.max(0, bytes - target)
    if (arriving > 0) pending += arriving * (version.bytes(level + 1) / bytes + 1)
  }
  return Math.round(pending)
}
