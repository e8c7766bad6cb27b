import { type AttributeValue, type Item, plainJsonText } from '../../tables.ts'
import { attribute, namesOf } from './grid.ts'

/** RFC 4180 with plain line feeds: a heading with all attributes, in order, and a line for each item. */
export function csvLines(items: readonly Item[]): string[] {
  const names = namesOf(items).sort()
  if (names.length === 0) return []
  const line = (cells: readonly string[]) => cells.map(quoted).join(',')
  return [line(names), ...items.map((item) => line(names.map((name) => csvText(attribute(item, name)))))]
}

/** Text as it is, bytes as base64, lists, maps and sets as JSON; nothing where there is no value. */
function csvText(value: AttributeValue | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  const text = plainJsonText(value)
  return ArrayBuffer.isView(value) ? text.slice(1, -1) : text
}

function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
