import { BurrowError, damageAdvice, type ErrorContext } from '../base/errors.ts'
import { levelCount } from '../base/options.ts'
import { ByteReader, ByteReaderError } from '../util/byte-reader.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { maxBoundBytes, type TableMeta, tableProblem } from './table-meta.ts'

/** The length that the last log had when the database was closed: damage below it is corruption. */
export interface CleanMark {
  readonly wal: number
  readonly length: number
}

/** A change of the manifest's state. Absent fields change nothing. Deletions count before additions. */
export interface VersionEdit {
  /** 32 lower-case hex digits, repeated in every table and log. Once, in the first edit of a manifest. */
  readonly databaseId?: string
  readonly formatVersion?: number
  /** Features that a reader must know to read this database; they are added to those named before. */
  readonly features?: readonly string[]
  readonly nextFileNumber?: number
  readonly lastSequence?: number
  /** Logs that exist from here on. */
  readonly addedWals?: readonly number[]
  /** Logs with lower numbers are obsolete. */
  readonly minWal?: number
  readonly added?: readonly { readonly level: number; readonly table: TableMeta }[]
  readonly deleted?: readonly { readonly level: number; readonly number: number }[]
  /** Appended by a clean close; any later edit takes it back. */
  readonly clean?: CleanMark
  /** True: files that no edit names move to lost/ and are not deleted. False takes it back. */
  readonly keepUnnamed?: boolean
}

/** The format that this version writes and the newest that it reads. */
export const formatVersion = 1
/** Feature flags that this version understands. */
const knownFeatures: ReadonlySet<string> = new Set()

// Written to disk: do not change. Described in docs/formats.md. A reader skips unknown tags from 128 on and refuses others.
const tag = {
  databaseId: 1,
  formatVersion: 2,
  feature: 3,
  nextFileNumber: 4,
  lastSequence: 5,
  addedWal: 6,
  minWal: 7,
  addedTable: 8,
  deletedTable: 9,
  clean: 10,
  keepUnnamed: 128,
} as const
const firstIgnorableTag = 128

// Written to disk: do not change.
const tableFlags = { largestExclusive: 1 } as const

/** The edit as one manifest record. REQUIRES: a valid edit; RangeError otherwise. */
export function encodeVersionEdit(edit: VersionEdit): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter()
  const number = (fieldTag: number, value: number | undefined) => {
    if (value !== undefined) field(out, fieldTag, new ByteWriter(8).varint(value))
  }
  if (edit.databaseId !== undefined)
    field(out, tag.databaseId, new ByteWriter(16).raw(idBytes(edit.databaseId)))
  number(tag.formatVersion, edit.formatVersion)
  for (const feature of edit.features ?? []) {
    if (!featureName.test(feature)) throw new RangeError(`${JSON.stringify(feature)} cannot name a feature`)
    field(out, tag.feature, new ByteWriter(32).raw(Buffer.from(feature, 'latin1')))
  }
  number(tag.nextFileNumber, edit.nextFileNumber)
  number(tag.lastSequence, edit.lastSequence)
  for (const wal of edit.addedWals ?? []) number(tag.addedWal, wal)
  number(tag.minWal, edit.minWal)
  for (const { level, number } of edit.deleted ?? []) {
    field(out, tag.deletedTable, new ByteWriter(12).varint(checkedLevel(level)).varint(number))
  }
  for (const { level, table } of edit.added ?? []) field(out, tag.addedTable, encodeTable(level, table))
  if (edit.clean !== undefined) {
    field(out, tag.clean, new ByteWriter(16).varint(edit.clean.wal).varint(edit.clean.length))
  }
  if (edit.keepUnnamed !== undefined) number(tag.keepUnnamed, edit.keepUnnamed ? 1 : 0)
  return out.finish()
}

/** Where a record was read, for error messages. */
export interface RecordPlace {
  readonly file?: string
  readonly offset?: number
}

/**
 * Reads one manifest record whose checksum held. Nothing in it is trusted: BURROW_CORRUPTION for anything malformed,
 * BURROW_UNSUPPORTED, with the feature's name, for what a newer version wrote.
 */
export function decodeVersionEdit(
  record: Uint8Array,
  place: RecordPlace = {},
  features: ReadonlySet<string> = knownFeatures,
): VersionEdit {
  const edit: Mutable<VersionEdit> = {}
  try {
    const reader = new ByteReader(record)
    eachField(reader, (fieldTag, value) => readField(edit, fieldTag, value, features))
    return edit
  } catch (error) {
    throw placed(error, place)
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function readField(
  edit: Mutable<VersionEdit>,
  fieldTag: number,
  value: ByteReader,
  features: ReadonlySet<string>,
): boolean {
  switch (fieldTag) {
    case tag.databaseId:
      once(edit.databaseId, 'database id')
      edit.databaseId = Buffer.from(value.raw('database id', 16)).toString('hex')
      return true
    case tag.formatVersion:
      once(edit.formatVersion, 'format version')
      edit.formatVersion = value.varint('format version')
      if (edit.formatVersion < 1) throw new FieldError('format version 0')
      if (edit.formatVersion > formatVersion) {
        throw new UnknownFeature(`format version ${edit.formatVersion}`)
      }
      return true
    case tag.feature: {
      const name = readName(value, 'feature', featureName, 64)
      if (!features.has(name)) throw new UnknownFeature(name)
      edit.features = [...(edit.features ?? []), name]
      return true
    }
    case tag.nextFileNumber:
      once(edit.nextFileNumber, 'next file number')
      edit.nextFileNumber = value.varint('next file number')
      return true
    case tag.lastSequence:
      once(edit.lastSequence, 'last sequence number')
      edit.lastSequence = value.varint('last sequence number')
      return true
    case tag.addedWal:
      edit.addedWals = append(edit.addedWals, value.varint('log number'))
      return true
    case tag.minWal:
      once(edit.minWal, 'minimum log number')
      edit.minWal = value.varint('minimum log number')
      return true
    case tag.addedTable:
      edit.added = append(edit.added, readTable(value))
      return true
    case tag.deletedTable:
      edit.deleted = append(edit.deleted, {
        level: value.varint('level', levelCount - 1),
        number: value.varint('file number'),
      })
      return true
    case tag.clean:
      once(edit.clean, 'clean mark')
      edit.clean = { wal: value.varint('log number'), length: value.varint('log length') }
      return true
    case tag.keepUnnamed:
      once(edit.keepUnnamed, 'keep mark')
      edit.keepUnnamed = value.varint('keep mark', 1) === 1
      return true
    default:
      return false
  }
}

/** Appends in place what decoding collects; the list is not shared with anyone yet. */
function append<T>(list: readonly T[] | undefined, item: T): readonly T[] {
  if (list === undefined) return [item]
  ;(list as T[]).push(item)
  return list
}

function encodeTable(level: number, table: TableMeta): ByteWriter {
  const problem = tableProblem(table)
  if (problem !== undefined) throw new RangeError(`table ${table.number}: ${problem}`)
  return new ByteWriter(128)
    .varint(checkedLevel(level))
    .varint(table.number)
    .varint(table.size)
    .varint(table.entries)
    .varint(table.tombstones)
    .varint(table.rangeTombstones)
    .bytes(table.smallest)
    .bytes(table.largest)
    .varint(table.largestExclusive ? tableFlags.largestExclusive : 0)
    .varint(table.smallestSeq)
    .varint(table.largestSeq)
    .varint(table.createdAt)
    .varint(table.rawKeyBytes)
    .varint(table.rawValueBytes)
    .bytes(Buffer.from(table.codec, 'latin1'))
}

function readTable(value: ByteReader): { level: number; table: TableMeta } {
  const level = value.varint('level', levelCount - 1)
  const table: TableMeta = {
    number: value.varint('file number'),
    size: value.varint('table size'),
    entries: value.varint('entries'),
    tombstones: value.varint('tombstones'),
    rangeTombstones: value.varint('range tombstones'),
    // Copies: a view would keep the whole manifest in memory.
    smallest: value.bytes('smallest key', maxBoundBytes).slice(),
    largest: value.bytes('largest key', maxBoundBytes).slice(),
    largestExclusive: readTableFlags(value),
    smallestSeq: value.varint('smallest sequence number'),
    largestSeq: value.varint('largest sequence number'),
    createdAt: value.varint('creation time'),
    rawKeyBytes: value.varint('raw key bytes'),
    rawValueBytes: value.varint('raw value bytes'),
    codec: readName(value.nested('codec', value.varint('length of codec', 16)), 'codec', /^[a-z0-9]+$/, 16),
  }
  const problem = tableProblem(table)
  if (problem !== undefined) throw new FieldError(`table ${table.number}: ${problem}`)
  // Later versions append fields here, framed like those of the record.
  eachField(value, () => false)
  return { level, table }
}

function readTableFlags(value: ByteReader): boolean {
  const flags = value.varint('table flags')
  if (flags > tableFlags.largestExclusive) throw new UnknownFeature(`table flags ${flags}`)
  return flags === tableFlags.largestExclusive
}

const featureName = /^[a-z0-9][a-z0-9.-]{0,63}$/

function readName(value: ByteReader, what: string, pattern: RegExp, max: number): string {
  const length = value.remaining
  if (length > max) throw new FieldError(`${what}: a name of ${length} bytes`)
  const name = Buffer.from(value.raw(what, length)).toString('latin1')
  if (!pattern.test(name)) throw new FieldError(`${what}: ${JSON.stringify(name)} is not a name`)
  return name
}

/** Reads fields to the end. `read` returns false for a tag it does not know; a known field must be used up. */
function eachField(reader: ByteReader, read: (fieldTag: number, value: ByteReader) => boolean): void {
  while (!reader.atEnd) {
    const fieldTag = reader.varint('tag')
    const value = reader.nested(`field ${fieldTag}`, reader.varint(`length of field ${fieldTag}`))
    if (read(fieldTag, value)) {
      if (!value.atEnd) throw new FieldError(`field ${fieldTag} is longer than its content`)
    } else if (fieldTag < firstIgnorableTag) {
      throw new UnknownFeature(`manifest field ${fieldTag}`)
    }
  }
}

function field(out: ByteWriter, fieldTag: number, value: ByteWriter): void {
  out.varint(fieldTag).bytes(value.finish())
}

function idBytes(id: string): Uint8Array {
  if (!/^[0-9a-f]{32}$/.test(id))
    throw new RangeError(`a database id has 32 hex digits, got ${JSON.stringify(id)}`)
  return Buffer.from(id, 'hex')
}

function checkedLevel(level: number): number {
  if (level >= levelCount) throw new RangeError(`level ${level} does not exist`)
  return level
}

function once(present: unknown, what: string): void {
  if (present !== undefined) throw new FieldError(`${what} is given twice`)
}

/** The record is malformed. */
class FieldError extends Error {}

/** The record is well-formed, but newer than this code. The message is the feature's name. */
class UnknownFeature extends Error {}

function placed(error: unknown, place: RecordPlace): unknown {
  const where =
    place.file === undefined ? 'a manifest record' : `${place.file} at offset ${place.offset ?? 0}`
  const context: ErrorContext = { ...place }
  if (error instanceof UnknownFeature) {
    return new BurrowError(
      'BURROW_UNSUPPORTED',
      `${where} needs '${error.message}', which this version of burrowdb does not know. Open it with a newer version`,
      { context: { ...context, feature: error.message } },
    )
  }
  if (error instanceof FieldError || error instanceof ByteReaderError) {
    return new BurrowError('BURROW_CORRUPTION', `${where} is malformed: ${error.message}. ${damageAdvice}`, {
      context,
      cause: error,
    })
  }
  return error
}
