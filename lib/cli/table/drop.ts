import type { Command } from 'commander'
import { writeJson } from '../output.ts'
import { pathArgument, tableArgument } from './options.ts'
import { withTablesWriter } from './with-tables.ts'

export function addDrop(table: Command): void {
  table
    .command('drop')
    .description('delete a table with all that belongs to it')
    .argument(...pathArgument)
    .argument(...tableArgument)
    .option('--json', 'print {"dropped"}')
    .action(drop)
}

async function drop(path: string, name: string, { json }: { readonly json?: boolean }): Promise<void> {
  await withTablesWriter(path, {}, ({ tables }) => tables.drop(name))
  if (json) await writeJson({ dropped: name })
}
