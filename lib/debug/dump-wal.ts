import { isBurrowError } from '../base/errors.ts'
import { readCount, readOptions } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import { fileName } from '../manifest/file-names.ts'
import { checkOpen } from './call.ts'
import { decodeBatch } from './decode-batch.ts'
import type { DumpOptions } from './dump-memtable.ts'
import { dumpedBefore } from './dump-records.ts'
import { existingFile } from './dump-table.ts'
import { LogFile } from './log-records.ts'
import { readShow, type Show, showNames } from './show-bytes.ts'

/** One record of a log. */
export interface LoggedWrite {
  readonly file: number
  /** Of the batch that it was written with, in the file. */
  readonly offset: number
  readonly sequence: number
  readonly kind: 'put' | 'delete' | 'rangeDelete'
  readonly key: unknown
  /** Of a put. */
  readonly value?: unknown
  /** Of a range deletion: the first key that it does not cover. */
  readonly end?: unknown
}

const names = new Set(['limit', ...showNames] as const)

/** See Debugger.dumpWal. */
export function dumpWal(
  host: DebugHost,
  fileNumber?: number,
  options?: DumpOptions,
): Generator<LoggedWrite, void, void> {
  const call = 'dumpWal'
  checkOpen(host)
  const fields = readOptions(options, names, call)
  const limit = readCount('limit', fields.limit, call, true) ?? Number.POSITIVE_INFINITY
  const show = readShow(fields, host.options, call)
  if (fileNumber !== undefined) {
    const file = existingFile(host, 'wal', fileNumber, call)
    return records(host, [[fileNumber, file]], show, limit, () => false)
  }
  const logs = host.state().wals.map((log) => [log, `${host.directory}/${fileName('wal', log)}`] as const)
  return records(host, logs, show, limit, isOver)
}

/** A log that was deleted since its writes are in tables: its file goes away at any time, in the background. */
function isOver(error: unknown, host: DebugHost, log: number, path: string): boolean {
  if (!isBurrowError(error) || error.code !== 'BURROW_IO' || host.env.exists(path)) return false
  return host.readOnly || !host.state().wals.includes(log)
}

function* records(
  host: DebugHost,
  files: readonly (readonly [number, string])[],
  show: Show,
  limit: number,
  passesOver: typeof isOver,
): Generator<LoggedWrite, void, void> {
  let count = 0
  let last: Uint8Array | undefined
  if (limit === 0) return
  try {
    for (const [file, path] of files) {
      const log = new LogFile(host.env, path, 'wal', file, cleanLength(host, file))
      const before = count
      try {
        for (const { offset, payload } of log.records(() => checkOpen(host))) {
          for (const { key, kind, sequence, value } of decodeBatch(payload, path, offset)) {
            yield {
              ...{ file, offset, sequence, kind, key: show.key(key) },
              ...(kind === 'put' ? { value: show.value(value) } : {}),
              ...(kind === 'rangeDelete' ? { end: show.key(value) } : {}),
            }
            last = key
            if (++count >= limit) return
          }
        }
      } catch (error) {
        if (count === before && passesOver(error, host, file, path)) continue
        throw error
      }
      if (log.damage !== undefined) throw log.damage
    }
  } catch (error) {
    throw dumpedBefore(error, count, last, show)
  }
}

/** How long a log must be that the manifest says was closed in order. */
function cleanLength(host: DebugHost, file: number): number | undefined {
  const { clean } = host.state()
  return clean?.wal === file ? clean.length : undefined
}
