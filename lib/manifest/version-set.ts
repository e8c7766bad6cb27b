import { BurrowError, damageAdvice } from '../base/errors.ts'
import { Version, VersionBuilder } from './version.ts'
import { type CleanMark, encodeVersionEdit, formatVersion, type VersionEdit } from './version-edit.ts'

/** Everything that a manifest says, edits folded together. */
export interface ManifestState {
  readonly version: Version
  /** 32 hex digits. */
  readonly databaseId: string
  readonly formatVersion: number
  readonly features: readonly string[]
  /** The next file gets this number. */
  readonly nextFileNumber: number
  /** Every sequence number used so far is at most this, as far as the manifest knows. */
  readonly lastSequence: number
  /** Logs that must exist, ascending. */
  readonly wals: readonly number[]
  /** Set when the last edit was that of a clean close. */
  readonly clean: CleanMark | null
  /** Files that no edit names are kept in lost/: somebody may still want them. */
  readonly keepUnnamed: boolean
}

/** The state of a database that has nothing yet. */
export function newManifestState(databaseId: string): ManifestState {
  return {
    version: Version.empty,
    databaseId,
    formatVersion,
    features: [],
    nextFileNumber: 1,
    lastSequence: 0,
    wals: [],
    clean: null,
    keepUnnamed: false,
  }
}

/** The one edit that makes `state` out of nothing: the first record of a manifest. Leaves out the clean mark. */
export function snapshotEdit(state: ManifestState): VersionEdit {
  return {
    databaseId: state.databaseId,
    formatVersion: state.formatVersion,
    features: state.features,
    nextFileNumber: state.nextFileNumber,
    lastSequence: state.lastSequence,
    addedWals: state.wals,
    added: [...state.version.all()],
    ...(state.keepUnnamed ? { keepUnnamed: true } : {}),
  }
}

/** Folds the edits of a manifest, first to last, into the state. One use. */
export class ManifestReplay {
  readonly #tables = new VersionBuilder()
  #state: Omit<ManifestState, 'databaseId' | 'version'> & { databaseId?: string } = {
    formatVersion: 0,
    features: [],
    nextFileNumber: 1,
    lastSequence: 0,
    wals: [],
    clean: null,
    keepUnnamed: false,
  }

  /** Throws BURROW_CORRUPTION when the edit does not fit what came before. */
  apply(edit: VersionEdit): void {
    const { databaseId } = this.#state
    if (databaseId === undefined && (edit.databaseId === undefined || edit.formatVersion === undefined)) {
      throw contradiction('its first record names no database id or no format version')
    }
    if (databaseId !== undefined && edit.databaseId !== undefined && edit.databaseId !== databaseId) {
      throw contradiction(`it belongs to database ${databaseId} and to ${edit.databaseId}`)
    }
    this.#tables.apply(edit)
    this.#state = { ...foldCounters(this.#state, edit), databaseId: databaseId ?? edit.databaseId! }
  }

  /** Throws BURROW_CORRUPTION when the whole makes no sense: no record at all, tables that overlap. */
  finish(): ManifestState {
    const { databaseId, ...rest } = this.#state
    if (databaseId === undefined) throw contradiction('it has no record')
    return { ...rest, version: this.#tables.build(), databaseId }
  }
}

type Counters = Pick<
  ManifestState,
  'formatVersion' | 'features' | 'nextFileNumber' | 'lastSequence' | 'wals' | 'clean' | 'keepUnnamed'
>

/** Numbers only grow: an edit that was computed earlier must not take one back, nor one that names no counter. */
function foldCounters(before: Counters, edit: VersionEdit): Counters {
  let { nextFileNumber, lastSequence, wals, features } = before
  nextFileNumber = Math.max(nextFileNumber, edit.nextFileNumber ?? 0)
  lastSequence = Math.max(lastSequence, edit.lastSequence ?? 0)
  for (const { table } of edit.added ?? []) {
    nextFileNumber = Math.max(nextFileNumber, table.number + 1)
    lastSequence = Math.max(lastSequence, table.largestSeq)
  }
  const { addedWals, minWal } = edit
  if (addedWals !== undefined && addedWals.length > 0) {
    wals = [...new Set([...wals, ...addedWals])].sort((a, b) => a - b)
    nextFileNumber = Math.max(nextFileNumber, wals.at(-1)! + 1)
  }
  if (minWal !== undefined) wals = wals.filter((wal) => wal >= minWal)
  if (edit.features !== undefined) features = [...new Set([...features, ...edit.features])]
  return {
    formatVersion: edit.formatVersion ?? before.formatVersion,
    features,
    nextFileNumber,
    lastSequence,
    wals,
    clean: edit.clean ?? null,
    keepUnnamed: edit.keepUnnamed ?? before.keepUnnamed,
  }
}

function contradiction(problem: string): BurrowError {
  return new BurrowError('BURROW_CORRUPTION', `the manifest contradicts itself: ${problem}. ${damageAdvice}`)
}

/** Called once: null when the record is durable, else why it is not. May be called before `append` returns. */
export type ManifestDone = (error: Error | null) => void

/** Where the version set hands its records. Records must become durable in the order of the calls. */
export interface ManifestSink {
  /** Appends and syncs one record. Must not throw: a failure goes to `done`. */
  append(record: Uint8Array, edit: VersionEdit, done: ManifestDone): void
  /** After all earlier records: begins a new manifest whose first record this is, syncs it, and points CURRENT at it. */
  roll(record: Uint8Array, edit: VersionEdit, done: ManifestDone): void
}

export interface VersionSetOptions {
  readonly state: ManifestState
  readonly sink: ManifestSink
  /** Bytes of records after the snapshot at which a new manifest is begun; at least the snapshot's own size. */
  readonly manifestRollSize: number
  /** Bytes of the records already in the manifest, when it goes on to be used. Default 0. */
  readonly manifestBytes?: number
}

/**
 * The current version and the one door to change it. An update takes effect in memory at once and its record is queued;
 * whatever it makes obsolete must wait for `onDurable(null)`. After a failed write the set refuses updates: memory is
 * then ahead of the disk, and reopening goes back to what is durable. No timers, no promises.
 */
export class VersionSet {
  readonly #sink: ManifestSink
  readonly #rollSize: number
  #state: ManifestState
  #snapshotBytes = 0
  #bytesSinceSnapshot: number
  #pending = 0
  #failure: Error | null = null
  #updating = false

  constructor(options: VersionSetOptions) {
    this.#state = options.state
    this.#sink = options.sink
    this.#rollSize = options.manifestRollSize
    this.#bytesSinceSnapshot = options.manifestBytes ?? 0
  }

  get version(): Version {
    return this.#state.version
  }

  get state(): ManifestState {
    return this.#state
  }

  /** Updates whose records are not durable yet. */
  get pending(): number {
    return this.#pending
  }

  /** The first failed write; null while all is well. */
  get failure(): Error | null {
    return this.#failure
  }

  /**
   * Tells which numbers are in use: native code hands them out. The next record carries them; lower ones change
   * nothing. A file whose number never became durable is named by no edit, so opening deletes it.
   */
  noteCounters(used: { readonly nextFileNumber?: number; readonly lastSequence?: number }): void {
    const nextFileNumber = Math.max(this.#state.nextFileNumber, used.nextFileNumber ?? 0)
    const lastSequence = Math.max(this.#state.lastSequence, used.lastSequence ?? 0)
    this.#state = { ...this.#state, nextFileNumber, lastSequence }
  }

  /**
   * Calls `fn` with the current version; the edit that it returns is applied and queued, null changes nothing. The
   * record carries the current file and sequence numbers whether or not the edit does. Returns the version after.
   * `onDurable` is called once, perhaps before this returns: null when the edit is durable (at once when there is
   * none), else why not. Throws BURROW_READ_ONLY after a failed write, BURROW_CORRUPTION, with nothing changed, for
   * an edit that does not fit.
   */
  update(
    fn: (version: Version, state: ManifestState) => VersionEdit | null,
    onDurable?: ManifestDone,
  ): Version {
    if (this.#updating) throw new BurrowError('BURROW_INTERNAL', 'a version update began inside another one')
    this.#checkHealthy()
    const wanted = this.#ask(fn)
    if (wanted === null) {
      onDurable?.(null)
      return this.version
    }
    const counters = foldCounters(this.#state, wanted)
    const edit = { ...wanted, nextFileNumber: counters.nextFileNumber, lastSequence: counters.lastSequence }
    const next = { ...this.#state, ...counters, version: this.version.apply(wanted) }
    const record = encodeVersionEdit(edit)
    this.#state = next
    if (edit.clean === undefined && this.#mustRoll(record.byteLength)) this.#roll(onDurable)
    else this.#append(record, edit, onDurable)
    return next.version
  }

  /** Begins a new manifest now; for open, after recovery. */
  roll(onDurable?: ManifestDone): void {
    this.#checkHealthy()
    this.#roll(onDurable)
  }

  #ask(fn: (version: Version, state: ManifestState) => VersionEdit | null): VersionEdit | null {
    this.#updating = true
    try {
      return fn(this.version, this.#state)
    } finally {
      this.#updating = false
    }
  }

  #checkHealthy(): void {
    if (this.#failure === null) return
    throw new BurrowError(
      'BURROW_READ_ONLY',
      `the manifest could not be written: ${this.#failure.message}. Reads go on; to write, close the database and open it again`,
      { cause: this.#failure },
    )
  }

  #mustRoll(recordBytes: number): boolean {
    return this.#bytesSinceSnapshot + recordBytes > Math.max(this.#rollSize, this.#snapshotBytes)
  }

  #append(record: Uint8Array, edit: VersionEdit, onDurable: ManifestDone | undefined): void {
    this.#bytesSinceSnapshot += record.byteLength
    this.#write((done) => this.#sink.append(record, edit, done), onDurable)
  }

  #roll(onDurable: ManifestDone | undefined): void {
    const edit = snapshotEdit(this.#state)
    const record = encodeVersionEdit(edit)
    this.#snapshotBytes = record.byteLength
    this.#bytesSinceSnapshot = 0
    this.#write((done) => this.#sink.roll(record, edit, done), onDurable)
  }

  #write(start: (done: ManifestDone) => void, onDurable: ManifestDone | undefined): void {
    this.#pending++
    let called = false
    start((error) => {
      if (called) throw new BurrowError('BURROW_INTERNAL', 'the manifest reported one write twice')
      called = true
      this.#pending--
      // A record behind a failed one is not durable either, whatever its own write says.
      const failure = this.#failure ?? error
      this.#failure = failure
      onDurable?.(failure)
    })
  }
}
