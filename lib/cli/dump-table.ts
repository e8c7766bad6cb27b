import { type Command, Option } from 'commander'
import type { RawRecord } from '../debug/dump-records.ts'
import type { TableFileDump } from '../debug/dump-table.ts'
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
import { write, writeLine } from './output.ts'
import { parseLimit } from './scan.ts'

interface DumpOptions extends NotationOptions {
  readonly json?: boolean
  readonly jsonl?: boolean
  readonly limit: number
}

const charactersAtOnce = 64 << 10

export function addDumpTable(program: Command): void {
  addRedact(
    addNotation(
      program
        .command('dump-table')
        .description(
          'print properties, range tombstones and records of a table; works on databases that do not open',
        )
        .argument('<path>', 'directory of the database')
        .argument('<number>', 'file number of the table', parseFileNumber),
    ),
  )
    .option('--limit <n>', "at most so many records, or 'all'", parseLimit, 1000)
    .addOption(new Option('--json', 'print one JSON document').conflicts('jsonl'))
    .option('--jsonl', 'print one JSON document a record, without properties')
    .action(dumpTable)
}

async function dumpTable(path: string, number: number, options: DumpOptions): Promise<void> {
  const { DatabaseFiles } = await import('./database-files.ts')
  const table = new DatabaseFiles(path).openTable(number)
  const records = new LimitedRecords(table, options.limit)
  const notation = outputNotation(options)
  if (options.json) await writeDocument(table, records, notation)
  else if (options.jsonl) await writeRecords(records, '', (record) => lineOf(record, notation))
  else await writeText(table, records, notation)
  if (records.failure !== undefined) throw records.failure
}

/** Records up to the limit, or up to damage. */
class LimitedRecords {
  readonly #records: Iterator<RawRecord>
  readonly #limit: number
  /** More records follow. */
  truncated = false
  /** What ended them before their end or the limit. */
  failure: unknown

  constructor(table: TableFileDump, limit: number) {
    this.#records = table.records()
    this.#limit = limit
  }

  *[Symbol.iterator](): Generator<RawRecord, void, void> {
    try {
      for (let count = 0; ; count++) {
        const { done, value } = this.#records.next()
        if (done) return
        this.truncated = count === this.#limit
        if (this.truncated) return
        yield value
      }
    } catch (error) {
      this.failure = error
    }
  }
}

async function writeDocument(
  { info, rangeTombstones }: TableFileDump,
  records: LimitedRecords,
  notation: ShownNotation,
): Promise<void> {
  const bounds = { smallest: jsonBytes(info.smallest, notation), largest: jsonBytes(info.largest, notation) }
  const tombstones = rangeTombstones.map(({ begin, end, sequences }) => ({
    begin: jsonBytes(begin, notation),
    end: jsonBytes(end, notation),
    sequences,
  }))
  const head = JSON.stringify({ properties: { ...info, ...bounds }, rangeTombstones: tombstones })
  await write(`${head.slice(0, -1)},"records":[`)
  await writeRecords(records, ',', (record) => JSON.stringify(shownRecord(record, notation)))
  await writeLine(`],"truncated":${records.truncated}}`)
}

/** Many records in one write; `between` stands between two of them. */
async function writeRecords(
  records: Iterable<RawRecord>,
  between: string,
  textOf: (record: RawRecord) => string,
): Promise<void> {
  let separator = ''
  let text = ''
  for (const record of records) {
    text += separator + textOf(record)
    separator = between
    if (text.length < charactersAtOnce) continue
    await write(text)
    text = ''
  }
  await write(text)
}

async function writeText(
  { info, rangeTombstones }: TableFileDump,
  records: LimitedRecords,
  notation: ShownNotation,
): Promise<void> {
  for (const [name, value] of Object.entries(info)) {
    await writeLine(`# ${name}: ${value instanceof Uint8Array ? showBytes(value, notation) : value}`)
  }
  for (const { begin, end, sequences } of rangeTombstones) {
    const range = `[${showBytes(begin, notation)} … ${showBytes(end, notation)})`
    await writeLine(`# range tombstone ${range} at ${sequences.join(', ')}`)
  }
  await writeRecords(records, '', ({ key, kind, sequence, value }) => {
    const shown = kind === 'delete' ? [] : [showBytes(value, notation)]
    return `${[sequence, kind, showBytes(key, notation), ...shown].join('\t')}\n`
  })
  if (records.truncated) await writeLine('# more records follow: --limit all shows them')
}

function lineOf(record: RawRecord, notation: ShownNotation): string {
  return `${JSON.stringify(shownRecord(record, notation))}\n`
}

function shownRecord({ key, kind, sequence, value }: RawRecord, notation: ShownNotation) {
  return {
    sequence,
    kind,
    key: jsonBytes(key, notation),
    ...(kind === 'delete' ? {} : { value: jsonBytes(value, notation) }),
  }
}
