import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import {
  addCondition,
  addItemOptions,
  addReturnValues,
  type ConditionArguments,
  conditionOf,
  given,
  type ItemOptions,
  pathArgument,
  tableArgument,
  writeReturned,
} from './options.ts'
import { withTablesWriter } from './with-tables.ts'

interface PutArguments extends ItemOptions, ConditionArguments {
  readonly returnValues?: 'NONE' | 'ALL_OLD'
  readonly ifNotExists?: boolean
}

export function addPut(table: Command): void {
  const command = table.command('put').description('write a whole item, durably')
  addItemOptions(addReturnValues(addCondition(command), ['NONE', 'ALL_OLD']), '{"attributes"?}')
    .argument(...pathArgument)
    .argument(...tableArgument)
    .argument('[item]', 'JSON; read from standard input when not given')
    .option('--if-not-exists', 'only where there is no item of this key')
    .action(put)
}

async function put(
  path: string,
  name: string,
  json: string | undefined,
  options: PutArguments,
): Promise<void> {
  const itemText = json ?? (await text(process.stdin))
  await withTablesWriter(path, options, async (session) => {
    const item = session.notation.item(itemText, 'the item')
    const { ifNotExists, returnValues } = options
    const written = await session.tables.table(name).put(item, {
      ...conditionOf(session, options),
      ...given({ ifNotExists, returnValues }),
      sync: true,
    })
    await writeReturned(session, options, written)
  })
}
