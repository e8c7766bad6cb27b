import { type Command, Option } from 'commander'
import type { DumpedRecord } from '../debug/dump-records.ts'
import {
  addNotation,
  addRedact,
  jsonBytes,
  type NotationOptions,
  outputNotation,
  showBytes,
} from './notation.ts'
import { type ListForm, ListWriter } from './output.ts'
import { parseLimit } from './scan.ts'
import { withReader } from './with-database.ts'

interface DumpOptions extends NotationOptions {
  readonly json?: boolean
  readonly jsonl?: boolean
  readonly limit: number
}

const recordsAtOnce = 1000

export function addDumpMemtable(program: Command): void {
  const command = program
    .command('dump-memtable')
    .description('print what is in memtables: the writes that are in logs and not yet in tables')
  addRedact(addNotation(command))
    .argument('<path>', 'directory of the database')
    .option('--limit <n>', "at most so many records, or 'all'", parseLimit, 1000)
    .addOption(new Option('--json', 'print one JSON array of records').conflicts('jsonl'))
    .option('--jsonl', 'print one JSON document a record')
    .addHelpText(
      'after',
      `
Beside a program that has the database open the logs are read up to what that program has written to them: all of its writes
but those of the last moment that did not ask for sync.`,
    )
    .action(dumpMemtable)
}

async function dumpMemtable(path: string, options: DumpOptions): Promise<void> {
  const shown = outputNotation(options)
  const form: ListForm = options.json ? 'json' : options.jsonl ? 'jsonl' : 'text'
  const text = ({ end, key, kind, sequence, value }: DumpedRecord) => {
    const rest = (value ?? end) as Buffer | undefined
    const cells = [sequence, kind, showBytes(key as Buffer, shown)]
    return (rest === undefined ? cells : [...cells, showBytes(rest, shown)]).join('\t')
  }
  const json = ({ end, key, kind, sequence, value }: DumpedRecord) => ({
    sequence,
    kind,
    key: jsonBytes(key as Buffer, shown),
    ...(value === undefined ? {} : { value: jsonBytes(value as Buffer, shown) }),
    ...(end === undefined ? {} : { end: jsonBytes(end as Buffer, shown) }),
  })
  await withReader(path, async (db) => {
    const list = new ListWriter(form)
    let batch: DumpedRecord[] = []
    for (const record of db.debug.dumpMemTable({ limit: options.limit })) {
      if (batch.push(record) < recordsAtOnce) continue
      await list.add(batch, text, json)
      batch = []
    }
    await list.add(batch, text, json)
    await list.end()
  })
}
