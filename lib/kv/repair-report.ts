import type { LostRange } from '../native.ts'

/** A file that is damaged or missing, what is saved of it and what is lost. */
export interface DamagedFile {
  /** Name in the directory of the database; what is left of it is in lost/ under this name after a repair. */
  readonly file: string
  readonly kind: 'current' | 'manifest' | 'table' | 'wal'
  /** What is wrong: the first thing that was found. */
  readonly problem: string
  readonly missing: boolean
  /** Of a table that the manifest names. */
  readonly level?: number
  /** Bounds of its keys as the manifest has them: what is lost is between them. The second may itself be excluded. */
  readonly smallest?: Uint8Array
  readonly largest?: Uint8Array
  /** Records of all versions that could be read. */
  readonly recordsSaved: number
  /** Records that could not; absent when nobody knows. */
  readonly recordsLost?: number
  /** What could not be read of it, in the order of the file. */
  readonly lost: readonly LostRange[]
}

/** What `Database.repair` found and did. */
export interface RepairReport {
  readonly path: string
  readonly dryRun: boolean
  /** Nothing is wrong: nothing was changed. */
  readonly sound: boolean
  /**
   * How much the manifest tells. `partial`: up to its damage; where tables go that came later was worked out from their
   * sequence numbers. `lost`: that holds for every table. Both times keys that were deleted can come back, when a
   * compaction had just dropped them and its inputs were still there.
   */
  readonly manifest: 'whole' | 'partial' | 'lost'
  /** Every damaged or missing file. */
  readonly damaged: readonly DamagedFile[]
  /** Tables that are kept as they are, and the records in them. */
  readonly tablesKept: number
  readonly recordsKept: number
  /** Logs that were read, and the writes in them. */
  readonly logs: number
  readonly logRecords: number
  /** What a crash left and opening would have cut as well. */
  readonly bytesCut: number
  /** Largest sequence number that was found. */
  readonly lastSequence: number
  /** Names of files that moved to lost/: damaged ones, and whole ones whose records are in new tables now. */
  readonly filesMoved: readonly string[]
  readonly durationMs: number
}

export interface RepairProgress {
  readonly phase: 'reading' | 'writing'
  /** Files to be read; steps of the work. */
  readonly total: number
  readonly done: number
}
