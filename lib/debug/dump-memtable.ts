import { readCount, readOptions } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import { checkOpen } from './call.ts'
import { type DumpedRecord, rawRecords, shownRecords } from './dump-records.ts'
import { readShow, type ShowOptions, showNames } from './show-bytes.ts'

export interface DumpOptions extends ShowOptions {
  /** At most so many records. Default: all. */
  readonly limit?: number | undefined
}

const names = new Set(['limit', ...showNames] as const)

/** See Debugger.dumpMemTable. */
export function dumpMemTable(host: DebugHost, options?: DumpOptions): Generator<DumpedRecord, void, void> {
  const call = 'dumpMemTable'
  checkOpen(host)
  const fields = readOptions(options, names, call)
  const limit = readCount('limit', fields.limit, call, true) ?? Number.POSITIVE_INFINITY
  const show = readShow(fields, host.options, call)
  const records = host.engine.dumpMemtables()
  return shownRecords(
    rawRecords(records, () => checkOpen(host)),
    show,
    limit,
  )
}
