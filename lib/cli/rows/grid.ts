import type { Item } from '../../tables.ts'
import { cellText, harmless, isNumber } from './cell.ts'
import type { Paint } from './colours.ts'
import { clip, displayWidth, padTo } from './display-width.ts'

/** A column that is narrower shows nothing of use. */
const narrowest = 6
const gap = 2

interface Column {
  readonly name: string
  readonly heading: string
  readonly numeric: boolean
  width: number
}

/**
 * Rows as a table, with all attributes that there are as columns, or, where they do not padTo into the width, each as a list
 * of its attributes. Without a width nothing is cut.
 */
export function gridLines(items: readonly Item[], width: number | undefined, paint: Paint): string[] {
  const columns = columnsOf(items)
  if (columns.length === 0) return items.map(() => '(no attributes)')
  const room = (width ?? Number.POSITIVE_INFINITY) - gap * (columns.length - 1)
  if (columns.reduce((sum, column) => sum + Math.min(column.width, narrowest), 0) > room)
    return listLines(items, width!, paint)
  shrink(columns, room)
  const align = ({ numeric }: Column) => (numeric ? 'right' : 'left')
  const row = (cells: readonly string[]) => cells.join(' '.repeat(gap)).trimEnd()
  const heading = row(
    columns.map((column) => paint('bold', padTo(column.heading, column.width, align(column)))),
  )
  const rule = row(columns.map((column) => paint('dim', '-'.repeat(column.width))))
  const body = items.map((item) =>
    row(
      columns.map((column) => {
        const value = attribute(item, column.name)
        const text = padTo(cellText(value), column.width, align(column))
        return value === undefined || value === null ? paint('dim', text) : text
      }),
    ),
  )
  return [heading, rule, ...body]
}

/** Names of the attributes in the order in which they are met. */
export function namesOf(items: readonly Item[]): string[] {
  return [...new Set(items.flatMap((item) => Object.keys(item)))]
}

export function attribute(item: Item, name: string): Item[string] | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined
}

function columnsOf(items: readonly Item[]): Column[] {
  return namesOf(items).map((name) => {
    const heading = harmless(name)
    const values = items.map((item) => attribute(item, name))
    const width = values.reduce(
      (most: number, value) => Math.max(most, displayWidth(cellText(value))),
      displayWidth(heading),
    )
    return { name, heading, width, numeric: values.every((value) => value === undefined || isNumber(value)) }
  })
}

/** Cuts the widest columns to one width, the largest with which all fit. */
function shrink(columns: readonly Column[], room: number): void {
  const total = (most: number) => columns.reduce((sum, { width }) => sum + Math.min(width, most), 0)
  let [least, most] = [1, columns.reduce((widest, { width }) => Math.max(widest, width), 1)]
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (total(middle) <= room) least = middle
    else most = middle - 1
  }
  for (const column of columns) column.width = Math.min(column.width, least)
}

function listLines(items: readonly Item[], width: number, paint: Paint): string[] {
  return items.flatMap((item, index) => {
    const names = Object.keys(item)
    const widest = names.reduce((most, name) => Math.max(most, displayWidth(harmless(name))), 0)
    const label = Math.min(widest, Math.max(narrowest, Math.floor(width / 3)))
    const lines = names.map((name) => {
      const shown = paint('bold', padTo(harmless(name), label))
      return `${shown}  ${clip(cellText(item[name]), Math.max(narrowest, width - label - gap))}`
    })
    return [paint('dim', `--- ${index + 1}`), ...lines]
  })
}
