import type { Command } from 'commander'
import { writeLine } from '../output.ts'
import {
  addItemOptions,
  addNames,
  given,
  type ItemOptions,
  keyArgument,
  type PlaceholderOptions,
  pathArgument,
  placeholdersOf,
  tableArgument,
} from './options.ts'
import { tableOf, withTablesReader } from './with-tables.ts'

interface GetArguments extends ItemOptions, PlaceholderOptions {
  readonly projection?: string
  readonly consistent?: boolean
}

export function addGet(table: Command): void {
  const command = table.command('get').description('print an item; exit code 1 when it is not there')
  addItemOptions(addNames(command), '{"found", "item"?}')
    .argument(...pathArgument)
    .argument(...tableArgument)
    .argument(...keyArgument)
    .option('--projection <paths>', 'only these attributes')
    .option('--consistent', 'reads always are; taken for the sake of scripts')
    .action(get)
}

async function get(
  path: string,
  name: string,
  keyTexts: readonly string[],
  options: GetArguments,
): Promise<void> {
  await withTablesReader(path, options, async (session) => {
    const { jsonText, notation } = session
    const { description, table } = await tableOf(session, name)
    const key = notation.key(keyTexts, description)
    const { consistent, projection } = options
    const item = await table.get(key, {
      ...placeholdersOf(session, options),
      ...given({ consistent, projection }),
    })
    if (item === undefined) process.exitCode = 1
    if (options.json) {
      const shown = item === undefined ? { found: false } : { found: true, item: notation.shown(item) }
      return await writeLine(jsonText(shown))
    }
    if (item === undefined)
      process.stderr.write(`burrow: there is no item ${notation.text(key)} in ${name}\n`)
    else await writeLine(notation.text(item, 2))
  })
}
