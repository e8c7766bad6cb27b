import { BurrowError } from '../../base/errors.ts'
import type { AttributeValue, Tables } from '../../tables.ts'
import { counted } from '../../util/counted.ts'
import type { RowWriter } from './row-writer.ts'

export interface RunOptions {
  /** Rows that are printed at most. Default: all. */
  readonly limit?: number | undefined
  /** Ends it before the next page. */
  readonly signal?: AbortSignal | undefined
}

/** What a statement did. */
export interface StatementOutcome {
  readonly verb: string
  readonly rows: number
  /** Rows that a SELECT read. */
  readonly scanned: number | undefined
  /** The limit ended it before the last row. */
  readonly more: boolean
}

/** Of a page, where most rows that are read do not pass WHERE. */
const largestPage = 10_000

/** Runs one statement to its end, and prints its rows as they come. */
export async function runStatement(
  tables: Tables,
  statement: string,
  parameters: readonly AttributeValue[],
  writer: RowWriter,
  { limit = Number.POSITIVE_INFINITY, signal }: RunOptions,
): Promise<StatementOutcome> {
  let rows = 0
  let scanned: number | undefined
  let nextToken: string | undefined
  let pageRows = Math.max(1, limit)
  do {
    if (signal?.aborted) throw new BurrowError('BURROW_ABORTED', 'the statement was given up')
    const page = await tables.execute(statement, parameters, {
      ...(nextToken === undefined ? {} : { nextToken }),
      ...(Number.isFinite(limit) && isRead(statement) ? { limit: pageRows } : {}),
    })
    const items = page.items.slice(0, Math.max(0, limit - rows))
    await writer.add(items)
    rows += items.length
    if (page.scannedCount !== undefined) scanned = (scanned ?? 0) + page.scannedCount
    nextToken = page.nextToken
    pageRows = Math.min(largestPage, Math.max(limit - rows, pageRows * 2))
    if (rows >= limit && (nextToken !== undefined || items.length < page.items.length))
      return { verb: verbOf(statement), rows, scanned, more: true }
  } while (nextToken !== undefined)
  return { verb: verbOf(statement), rows, scanned, more: false }
}

/** True for a statement that changes nothing. */
export function isRead(statement: string): boolean {
  return verbOf(statement) === 'SELECT'
}

/** The first word of a statement, in capitals; '' when it has none. */
export function verbOf(statement: string): string {
  const [, word = ''] = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*([a-z]+)/i.exec(statement) ?? []
  return word.toUpperCase()
}

const done: Readonly<Record<string, string>> = {
  INSERT: 'Item inserted',
  UPDATE: 'Item updated',
  DELETE: 'Item deleted',
}

/** What a statement did, for people: `2 rows, 10 scanned`. */
export function outcomeText({ more, rows, scanned, verb }: StatementOutcome): string {
  const count = counted(rows, 'row')
  if (verb !== 'SELECT') return rows === 0 ? (done[verb] ?? 'Done') : `${done[verb] ?? 'Done'}, ${count}`
  return `${count}${scanned === undefined || scanned === rows ? '' : `, ${scanned} scanned`}${more ? '; there may be more' : ''}`
}
