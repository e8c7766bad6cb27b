import type { Command } from 'commander'
import type { ReturnValues } from '../../tables.ts'
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

interface UpdateArguments extends ItemOptions, ConditionArguments {
  readonly returnValues?: ReturnValues
}

const allReturnValues: readonly ReturnValues[] = ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW']

export function addUpdate(table: Command): void {
  const command = table
    .command('update')
    .description('change attributes of an item, durably; makes the item when there is none')
  addItemOptions(addReturnValues(addCondition(command), allReturnValues), '{"attributes"?}')
    .argument(...pathArgument)
    .argument(...tableArgument)
    .argument('<expression>', "an update expression: 'SET a = :a ADD n :one'")
    .argument(...keyArgument)
    .action(update)
}

async function update(
  path: string,
  name: string,
  expression: string,
  keyTexts: readonly string[],
  options: UpdateArguments,
): Promise<void> {
  await withTablesWriter(path, options, async (session) => {
    const { description, table } = await tableOf(session, name)
    const { returnValues } = options
    const written = await table.update(session.notation.key(keyTexts, description), expression, {
      ...conditionOf(session, options),
      ...given({ returnValues }),
      sync: true,
    })
    await writeReturned(session, options, written)
  })
}
