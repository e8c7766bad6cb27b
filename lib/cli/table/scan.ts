import type { Command } from 'commander'
import { parseCount } from '../scan.ts'
import { given, pathArgument, tableArgument } from './options.ts'
import { printPages } from './pages.ts'
import { addReadOptions, type ReadArguments, readOptionsOf } from './read-options.ts'
import { tableOf, withTablesReader } from './with-tables.ts'

interface ScanArguments extends ReadArguments {
  readonly segment?: number
  readonly totalSegments?: number
}

export function addScan(table: Command): void {
  addReadOptions(table.command('scan').description('print all items of a table or an index'))
    .argument(...pathArgument)
    .argument(...tableArgument)
    .option('--segment <n>', 'only this part, from 0', parseCount)
    .option('--total-segments <n>', 'of so many parts', parseCount)
    .action(scan)
}

async function scan(path: string, name: string, options: ScanArguments): Promise<void> {
  await withTablesReader(path, options, async (session) => {
    const { description, table } = await tableOf(session, name)
    const { segment, totalSegments } = options
    const request = { ...readOptionsOf(session, description, options), ...given({ segment, totalSegments }) }
    await printPages(session, options, table.scanAll(request), () => table.scan(request))
  })
}
