import type { Command } from 'commander'
import type { DamagedFile, RepairReport } from '../index.ts'
import { counted } from '../util/counted.ts'
import {
  addNotation,
  jsonBytes,
  type Notation,
  type NotationOptions,
  notationOf,
  showBytes,
} from './notation.ts'
import { writeJson, writeLine } from './output.ts'
import { withProgressBar } from './progress-bar.ts'

interface RepairOptions extends NotationOptions {
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function addRepair(program: Command): void {
  addNotation(
    program
      .command('repair')
      .description('make a damaged database one that opens, with everything that can be read'),
  )
    .argument('<path>', 'directory of the database; copy it first')
    .option('--dry-run', 'change nothing, and say what a repair would find')
    .option('--json', 'print the report as one JSON document')
    .addHelpText(
      'after',
      `
Nothing is deleted: what is damaged moves to the directory lost/, and so do whole files whose records are in new tables.
A repair that was interrupted is run again. Exit code of --dry-run: 1 when there is damage.`,
    )
    .action(repair)
}

async function repair(path: string, options: RepairOptions): Promise<void> {
  const notation = notationOf(options)
  const { dryRun = false, json } = options
  const { Database } = await import('../index.ts')
  const report = await withProgressBar(dryRun ? 'reading' : 'repairing', (signal, tell) =>
    Database.repair(path, { dryRun, signal, onProgress: ({ done, total }) => tell(done, total) }),
  )
  if (dryRun && !report.sound) process.exitCode = 1
  if (json) return await writeJson(plain(report, notation))
  for (const line of describe(report, notation)) await writeLine(line)
}

function plain(report: RepairReport, notation: Notation): unknown {
  return JSON.parse(
    JSON.stringify(report, (_, value: unknown) => {
      const bytes = value as { type?: unknown; data?: number[] } | null
      if (bytes?.type === 'Buffer' && Array.isArray(bytes.data)) {
        return jsonBytes(Buffer.from(bytes.data), notation)
      }
      return value instanceof Uint8Array ? jsonBytes(value, notation) : value
    }),
  )
}

function* describe(report: RepairReport, notation: Notation): Generator<string> {
  const { damaged, dryRun, filesMoved, logRecords, logs, manifest, recordsKept, sound, tablesKept } = report
  for (const file of damaged) yield* describeFile(file, notation)
  if (sound) {
    yield `sound: ${counted(tablesKept, 'table')}, ${counted(recordsKept, 'record')}; ${counted(logs, 'log')}, ${counted(logRecords, 'write')}. Nothing was changed`
    return
  }
  if (manifest !== 'whole') {
    const how = manifest === 'lost' ? 'no manifest is left' : 'the manifest ends at its damage'
    yield `${how}: the order of tables is worked out from their sequence numbers, and keys that were deleted can come back`
  }
  yield `whole: ${counted(tablesKept, 'table')}, ${counted(recordsKept, 'record')}; ${counted(logs, 'log')}, ${counted(logRecords, 'write')}`
  const lost = damaged.reduce((sum, { recordsLost = 0 }) => sum + recordsLost, 0)
  const unknown = damaged.some(({ kind, recordsLost }) => recordsLost === undefined && kind !== 'manifest')
  yield `lost: ${unknown ? 'at least ' : ''}${counted(lost, 'record')}`
  if (dryRun)
    yield 'nothing was changed: run it without --dry-run, on a copy of the directory or after making one'
  else yield `repaired; moved to lost/: ${filesMoved.join(' ') || 'nothing'}`
}

function* describeFile(damaged: DamagedFile, notation: Notation): Generator<string> {
  const { file, largest, level, lost, problem, recordsLost, recordsSaved, smallest } = damaged
  yield `damaged: ${file}: ${problem}`
  if (damaged.kind === 'table' || damaged.kind === 'wal') {
    yield `  ${counted(recordsSaved, 'record')} saved, ${recordsLost ?? 'an unknown number'} lost`
  }
  if (smallest !== undefined && largest !== undefined) {
    yield `  L${level}, keys from ${showBytes(smallest, notation)} to ${showBytes(largest, notation)}`
  }
  for (const range of lost) {
    const { after, afterSequence, before, beforeSequence, offset, size } = range
    let text = `  lost at offset ${offset}, ${counted(size, 'byte')}: ${range.problem}`
    if (after !== undefined) text += `; behind key ${showBytes(after, notation)}`
    if (before !== undefined) text += `; before key ${showBytes(before, notation)}`
    if (afterSequence !== undefined) text += `; behind write ${afterSequence}`
    if (beforeSequence !== undefined) text += `; before write ${beforeSequence}`
    yield text
  }
}
