import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { BurrowError } from '../base/errors.ts'
import type { ImportProgress } from '../index.ts'
import { counted } from '../util/counted.ts'
import { formatBytes } from '../util/units.ts'
import { writeJson, writeLine } from './output.ts'
import { withProgressBar } from './progress-bar.ts'
import { addSet, type SetOptions } from './set-option.ts'
import { withWriter } from './with-database.ts'

interface ImportOptions extends SetOptions {
  readonly create: boolean
  readonly json?: boolean
}

export function addImport(program: Command): void {
  addSet(
    program
      .command('import')
      .description('put JSON lines, as export writes them, durably; makes the database when there is none')
      .argument('<path>', 'directory of the database')
      .argument('[file]', "standard input when it is not given, or '-'"),
  )
    .option('--no-create', 'fail when there is no database')
    .option('--json', 'print {"lines", "records", "bytes"}')
    .addHelpText(
      'after',
      `
Keys that are there are overwritten. A line that is no record ends the import; the error says which line it is, and how many
lines before it are imported.`,
    )
    .action(importLines)
}

async function importLines(path: string, file: string | undefined, options: ImportOptions): Promise<void> {
  const { importJsonLines } = await import('../index.ts')
  const fromFile = file !== undefined && file !== '-'
  const total = fromFile ? await sizeOf(file) : 0
  const done = await withWriter(path, { ...options.set, createIfMissing: options.create }, (db) => {
    if (!fromFile) return importJsonLines(db, process.stdin)
    return withProgressBar('importing', (signal, tell) =>
      importJsonLines(db, createReadStream(file, { highWaterMark: 256 * 1024 }), {
        signal,
        onProgress: ({ bytes }: ImportProgress) => tell(bytes, Math.max(bytes, total)),
      }),
    )
  })
  if (options.json) return await writeJson(done)
  await writeLine(`${counted(done.records, 'record')}, ${formatBytes(done.bytes)}`)
}

/** Before the database is made, when there is none. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    throw new BurrowError(
      'BURROW_NOT_FOUND',
      `there is no file ${file} to import: ${(error as Error).message}`,
      {
        context: { file },
      },
    )
  }
}
