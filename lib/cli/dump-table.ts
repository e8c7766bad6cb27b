import { type Command, InvalidArgumentError, Option } from 'commander'
import type { TableDump } from '../native.ts'
import { damageError } from './failure.ts'
import { parseFileNumber } from './file-number.ts'
import {
  addNotation,
  jsonBytes,
  type Notation,
  type NotationOptions,
  notationOf,
  showBytes,
} from './notation.ts'
import { write, writeJson, writeLine } from './output.ts'
import { parseCount } from './scan.ts'

interface DumpOptions extends NotationOptions {
  readonly json?: boolean
  readonly jsonl?: boolean
  readonly limit: number
}

/** What one dump can hold at most: records are read at once. */
const mostRecords = 2 ** 32 - 1

export function addDumpTable(program: Command): void {
  addNotation(
    program
      .command('dump-table')
      .description(
        'print properties, range tombstones and records of a table; works on databases that do not open',
      )
      .argument('<path>', 'directory of the database')
      .argument('<number>', 'file number of the table', parseFileNumber),
  )
    .option('--limit <n>', "at most so many records, or 'all'", parseLimit, 1000)
    .addOption(new Option('--json', 'print one JSON document').conflicts('jsonl'))
    .option('--jsonl', 'print one JSON document a record, without properties')
    .action(dumpTable)
}

function parseLimit(text: string): number {
  const limit = text === 'all' ? mostRecords : parseCount(text)
  if (limit > mostRecords) throw new InvalidArgumentError(`It must be at most ${mostRecords}.`)
  return limit
}

async function dumpTable(path: string, number: number, options: DumpOptions): Promise<void> {
  const { DatabaseFiles } = await import('./database-files.ts')
  const dump = new DatabaseFiles(path).readTable(number, options.limit)
  const notation = notationOf(options)
  if (options.json) await writeDocument(dump, notation)
  else if (options.jsonl) await writeRecordLines(dump, notation)
  else await writeText(dump, notation)
  const failure = damageError(dump.damage)
  if (failure !== undefined) throw failure
}

async function writeDocument({ info, rangeTombstones, records, truncated }: TableDump, notation: Notation) {
  await writeJson({
    properties: {
      ...info,
      smallest: jsonBytes(info.smallest, notation),
      largest: jsonBytes(info.largest, notation),
    },
    rangeTombstones: rangeTombstones.map(({ begin, end, sequences }) => ({
      begin: jsonBytes(begin, notation),
      end: jsonBytes(end, notation),
      sequences,
    })),
    records: records.map(shownBy(notation)),
    truncated,
  })
}

async function writeRecordLines({ records }: TableDump, notation: Notation): Promise<void> {
  const shown = shownBy(notation)
  await write(records.map((record) => `${JSON.stringify(shown(record))}\n`).join(''))
}

async function writeText({ info, rangeTombstones, records, truncated }: TableDump, notation: Notation) {
  for (const [name, value] of Object.entries(info)) {
    await writeLine(`# ${name}: ${value instanceof Uint8Array ? showBytes(value, notation) : value}`)
  }
  for (const { begin, end, sequences } of rangeTombstones) {
    const range = `[${showBytes(begin, notation)} … ${showBytes(end, notation)})`
    await writeLine(`# range tombstone ${range} at ${sequences.join(', ')}`)
  }
  const lines = records.map(({ key, kind, sequence, value }) => {
    const shown = kind === 'delete' ? [] : [showBytes(value, notation)]
    return `${[sequence, kind, showBytes(key, notation), ...shown].join('\t')}\n`
  })
  await write(lines.join(''))
  if (truncated) await writeLine('# more records follow: --limit all shows them')
}

function shownBy(notation: Notation) {
  return ({ key, kind, sequence, value }: TableDump['records'][number]) => ({
    sequence,
    kind,
    key: jsonBytes(key, notation),
    ...(kind === 'delete' ? {} : { value: jsonBytes(value, notation) }),
  })
}
