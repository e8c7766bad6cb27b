import type { TableDescription } from '../../tables.ts'
import { counted } from '../../util/counted.ts'
import { formatBytes } from '../../util/units.ts'
import { columns } from '../columns.ts'
import { UsageError } from '../failure.ts'
import { write, writeLine } from '../output.ts'
import { isRowFormat, rowFormats } from '../rows/formats.ts'
import { parseKey } from '../table/definition.ts'
import { describeLines, indexText, keyText } from '../table/describe.ts'
import type { ShellSession } from './session.ts'

/** A command of the shell itself: a line that begins with a dot. */
export interface DotCommand {
  readonly usage: string
  readonly description: string
  /** What its first word can be, for completion. */
  readonly words?: 'tables' | readonly string[]
  run(session: ShellSession, words: readonly string[], rest: string): Promise<void>
}

/** By their names, without the dot. */
export const dotCommands: Readonly<Record<string, DotCommand>> = {
  help: { usage: '', description: 'list these commands', run: help },
  tables: { usage: '', description: 'list the tables', run: listTables },
  schema: {
    usage: '[table]',
    description: 'the database and its tables, or keys and settings of one table',
    words: 'tables',
    run: schema,
  },
  indexes: { usage: '[table]', description: 'list the indexes', words: 'tables', run: indexes },
  create: {
    usage: '<table> <key:type> [sort key:type]',
    description: 'create a table: .create users id:S',
    run: create,
  },
  drop: { usage: '<table>', description: 'delete a table with all its items', words: 'tables', run: drop },
  explain: { usage: '<statement>', description: 'how a statement would be run', run: explain },
  format: {
    usage: `[${rowFormats.join('|')}]`,
    description: 'how rows are printed',
    words: rowFormats,
    run: format,
  },
  timer: { usage: '[on|off]', description: 'say how long statements take', words: ['on', 'off'], run: timer },
  history: { usage: '[n]', description: 'what was entered last', run: history },
  clear: { usage: '', description: 'clear the screen', run: clear },
  exit: { usage: '', description: 'leave; so does Ctrl-D', run: exit },
  quit: { usage: '', description: 'leave', run: exit },
}

/** Runs a line that begins with a dot. Throws UsageError for one that makes no sense. */
export async function runDotCommand(session: ShellSession, line: string): Promise<void> {
  const [, name = '', rest = ''] = /^\.(\S*)\s*(.*?)\s*;?\s*$/s.exec(line.trim()) ?? []
  const command = Object.hasOwn(dotCommands, name) ? dotCommands[name] : undefined
  if (command === undefined) throw new UsageError(`there is no command .${name}; .help lists all`)
  await command.run(session, rest === '' ? [] : rest.split(/\s+/), rest)
}

async function help(): Promise<void> {
  const rows = Object.entries(dotCommands).map(([name, { description, usage }]) => [
    `.${name} ${usage}`.trim(),
    description,
  ])
  await write(
    `${columns(rows).join('\n')}\nOther lines are PartiQL statements; each ends with a semicolon.\n`,
  )
}

async function listTables({ tables }: ShellSession): Promise<void> {
  for (const name of await tables.list()) await writeLine(name)
}

async function schema({ tables }: ShellSession, [name]: readonly string[]): Promise<void> {
  if (name !== undefined) return await write(`${describeLines(await tables.describe(name)).join('\n')}\n`)
  const { database } = tables
  const { disk, wal } = database.stats()
  const files = database.levels().reduce((sum, level) => sum + level.files.length, 0)
  const mode = database.options.readOnly ? 'read-only' : 'read and write'
  await writeLine(`path    ${database.path}, ${mode}`)
  await writeLine(
    `files   ${counted(files, 'sorted table')}, ${counted(wal.files, 'log')}, ${formatBytes(disk.bytes)}`,
  )
  for (const table of await descriptions(tables)) await writeLine(`table   ${table.name}: ${keysOf(table)}`)
}

async function indexes({ tables }: ShellSession, [name]: readonly string[]): Promise<void> {
  const described =
    name === undefined ? await descriptions(tables) : [await tables.describe(name, { count: false })]
  for (const { globalIndexes, localIndexes, name } of described) {
    for (const index of globalIndexes) await writeLine(`${name}.${indexText(index, 'global')}`)
    for (const index of localIndexes) await writeLine(`${name}.${indexText(index, 'local')}`)
  }
}

async function create({ tables }: ShellSession, words: readonly string[]): Promise<void> {
  const [name, partition, sort, more] = words
  if (name === undefined || partition === undefined || more !== undefined)
    throw new UsageError('.create takes a table and one or two keys: .create events device:S at:N')
  const sortKey = sort === undefined ? {} : { sortKey: parseKey(sort, 'the sort key') }
  await tables.create({ name, partitionKey: parseKey(partition, 'the partition key'), ...sortKey })
}

async function drop({ tables }: ShellSession, words: readonly string[]): Promise<void> {
  const [name, more] = words
  if (name === undefined || more !== undefined) throw new UsageError('.drop takes one table')
  await tables.drop(name)
}

async function explain({ tables }: ShellSession, _: readonly string[], statement: string): Promise<void> {
  await writeLine((await tables.explain(statement)).text)
}

async function format(session: ShellSession, [name]: readonly string[]): Promise<void> {
  if (name === undefined) return await writeLine(session.format)
  if (!isRowFormat(name))
    throw new UsageError(`there is no format ${name}; it can be ${rowFormats.join(', ')}`)
  session.format = name
}

async function timer(session: ShellSession, [word]: readonly string[]): Promise<void> {
  if (word !== undefined && word !== 'on' && word !== 'off') throw new UsageError('.timer is on or off')
  if (word === undefined) return await writeLine(session.timer ? 'on' : 'off')
  session.timer = word === 'on'
}

async function history({ entered }: ShellSession, [count = '20']: readonly string[]): Promise<void> {
  if (!/^[1-9]\d*$/.test(count)) throw new UsageError('.history takes a number, from 1 up')
  for (const line of entered.slice(-Number(count))) await writeLine(line)
}

async function clear({ interactive }: ShellSession): Promise<void> {
  if (interactive) await write('\x1b[2J\x1b[H')
}

async function exit(session: ShellSession): Promise<void> {
  session.ended = true
}

async function descriptions(tables: ShellSession['tables']): Promise<TableDescription[]> {
  const names = await tables.list()
  return await Promise.all(names.map((name) => tables.describe(name, { count: false })))
}

function keysOf(table: TableDescription): string {
  const count = table.globalIndexes.length + table.localIndexes.length
  return `${keyText(table)}${count === 0 ? '' : `; ${count} ${count === 1 ? 'index' : 'indexes'}`}`
}
