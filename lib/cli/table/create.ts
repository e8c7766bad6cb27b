import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { type Command, Option } from 'commander'
import type { TableDefinition } from '../../tables.ts'
import { UsageError } from '../failure.ts'
import { writeLine } from '../output.ts'
import { type DefinitionArguments, definitionOf, parseDefinition } from './definition.ts'
import { fromDynamoDefinition, isDynamoDefinition } from './dynamodb-definition.ts'
import { pathArgument } from './options.ts'
import { withTables } from './with-tables.ts'

interface CreateArguments extends DefinitionArguments {
  readonly from?: string
  readonly json?: boolean
  readonly create: boolean
}

const collect = (text: string, before: readonly string[] = []): string[] => [...before, text]
const described = ['partitionKey', 'sortKey', 'globalIndex', 'localIndex', 'ttl', 'stream']

export function addCreate(table: Command): void {
  table
    .command('create')
    .description('create a table; makes the database when there is none')
    .argument(...pathArgument)
    .argument('[table]', 'its name; with --from, that of the file by default')
    .option('--partition-key <name:type>', 'attribute and type of the partition key: id:S, id:N or id:B')
    .option('--sort-key <name:type>', 'of the sort key')
    .option(
      '--global-index <index>',
      'name,attribute:S[,attribute:N][,KEYS_ONLY], or JSON; can be given again',
      collect,
    )
    .option('--local-index <index>', 'name,attribute:S[,KEYS_ONLY], or JSON; can be given again', collect)
    .option('--ttl <attribute>', 'items expire at the time that this attribute says: seconds since 1970')
    .option('--stream [view]', 'keep change records: KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES')
    .addOption(
      new Option(
        '--from <file>',
        "definition as JSON: fields as in the API, or CreateTable's of DynamoDB, or what its DescribeTable printed; - is standard input",
      ).conflicts(described),
    )
    .option('--no-create', 'fail when there is no database')
    .option('--json', 'print the description of the table as one JSON document')
    .action(create)
}

async function create(path: string, name: string | undefined, options: CreateArguments): Promise<void> {
  const definition = await readDefinition(name, options)
  await withTables(path, { createIfMissing: options.create }, {}, async ({ jsonText, tables }) => {
    const table = await tables.create(definition)
    if (options.json) await writeLine(jsonText(table))
  })
}

async function readDefinition(name: string | undefined, options: CreateArguments): Promise<TableDefinition> {
  const { from } = options
  if (from === undefined) {
    if (name === undefined) throw new UsageError('the name of the table is needed, or --from')
    return definitionOf(name, options)
  }
  const fields = parseDefinition(
    from === '-' ? await text(process.stdin) : await readFile(from, 'utf8'),
    '--from',
  )
  const definition = isDynamoDefinition(fields)
    ? fromDynamoDefinition(fields)
    : (fields as unknown as TableDefinition)
  return name === undefined ? definition : { ...definition, name }
}
