import type { Item } from '../value.ts'

/** What a statement resolves to. */
export interface StatementResult {
  /** Of a SELECT the rows, of other statements what RETURNING asks for. */
  readonly items: Item[]
  /** How many items there are. */
  readonly count: number
  /** Rows that a SELECT read, WHERE or not. */
  readonly scannedCount?: number
  /** Of a SELECT that has not come to its end: give it to the same statement, with the same parameters, to go on. */
  readonly nextToken?: string
  /** The key of the row that was read last, where a SELECT stopped inside a partition or a scan. */
  readonly lastKey?: Item
}
