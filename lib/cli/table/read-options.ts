import { type Command, Option } from 'commander'
import type { ReadOptions, TableDescription } from '../../tables.ts'
import { parseCount } from '../scan.ts'
import {
  addItemOptions,
  addPlaceholders,
  given,
  type ItemOptions,
  type PlaceholderOptions,
  placeholdersOf,
} from './options.ts'
import type { Session } from './with-tables.ts'

/** What `query` and `scan` have in common. */
export interface ReadArguments extends ItemOptions, PlaceholderOptions {
  readonly filter?: string
  readonly projection?: string
  readonly index?: string
  readonly limit?: number
  readonly startKey?: string
  readonly select?: NonNullable<ReadOptions['select']>
  readonly consistent?: boolean
  readonly jsonl?: boolean
}

const selects: readonly NonNullable<ReadOptions['select']>[] = [
  'ALL_ATTRIBUTES',
  'ALL_PROJECTED_ATTRIBUTES',
  'SPECIFIC_ATTRIBUTES',
  'COUNT',
]

export function addReadOptions(command: Command): Command {
  addPlaceholders(command)
    .option('--filter <expression>', 'only items for which this holds')
    .option('--projection <paths>', 'only these attributes')
    .option('--index <name>', 'read this index')
    .option('--limit <n>', 'read one page of at most so many items, before the filter', parseCount)
    .option('--start-key <json>', 'go on behind this key: the lastKey of the page before')
    .addOption(new Option('--select <what>', 'which attributes, or COUNT').choices(selects))
    .option('--consistent', 'reads always are; global indexes refuse the word')
    .addOption(new Option('--jsonl', 'print one JSON document a line').conflicts('json'))
  return addItemOptions(command, '{"items", "count", "scannedCount", "lastKey"?}').addHelpText(
    'after',
    `
Without --limit everything is read, page by page, and printed as it comes: one item a line. With it, what stderr says, or the
lastKey of --json, is where the next page begins.`,
  )
}

/** The options as the API takes them. */
export function readOptionsOf(
  session: Session,
  table: TableDescription,
  options: ReadArguments,
): Partial<ReadOptions> {
  const { consistent, filter, index, limit, projection, select, startKey } = options
  return {
    ...placeholdersOf(session, options),
    ...given({ consistent, filter, index, limit, projection, select }),
    ...(startKey === undefined ? {} : { startKey: session.notation.key([startKey], table) }),
  }
}
