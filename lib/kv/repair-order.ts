import { hullOf, type KeySpan, spansOverlap } from '../base/key-span.ts'
import { levelCount } from '../base/options.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import { compareBytes } from '../util/bytes.ts'

/** A table that repair keeps, with the level that a readable edit gives it. */
export interface KeptTable {
  readonly table: TableMeta
  /** Undefined: nobody knows. */
  readonly level: number | undefined
}

/** Where tables go so that a read finds the newest version of a key first. */
export interface Arrangement {
  readonly placed: readonly { readonly table: TableMeta; readonly level: number }[]
  /** Tables whose order nothing tells: each group is to be merged into one run. */
  readonly merges: readonly { readonly tables: readonly KeptTable[]; readonly level: number }[]
}

interface Run extends KeySpan {
  readonly tables: readonly KeptTable[]
  readonly smallestSeq: number
  readonly largestSeq: number
  /** The level that an edit gave a table on its own. */
  readonly level: number | undefined
}

const lastLevel = levelCount - 1

/**
 * Finds a place for every table. Those with known levels are in order among themselves. Any other belongs to L0, where
 * the table with the newest sequence number is read first: right only when two tables with common keys do not interleave
 * in sequence numbers. (A compacted table may hold 1 to 100 beside a flushed one with 50 to 60.) Such tables are merged,
 * with whatever interleaves with the result, and so on. What is below everything else then sinks to the last level, so
 * that a database without a manifest does not become one large L0.
 */
export function arrange(tables: readonly KeptTable[]): Arrangement {
  let runs = tables.map(runOf)
  for (let merged = true; merged; ) {
    const next = mergeOnce(runs)
    merged = next.length < runs.length
    runs = next
  }
  const known = runs.filter(({ level }) => level !== undefined)
  const below: Run[] = known.filter(({ level }) => level! > 0)
  const placed = known.map(({ level, tables }) => ({ table: tables[0]!.table, level: level! }))
  const merges: { tables: readonly KeptTable[]; level: number }[] = []
  const unknown = runs.filter(({ level }) => level === undefined)
  for (const run of unknown.sort((a, b) => a.smallestSeq - b.smallestSeq)) {
    const older = (other: Run) => other.largestSeq < run.smallestSeq && spansOverlap(other, run)
    const above = known.some((other) => other.level === 0 && older(other))
    const level = above || below.some((other) => spansOverlap(other, run)) ? 0 : lastLevel
    // Also what stays in L0 keeps newer runs from sinking below it.
    below.push(run)
    if (run.tables.length > 1) merges.push({ tables: run.tables, level })
    else placed.push({ table: run.tables[0]!.table, level })
  }
  return { placed, merges }
}

function runOf(kept: KeptTable): Run {
  const { largest, largestExclusive, largestSeq, smallest, smallestSeq } = kept.table
  return { tables: [kept], level: kept.level, largest, largestExclusive, largestSeq, smallest, smallestSeq }
}

/** One pass over the runs by key: each is merged into an earlier one that it interleaves with. */
function mergeOnce(runs: readonly Run[]): Run[] {
  const sorted = [...runs].sort((a, b) => compareBytes(a.smallest, b.smallest))
  const done: Run[] = []
  let open: Run[] = []
  for (const run of sorted) {
    let current = run
    const stillOpen: Run[] = []
    for (const other of open) {
      if (!spansOverlap(other, run)) done.push(other)
      else if (interleave(other, current)) current = union(other, current)
      else stillOpen.push(other)
    }
    open = [...stillOpen, current]
  }
  return [...done, ...open]
}

function interleave(a: Run, b: Run): boolean {
  if (a.level !== undefined && b.level !== undefined) return false
  const deep = [a, b].find(({ level = 0 }) => level > 0)
  if (deep === undefined) return a.smallestSeq <= b.largestSeq && b.smallestSeq <= a.largestSeq
  const shallow = deep === a ? b : a
  return shallow.smallestSeq <= deep.largestSeq
}

function union(a: Run, b: Run): Run {
  return {
    tables: [...a.tables, ...b.tables],
    level: undefined,
    ...hullOf([a, b]),
    smallestSeq: Math.min(a.smallestSeq, b.smallestSeq),
    largestSeq: Math.max(a.largestSeq, b.largestSeq),
  }
}
