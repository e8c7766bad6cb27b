import type { BurrowError } from '../base/errors.ts'
import type { EventBus } from '../base/event-bus.ts'
import type { TableSummary } from '../base/events.ts'
import type { ResolvedOptions } from '../base/options.ts'
import type { JobTable } from '../manifest/job-table.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { VersionEdit } from '../manifest/version-edit.ts'
import type { ManifestDone, VersionSet } from '../manifest/version-set.ts'
import type { JobCompletion, NativeEngine, TableInfo, VersionDelta } from '../native.ts'
import type { ObsoleteFiles } from './obsolete-files.ts'

/** What every part of the background work is given: who executes, what is live, whom to tell. */
export interface Background {
  readonly engine: NativeEngine
  readonly options: ResolvedOptions
  readonly jobs: JobTable
  readonly versions: VersionSet
  readonly obsolete: ObsoleteFiles
  readonly events: EventBus
  /** False once the log or the manifest has failed: nothing is begun and nothing is installed any more. */
  readonly healthy: boolean
  /** Runs the control plane again after so many milliseconds: for retries, when nothing else happens. */
  pumpAfter(milliseconds: number): void
  /** Tells of a failed background task that will be tried again. */
  report(operation: string, error: BurrowError, jobId?: number): void
}

/**
 * Applies an edit to the version and to the native read view, at once. `onDurable` as in VersionSet.update. Files
 * that the edit makes obsolete are deleted once it is durable and nobody reads them.
 */
export function installEdit(
  background: Background,
  edit: VersionEdit,
  dropMemtables: number,
  onDurable?: ManifestDone,
): void {
  const { engine, obsolete, versions } = background
  const before = versions.state
  versions.noteCounters({ lastSequence: engine.visibleSequence() })
  const after = () => {
    const kept = new Set((edit.added ?? []).map(({ table }) => table.number))
    const dropped = new Set(
      (edit.deleted ?? []).map(({ number }) => number).filter((number) => !kept.has(number)),
    )
    const tables = [...before.version.all()].filter(({ table }) => dropped.has(table.number))
    const wals = before.wals.filter((wal) => wal < (edit.minWal ?? 0))
    obsolete.dropTables(tables.map(({ table }) => table))
    obsolete.remove(wals.map((number) => ({ kind: 'wal', number })))
  }
  versions.update(
    () => edit,
    (failure) => {
      if (failure === null) after()
      onDurable?.(failure)
    },
  )
  engine.install(deltaOf(edit, dropMemtables))
}

export function deltaOf(edit: VersionEdit, dropMemtables: number): VersionDelta {
  return {
    added: (edit.added ?? []).map(({ level, table }) => ({
      level,
      number: table.number,
      size: table.size,
      smallest: table.smallest,
      largest: table.largest,
      largestExclusive: table.largestExclusive,
      largestSequence: table.largestSeq,
      rangeTombstones: table.rangeTombstones,
    })),
    dropped: [...(edit.deleted ?? [])],
    dropMemtables,
  }
}

/** The finished tables of a job. `createdAt`: when the oldest data in them was flushed, if that is before now. */
export function finishedTables(completion: JobCompletion, createdAt = Number.POSITIVE_INFINITY): TableMeta[] {
  return (completion.outputs ?? []).flatMap(({ table }) =>
    table === undefined ? [] : [metaOf(table, createdAt)],
  )
}

/** Every file that a failed job has begun is of no use. */
export function removeOutputs(background: Background, completion: JobCompletion): void {
  background.obsolete.remove((completion.outputs ?? []).map(({ number }) => ({ kind: 'table', number })))
}

/** What the manifest says of a table whose file says this. */
export function metaOf(info: TableInfo, createdAt: number): TableMeta {
  return {
    number: info.number,
    size: info.size,
    entries: info.entries,
    tombstones: info.tombstones,
    rangeTombstones: info.rangeTombstones,
    smallest: info.smallest,
    largest: info.largest,
    largestExclusive: info.largestExclusive,
    smallestSeq: info.smallestSequence,
    largestSeq: info.largestSequence,
    createdAt: Math.min(createdAt, info.createdAt),
    rawKeyBytes: info.rawKeyBytes,
    rawValueBytes: info.rawValueBytes,
    codec: info.codec,
  }
}

export function summarize(level: number, table: TableMeta): TableSummary {
  return { file: table.number, level, bytes: table.size, entries: table.entries }
}
