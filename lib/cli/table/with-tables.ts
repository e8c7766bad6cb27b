import type { Table, TableDescription, Tables, TablesOptions } from '../../tables.ts'
import type { ItemNotation } from './item-notation.ts'

/** What a command works with. */
export interface Session {
  readonly tables: Tables
  readonly notation: ItemNotation
  /** A document as JSON text on one line. */
  readonly jsonText: (document: unknown) => string
}

interface NotationChoice {
  readonly dynamodbJson?: boolean
}

/** Runs `work` on the tables of a database, opened read-only: a program that has it open is not disturbed. */
export function withTablesReader<T>(
  path: string,
  options: NotationChoice,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withTables(path, { readOnly: true }, options, work)
}

/** Runs `work` on the tables of a database that is there. BURROW_LOCKED while another program has it open. */
export function withTablesWriter<T>(
  path: string,
  options: NotationChoice,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withTables(path, { createIfMissing: false }, options, work)
}

export async function withTables<T>(
  path: string,
  open: TablesOptions,
  { dynamodbJson = false }: NotationChoice,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  // Help and wrong command lines must not need the native addon.
  const { Tables } = await import('../../tables.ts')
  const { ItemNotation, jsonText } = await import('./item-notation.ts')
  await using tables = await Tables.open(path, open)
  return await work({ tables, notation: new ItemNotation(dynamodbJson), jsonText })
}

/** A table, and what it is like but for counts. ResourceNotFoundException when there is none. */
export async function tableOf(
  { tables }: Session,
  name: string,
): Promise<{ table: Table; description: TableDescription }> {
  const table = tables.table(name)
  return { table, description: await tables.describe(name, { count: false }) }
}
