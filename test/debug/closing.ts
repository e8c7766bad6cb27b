import { afterEach } from 'vitest'
import type { Database } from '../../lib/index.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close()
})

/** Closes the database after the test that runs. */
export function closing<D extends Database<never, never> | Database>(db: D): D {
  opened.push(db)
  return db
}
