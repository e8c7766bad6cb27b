import { readOptions } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import { decodeVersionEdit, type VersionEdit } from '../manifest/version-edit.ts'
import { formatVersionEdit } from '../manifest/version-edit-text.ts'
import { checkOpen } from './call.ts'
import { dumpedBefore } from './dump-records.ts'
import { existingFile } from './dump-table.ts'
import { LogFile } from './log-records.ts'
import { redactEdit } from './redact-edit.ts'
import { readShow, type Show, type ShowOptions } from './show-bytes.ts'

export type DumpManifestOptions = Pick<ShowOptions, 'keyFormat' | 'redact'>

type AddedTable = NonNullable<VersionEdit['added']>[number]

/** One edit of the manifest. The bounds of tables are in the form that was asked for. */
export interface DumpedEdit {
  /** In the file. */
  readonly offset: number
  readonly edit: Omit<VersionEdit, 'added'> & {
    readonly added?: readonly (Omit<AddedTable, 'table'> & {
      readonly table: Omit<AddedTable['table'], 'smallest' | 'largest'> & {
        readonly smallest: unknown
        readonly largest: unknown
      }
    })[]
  }
  /** The edit as text. */
  readonly text: string
}

const names = new Set(['keyFormat', 'redact'] as const)

/** See Debugger.dumpManifest. */
export function dumpManifest(
  host: DebugHost,
  options?: DumpManifestOptions,
): Generator<DumpedEdit, void, void> {
  const call = 'dumpManifest'
  checkOpen(host)
  const show = readShow(readOptions(options, names, call), host.options, call)
  const number = host.manifest()
  return edits(
    host,
    new LogFile(host.env, existingFile(host, 'manifest', number, call), 'manifest', number),
    show,
  )
}

function* edits(host: DebugHost, log: LogFile, show: Show): Generator<DumpedEdit, void, void> {
  let count = 0
  try {
    for (const { offset, payload } of log.records(() => checkOpen(host))) {
      yield shownEdit(offset, decodeVersionEdit(payload, { file: log.path, offset }), show)
      count++
    }
    if (log.damage !== undefined) throw log.damage
  } catch (error) {
    throw dumpedBefore(error, count, undefined, show)
  }
}

function shownEdit(offset: number, { added, ...rest }: VersionEdit, show: Show): DumpedEdit {
  const shown = added?.map((one) => ({
    ...one,
    table: { ...one.table, smallest: show.key(one.table.smallest), largest: show.key(one.table.largest) },
  }))
  const edit = added === undefined ? rest : { ...rest, added }
  return {
    offset,
    edit: shown === undefined ? rest : { ...rest, added: shown },
    text: formatVersionEdit(show.redact ? redactEdit(edit) : edit),
  }
}
