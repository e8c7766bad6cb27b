import type { Command } from 'commander'
import type { LevelFile } from '../index.ts'
import { formatFileNumber } from '../manifest/version-edit-text.ts'
import { formatBytes } from '../util/units.ts'
import {
  addNotation,
  addRedact,
  jsonBytes,
  type NotationOptions,
  outputNotation,
  type ShownNotation,
  showBytes,
} from './notation.ts'
import { writeJson, writeLine } from './output.ts'
import { withReader } from './with-database.ts'

interface LevelsOptions extends NotationOptions {
  readonly json?: boolean
}

export function addLevels(program: Command): void {
  addRedact(addNotation(program.command('levels').description('print the tables of each level')))
    .argument('<path>', 'directory of the database')
    .option('--json', 'print what db.levels() returns')
    .action(levels)
}

async function levels(path: string, options: LevelsOptions): Promise<void> {
  const notation = outputNotation(options)
  const found = await withReader(path, async (db) => db.levels())
  if (options.json) {
    return await writeJson(
      found.map(({ level, files }) => ({
        level,
        files: files.map((file) => ({
          ...file,
          smallest: jsonBytes(file.smallest, notation),
          largest: jsonBytes(file.largest, notation),
        })),
      })),
    )
  }
  for (const { level, files } of found) {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    await writeLine(
      `L${level}: ${files.length} ${files.length === 1 ? 'table' : 'tables'}, ${formatBytes(bytes)}`,
    )
    for (const file of files) await writeLine(`  ${describe(file, notation)}`)
  }
}

function describe(file: LevelFile, notation: ShownNotation): string {
  const [smallest, largest] = [showBytes(file.smallest, notation), showBytes(file.largest, notation)]
  return [
    formatFileNumber(file.number),
    formatBytes(file.bytes),
    `${file.entries} entries`,
    `${file.tombstones + file.rangeTombstones} tombstones`,
    file.codec,
    `[${smallest} … ${largest}${file.largestExclusive ? ')' : ']'}`,
  ].join('  ')
}
