import type { Command } from 'commander'
import type { GetStep } from '../debug/explain-get.ts'
import { fileName } from '../manifest/file-names.ts'
import { columns } from './columns.ts'
import {
  addNotation,
  addRedact,
  jsonBytes,
  type NotationOptions,
  notationOf,
  outputNotation,
  parseBytes,
  showBytes,
} from './notation.ts'
import { writeJson, writeLine } from './output.ts'
import { withReader } from './with-database.ts'

interface ExplainOptions extends NotationOptions {
  readonly json?: boolean
}

export function addExplainGet(program: Command): void {
  const command = program
    .command('explain-get')
    .description('print where a read of a key looks, why it skips what it skips, and what it finds')
  addRedact(addNotation(command))
    .argument('<path>', 'directory of the database')
    .argument('<key>')
    .option('--json', 'print what db.debug.explainGet() returns')
    .addHelpText(
      'after',
      `
Times and caches are those of this command, which has just opened the database: in the program that has it open, blocks are
likelier to be in the cache, and the newest writes may be in a memtable of another number.`,
    )
    .action(explainGet)
}

async function explainGet(path: string, keyText: string, options: ExplainOptions): Promise<void> {
  const shown = outputNotation(options)
  const key = parseBytes(keyText, notationOf(options), 'key')
  const found = await withReader(path, async (db) => db.debug.explainGet(key))
  const value = found.value as Buffer | undefined
  if (options.json) {
    const { steps, ...answer } = found
    return await writeJson({
      key: jsonBytes(key, shown),
      ...answer,
      ...(value === undefined ? {} : { value: jsonBytes(value, shown) }),
      steps,
    })
  }
  const text = showBytes(key, shown)
  await writeLine(
    value === undefined
      ? `${text} is not there`
      : `${text} = ${showBytes(value, shown)} (sequence ${found.sequence})`,
  )
  for (const line of columns(found.steps.map(rowOf))) await writeLine(line)
}

function rowOf(step: GetStep): string[] {
  const { file, memtable, microseconds, outcome, place } = step
  const which = file !== null ? fileName('table', file) : memtable !== null ? `#${memtable}` : ''
  return [place, which, outcome, `${microseconds.toFixed(1)} us`, details(step)]
}

function details({ blockRead, filtered, opened, outcome, rangeTombstone, sequence }: GetStep): string {
  return [
    sequence === null ? [] : `sequence ${sequence}`,
    rangeTombstone === null ? [] : `range deletion ${rangeTombstone}`,
    blockRead === null ? [] : blockRead === 'disk' ? 'read from the disk' : 'from the cache',
    filtered && outcome === 'not-in-block' ? 'the filter let it through in vain' : [],
    opened ? 'file opened' : [],
  ]
    .flat()
    .join(', ')
}
