import { type Command, Option } from 'commander'
import { decodeBatch, type LoggedRecord } from '../debug/decode-batch.ts'
import { fileName } from '../manifest/file-names.ts'
import type { DamagedLog, LogContents } from '../native.ts'
import { damageError } from './failure.ts'
import { parseFileNumber } from './file-number.ts'
import {
  addNotation,
  addRedact,
  jsonBytes,
  type NotationOptions,
  outputNotation,
  type ShownNotation,
  showBytes,
} from './notation.ts'
import { write, writeJson, writeLine } from './output.ts'

interface DumpOptions extends NotationOptions {
  readonly json?: boolean
  readonly jsonl?: boolean
}

export function addDumpWal(program: Command): void {
  describeDump(program.command('dump-wal'))
}

/** Also `burrow wal dump`. */
export function describeDump(command: Command): void {
  addRedact(
    addNotation(
      command
        .description('print the writes that stand in logs; works on databases that do not open')
        .argument('<path>', 'directory of the database')
        .argument(
          '[number]',
          'file number of a log; without it, every log that the manifest names',
          parseFileNumber,
        ),
    ),
  )
    .addOption(new Option('--json', 'print one JSON array of logs, with their records').conflicts('jsonl'))
    .option('--jsonl', 'print one JSON document a record')
    .action(dumpWal)
}

async function dumpWal(path: string, number: number | undefined, options: DumpOptions): Promise<void> {
  const { DatabaseFiles } = await import('./database-files.ts')
  const files = new DatabaseFiles(path)
  const numbers = number === undefined ? (files.state?.wals ?? files.numbers('wal')) : [number]
  const dumps: object[] = []
  let failure: unknown
  for (const wal of numbers) {
    const log = files.readLog('wal', wal)
    const file = fileName('wal', wal)
    const { error, records } = decodeAll(log, `${path}/${file}`)
    failure ??= error
    if (options.json)
      dumps.push({ ...describe(log, file), records: records.map(shownBy(outputNotation(options))) })
    else if (options.jsonl) await writeRecordLines(file, records, outputNotation(options))
    else await writeText(log, file, records, outputNotation(options))
  }
  if (options.json) await writeJson(dumps)
  if (failure !== undefined) throw failure
}

interface PlacedRecord extends LoggedRecord {
  readonly offset: number
}

/** The records of a log up to its end, or up to what cannot be read and why. */
function decodeAll(log: LogContents | DamagedLog, file: string): { records: PlacedRecord[]; error: unknown } {
  const records: PlacedRecord[] = []
  try {
    for (const { offset, payload } of log.records) {
      for (const record of decodeBatch(payload, file, offset)) records.push({ ...record, offset })
    }
  } catch (error) {
    return { records, error }
  }
  return { records, error: 'damage' in log ? damageError(log.damage) : undefined }
}

function describe(log: LogContents | DamagedLog, file: string) {
  const { databaseId, fileSize, records } = log
  const { end, endOffset } = 'damage' in log ? { end: 'damaged', endOffset: log.damage.offset ?? null } : log
  return { file, databaseId, fileSize, end, endOffset, batches: records.length }
}

function shownBy(notation: ShownNotation) {
  return ({ key, kind, offset, sequence, value }: PlacedRecord) => ({
    offset,
    sequence,
    kind,
    key: jsonBytes(key, notation),
    ...(kind === 'delete' ? {} : { [kind === 'put' ? 'value' : 'end']: jsonBytes(value, notation) }),
  })
}

async function writeRecordLines(
  file: string,
  records: PlacedRecord[],
  notation: ShownNotation,
): Promise<void> {
  const shown = shownBy(notation)
  await write(records.map((record) => `${JSON.stringify({ file, ...shown(record) })}\n`).join(''))
}

async function writeText(
  log: LogContents | DamagedLog,
  file: string,
  records: PlacedRecord[],
  notation: ShownNotation,
): Promise<void> {
  const { batches, end, endOffset, fileSize } = describe(log, file)
  const where = endOffset === null ? '' : ` at ${endOffset}`
  await writeLine(
    `# ${file}: ${batches} batches, ${records.length} records, ${end}${where} of ${fileSize} bytes`,
  )
  const lines = records.map(({ key, kind, sequence, value }) => {
    const shown = kind === 'delete' ? [] : [showBytes(value, notation)]
    return `${[sequence, kind, showBytes(key, notation), ...shown].join('\t')}\n`
  })
  await write(lines.join(''))
}
