import type { KeySpan } from '../base/key-span.ts'
import { escapeBytes, unescapeBytes } from '../util/bytes.ts'
import type { TableMeta } from './table-meta.ts'
import type { VersionEdit } from './version-edit.ts'

/** `[a,m]`, or `[a,m)` when the upper bound is exclusive. */
export function formatSpan(span: KeySpan): string {
  return `[${escapeBytes(span.smallest)},${escapeBytes(span.largest)}${span.largestExclusive ? ')' : ']'}`
}

/** File numbers as in file names: `000012`. */
export function formatFileNumber(number: number): string {
  return String(number).padStart(6, '0')
}

/**
 * One table on one line, complete: `000012:[a,m] size:100 entries:10 … codec:lz4`. Fields that are zero, and a codec
 * that is `none`, are left out; `parseTable` fills them in again.
 */
export function formatTable(table: TableMeta): string {
  let text = `${formatFileNumber(table.number)}:${formatSpan(table)}`
  for (const [label, name] of numberFields) {
    if (table[name] !== 0) text += ` ${label}:${table[name]}`
  }
  if (table.smallestSeq !== 0 || table.largestSeq !== 0)
    text += ` seqs:${table.smallestSeq}-${table.largestSeq}`
  if (table.codec !== 'none') text += ` codec:${table.codec}`
  return text
}

const numberFields = [
  ['size', 'size'],
  ['entries', 'entries'],
  ['tombstones', 'tombstones'],
  ['range-tombstones', 'rangeTombstones'],
  ['created', 'createdAt'],
  ['raw-keys', 'rawKeyBytes'],
  ['raw-values', 'rawValueBytes'],
] as const satisfies readonly (readonly [string, keyof TableMeta])[]

/** The inverse of `formatTable`. Throws RangeError that quotes what it cannot read. */
export function parseTable(text: string): TableMeta {
  const match = /^(\d+):\[([^ ,\])]*),([^ ,\])]*)([\])])((?: [a-z-]+:[^ ]+)*)$/.exec(text.trim())
  if (match === null) throw new RangeError(`not a table: ${JSON.stringify(text)}`)
  const [, number, smallest, largest, close, rest] = match as unknown as string[]
  const fields = new Map<string, string>()
  for (const item of rest!.trim().split(' ')) {
    if (item === '') continue
    const at = item.indexOf(':')
    fields.set(item.slice(0, at), item.slice(at + 1))
  }
  const take = (label: string, otherwise: string) => {
    const value = fields.get(label) ?? otherwise
    fields.delete(label)
    return value
  }
  const [smallestSeq, largestSeq] = take('seqs', '0-0').split('-')
  const numbers = Object.fromEntries(
    numberFields.map(([label, name]) => [name, parseNumber(take(label, '0'))]),
  )
  const table = {
    number: parseNumber(number),
    smallest: unescapeBytes(smallest!),
    largest: unescapeBytes(largest!),
    largestExclusive: close === ')',
    smallestSeq: parseNumber(smallestSeq),
    largestSeq: parseNumber(largestSeq),
    codec: take('codec', 'none'),
    ...(numbers as Record<(typeof numberFields)[number][1], number>),
  }
  const unknown = [...fields.keys()][0]
  if (unknown !== undefined) throw new RangeError(`a table has no field ${JSON.stringify(unknown)}`)
  return table
}

/** The edit as text, one field a line; `parseVersionEdit` reads it back. */
export function formatVersionEdit(edit: VersionEdit): string {
  const lines: string[] = []
  if (edit.databaseId !== undefined) lines.push(`database-id: ${edit.databaseId}`)
  if (edit.formatVersion !== undefined) lines.push(`format-version: ${edit.formatVersion}`)
  for (const feature of edit.features ?? []) lines.push(`feature: ${feature}`)
  if (edit.nextFileNumber !== undefined) lines.push(`next-file-number: ${edit.nextFileNumber}`)
  if (edit.lastSequence !== undefined) lines.push(`last-sequence: ${edit.lastSequence}`)
  for (const wal of edit.addedWals ?? []) lines.push(`add-wal: ${formatFileNumber(wal)}`)
  if (edit.minWal !== undefined) lines.push(`min-wal: ${formatFileNumber(edit.minWal)}`)
  for (const { level, number } of edit.deleted ?? [])
    lines.push(`delete-table: L${level} ${formatFileNumber(number)}`)
  for (const { level, table } of edit.added ?? []) lines.push(`add-table: L${level} ${formatTable(table)}`)
  if (edit.clean !== undefined)
    lines.push(`clean: ${formatFileNumber(edit.clean.wal)} length:${edit.clean.length}`)
  if (edit.keepUnnamed !== undefined) lines.push(`keep-unnamed: ${edit.keepUnnamed ? 1 : 0}`)
  return lines.join('\n')
}

/** The inverse of `formatVersionEdit`; empty lines and lines that begin with `#` are skipped. Throws RangeError. */
export function parseVersionEdit(text: string): VersionEdit {
  const edit: { -readonly [K in keyof VersionEdit]: VersionEdit[K] } = {}
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf(': ')
    const value = line.slice(at + 2)
    switch (line.slice(0, at)) {
      case 'database-id':
        edit.databaseId = value
        break
      case 'format-version':
        edit.formatVersion = parseNumber(value)
        break
      case 'feature':
        edit.features = [...(edit.features ?? []), value]
        break
      case 'next-file-number':
        edit.nextFileNumber = parseNumber(value)
        break
      case 'last-sequence':
        edit.lastSequence = parseNumber(value)
        break
      case 'add-wal':
        edit.addedWals = [...(edit.addedWals ?? []), parseNumber(value)]
        break
      case 'min-wal':
        edit.minWal = parseNumber(value)
        break
      case 'delete-table': {
        const { level, rest } = parseLevel(value)
        edit.deleted = [...(edit.deleted ?? []), { level, number: parseNumber(rest) }]
        break
      }
      case 'add-table': {
        const { level, rest } = parseLevel(value)
        edit.added = [...(edit.added ?? []), { level, table: parseTable(rest) }]
        break
      }
      case 'clean': {
        const [, wal, length] = /^(\d+) length:(\d+)$/.exec(value) ?? []
        edit.clean = { wal: parseNumber(wal), length: parseNumber(length) }
        break
      }
      case 'keep-unnamed':
        edit.keepUnnamed = parseNumber(value) !== 0
        break
      default:
        throw new RangeError(`not a field of a version edit: ${JSON.stringify(line)}`)
    }
  }
  return edit
}

function parseLevel(text: string): { level: number; rest: string } {
  const [, level, rest] = /^L(\d) (.*)$/.exec(text) ?? []
  if (rest === undefined) throw new RangeError(`no level in ${JSON.stringify(text)}`)
  return { level: parseNumber(level), rest }
}

function parseNumber(text: string | undefined): number {
  const value = Number(text)
  if (text === undefined || !/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new RangeError(`not a number: ${JSON.stringify(text)}`)
  }
  return value
}
