import { type Command, Option } from 'commander'
import { write, writeLine } from './output.ts'
import { formatOption, type RowFormat } from './rows/formats.ts'
import { isRead, outcomeText, runStatement } from './rows/run-statement.ts'
import { parseCount } from './scan.ts'
import { type Session, withTables } from './table/with-tables.ts'

interface SqlArguments {
  readonly format?: RowFormat
  readonly json?: boolean
  readonly jsonl?: boolean
  readonly dynamodbJson?: boolean
  readonly explain?: boolean
  readonly limit?: number
}

export function addSql(program: Command): void {
  program
    .command('sql')
    .description('run one PartiQL statement on the tables of a database')
    .argument('<path>', 'directory of the database')
    .argument('<statement>', "SELECT, INSERT, UPDATE or DELETE: 'SELECT * FROM users WHERE id = ?'")
    .argument('[parameters...]', 'what each ? stands for, as JSON: \'"text"\' 12')
    .addOption(formatOption().conflicts(['json', 'jsonl']))
    .addOption(new Option('--json', 'print one JSON array of rows: --format json').conflicts('jsonl'))
    .option('--jsonl', 'print one JSON document a line: --format jsonl')
    .option('--dynamodb-json', 'parameters, and rows as JSON, are DynamoDB JSON: {"S": …}')
    .option('--limit <n>', 'print at most so many rows', parseCount)
    .option('--explain', 'do not run it: print how it would be')
    .addHelpText(
      'after',
      `
Default format: table. Tables and CSV are printed when all rows are there, the others as they come. A SELECT works beside a
program that has the database open.`,
    )
    .action(sql)
}

async function sql(
  path: string,
  statement: string,
  parameterTexts: readonly string[],
  options: SqlArguments,
): Promise<void> {
  const reads = options.explain === true || isRead(statement)
  const open = reads ? { readOnly: true } : { createIfMissing: false }
  await withTables(path, open, options, async (session) => {
    if (options.explain) await explain(session, statement, options)
    else await run(session, statement, parameterTexts, options)
  })
}

async function explain(
  { jsonText, tables }: Session,
  statement: string,
  options: SqlArguments,
): Promise<void> {
  const plan = await tables.explain(statement)
  await writeLine(formatOf(options) === 'table' ? plan.text : jsonText(plan))
}

async function run(
  { notation, tables }: Session,
  statement: string,
  parameterTexts: readonly string[],
  options: SqlArguments,
): Promise<void> {
  const { RowWriter } = await import('./rows/row-writer.ts')
  const { paintFor } = await import('./rows/colours.ts')
  const parameters = parameterTexts.map((text, at) => notation.value(text, `parameter ${at + 1}`))
  const format = formatOf(options)
  const width = process.stdout.isTTY ? process.stdout.columns : undefined
  const shown = notation.shown.bind(notation)
  const writer = new RowWriter({ format, width, paint: paintFor(process.stdout), shown })
  const outcome = await runStatement(tables, statement, parameters, writer, { limit: options.limit })
  await writer.end()
  if (format === 'table') await write(`${outcome.rows > 0 ? '\n' : ''}${outcomeText(outcome)}\n`)
}

function formatOf({ format, json, jsonl }: SqlArguments): RowFormat {
  return json ? 'json' : jsonl ? 'jsonl' : (format ?? 'table')
}
