import type { Command } from 'commander'
import type { KeyVersion } from '../debug/key-history.ts'
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
  type ShownNotation,
  showBytes,
} from './notation.ts'
import { writeJson, writeLine } from './output.ts'
import { withReader } from './with-database.ts'

interface HistoryOptions extends NotationOptions {
  readonly json?: boolean
}

export function addKeyHistory(program: Command): void {
  const command = program
    .command('key-history')
    .description('print every version of a key that is still stored, newest first, and where it is')
  addRedact(addNotation(command))
    .argument('<path>', 'directory of the database')
    .argument('<key>')
    .option('--json', 'print what db.debug.keyHistory() returns')
    .action(keyHistory)
}

async function keyHistory(path: string, keyText: string, options: HistoryOptions): Promise<void> {
  const shown = outputNotation(options)
  const key = parseBytes(keyText, notationOf(options), 'key')
  const versions = await withReader(path, async (db) => db.debug.keyHistory(key))
  if (options.json) {
    const bound = (name: 'begin' | 'end', version: KeyVersion) =>
      version[name] === undefined ? {} : { [name]: jsonBytes(version[name] as Buffer, shown) }
    return await writeJson(versions.map((one) => ({ ...one, ...bound('begin', one), ...bound('end', one) })))
  }
  if (versions.length === 0) await writeLine(`nothing is stored of ${showBytes(key, shown)}`)
  for (const line of columns(versions.map((version) => rowOf(version, shown)))) await writeLine(line)
}

function rowOf(version: KeyVersion, shown: ShownNotation): string[] {
  const { begin, end, file, kind, memtable, place, sequence, valueBytes } = version
  const which = file === null ? `#${memtable}` : fileName('table', file)
  const range = () => `[${showBytes(begin as Buffer, shown)} … ${showBytes(end as Buffer, shown)})`
  const what = kind === 'rangeDelete' ? range() : valueBytes === undefined ? '' : `${valueBytes} bytes`
  return [String(sequence), kind, place, which, what]
}
