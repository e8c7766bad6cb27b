import type { Command } from 'commander'
import {
  addNotation,
  jsonBytes,
  type NotationOptions,
  notationOf,
  parseBytes,
  showBytes,
} from './notation.ts'
import { write, writeJson, writeLine } from './output.ts'
import { withReader } from './with-database.ts'

interface GetOptions extends NotationOptions {
  readonly json?: boolean
  readonly raw?: boolean
}

export function addGet(program: Command): void {
  addNotation(
    program.command('get').description('print the value of a key; exit code 1 when it is not there'),
  )
    .argument('<path>', 'directory of the database')
    .argument('<key>')
    .option('--raw', 'print the bytes of the value as they are, without a line end')
    .option('--json', 'print {"found", "key", "value"}')
    .action(get)
}

async function get(path: string, keyText: string, options: GetOptions): Promise<void> {
  const notation = notationOf(options)
  const key = parseBytes(keyText, notation, 'key')
  const value = await withReader(path, (db) => db.get(key))
  if (value === undefined) process.exitCode = 1
  if (options.json) {
    const shown = value === undefined ? {} : { value: jsonBytes(value, notation) }
    await writeJson({ found: value !== undefined, key: jsonBytes(key, notation), ...shown })
  } else if (value === undefined) {
    process.stderr.write(`burrow: there is no key ${showBytes(key, notation)} in ${path}\n`)
  } else if (options.raw) {
    await write(value)
  } else {
    await writeLine(showBytes(value, notation))
  }
}
