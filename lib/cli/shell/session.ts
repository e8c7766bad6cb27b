import type { Tables } from '../../tables.ts'
import { write, writeLine } from '../output.ts'
import { type Paint, paintFor } from '../rows/colours.ts'
import type { RowFormat } from '../rows/formats.ts'
import { RowWriter } from '../rows/row-writer.ts'
import { outcomeText, runStatement } from '../rows/run-statement.ts'

/** What a shell knows between statements, and how it runs one. */
export class ShellSession {
  readonly tables: Tables
  /** For people: each statement says what it did, whatever the format is. */
  readonly interactive: boolean
  readonly paint: Paint
  format: RowFormat
  timer: boolean
  /** Set by .exit. */
  ended = false
  /** What was entered, the newest last. */
  readonly entered: string[] = []

  constructor(tables: Tables, format: RowFormat, interactive: boolean) {
    this.tables = tables
    this.format = format
    this.interactive = interactive
    this.timer = interactive
    this.paint = paintFor(process.stdout)
  }

  /** Columns of the terminal; undefined when there is none. */
  get width(): number | undefined {
    return process.stdout.isTTY ? process.stdout.columns : undefined
  }

  /** Runs a statement and prints its rows, and what it did. */
  async run(statement: string, signal?: AbortSignal): Promise<void> {
    const began = performance.now()
    const { format, paint, width } = this
    const writer = new RowWriter({ format, width, paint })
    const outcome = await runStatement(this.tables, statement, [], writer, { signal })
    const took = performance.now() - began
    await writer.end()
    if (!this.interactive && format !== 'table') return
    const time = this.timer ? ` (${took.toFixed(2)} ms)` : ''
    if (format === 'table' && outcome.rows > 0) await write('\n')
    await writeLine(paint('dim', `${outcomeText(outcome)}${time}`))
  }
}
