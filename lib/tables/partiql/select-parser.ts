import type { ExpressionParser } from './expression-parser.ts'
import { refused, unsupportedClause } from './failures.ts'
import { readPath } from './path-parser.ts'
import { readSource } from './source-parser.ts'
import type { OrderTerm, Path, SelectStatement } from './syntax.ts'
import { isReserved, type TokenReader } from './token-reader.ts'

/** What other SQL has after FROM or WHERE, and this has not. Longer ones come first. */
const foreignClauses = [
  ['GROUP', 'BY'],
  ['CLUSTER', 'BY'],
  ['DISTRIBUTE', 'BY'],
  ['HAVING'],
  ['WINDOW'],
  ['QUALIFY'],
  ['FETCH'],
  ['UNION'],
  ['INTERSECT'],
  ['EXCEPT'],
  ['LET'],
  ['FOR'],
] as const

const joins = ['JOIN', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'OUTER', 'CROSS', 'NATURAL']

/** From SELECT to the last clause. Clauses come in the order of SQL. */
export function readSelect(reader: TokenReader, expressions: ExpressionParser): SelectStatement {
  reader.expectWord('SELECT')
  const columns = readColumns(reader)
  reader.expectWord('FROM')
  const source = readSource(reader)
  refuseForeign(reader)
  refuseJoin(reader)
  const where = reader.takes('WHERE') ? expressions.condition() : undefined
  refuseForeign(reader)
  const orderBy = reader.takes('ORDER', 'BY') ? readOrder(reader) : []
  refuseForeign(reader)
  const limit = reader.takes('LIMIT') ? expressions.sum() : undefined
  const offset = reader.takes('OFFSET') ? expressions.sum() : undefined
  refuseForeign(reader)
  return {
    kind: 'select',
    source,
    orderBy,
    ...(columns === undefined ? {} : { columns }),
    ...(where === undefined ? {} : { where }),
    ...(limit === undefined ? {} : { limit }),
    ...(offset === undefined ? {} : { offset }),
  }
}

function readColumns(reader: TokenReader): readonly Path[] | undefined {
  const { at } = reader.peek()
  const { kind } = reader.peek(1)
  const modifies = kind === 'quoted' || kind === 'number' || (kind === 'word' && !isReserved(reader.peek(1)))
  if (modifies && (reader.sees('VALUE') || reader.sees('PIVOT'))) {
    throw refused("Select projection doesn't support value or pivot keywords", at)
  }
  if (reader.sees('DISTINCT')) throw unsupportedClause('DISTINCT', at)
  if (reader.sees('TOP') && kind === 'number') throw unsupportedClause('TOP', at)
  if (reader.takesSign('*')) {
    if (reader.seesSign(',')) throw starAndMore(reader)
    return undefined
  }
  const columns: Path[] = []
  do {
    if (reader.seesSign('*')) throw starAndMore(reader)
    columns.push(readColumn(reader))
  } while (reader.takesSign(','))
  return columns
}

function readColumn(reader: TokenReader): Path {
  const token = reader.peek()
  if (token.kind === 'word' && reader.seesSign('(', 1)) {
    throw refused(
      `Unexpected path component: ${token.text}(…); functions and aggregates are not supported in a SELECT list`,
      token.at,
    )
  }
  if (token.kind === 'string' || token.kind === 'number') {
    throw refused('Unexpected path component: a SELECT list holds attributes and paths, no values', token.at)
  }
  const path = readPath(reader)
  const after = reader.peek()
  if (reader.sees('AS') || after.kind === 'quoted' || (after.kind === 'word' && !isReserved(after))) {
    throw refused('Aliasing is not supported', after.at)
  }
  return path
}

function readOrder(reader: TokenReader): readonly OrderTerm[] {
  const terms: OrderTerm[] = []
  do {
    const path = readPath(reader)
    const descending = reader.takes('DESC')
    if (!descending) reader.takes('ASC')
    if (reader.sees('NULLS')) throw unsupportedClause('NULLS', reader.peek().at)
    terms.push({ path, descending })
  } while (reader.takesSign(','))
  return terms
}

function refuseForeign(reader: TokenReader): void {
  for (const words of foreignClauses) {
    if (reader.sees(...words)) throw unsupportedClause(words.join(' '), reader.peek().at)
  }
}

function refuseJoin(reader: TokenReader): void {
  const token = reader.peek()
  if (reader.seesSign(',') || joins.some((word) => reader.sees(word))) {
    throw refused('Only select from a single table or index is supported.', token.at)
  }
  if (
    reader.sees('AS') ||
    reader.sees('AT') ||
    token.kind === 'quoted' ||
    (token.kind === 'word' && !isReserved(token))
  ) {
    throw refused('Aliasing is not supported', token.at)
  }
}

function starAndMore(reader: TokenReader): Error {
  return refused(
    "Other attributes should not be present in the projection when '*' is used.",
    reader.peek().at,
  )
}
