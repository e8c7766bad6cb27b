import { compareLargest, type KeySpan, spanInRange } from '../base/key-span.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { Version } from '../manifest/version.ts'
import { expand } from './expand.ts'
import { type LevelShape, levelShape } from './level-shape.ts'

import {
  type Busy,
  type CompactionPlan,
  completePlan,
  droppable,
  type ManualCursor,
  type ManualStep,
  maxCompactionBytes,
  type PolicyOptions,
} from './policy.ts'

/**
 * The next step of a manual compaction. One pass over each level from L0 down, in key order, pushes what is in the range
 * to the next level; a last pass rewrites tables of the last level that hold tombstones and were there before. The
 * cursor only moves forward, so new writes cannot keep the compaction from ending.
 */
export function chooseManual(
  version: Version,
  busy: Busy,
  options: PolicyOptions,
  start: ManualCursor,
): ManualStep {
  const shape = levelShape(version, options)
  let cursor = start
  while (cursor.level <= shape.lastLevel) {
    const tables = waiting(version, busy, shape, cursor)
    const first = tables[0]
    if (first !== undefined) {
      const seeds = cursor.level === 0 ? [first] : chunk(tables, options)
      const plan = planFor(version, busy, options, shape, cursor.level, seeds)
      if (plan === null) return { plan, cursor, done: false }
      // In L0 the tables that were compacted are gone; below, those that come in behind the cursor are newer.
      if (cursor.level > 0) cursor = { ...cursor, after: lastOf(plan, cursor.level) }
      return { plan, cursor, done: false }
    }
    // What a running job brings into the next levels must be there before they are looked at.
    if (busy.outputs.some(({ span }) => spanInRange(span, cursor.range)))
      return { plan: null, cursor, done: false }
    cursor = { ...cursor, level: cursor.level + 1, after: null }
  }
  return { plan: null, cursor, done: true }
}

/** The tables of the cursor's level that are still to be done, in the order in which to do them. */
function waiting(
  version: Version,
  busy: Busy,
  shape: LevelShape,
  cursor: ManualCursor,
): readonly TableMeta[] {
  const { after, level, newNumber } = cursor
  const tables = version.overlapping(level, cursor.range)
  if (level === 0) return tables.filter((table) => table.number < newNumber).reverse()
  const ahead = after === null ? tables : tables.filter((table) => compareLargest(table, after) > 0)
  if (level < shape.lastLevel) return ahead
  return ahead.filter(
    (table) =>
      table.number < newNumber && table.tombstones + table.rangeTombstones > 0 && droppable(table, busy),
  )
}

/** As many tables from the front as make a reasonable job. */
function chunk(tables: readonly TableMeta[], options: PolicyOptions): readonly TableMeta[] {
  const limit = maxCompactionBytes(options) / (1 + options.levelSizeMultiplier)
  let bytes = 0
  let count = 0
  for (const table of tables) {
    if (count > 0 && bytes + table.size > limit) break
    bytes += table.size
    count++
  }
  return tables.slice(0, count)
}

function planFor(
  version: Version,
  busy: Busy,
  options: PolicyOptions,
  shape: LevelShape,
  level: number,
  seeds: readonly TableMeta[],
): CompactionPlan | null {
  const last = level === shape.lastLevel
  const outputLevel = last ? level : level === 0 ? shape.baseLevel : level + 1
  // In the last level only the first table: the next may be far away, and what is between needs no rewriting.
  const inputs = last
    ? [{ level, tables: seeds.slice(0, 1) }]
    : expand(version, busy, options, level, seeds, outputLevel)
  return completePlan(version, busy, options, { reason: 'manual', score: 0, inputs, outputLevel })
}

function lastOf(plan: CompactionPlan, level: number): KeySpan {
  const tables = plan.inputs.find((input) => input.level === level)?.tables ?? []
  return tables.at(-1) ?? plan.span
}
