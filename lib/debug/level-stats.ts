import type { DebugHost } from '../kv/debug-host.ts'
import { formatBytes } from '../util/units.ts'
import { checkOpen } from './call.ts'

/** See Debugger.dumpLevelStats. */
export function dumpLevelStats(host: DebugHost): string {
  checkOpen(host)
  const { version } = host.state()
  const { levels, memtables } = host.stats()
  const lines = [
    `memtables: 1 active, ${memtables.immutable} immutable, ${memtables.bytes} bytes (${formatBytes(memtables.bytes)}), ${memtables.entries} entries`,
  ]
  const total = { files: 0, bytes: 0, entries: 0 }
  for (const { bytes, compactions, files, level, readBytes, score, sortedRuns, writtenBytes } of levels) {
    const tables = version.tables(level)
    const entries = sum(tables.map((table) => table.entries))
    const tombstones = sum(tables.map((table) => table.tombstones))
    const ranges = sum(tables.map((table) => table.rangeTombstones))
    total.files += files
    total.bytes += bytes
    total.entries += entries
    lines.push(
      [
        `L${level}: ${files} files`,
        `${bytes} bytes (${formatBytes(bytes)})`,
        `${entries} entries`,
        `${tombstones} tombstones`,
        `${ranges} range tombstones`,
        `${sortedRuns} sorted runs`,
        `score ${score.toFixed(2)}`,
        `${compactions} compactions`,
        `read ${formatBytes(readBytes)}`,
        `written ${formatBytes(writtenBytes)}`,
      ].join(', '),
    )
  }
  lines.push(
    `total: ${total.files} files, ${total.bytes} bytes (${formatBytes(total.bytes)}), ${total.entries} entries`,
  )
  return lines.join('\n')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
