import { type Command, InvalidArgumentError, Option } from 'commander'
import { counted } from '../util/counted.ts'
import { formatBytes } from '../util/units.ts'
import { addNotation, type NotationOptions, notationOf } from './notation.ts'
import { writeJson, writeLine } from './output.ts'
import { withProgressBar } from './progress-bar.ts'
import { addRange, boundNames, type RangeArguments, rangeOf } from './range-options.ts'
import { addSet, type SetOptions } from './set-option.ts'
import { type BytesDatabase, withWriter } from './with-database.ts'

interface CompactOptions extends NotationOptions, RangeArguments, SetOptions {
  readonly stripe?: number
  readonly json?: boolean
}

export function addCompact(program: Command): void {
  const command = program
    .command('compact')
    .description('bring keys to the last level, so that old versions and deleted records go away')
  addSet(addRange(addNotation(command)))
    .argument('<path>', 'directory of the database')
    .addOption(
      new Option('--stripe <n>', 'only this stripe of all tables (`burrow table`): 0 to 255')
        .argParser(parseStripe)
        .conflicts([...boundNames]),
    )
    .option('--json', 'print {"before", "after", "durationMs"}')
    .action(compact)
}

async function compact(path: string, options: CompactOptions): Promise<void> {
  const range = rangeOf(options, notationOf(options))
  await withWriter(path, { ...options.set, createIfMissing: false }, async (db) => {
    const began = performance.now()
    await db.flush()
    const before = tables(db)
    await withProgressBar('compacting', (signal, tell) =>
      work(db, range, options.stripe, {
        signal,
        onProgress: ({ bytesCompacted }) => {
          // Bytes that go through several levels are read several times.
          tell(bytesCompacted, Math.max(before.bytes, bytesCompacted))
        },
      }),
    )
    const after = tables(db)
    const durationMs = performance.now() - began
    if (options.json) return await writeJson({ before, after, durationMs })
    const shape = ({ bytes, files }: ReturnType<typeof tables>) =>
      `${counted(files, 'table')}, ${formatBytes(bytes)}`
    await writeLine(`${shape(before)} -> ${shape(after)} in ${(durationMs / 1000).toFixed(1)} s`)
  })
}

async function work(
  db: BytesDatabase,
  range: ReturnType<typeof rangeOf>,
  stripe: number | undefined,
  options: Parameters<BytesDatabase['compact']>[1],
): Promise<void> {
  if (stripe === undefined) return await db.compact(range, options)
  const { Tables } = await import('../tables.ts')
  await using tables = await Tables.open(db)
  await tables.compactStripe(stripe, options)
}

function parseStripe(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > 255)
    throw new InvalidArgumentError('It must be a whole number from 0 to 255.')
  return Number(text)
}

function tables(db: BytesDatabase): { files: number; bytes: number } {
  const files = db.levels().flatMap((level) => level.files)
  return { files: files.length, bytes: files.reduce((sum, file) => sum + file.bytes, 0) }
}
