import { BurrowError } from '../../base/errors.ts'
import type { Session } from './with-tables.ts'

/** Lines of JSON, many in a chunk, and how many items they were so far. */
export interface ExportedLines {
  readonly chunks: AsyncIterable<string>
  items(): number
}

/** The items of a table, a line each: `{"Item":{…}}` in DynamoDB JSON, or the item itself in plain JSON. */
export function exportLines(
  { notation, tables }: Session,
  name: string,
  plain: boolean,
  signal: AbortSignal,
  tell: (items: number) => void,
): ExportedLines {
  let items = 0
  async function* chunks() {
    for await (const page of tables.table(name).scanAll({}).pages()) {
      if (signal.aborted) throw new BurrowError('BURROW_ABORTED', `the export of ${name} was given up`)
      const lines = page.items.map((item) =>
        plain ? notation.text(item) : `{"Item":${notation.text(item)}}`,
      )
      items += lines.length
      if (lines.length > 0) yield `${lines.join('\n')}\n`
      tell(items)
    }
  }
  return { chunks: chunks(), items: () => items }
}
