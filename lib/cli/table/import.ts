import type { Command } from 'commander'
import { BurrowError } from '../../base/errors.ts'
import { counted } from '../../util/counted.ts'
import { writeJson, writeLine } from '../output.ts'
import { withProgressBar } from '../progress-bar.ts'
import type { BadImportLine, LineImporter } from './import-lines.ts'
import { checkFile, importFiles, readImportFile, unzipped } from './import-source.ts'
import { pathArgument, tableArgument } from './options.ts'
import { tableOf, withTablesWriter } from './with-tables.ts'

interface ImportArguments {
  readonly plain?: boolean
  readonly skipBad?: boolean
  readonly json?: boolean
}

/** Bad lines that are told; the others are only counted. */
const toldLines = 20

export function addImport(table: Command): void {
  table
    .command('import')
    .description(
      'put items from DynamoDB JSON lines, as export writes them, into a table; durable in the end',
    )
    .argument(...pathArgument)
    .argument(...tableArgument)
    .argument(
      '[source]',
      "a file, a folder with an export of DynamoDB, or '-' for standard input, the default; gzip is recognized",
    )
    .option('--plain', 'lines are items in plain JSON')
    .option('--skip-bad', 'tell lines that are no items of the table, and go on; exit code 1 then')
    .option('--json', 'print {"lines", "items", "bad"}')
    .addHelpText(
      'after',
      '\nItems that are there are overwritten: an import that was interrupted can be made again.',
    )
    .action(importTable)
}

async function importTable(
  path: string,
  name: string,
  source: string | undefined,
  options: ImportArguments,
): Promise<void> {
  const files = source === undefined || source === '-' ? undefined : await importFiles(source)
  await withTablesWriter(path, { dynamodbJson: options.plain !== true }, async (session) => {
    const { table } = await tableOf(session, name)
    const { LineImporter } = await import('./import-lines.ts')
    const run = { file: 'standard input' }
    const importer: LineImporter = new LineImporter(table, session.notation, options.plain === true, (bad) =>
      onBad(bad, run.file, importer, options),
    )
    try {
      await readAll(importer, files, run)
    } finally {
      await session.tables.database.sync()
    }
    await report(importer, options)
  })
}

async function readAll(
  importer: LineImporter,
  files: Awaited<ReturnType<typeof importFiles>> | undefined,
  run: { file: string },
): Promise<void> {
  if (files === undefined) return await importer.file(unzipped(process.stdin), new AbortController().signal)
  for (const file of files) await checkFile(file)
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  await withProgressBar('importing', async (signal, tell) => {
    let done = 0
    for (const file of files) {
      run.file = file.file
      const chunks = readImportFile(file, (bytes) => {
        done += bytes
        tell(done, total)
      })
      await importer.file(chunks, signal)
    }
  })
}

function onBad(
  { line, message }: BadImportLine,
  file: string,
  { totals }: LineImporter,
  { skipBad }: ImportArguments,
): void {
  if (skipBad) {
    if (totals.bad <= toldLines) process.stderr.write(`burrow: line ${line} of ${file}: ${message}\n`)
    return
  }
  throw new BurrowError(
    'BURROW_INVALID_ARGUMENT',
    `line ${line} of ${file} is no item of the table: ${message}. What was read before it is imported; mend the line and import everything again, or use --skip-bad`,
    { context: { line, file } },
  )
}

async function report({ totals }: LineImporter, { json }: ImportArguments): Promise<void> {
  const { bad, items, lines } = totals
  if (bad > 0) process.exitCode = 1
  if (json) return await writeJson({ lines, items, bad })
  await writeLine(`${counted(items, 'item')}${bad === 0 ? '' : `, ${counted(bad, 'bad line')}`}`)
}
