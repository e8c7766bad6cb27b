import { buffer } from 'node:stream/consumers'
import type { Command } from 'commander'
import { addNotation, jsonBytes, type NotationOptions, notationOf, parseBytes } from './notation.ts'
import { writeJson } from './output.ts'
import { withWriter } from './with-database.ts'

interface PutOptions extends NotationOptions {
  readonly json?: boolean
  readonly create: boolean
}

export function addPut(program: Command): void {
  addNotation(
    program.command('put').description('write a key, durably; makes the database when there is none'),
  )
    .argument('<path>', 'directory of the database')
    .argument('<key>')
    .argument('[value]', 'read from standard input, as it is, when not given')
    .option('--no-create', 'fail when there is no database')
    .option('--json', 'print {"key", "bytes"}')
    .action(put)
}

async function put(
  path: string,
  keyText: string,
  valueText: string | undefined,
  options: PutOptions,
): Promise<void> {
  const notation = notationOf(options)
  const key = parseBytes(keyText, notation, 'key')
  const value =
    valueText === undefined ? await buffer(process.stdin) : parseBytes(valueText, notation, 'value')
  await withWriter(path, { createIfMissing: options.create }, (db) => db.put(key, value, { sync: true }))
  if (options.json) await writeJson({ key: jsonBytes(key, notation), bytes: value.byteLength })
}
