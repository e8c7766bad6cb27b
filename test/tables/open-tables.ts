import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { Tables, type TablesOptions } from '../../lib/tables.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

/** Tables in memory, or in `place`, closed after the test. */
export async function openTables(place = ':memory:', options: TablesOptions = {}): Promise<Tables> {
  const tables = await Tables.open(place, options)
  endings.push(() => tables.close())
  return tables
}

/** A directory that is removed after the test. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'burrow-tables-'))
  endings.push(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** The error of a promise that must be rejected. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('it was not rejected')
}
