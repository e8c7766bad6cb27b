import { type Item, plainJsonText } from '../../tables.ts'
import { ListWriter, write } from '../output.ts'
import { briefText, harmless } from './cell.ts'
import { type Paint, plainPaint } from './colours.ts'
import { csvLines } from './csv.ts'
import type { RowFormat } from './formats.ts'
import { gridLines } from './grid.ts'

/** How rows are shown. */
export interface RowStyle {
  readonly format: RowFormat
  /** Columns of the terminal; undefined: nothing is cut. */
  readonly width?: number | undefined
  readonly paint?: Paint
  /** JSON as it is written: what the items are in it. Default: themselves. */
  readonly shown?: (item: Item) => Item
}

/** Prints rows as they come; tables and CSV, whose columns the last row may widen, in the end. */
export class RowWriter {
  readonly #style: RowStyle
  readonly #list: ListWriter
  readonly #kept: Item[] = []
  #rows = 0

  constructor(style: RowStyle) {
    this.#style = style
    this.#list = new ListWriter(style.format === 'json' || style.format === 'jsonl' ? style.format : 'text')
  }

  get rows(): number {
    return this.#rows
  }

  async add(items: readonly Item[]): Promise<void> {
    const { format, shown = (item: Item) => item } = this.#style
    if (format === 'table' || format === 'csv') for (const item of items) this.#kept.push(item)
    else if (format === 'compact') {
      const numbered = items.map((item, index) => compactLine(item, this.#rows + index + 1))
      await this.#list.add(numbered, String, String)
    } else await this.#list.addTexts(items.map((item) => plainJsonText(shown(item))))
    this.#rows += items.length
  }

  async end(): Promise<void> {
    const { format, paint = plainPaint, width } = this.#style
    const lines =
      format === 'table' ? gridLines(this.#kept, width, paint) : format === 'csv' ? csvLines(this.#kept) : []
    if (lines.length > 0) await write(`${lines.join('\n')}\n`)
    await this.#list.end()
  }
}

/** `[1] id="ada", tags=[2 items]` */
function compactLine(item: Item, number: number): string {
  const fields = Object.keys(item).map((name) => `${harmless(name)}=${briefText(item[name]!)}`)
  return `[${number}] ${fields.join(', ')}`
}
