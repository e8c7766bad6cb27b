import { type Command, InvalidArgumentError, Option } from 'commander'
import type { RangeIterator } from '../index.ts'
import {
  addNotation,
  addRedact,
  jsonBytes,
  type NotationOptions,
  notationOf,
  outputNotation,
  showBytes,
} from './notation.ts'
import { type ListForm, ListWriter } from './output.ts'
import { addRange, type RangeArguments, rangeOf } from './range-options.ts'
import { type BytesDatabase, withReader } from './with-database.ts'

interface ScanOptions extends NotationOptions, RangeArguments {
  readonly json?: boolean
  readonly jsonl?: boolean
  readonly reverse?: boolean
  readonly limit?: number
  readonly keys?: boolean
  readonly values?: boolean
}

interface Shown {
  readonly key?: Buffer
  readonly value?: Buffer
}

const recordsAtOnce = 1000

export function addScan(program: Command): void {
  addRange(addRedact(addNotation(program.command('scan').description('print keys and values in key order'))))
    .argument('<path>', 'directory of the database')
    .option('--reverse', 'from the highest key down')
    .option('--limit <n>', 'at most so many records', parseCount)
    .addOption(new Option('--keys', 'print keys only').conflicts('values'))
    .option('--values', 'print values only')
    .addOption(new Option('--json', 'print one JSON array of {"key", "value"}').conflicts('jsonl'))
    .option('--jsonl', 'print one JSON document a line')
    .action(scan)
}

/** A whole number from 0 up, as an argument. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count)) {
    throw new InvalidArgumentError('It must be a whole number from 0 up.')
  }
  return count
}

/** What one dump can be asked for at most. */
const mostRecords = 2 ** 32 - 1

/** A number of records, or 'all'. */
export function parseLimit(text: string): number {
  const limit = text === 'all' ? mostRecords : parseCount(text)
  if (limit > mostRecords) throw new InvalidArgumentError(`It must be at most ${mostRecords}.`)
  return limit
}

/** How the options --json and --jsonl ask for a list. */
function listForm({ json, jsonl }: { readonly json?: boolean; readonly jsonl?: boolean }): ListForm {
  return json ? 'json' : jsonl ? 'jsonl' : 'text'
}

async function scan(path: string, options: ScanOptions): Promise<void> {
  const notation = outputNotation(options)
  const range = {
    ...rangeOf(options, notationOf(options)),
    reverse: options.reverse === true,
    limit: options.limit,
  }
  const text = ({ key, value }: Shown) =>
    [key, value].flatMap((bytes) => (bytes === undefined ? [] : [showBytes(bytes, notation)])).join('\t')
  const json = ({ key, value }: Shown) => ({
    ...(key === undefined ? {} : { key: jsonBytes(key, notation) }),
    ...(value === undefined ? {} : { value: jsonBytes(value, notation) }),
  })
  await withReader(path, async (db) => {
    const list = new ListWriter(listForm(options))
    for await (const records of batches(db, range, options)) await list.add(records, text, json)
    await list.end()
  })
}

type Range = Parameters<BytesDatabase['entries']>[0]

async function* batches(
  db: BytesDatabase,
  range: Range,
  { keys, values }: ScanOptions,
): AsyncGenerator<Shown[]> {
  if (keys) for await (const batch of each(db.keys(range))) yield batch.map((key) => ({ key }))
  else if (values) for await (const batch of each(db.values(range))) yield batch.map((value) => ({ value }))
  else for await (const batch of each(db.entries(range))) yield batch.map(([key, value]) => ({ key, value }))
}

async function* each<T>(iterator: RangeIterator<T>): AsyncGenerator<T[]> {
  try {
    for (;;) {
      const batch = await iterator.next(recordsAtOnce)
      if (batch.length === 0) return
      yield batch
    }
  } finally {
    await iterator.close()
  }
}
