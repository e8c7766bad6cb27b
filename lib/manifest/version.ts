import { BurrowError } from '../base/errors.ts'
import {
  endsBefore,
  type KeyRange,
  type KeySpan,
  rangeIsEmpty,
  rangeOf,
  spanInRange,
  startsWithin,
  wholeRange,
} from '../base/key-span.ts'
import { levelCount } from '../base/options.ts'
import { compareBytes } from '../util/bytes.ts'
import { compareNewestFirst, type TableMeta } from './table-meta.ts'
import type { VersionEdit } from './version-edit.ts'
import { formatSpan, formatTable, parseTable } from './version-edit-text.ts'

/** The tables of one level, frozen; with the sum of their sizes. */
export interface LevelTables {
  readonly tables: readonly TableMeta[]
  readonly bytes: number
}

/**
 * Which tables are live, and in which level, at one moment. Immutable: an edit makes the next version, which shares
 * the levels that the edit does not touch. L0 is newest first and its tables may overlap; every other level is in
 * key order and its tables are disjoint.
 */
export class Version {
  /** Seven levels, L0 first. */
  readonly levels: readonly LevelTables[]

  private constructor(levels: readonly LevelTables[]) {
    this.levels = Object.freeze(levels)
  }

  /** No tables. */
  static readonly empty = new Version(Array.from({ length: levelCount }, () => makeLevel([])))

  /** For VersionBuilder. REQUIRES: levels that hold the invariants. */
  static fromLevels(levels: readonly LevelTables[]): Version {
    return new Version(levels)
  }

  /**
   * This version changed by `edit`. Throws BURROW_CORRUPTION, and this version stays as it is, when the edit deletes
   * a table that is not there, adds one that is, or makes tables of a level overlap.
   */
  apply(edit: VersionEdit): Version {
    if ((edit.added?.length ?? 0) === 0 && (edit.deleted?.length ?? 0) === 0) return this
    return new VersionBuilder(this).apply(edit).build()
  }

  tables(level: number): readonly TableMeta[] {
    return this.levels[level]?.tables ?? []
  }

  /** Bytes of the tables of a level. */
  bytes(level: number): number {
    return this.levels[level]?.bytes ?? 0
  }

  get totalBytes(): number {
    return this.levels.reduce((sum, level) => sum + level.bytes, 0)
  }

  get tableCount(): number {
    return this.levels.reduce((sum, level) => sum + level.tables.length, 0)
  }

  /** The deepest level that has tables; 0 when none has. */
  get deepestLevel(): number {
    return Math.max(
      0,
      this.levels.findLastIndex((level) => level.tables.length > 0),
    )
  }

  /** Tables of a level with keys in `range`, in the level's order; none when the range is empty. Binary search below L0. */
  overlapping(level: number, range: KeyRange): readonly TableMeta[] {
    const tables = this.tables(level)
    if (rangeIsEmpty(range)) return []
    if (level === 0) return tables.filter((table) => spanInRange(table, range))
    const { begin } = range
    const first = begin === null ? 0 : partition(tables, (table) => endsBefore(table, begin))
    let last = first
    if (range.end === null) last = tables.length
    else
      last = Math.max(
        first,
        partition(tables, (table) => startsWithin(table, range)),
      )
    return tables.slice(first, last)
  }

  overlappingSpan(level: number, span: KeySpan): readonly TableMeta[] {
    return this.overlapping(level, rangeOf(span))
  }

  /** Every table with its level, L0 first. */
  *all(range: KeyRange = wholeRange): Generator<{ level: number; table: TableMeta }> {
    for (const level of this.levels.keys()) {
      for (const table of this.overlapping(level, range)) yield { level, table }
    }
  }

  /** One line a table under one line a level; levels without tables are left out. `parseVersion` reads it back. */
  toString(): string {
    const lines: string[] = []
    for (const [level, { tables }] of this.levels.entries()) {
      if (tables.length === 0) continue
      lines.push(`L${level}`)
      for (const table of tables) lines.push(`  ${formatTable(table)}`)
    }
    return lines.join('\n')
  }
}

/** Reads what `Version.toString` wrote. Throws RangeError for bad text, BURROW_CORRUPTION for tables that do not fit. */
export function parseVersion(text: string): Version {
  const added: { level: number; table: TableMeta }[] = []
  let level: number | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const heading = /^L(\d)$/.exec(line)?.[1]
    if (heading !== undefined) level = Number(heading)
    else if (level === undefined) throw new RangeError(`no level before ${JSON.stringify(line)}`)
    else added.push({ level, table: parseTable(line) })
  }
  return Version.empty.apply({ added })
}

/**
 * Applies many edits at the cost of one: tables are sorted and checked once, in `build`. What a later edit deletes
 * again is never checked. One use.
 */
export class VersionBuilder {
  readonly #base: Version
  /** The tables, by number, of the levels that an edit touched. */
  readonly #touched: (Map<number, TableMeta> | undefined)[] = Array.from(
    { length: levelCount },
    () => undefined,
  )
  readonly #added = new Set<number>()

  constructor(base: Version = Version.empty) {
    this.#base = base
  }

  /** Throws BURROW_CORRUPTION when a table to delete is absent or a table to add is in that level already. */
  apply(edit: VersionEdit): this {
    for (const { level, number } of edit.deleted ?? []) {
      if (!this.#level(level).delete(number)) {
        throw damaged(`an edit deletes table ${number} from L${level}, where it is not`, level)
      }
    }
    for (const { level, table } of edit.added ?? []) {
      const tables = this.#level(level)
      if (tables.has(table.number))
        throw damaged(`an edit adds table ${table.number} to L${level}, where it is`, level)
      tables.set(table.number, table)
      this.#added.add(table.number)
    }
    return this
  }

  /** Throws BURROW_CORRUPTION when a table is in two levels or tables of a level overlap. */
  build(): Version {
    const levels = this.#base.levels.map((level, index) => {
      const tables = this.#touched[index]
      return tables === undefined ? level : makeLevel(sortLevel(index, [...tables.values()]))
    })
    const seen = new Set<number>()
    for (const [index, { tables }] of levels.entries()) {
      for (const { number } of tables) {
        if (!this.#added.has(number)) continue
        if (seen.has(number)) throw damaged(`table ${number} is in L${index} and in a level above it`, index)
        seen.add(number)
      }
    }
    return Version.fromLevels(levels)
  }

  #level(level: number): Map<number, TableMeta> {
    const touched = this.#touched[level]
    if (touched !== undefined) return touched
    if (level < 0 || level >= levelCount)
      throw damaged(`an edit names level ${level}, which does not exist`, level)
    const tables = new Map(this.#base.tables(level).map((table) => [table.number, table]))
    this.#touched[level] = tables
    return tables
  }
}

function makeLevel(tables: TableMeta[]): LevelTables {
  return Object.freeze({
    tables: Object.freeze(tables),
    bytes: tables.reduce((sum, table) => sum + table.size, 0),
  })
}

function sortLevel(level: number, tables: TableMeta[]): TableMeta[] {
  if (level === 0) return tables.sort(compareNewestFirst)
  tables.sort((a, b) => compareBytes(a.smallest, b.smallest))
  let previous: TableMeta | undefined
  for (const table of tables) {
    if (previous !== undefined && !endsBefore(previous, table.smallest)) {
      const pair = `${previous.number}:${formatSpan(previous)} and ${table.number}:${formatSpan(table)}`
      throw damaged(`tables of L${level} overlap: ${pair}`, level)
    }
    previous = table
  }
  return tables
}

/** How many items at the front satisfy `test`. REQUIRES: those that do stand before those that do not. */
function partition<T>(items: readonly T[], test: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (test(items[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}

function damaged(message: string, level: number): BurrowError {
  return new BurrowError('BURROW_CORRUPTION', `the manifest contradicts itself: ${message}`, {
    context: { level },
  })
}
