import { hullOf } from '../base/key-span.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { Version } from '../manifest/version.ts'
import { type Busy, maxCompactionBytes, type PlanInput, type PolicyOptions } from './policy.ts'

/**
 * The inputs of a compaction that begins with `seeds`, newest level first: in the output level everything that
 * overlaps; in L0 also every table that overlaps a chosen one, since it may be older. The seeds' level then takes in
 * more tables as long as the output level's share does not change, so the same bytes are rewritten for more.
 */
export function expand(
  version: Version,
  busy: Busy,
  options: PolicyOptions,
  level: number,
  seeds: readonly TableMeta[],
  outputLevel: number,
): readonly PlanInput[] {
  let upper = close(version, level, seeds)
  const lower = version.overlappingSpan(outputLevel, hullOf(upper))
  if (lower.length > 0) {
    const more = close(version, level, [
      ...upper,
      ...version.overlappingSpan(level, hullOf([...upper, ...lower])),
    ])
    if (
      more.length > upper.length &&
      bytesOf(more) + bytesOf(lower) <= maxCompactionBytes(options) &&
      more.every((table) => !busy.tables.has(table.number)) &&
      version.overlappingSpan(outputLevel, hullOf(more)).length === lower.length
    ) {
      upper = more
    }
  }
  return [
    { level, tables: upper },
    { level: outputLevel, tables: lower },
  ]
}

/** The tables between the first and the last seed; in L0 until no other table overlaps them. */
function close(version: Version, level: number, seeds: readonly TableMeta[]): readonly TableMeta[] {
  for (let tables = seeds; ; ) {
    const wider = version.overlappingSpan(level, hullOf(tables))
    if (level > 0 || wider.length === tables.length) return wider
    tables = wider
  }
}

function bytesOf(tables: readonly TableMeta[]): number {
  return tables.reduce((sum, table) => sum + table.size, 0)
}
