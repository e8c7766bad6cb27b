import type { Command } from 'commander'
import { given, pathArgument, tableArgument } from './options.ts'
import { printPages } from './pages.ts'
import { addReadOptions, type ReadArguments, readOptionsOf } from './read-options.ts'
import { tableOf, withTablesReader } from './with-tables.ts'

interface QueryArguments extends ReadArguments {
  readonly reverse?: boolean
}

export function addQuery(table: Command): void {
  addReadOptions(
    table.command('query').description('print items of a partition, in the order of their sort keys'),
  )
    .argument(...pathArgument)
    .argument(...tableArgument)
    .argument('<key condition>', "'pk = :p AND begins_with(sk, :s)'")
    .option('--reverse', 'from the highest sort key down')
    .action(query)
}

async function query(path: string, name: string, key: string, options: QueryArguments): Promise<void> {
  await withTablesReader(path, options, async (session) => {
    const { description, table } = await tableOf(session, name)
    const { reverse } = options
    const request = { key, ...readOptionsOf(session, description, options), ...given({ reverse }) }
    await printPages(session, options, table.queryAll(request), () => table.query(request))
  })
}
