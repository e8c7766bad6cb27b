import { type Command, Option } from 'commander'
import { ListWriter } from '../output.ts'
import { listFormOf, pathArgument } from './options.ts'
import { withTablesReader } from './with-tables.ts'

interface ListArguments {
  readonly json?: boolean
  readonly jsonl?: boolean
}

export function addList(table: Command): void {
  table
    .command('list')
    .description('print the names of all tables, in order')
    .argument(...pathArgument)
    .addOption(new Option('--json', 'print one JSON array').conflicts('jsonl'))
    .option('--jsonl', 'print one JSON document a line')
    .action(list)
}

async function list(path: string, options: ListArguments): Promise<void> {
  await withTablesReader(path, {}, async ({ tables }) => {
    const writer = new ListWriter(listFormOf(options))
    const same = (name: string) => name
    await writer.add(await tables.list(), same, same)
    await writer.end()
  })
}
