import { refused } from './failures.ts'
import { spanOf } from './place.ts'
import type { Source } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

/** `table`, `"Table"."Index"`. */
export function readSource(reader: TokenReader): Source {
  const first = reader.peek()
  if (reader.seesSign('(')) throw refused('Unexpected from source', first.at)
  if (reader.seesSign('[') || reader.seesSign('<<'))
    throw refused('Invalid list expression in source.', first.at)
  if (first.kind === 'string') {
    throw refused('Unexpected from source: the name of a table goes in double quotes', first.at)
  }
  const names = [reader.name('a table name').text]
  while (reader.takesSign('.')) names.push(reader.name('an index name').text)
  if (reader.seesSign('-')) {
    throw reader.unexpected(
      'Expected the end of the name (one with other characters than letters, digits and _ goes in double quotes)',
    )
  }
  const at = spanOf(first.at, reader.lastPlace)
  if (names.length > 2) throw refused('A path may contain at most 2 components in the FROM clause', at)
  const [table, index] = names as [string, string?]
  return { table, ...(index === undefined ? {} : { index }), at }
}
