import type { Command } from 'commander'
import {
  addCondition,
  addItemOptions,
  addReturnValues,
  type ConditionArguments,
  conditionOf,
  given,
  type ItemOptions,
  keyArgument,
  pathArgument,
  tableArgument,
  writeReturned,
} from './options.ts'
import { tableOf, withTablesWriter } from './with-tables.ts'

interface DeleteArguments extends ItemOptions, ConditionArguments {
  readonly returnValues?: 'NONE' | 'ALL_OLD'
}

export function addDelete(table: Command): void {
  const command = table
    .command('delete')
    .description('delete an item, durably; nothing happens when there is none')
  addItemOptions(addReturnValues(addCondition(command), ['NONE', 'ALL_OLD']), '{"attributes"?}')
    .argument(...pathArgument)
    .argument(...tableArgument)
    .argument(...keyArgument)
    .action(deleteItem)
}

async function deleteItem(
  path: string,
  name: string,
  keyTexts: readonly string[],
  options: DeleteArguments,
): Promise<void> {
  await withTablesWriter(path, options, async (session) => {
    const { description, table } = await tableOf(session, name)
    const { returnValues } = options
    const written = await table.delete(session.notation.key(keyTexts, description), {
      ...conditionOf(session, options),
      ...given({ returnValues }),
      sync: true,
    })
    await writeReturned(session, options, written)
  })
}
