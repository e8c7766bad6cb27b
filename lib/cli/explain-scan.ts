import type { Command } from 'commander'
import type { ScanExplanation } from '../debug/explain-scan.ts'
import { fileName } from '../manifest/file-names.ts'
import { counted } from '../util/counted.ts'
import { formatBytes } from '../util/units.ts'
import { columns } from './columns.ts'
import { addNotation, type NotationOptions, notationOf } from './notation.ts'
import { writeJson, writeLine } from './output.ts'
import { addRange, type RangeArguments, rangeOf } from './range-options.ts'
import { parseCount } from './scan.ts'
import { withReader } from './with-database.ts'

interface ExplainOptions extends NotationOptions, RangeArguments {
  readonly json?: boolean
  readonly limit?: number
  readonly reverse?: boolean
}

export function addExplainScan(program: Command): void {
  const command = program
    .command('explain-scan')
    .description('run a scan and print what it took: files, blocks, records passed over')
  addRange(addNotation(command, 'keys are'))
    .argument('<path>', 'directory of the database')
    .option('--reverse', 'from the highest key down')
    .option('--limit <n>', 'at most so many records', parseCount)
    .option('--json', 'print what db.debug.explainScan() returns')
    .action(explainScan)
}

async function explainScan(path: string, options: ExplainOptions): Promise<void> {
  const { limit, reverse } = options
  const range = rangeOf(options, notationOf(options))
  const found = await withReader(path, async (db) => db.debug.explainScan(range, { limit, reverse }))
  if (options.json) return await writeJson(found)
  for (const line of linesOf(found)) await writeLine(line)
}

function linesOf(found: ScanExplanation): string[] {
  const { blocks, bytesRead, bytesReturned, complete, files, filesSkipped, memtables, records } = found
  const { firstRecordMicroseconds, microseconds } = found
  return [
    `${counted(records.returned, 'record')}, ${formatBytes(bytesReturned.keys + bytesReturned.values)}, ${complete ? 'to the end of the range' : 'to the limit'}`,
    `passed ${records.passed}: ${records.tombstones} tombstones, ${records.hidden} hidden versions`,
    `blocks: ${blocks.cache} from the cache, ${blocks.disk} from the disk (${formatBytes(bytesRead)})`,
    `time: ${microseconds.toFixed(1)} us, first record after ${firstRecordMicroseconds.toFixed(1)} us`,
    ...columns([
      ...memtables.map(({ entries, memtable, place }) => [place, `#${memtable}`, `${entries} entries`]),
      ...files.map(({ blocks: { cache, disk }, bytesRead: bytes, file, level, outcome }) => [
        `L${level}`,
        fileName('table', file),
        outcome === 'read' ? `${cache} + ${disk} blocks` : outcome,
        outcome === 'read' ? formatBytes(bytes) : '',
      ]),
      ...filesSkipped.map(({ files: count, level }) => [`L${level}`, '', `${count} outside of the range`]),
    ]),
  ]
}
