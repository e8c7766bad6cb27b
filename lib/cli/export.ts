import type { Command } from 'commander'
import type { ExportOptions as Range } from '../index.ts'
import { counted } from '../util/counted.ts'
import { formatBytes } from '../util/units.ts'
import { UsageError } from './failure.ts'
import { addNotation, type NotationOptions, notationOf } from './notation.ts'
import { write, writeJson, writeLine } from './output.ts'
import { writeOutputFile } from './output-file.ts'
import { withProgressBar } from './progress-bar.ts'
import { addRange, type RangeArguments, rangeOf } from './range-options.ts'
import { parseCount } from './scan.ts'
import { type BytesDatabase, withReader } from './with-database.ts'

interface ExportOptions extends NotationOptions, RangeArguments {
  readonly output?: string
  readonly limit?: number
  readonly reverse?: boolean
  readonly json?: boolean
}

type Sink = (chunk: Buffer) => Promise<void>

export function addExport(program: Command): void {
  addRange(
    addNotation(
      program.command('export').description('write records as JSON lines, which import reads, of one moment'),
      'bounds are',
    ),
  )
    .argument('<path>', 'directory of the database')
    .option('--output <file>', 'write there; the file has its name only when it is complete and durable')
    .option('--reverse', 'from the highest key down')
    .option('--limit <n>', 'at most so many records', parseCount)
    .option('--json', 'with --output: print {"records", "bytes"}')
    .addHelpText(
      'after',
      `
A line is {"key":…,"value":…}; each is a string, or {"base64":"…"} where it is not UTF-8 or longer than 16 MiB. It works beside
a program that has the database open. Without --output the lines go to standard output.`,
    )
    .action(exportLines)
}

async function exportLines(path: string, options: ExportOptions): Promise<void> {
  const { limit, output = '-', reverse = false } = options
  if (options.json && output === '-')
    throw new UsageError('--json needs --output: the lines are JSON themselves')
  const range = { ...rangeOf(options, notationOf(options)), limit, reverse }
  await withReader(path, async (db) => {
    if (output === '-') return await copy(db, range, write)
    let done = { records: 0, bytes: 0 }
    const onProgress: Range['onProgress'] = (progress) => {
      done = progress
    }
    await writeOutputFile(output, 'w', (file) =>
      withProgressBar('exporting', async (signal, tell) => {
        await copy(db, { ...range, signal, onProgress }, async (chunk) => {
          await file.writeFile(chunk)
          tell(done.records, Math.max(done.records, entriesOf(db)))
        })
      }),
    )
    if (options.json) await writeJson(done)
    else await writeLine(`${counted(done.records, 'record')}, ${formatBytes(done.bytes)}`)
  })
}

async function copy(db: BytesDatabase, range: Range, sink: Sink): Promise<void> {
  const { exportJsonLines } = await import('../index.ts')
  for await (const chunk of exportJsonLines(db, range)) await sink(chunk)
}

/** About: what is overwritten or deleted counts, too, and what is in memtables does not. */
function entriesOf(db: BytesDatabase): number {
  return db.levels().reduce((sum, { files }) => files.reduce((total, file) => total + file.entries, sum), 0)
}
