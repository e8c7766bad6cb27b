import { BurrowError } from '../base/errors.ts'
import type { NativeRecords } from '../base/inspection.ts'
import { readCount, readOptions } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import { fileName } from '../manifest/file-names.ts'
import { type NativeEnv, native, type TableDump as WholeTable } from '../native.ts'
import { checkOpen } from './call.ts'
import type { DumpOptions } from './dump-memtable.ts'
import { type DumpedRecord, type RawRecord, rawRecords, shownRecords } from './dump-records.ts'
import { readShow, type Show, showNames } from './show-bytes.ts'

/** What a table says of itself. */
export interface TableProperties extends Omit<WholeTable['info'], 'smallest' | 'largest'> {
  readonly smallest: unknown
  readonly largest: unknown
}

/** A range deletion of a table: from `begin`, included, to `end`, excluded, with all sequence numbers it was done at. */
export interface TableTombstone {
  readonly begin: unknown
  readonly end: unknown
  readonly sequences: readonly number[]
}

/** A table file, open for reading: properties, range deletions, and bit by bit its records. */
export class TableFileDump implements Iterable<RawRecord> {
  readonly info: WholeTable['info']
  readonly rangeTombstones: WholeTable['rangeTombstones']
  readonly #open: () => NativeRecords
  #records: NativeRecords | undefined

  /** Throws BURROW_CORRUPTION for what is no table. */
  constructor(env: NativeEnv, path: string, number: number) {
    const { info, rangeTombstones, records } = native.openTableDump(env, path, number)
    this.info = info
    this.rangeTombstones = rangeTombstones
    this.#records = records
    this.#open = () => native.openTableDump(env, path, number).records
  }

  /** Every record, from the first; damage is thrown where it is. */
  records(check: () => void = () => undefined): Generator<RawRecord, void, void> {
    const records = this.#records ?? this.#open()
    this.#records = undefined
    return rawRecords(records, check)
  }

  [Symbol.iterator](): Generator<RawRecord, void, void> {
    return this.records()
  }
}

/** The records of a table, which are read while they are taken, with what stands around them. */
export class TableDump implements Iterable<DumpedRecord> {
  readonly properties: TableProperties
  readonly rangeTombstones: readonly TableTombstone[]
  readonly #file: TableFileDump
  readonly #host: DebugHost
  readonly #show: Show
  readonly #limit: number

  constructor(host: DebugHost, file: TableFileDump, show: Show, limit: number) {
    const { info, rangeTombstones } = file
    this.#host = host
    this.#file = file
    this.#show = show
    this.#limit = limit
    this.properties = { ...info, smallest: show.key(info.smallest), largest: show.key(info.largest) }
    this.rangeTombstones = rangeTombstones.map(({ begin, end, sequences }) => ({
      begin: show.key(begin),
      end: show.key(end),
      sequences,
    }))
  }

  [Symbol.iterator](): Generator<DumpedRecord, void, void> {
    const check = () => checkOpen(this.#host)
    return shownRecords(this.#file.records(check), this.#show, this.#limit)
  }
}

const names = new Set(['limit', ...showNames] as const)

/** See Debugger.dumpTable. */
export function dumpTable(host: DebugHost, fileNumber: number, options?: DumpOptions): TableDump {
  const call = 'dumpTable'
  checkOpen(host)
  const fields = readOptions(options, names, call)
  const limit = readCount('limit', fields.limit, call, true) ?? Number.POSITIVE_INFINITY
  const show = readShow(fields, host.options, call)
  const path = existingFile(host, 'table', fileNumber, call)
  return new TableDump(host, new TableFileDump(host.env, path, fileNumber), show, limit)
}

/** The path of a file of the database. Throws BURROW_NOT_FOUND when there is none of that number. */
export function existingFile(
  host: DebugHost,
  kind: 'table' | 'wal' | 'manifest',
  number: unknown,
  call: string,
): string {
  if (!Number.isSafeInteger(number) || (number as number) < 1) {
    throw new BurrowError('BURROW_INVALID_ARGUMENT', `${call}: a file number is a whole number from 1 up`, {
      context: { operation: call, value: number },
    })
  }
  const name = fileName(kind, number as number)
  const file = `${host.directory}/${name}`
  if (host.env.exists(file)) return file
  const hint = kind === 'table' ? 'db.levels() lists the tables' : 'db.debug.dumpManifest() names the files'
  throw new BurrowError('BURROW_NOT_FOUND', `${host.path} has no file ${name}; ${hint}`, {
    context: { operation: call, file },
  })
}
