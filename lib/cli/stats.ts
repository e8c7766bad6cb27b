import type { Command } from 'commander'
import { formatStats } from '../base/metrics.ts'
import { writeJson, writeLine } from './output.ts'
import { withReader } from './with-database.ts'

export function addStats(program: Command): void {
  program
    .command('stats')
    .description('print levels, memory and disk use; counts are of this command only')
    .argument('<path>', 'directory of the database')
    .option('--json', 'print what db.stats() returns')
    .action(stats)
}

async function stats(path: string, { json }: { readonly json?: boolean }): Promise<void> {
  const found = await withReader(path, async (db) => db.stats())
  await (json ? writeJson(found) : writeLine(formatStats(found)))
}
