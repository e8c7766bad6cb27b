import type { Command } from 'commander'
import type { IndexDescription, TableDescription } from '../../tables.ts'
import { counted } from '../../util/counted.ts'
import { formatBytes } from '../../util/units.ts'
import { write, writeLine } from '../output.ts'
import { pathArgument, tableArgument } from './options.ts'
import { withTablesReader } from './with-tables.ts'

interface DescribeArguments {
  readonly count: boolean
  readonly json?: boolean
}

export function addDescribe(table: Command): void {
  table
    .command('describe')
    .description('print keys, indexes and settings of a table, and how many items it has')
    .argument(...pathArgument)
    .argument(...tableArgument)
    .option('--no-count', 'do not count: that reads all rows')
    .option('--json', 'print one JSON document')
    .action(describe)
}

async function describe(path: string, name: string, { count, json }: DescribeArguments): Promise<void> {
  await withTablesReader(path, {}, async ({ jsonText, tables }) => {
    const table = await tables.describe(name, { count })
    if (json) await writeLine(jsonText(table))
    else await write(`${describeLines(table).join('\n')}\n`)
  })
}

/** A table for people, a line for each thing. */
export function describeLines(table: TableDescription): string[] {
  const { attributes, createdAt, globalIndexes, id, localIndexes, name, status, stream, ttl } = table
  const lines = [
    `table   ${name}, id ${id}, ${status}, created ${createdAt.toISOString()}`,
    `key     ${keyText(table)}`,
  ]
  if (table.itemCount !== undefined) lines.push(`items   ${sizeText(table)}`)
  for (const [kind, indexes] of [
    ['global', globalIndexes],
    ['local', localIndexes],
  ] as const)
    for (const index of indexes) lines.push(`index   ${indexText(index, kind)}`)
  if (ttl !== undefined)
    lines.push(
      `expiry  by ${ttl.attribute}, ${ttl.status}${ttl.hideExpired ? ', expired items are hidden' : ''}`,
    )
  if (stream !== undefined)
    lines.push(`stream  ${stream.viewType}, kept for ${stream.retentionMs / 3_600_000} hours`)
  for (const { name, required, type } of attributes ?? [])
    lines.push(`schema  ${name}${type === undefined ? '' : ` (${type})`}${required ? ', required' : ''}`)
  return lines
}

type Keys = Pick<TableDescription, 'partitionKey' | 'sortKey'>

export function keyText({ partitionKey, sortKey }: Keys): string {
  const keys = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
  return keys.map(({ name, type }) => `${name} (${type})`).join(', ')
}

export function indexText(index: IndexDescription, kind: 'global' | 'local'): string {
  const { filling, name, projection, status } = index
  const held = typeof projection === 'string' ? projection : `holds ${projection.include.join(', ')}`
  const rows = index.itemCount === undefined ? '' : `; ${sizeText(index)}`
  const progress = filling === undefined ? '' : ` ${Math.floor(filling.fraction * 100)}%`
  return `${name}: ${kind}, ${keyText(index)}, ${held}, ${status}${progress}${rows}`
}

function sizeText({
  itemCount = 0,
  sizeBytes = 0,
}: {
  readonly itemCount?: number
  readonly sizeBytes?: number
}): string {
  return `${counted(itemCount, 'item')}, ${formatBytes(sizeBytes)}`
}
