import { type Command, Option } from 'commander'
import type { ConditionOptions, Item, Placeholders } from '../../tables.ts'
import { UsageError } from '../failure.ts'
import { type ListForm, writeLine } from '../output.ts'
import type { Session } from './with-tables.ts'

/** Options of every verb that takes or prints items. */
export interface ItemOptions {
  readonly dynamodbJson?: boolean
  readonly json?: boolean
}

export interface PlaceholderOptions {
  readonly names?: string
  readonly values?: string
}

export interface ConditionArguments extends PlaceholderOptions {
  readonly condition?: string
}

export const pathArgument = ['<path>', 'directory of the database'] as const
export const tableArgument = ['<table>', 'name of the table'] as const
export const keyArgument = [
  '<key...>',
  'name=value for each attribute of the key, or one JSON object',
] as const

export function addItemOptions(command: Command, document: string): Command {
  return command
    .option('--dynamodb-json', 'items, keys and values are DynamoDB JSON, {"S": …}, in arguments and output')
    .option('--json', `print one JSON document: ${document}`)
}

export function addNames(command: Command): Command {
  return command.option('--names <json>', 'what #name stands for in expressions: {"#name": "attribute"}')
}

export function addPlaceholders(command: Command): Command {
  return addNames(command).option('--values <json>', 'what :value stands for in expressions: {":value": …}')
}

export function addCondition(command: Command): Command {
  return addPlaceholders(
    command.option('--condition <expression>', 'only if this holds for the item as it is'),
  )
}

export function addReturnValues(command: Command, choices: readonly string[]): Command {
  return command.addOption(
    new Option('--return-values <which>', 'print attributes as they were or are').choices(choices),
  )
}

/** What an absent option leaves out: options that are undefined are not there. */
export function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** Placeholders as the API takes them. Throws UsageError. */
export function placeholdersOf({ notation }: Session, { names, values }: PlaceholderOptions): Placeholders {
  return given({
    names: names === undefined ? undefined : parseNames(names),
    values: values === undefined ? undefined : notation.item(values, '--values'),
  })
}

export function conditionOf(session: Session, options: ConditionArguments): ConditionOptions {
  return given({
    ...placeholdersOf(session, options),
    condition: options.condition,
  })
}

function parseNames(text: string): Record<string, string> {
  let names: unknown
  try {
    names = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--names is not JSON: ${(error as Error).message}`)
  }
  if (typeof names !== 'object' || names === null || Array.isArray(names))
    throw new UsageError('--names must be a JSON object')
  for (const [name, attribute] of Object.entries(names)) {
    if (typeof attribute !== 'string') throw new UsageError(`--names: ${name} must stand for a string`)
  }
  return names as Record<string, string>
}

/** How --json and --jsonl ask for a list. */
export function listFormOf({ json, jsonl }: { readonly json?: boolean; readonly jsonl?: boolean }): ListForm {
  return json ? 'json' : jsonl ? 'jsonl' : 'text'
}

/** Prints what a write returned: the attributes, if there are any, for people; always a document with --json. */
export async function writeReturned(
  { jsonText, notation }: Session,
  { json }: ItemOptions,
  { attributes }: { readonly attributes?: Item },
): Promise<void> {
  if (json)
    return await writeLine(
      jsonText(attributes === undefined ? {} : { attributes: notation.shown(attributes) }),
    )
  if (attributes !== undefined) await writeLine(notation.text(attributes, 2))
}
