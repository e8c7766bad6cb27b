import type { Command } from 'commander'
import { UsageError } from './failure.ts'
import { addNotation, jsonBytes, type NotationOptions, notationOf, parseBytes } from './notation.ts'
import { writeJson } from './output.ts'
import { addRange, type RangeArguments, rangeOf } from './range-options.ts'
import { withWriter } from './with-database.ts'

interface DeleteOptions extends NotationOptions, RangeArguments {
  readonly json?: boolean
}

export function addDelete(program: Command): void {
  addRange(
    addNotation(program.command('delete').description('delete a key, or all keys of a range, durably')),
  )
    .argument('<path>', 'directory of the database')
    .argument('[key]', 'without it, bounds are needed')
    .option('--json', 'print what was asked for: {"key"} or {"range"}')
    .action(remove)
}

async function remove(path: string, keyText: string | undefined, options: DeleteOptions): Promise<void> {
  const notation = notationOf(options)
  const range = rangeOf(options, notation)
  const bounds = Object.entries(range)
  if ((keyText === undefined) === (bounds.length === 0)) {
    throw new UsageError('delete takes either a key, or bounds: --prefix, --gt, --gte, --lt, --lte')
  }
  const key = keyText === undefined ? undefined : parseBytes(keyText, notation, 'key')
  await withWriter(path, { createIfMissing: false }, (db) =>
    key === undefined ? db.deleteRange(range, { sync: true }) : db.delete(key, { sync: true }),
  )
  if (!options.json) return
  const shown = Object.fromEntries(bounds.map(([name, bound]) => [name, jsonBytes(bound, notation)]))
  await writeJson(key === undefined ? { range: shown } : { key: jsonBytes(key, notation) })
}
