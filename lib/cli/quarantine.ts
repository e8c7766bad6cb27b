import type { Command } from 'commander'
import type { QuarantineReport } from '../kv/quarantine.ts'
import { fileName } from '../manifest/file-names.ts'
import { formatSpan } from '../manifest/version-edit-text.ts'
import { counted } from '../util/counted.ts'
import { parseFileNumber } from './file-number.ts'
import { writeJson, writeLine } from './output.ts'

interface QuarantineOptions {
  readonly json?: boolean
  readonly dryRun?: boolean
}

export function addQuarantine(program: Command): void {
  program
    .command('quarantine')
    .description(
      'take a damaged or missing table out of a database that is not open; the file is kept in lost/',
    )
    .argument('<path>', 'directory of the database')
    .argument('<table>', 'file number of the table, or its name', parseFileNumber)
    .option('--dry-run', 'say what would be lost and change nothing')
    .option('--json', 'print the report as one JSON document')
    .addHelpText(
      'after',
      `
All of the table is lost to the database: \`burrow repair\` saves what can still be read of it. Where an older table has
the same keys, their older values come back, and so do keys that were deleted in this one.`,
    )
    .action(quarantine)
}

async function quarantine(path: string, number: number, { dryRun, json }: QuarantineOptions): Promise<void> {
  const { quarantineTable } = await import('../kv/quarantine.ts')
  const report = await quarantineTable(path, number, { dryRun: dryRun === true })
  if (json) return await writeJson(documentOf(report, dryRun === true))
  for (const line of linesOf(report, dryRun === true)) await writeLine(line)
}

function documentOf({ file, level, movedTo, table }: QuarantineReport, dryRun: boolean): object {
  const { entries, largestExclusive, rangeTombstones, tombstones } = table
  return {
    dryRun,
    table: table.number,
    level,
    file,
    movedTo,
    bytes: table.size,
    records: entries,
    tombstones,
    rangeTombstones,
    // Bytes, whatever the encoding of keys is.
    smallestHex: Buffer.from(table.smallest).toString('hex'),
    largestHex: Buffer.from(table.largest).toString('hex'),
    largestExclusive,
    smallestSequence: table.smallestSeq,
    largestSequence: table.largestSeq,
  }
}

function linesOf({ file, level, movedTo, table }: QuarantineReport, dryRun: boolean): string[] {
  const { entries, rangeTombstones, tombstones } = table
  const name = fileName('table', table.number)
  const lines = [
    `${name}, L${level}: ${dryRun ? 'would be taken' : 'was taken'} out of the database`,
    `lost: ${counted(entries, 'record')} with keys in ${formatSpan(table)}, sequence numbers ${table.smallestSeq} to ${table.largestSeq}`,
  ]
  if (tombstones + rangeTombstones > 0) {
    lines.push(
      `careful: ${tombstones} of them are deletions, and it has ${rangeTombstones} range deletions: what they deleted may come back`,
    )
  }
  if (file === null) lines.push('its file is missing')
  else if (movedTo !== null) lines.push(`its file is in ${movedTo}, with the manifest that named it`)
  return lines
}
