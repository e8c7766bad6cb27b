import type { Command } from 'commander'
import type { KeyDistribution } from '../debug/key-distribution.ts'
import { columns } from './columns.ts'
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
import { parseCount } from './scan.ts'
import { withReader } from './with-database.ts'

interface KeysOptions extends NotationOptions {
  readonly json?: boolean
  readonly sample?: number
}

const barLength = 40

export function addKeys(program: Command): void {
  const command = program
    .command('keys')
    .description('print how keys are distributed: first bytes, lengths, prefixes, and where new writes go')
  addRedact(addNotation(command))
    .argument('<path>', 'directory of the database')
    .option('--sample <n>', 'records to look at; with no more in the database, numbers are exact', parseCount)
    .option('--json', 'print what db.debug.analyzeKeyDistribution() returns')
    .action(keys)
}

async function keys(path: string, options: KeysOptions): Promise<void> {
  const shown = outputNotation(options)
  const { sample } = options
  const found = await withReader(path, async (db) => db.debug.analyzeKeyDistribution({ sample }))
  if (options.json) {
    return await writeJson({
      ...found,
      prefixes: found.prefixes.map((one) => ({ ...one, prefix: jsonBytes(one.prefix as Buffer, shown) })),
      hotRanges: found.hotRanges.map((one) => ({
        ...one,
        from: jsonBytes(one.from as Buffer, shown),
        to: jsonBytes(one.to as Buffer, shown),
      })),
    })
  }
  for (const line of linesOf(found, shown)) await writeLine(line)
}

function linesOf(found: KeyDistribution, shown: ShownNotation): string[] {
  const { exact, firstByte, hotRanges, keys, lengths, prefixes, records, sampled } = found
  const about = exact ? '' : 'about '
  const lines = [`${about}${keys} keys, ${records} records stored, ${sampled} looked at`]
  if (lengths === null) return lines
  const { max, mean, min, p50, p90, p99 } = lengths
  lines.push(
    `key lengths: ${min} to ${max} bytes, mean ${mean.toFixed(1)}, median ${p50}, p90 ${p90}, p99 ${p99}`,
    '',
    'first byte',
    ...columns(
      firstByte.map(([byte, count]) => [
        shown === 'redacted' ? hex(byte) : `${hex(byte)} ${showBytes(Uint8Array.of(byte), 'utf8')}`,
        String(count),
        bar(count / keys),
      ]),
    ),
    '',
    'prefixes',
    ...columns(
      prefixes.map(({ keys: count, prefix, share }) => [
        showBytes(prefix as Buffer, shown),
        String(count),
        percent(share),
        bar(share),
      ]),
    ),
  )
  if (hotRanges.length > 0) lines.push('', 'where records in memtables and level 0 are')
  lines.push(
    ...columns(
      hotRanges.map(({ from, recent, share, to }) => [
        `[${showBytes(from as Buffer, shown)} … ${showBytes(to as Buffer, shown)}]`,
        String(recent),
        percent(share),
        bar(share),
      ]),
    ),
  )
  return lines
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function bar(share: number): string {
  return '#'.repeat(Math.round(share * barLength))
}
