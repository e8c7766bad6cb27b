import type { Database, DatabaseOptions } from '../index.ts'

const bytes = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

export type BytesDatabase = Database<Buffer, Buffer>

/** Runs `work` on the database, opened read-only: a program that has it open is not disturbed. */
export function withReader<T>(
  path: string,
  work: (db: BytesDatabase) => Promise<T>,
  options: DatabaseOptions = {},
): Promise<T> {
  return withDatabase(path, { ...options, readOnly: true }, work)
}

/** Runs `work` on the database, opened for writing. BURROW_LOCKED while another program has it open. */
export function withWriter<T>(
  path: string,
  options: DatabaseOptions,
  work: (db: BytesDatabase) => Promise<T>,
): Promise<T> {
  return withDatabase(path, options, work)
}

async function withDatabase<T>(
  path: string,
  options: DatabaseOptions,
  work: (db: BytesDatabase) => Promise<T>,
): Promise<T> {
  // Help and wrong command lines must not need the native addon.
  const { Database } = await import('../index.ts')
  const db = await Database.open(path, { ...options, ...bytes })
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}
