import { hullOf, type KeyRange, type KeySpan, rangeIsEmpty, spansOverlap } from '../base/key-span.ts'
import type { Codec, ResolvedOptions } from '../base/options.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { Version } from '../manifest/version.ts'

/**
 * What compaction policies are about: pure functions of a version, of what is running, and of options. They return
 * plans: plain data that the scheduler turns into native jobs and edits, and that a simulator can run on paper.
 */

export type CompactionReason = 'l0' | 'level-size' | 'tombstones' | 'idle' | 'manual'

/** Tables of one level, in the level's order. */
export interface PlanInput {
  readonly level: number
  readonly tables: readonly TableMeta[]
}

/** One piece of work. Input tables are deleted and what comes out is added to `outputLevel`, in one edit. */
export interface CompactionPlan {
  readonly reason: CompactionReason
  /** `move`: the input tables change their level as they are, by an edit alone. */
  readonly kind: 'move' | 'merge'
  /** From the newest level to the oldest. Tables of L0 are a sorted run each; those of another level are one run. */
  readonly inputs: readonly PlanInput[]
  readonly inputBytes: number
  readonly outputLevel: number
  /** All input keys. */
  readonly span: KeySpan
  readonly targetFileSize: number
  readonly codec: Codec
  /** Tables of the level below the output that overlap: an output ends before it overlaps `maxGrandparentOverlap` bytes of them. */
  readonly grandparents: readonly TableMeta[]
  readonly maxGrandparentOverlap: number
  /** Overlapping tables of every level below the output, grandparents first: where a key is in none, its tombstone may go. */
  readonly below: readonly (readonly TableMeta[])[]
  /** True when `below` has no table at all. */
  readonly bottommost: boolean
  /** How urgent: 1 is due. */
  readonly score: number
}

/** What plans must stay clear of. */
export interface Busy {
  /** Numbers of the tables that running jobs read. */
  readonly tables: ReadonlySet<number>
  /** A running job reads L0: another one might overtake it. */
  readonly l0: boolean
  /** Where running jobs will write. */
  readonly outputs: readonly { readonly level: number; readonly span: KeySpan }[]
  /**
   * The lowest sequence number that a live snapshot reads at; null when there is none. A tombstone above it must
   * stay, so rewriting a table for its sake would be in vain.
   */
  readonly oldestSnapshot: number | null
}

export const idle: Busy = Object.freeze({
  tables: new Set<number>(),
  l0: false,
  outputs: [],
  oldestSnapshot: null,
})

/** What is busy while `running` are. */
export function busyWith(running: Iterable<CompactionPlan>, oldestSnapshot: number | null = null): Busy {
  const tables = new Set<number>()
  const outputs: { level: number; span: KeySpan }[] = []
  let l0 = false
  for (const plan of running) {
    for (const input of plan.inputs) {
      if (input.level === 0) l0 = true
      for (const { number } of input.tables) tables.add(number)
    }
    outputs.push({ level: plan.outputLevel, span: plan.span })
  }
  return { tables, l0, outputs, oldestSnapshot }
}

/** The options that policies read. */
export type PolicyOptions = Pick<
  ResolvedOptions,
  | 'l0CompactionTrigger'
  | 'levelSizeMultiplier'
  | 'maxLevels'
  | 'baseLevelSize'
  | 'targetFileSize'
  | 'compression'
  | 'memtableSize'
>

/** How far a manual compaction has come: plain data, made by `startManual`, replaced by each `chooseManual`. */
export interface ManualCursor {
  readonly range: KeyRange
  readonly level: number
  /** Tables of `level` up to this one are done; null at the level's start. */
  readonly after: KeySpan | null
  /** Tables from this number on came later: they need not be compacted. */
  readonly newNumber: number
}

export interface ManualStep {
  /** To be run before the next step; null when there is none, or none at the moment. */
  readonly plan: CompactionPlan | null
  readonly cursor: ManualCursor
  /** True when the whole range is done. Without a plan and not done: ask again when a running job has ended. */
  readonly done: boolean
}

/** A shape of the tree. All functions are pure and cheap enough to be called after every job. */
export interface CompactionPolicy {
  /** The most useful plan that stays clear of what is busy; null when nothing is due. */
  choose(version: Version, busy: Busy, options: PolicyOptions): CompactionPlan | null
  /**
   * What is worth doing although nothing is due, for a time in which nobody writes: it spares reads a sorted run and
   * rewrites no more old bytes than new ones. Null when there is nothing.
   */
  chooseIdle(version: Version, busy: Busy, options: PolicyOptions): CompactionPlan | null
  /** Whether a memtable of so many bytes should be flushed at such a time, so that chooseIdle takes it along. */
  flushesIdle(version: Version, memtableBytes: number, options: PolicyOptions): boolean
  chooseManual(version: Version, busy: Busy, options: PolicyOptions, cursor: ManualCursor): ManualStep
  /** How full each level is: from 1 on it is due. The last level has no limit and scores 0. */
  scores(version: Version, options: PolicyOptions): number[]
  /** Estimate of the bytes that compactions must rewrite until every score is below 1. */
  pendingBytes(version: Version, options: PolicyOptions): number
}

/**
 * Begins a manual compaction of `range`: everything in it goes to the last level, and tables there that hold
 * tombstones are rewritten once. `nextFileNumber`: tables from this number on are not waited for.
 */
export function startManual(range: KeyRange, nextFileNumber: number): ManualCursor {
  // An empty range begins behind the last level.
  return {
    range,
    level: rangeIsEmpty(range) ? Number.POSITIVE_INFINITY : 0,
    after: null,
    newNumber: nextFileNumber,
  }
}

/** Bytes that one compaction may take in beyond what it must; also what a grown one stays under. */
export function maxCompactionBytes(options: PolicyOptions): number {
  return 25 * options.targetFileSize
}

/** True when no snapshot needs the tombstones of a table of the last level. */
export function droppable(table: TableMeta, busy: Busy): boolean {
  return busy.oldestSnapshot === null || table.largestSeq <= busy.oldestSnapshot
}

/** Fills in what follows from the inputs; null when the plan would get in the way of a running job. */
export function completePlan(
  version: Version,
  busy: Busy,
  options: PolicyOptions,
  wanted: Pick<CompactionPlan, 'reason' | 'score' | 'outputLevel'> & { inputs: readonly PlanInput[] },
): CompactionPlan | null {
  const inputs = wanted.inputs.filter((input) => input.tables.length > 0)
  const tables = inputs.flatMap((input) => input.tables)
  if (tables.length === 0) return null
  if (tables.some((table) => busy.tables.has(table.number))) return null
  if (busy.l0 && inputs.some((input) => input.level === 0)) return null
  const span = hullOf(tables)
  const { outputLevel } = wanted
  if (busy.outputs.some((output) => output.level === outputLevel && spansOverlap(output.span, span)))
    return null
  const below: (readonly TableMeta[])[] = []
  for (let level = outputLevel + 1; level < version.levels.length; level++) {
    below.push(version.overlappingSpan(level, span))
  }
  const plan: CompactionPlan = {
    reason: wanted.reason,
    kind: 'merge',
    inputs,
    inputBytes: tables.reduce((sum, table) => sum + table.size, 0),
    outputLevel,
    span,
    targetFileSize: options.targetFileSize,
    codec: options.compression[outputLevel] ?? 'none',
    grandparents: below[0] ?? [],
    maxGrandparentOverlap: 10 * options.targetFileSize,
    below,
    bottommost: below.every((level) => level.length === 0),
    score: wanted.score,
  }
  return canMove(version, plan) ? { ...plan, kind: 'move' } : plan
}

/** A move must change nothing that a merge would: see each line. */
function canMove(version: Version, plan: CompactionPlan): boolean {
  const [input, ...others] = plan.inputs
  if (input === undefined || others.length > 0 || input.level === plan.outputLevel) return false
  // Tables of L0 may overlap each other.
  if (input.level === 0 && input.tables.length > 1) return false
  if (version.overlappingSpan(plan.outputLevel, plan.span).length > 0) return false
  // Here a merge gets rid of the tombstones for good.
  if (plan.reason === 'tombstones' && plan.bottommost) return false
  return input.tables.every((table) => {
    if (table.codec !== plan.codec) return false
    // A wide table over much data would make its next compaction expensive: a merge splits it.
    const overlap = version
      .overlappingSpan(plan.outputLevel + 1, table)
      .reduce((sum, { size }) => sum + size, 0)
    return overlap <= plan.maxGrandparentOverlap
  })
}
